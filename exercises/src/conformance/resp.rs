//! Redis's protocol, version 2, from the client's side.

use heapwood_sockets::Value;

/// How deep arrays may be nested; no command here needs more than two levels.
const MAX_DEPTH: usize = 8;

/// What ends every line.
const LINE_END: &[u8] = b"\r\n";

/// Appends a request.
pub fn encode(arguments: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
    for argument in arguments {
        out.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        out.extend_from_slice(argument);
        out.extend_from_slice(LINE_END);
    }
}

/// The reply at the start of `input`, and how long it is; `None` when it is not all there.
///
/// # Errors
/// It can be no reply: says why.
pub fn take(input: &[u8]) -> Result<Option<(Value, usize)>, String> {
    let mut at = 0;
    Ok(value(input, &mut at, 0)?.map(|value| (value, at)))
}

fn value(input: &[u8], at: &mut usize, depth: usize) -> Result<Option<Value>, String> {
    let rest = &input[*at..];
    let Some(&kind) = rest.first() else {
        return Ok(None);
    };
    if !b"+-:$*".contains(&kind) {
        return Err(format!("a reply begins with one of + - : $ *, not with \"{}\"", kind.escape_ascii()));
    }
    let Some(end) = rest.windows(LINE_END.len()).position(|two| two == LINE_END) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&rest[1..end]).into_owned();
    *at += end + LINE_END.len();
    let number = || text.parse::<i64>().map_err(|_| format!("{text:?} should be a number"));
    Ok(Some(match kind {
        b'+' => Value::Status(text),
        b'-' => Value::Error(text),
        b':' => Value::Integer(number()?),
        _ if number()? == -1 => Value::Nil,
        b'$' => {
            let length = usize::try_from(number()?).map_err(|_| format!("a string of {text} bytes"))?;
            let Some(bytes) = input[*at..].get(..length.saturating_add(LINE_END.len())) else {
                return Ok(None);
            };
            if !bytes.ends_with(LINE_END) {
                return Err(format!("behind a string of {length} bytes there is no line end"));
            }
            *at += bytes.len();
            Value::Bytes(bytes[..length].to_vec())
        }
        _ => {
            let length = usize::try_from(number()?).map_err(|_| format!("an array of {text} values"))?;
            if depth == MAX_DEPTH {
                return Err(format!("arrays are nested more than {MAX_DEPTH} deep"));
            }
            let mut values = Vec::new();
            for _ in 0..length {
                let Some(value) = value(input, at, depth + 1)? else {
                    return Ok(None);
                };
                values.push(value);
            }
            Value::Array(values)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_reply_is_taken_when_all_of_it_is_there_and_not_before() {
        let text = b"*4\r\n+OK\r\n:-3\r\n$4\r\n\r\n\r\n\r\n$-1\r\n-ERR";
        let length = text.len() - b"-ERR".len();
        for cut in 0..length {
            assert_eq!(take(&text[..cut]), Ok(None), "{cut}");
        }
        let values = vec![
            Value::Status("OK".into()),
            Value::Integer(-3),
            Value::Bytes(b"\r\n\r\n".to_vec()),
            Value::Nil,
        ];
        assert_eq!(take(text), Ok(Some((Value::Array(values), length))));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let nested = "*1\r\n".repeat(10);
        for text in ["HTTP/1.1 400\r\n", ":x\r\n", "$-2\r\n", "*-2\r\n", "$1\r\nabc", nested.as_str()] {
            assert!(take(text.as_bytes()).is_err(), "{text:?}");
        }
        assert_eq!(take(b"$9223372036854775807\r\nabc"), Ok(None));
        assert_eq!(take(b"*9223372036854775807\r\n:1\r\n"), Ok(None));
    }
}
