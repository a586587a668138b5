//! What a client decodes from a reply.

use crate::frame::ProtocolError;
use crate::replies::tag;

/// How deep arrays, maps and pushes may be nested in a reply. Commands need three levels; decoding
/// uses the stack for each.
pub const MAX_DEPTH: usize = 32;

/// A reply, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Nil,
    /// An error as `CODE message`.
    Error(String),
    /// A string of bytes.
    Bytes(Vec<u8>),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Double(f64),
    /// Values in order.
    Array(Vec<Value>),
    /// A short word such as `OK`.
    Status(String),
    /// Keys and values in order.
    Map(Vec<(Value, Value)>),
    /// A message that answers no request.
    Push(Vec<Value>),
    /// True or false.
    Boolean(bool),
}

/// Decodes the body of a reply: everything after its length.
///
/// Takes memory in proportion to `body`, never to a count it announces.
///
/// # Errors
/// The body is cut short, has bytes left over, an unknown tag, text that is not UTF-8, or is nested
/// deeper than [`MAX_DEPTH`].
pub fn decode_reply(body: &[u8]) -> Result<Value, ProtocolError> {
    let mut decoder = Decoder { rest: body, depth: 0 };
    let value = decoder.value()?;
    match decoder.rest.len() {
        0 => Ok(value),
        left => Err(ProtocolError::new(format_args!("{left} bytes left over after the reply's value"))),
    }
}

/// Takes a reply apart, from its front.
struct Decoder<'a> {
    /// What is not decoded yet.
    rest: &'a [u8],
    /// How many arrays, maps and pushes are begun and not ended.
    depth: usize,
}

impl<'a> Decoder<'a> {
    /// One value, with all that it holds.
    fn value(&mut self) -> Result<Value, ProtocolError> {
        let [tag] = self.chunk()?;
        Ok(match tag {
            tag::NIL => Value::Nil,
            tag::ERROR => Value::Error(self.text()?),
            tag::BYTES => Value::Bytes(self.content()?.to_vec()),
            tag::INTEGER => Value::Integer(i64::from_be_bytes(self.chunk()?)),
            tag::DOUBLE => Value::Double(f64::from_be_bytes(self.chunk()?)),
            tag::ARRAY => Value::Array(self.values(Self::value)?),
            tag::STATUS => Value::Status(self.text()?),
            tag::MAP => Value::Map(self.values(|decoder| Ok((decoder.value()?, decoder.value()?)))?),
            tag::PUSH => Value::Push(self.values(Self::value)?),
            tag::BOOLEAN => match self.chunk()? {
                [0] => Value::Boolean(false),
                [1] => Value::Boolean(true),
                [other] => {
                    return Err(ProtocolError::new(format_args!("a boolean of {other}, neither 0 nor 1")));
                }
            },
            unknown => {
                return Err(ProtocolError::new(format_args!("a value with the unknown tag {unknown}")));
            }
        })
    }

    /// A count and as many items. S2: the vector grows with the items that are really there.
    fn values<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, ProtocolError>,
    ) -> Result<Vec<T>, ProtocolError> {
        let count = self.length()?;
        if self.depth == MAX_DEPTH {
            return Err(ProtocolError::new(format_args!("a reply nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        self.depth -= 1;
        Ok(items)
    }

    /// A length and as many bytes of UTF-8.
    fn text(&mut self) -> Result<String, ProtocolError> {
        let content = self.content()?.to_vec();
        String::from_utf8(content).map_err(|_| ProtocolError::new("a text that is not UTF-8"))
    }

    /// A length and as many bytes.
    fn content(&mut self) -> Result<&'a [u8], ProtocolError> {
        let length = self.length()?;
        self.take(length)
    }

    /// A length or a count.
    fn length(&mut self) -> Result<usize, ProtocolError> {
        Ok(u32::from_be_bytes(self.chunk()?) as usize)
    }

    /// The next `N` bytes, where the type says how many these are.
    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        Ok(self.take(N)?.try_into().expect("as many bytes as were taken"))
    }

    /// The next `wanted` bytes.
    fn take(&mut self, wanted: usize) -> Result<&'a [u8], ProtocolError> {
        let Some((taken, rest)) = self.rest.split_at_checked(wanted) else {
            let left = self.rest.len();
            let what = format_args!("a reply cut short: {wanted} bytes wanted, {left} left");
            return Err(ProtocolError::new(what));
        };
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &[u8]) -> String {
        match decode_reply(body) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_malformed_reply_is_refused_with_what_is_wrong() {
        assert_eq!(refusal(b""), "PROTOCOL a reply cut short: 1 bytes wanted, 0 left");
        assert_eq!(refusal(b"\0\0"), "PROTOCOL 1 bytes left over after the reply's value");
        assert_eq!(refusal(b"\x0a"), "PROTOCOL a value with the unknown tag 10");
        assert_eq!(refusal(b"\x09\x02"), "PROTOCOL a boolean of 2, neither 0 nor 1");
        assert_eq!(refusal(b"\x06\0\0\0\x01\xff"), "PROTOCOL a text that is not UTF-8");
        assert_eq!(
            refusal(b"\x02\xff\xff\xff\xff"),
            "PROTOCOL a reply cut short: 4294967295 bytes wanted, 0 left"
        );
    }

    #[test]
    fn an_announced_count_takes_no_memory() {
        for tag in [tag::ARRAY, tag::MAP, tag::PUSH] {
            let text = refusal(&[tag, 0xff, 0xff, 0xff, 0xff]);
            assert_eq!(text, "PROTOCOL a reply cut short: 1 bytes wanted, 0 left");
        }
    }

    #[test]
    fn nesting_is_decoded_to_its_limit_and_refused_beyond_it() {
        let nested = |levels: usize| {
            let mut body = b"\x05\0\0\0\x01".repeat(levels);
            body.push(tag::NIL);
            body
        };
        assert!(decode_reply(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(refusal(&nested(MAX_DEPTH + 1)), "PROTOCOL a reply nested deeper than 32 levels");
        assert!(decode_reply(&nested(1_000_000)).is_err());
    }
}
