//! Percent-encoding, as paths and queries use it (RFC 3986, section 2.1).

use crate::errors::ApiError;

/// Decodes the part of a path: bytes, because a key may hold any byte.
///
/// # Errors
/// 400 for a `%` that two hexadecimal digits do not follow.
///
/// ```
/// use heapwood_http_bridge::percent::decode;
/// assert_eq!(decode("a%20b%00").as_deref(), Ok(&b"a b\0"[..]));
/// assert!(decode("50%").is_err());
/// ```
pub fn decode(text: &str) -> Result<Vec<u8>, ApiError> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            decoded.push(byte);
            at += 1;
            continue;
        }
        let digit = |i: usize| bytes.get(i).and_then(|b| (*b as char).to_digit(16));
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            let message =
                format!("the % at byte {at} of {text:.200?} is not followed by two hexadecimal digits");
            return Err(ApiError::new(400, "BAD_PARAMETER", message));
        };
        decoded.push((high * 16 + low) as u8);
        at += 3;
    }
    Ok(decoded)
}

/// Splits a query at `&` and each part at its first `=`, without decoding; empty parts are left out.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_or_wrong_escape_names_its_place() {
        for (text, offset) in [("%", 0), ("ab%4", 2), ("%zz", 0), ("%41%+1", 3)] {
            let message = decode(text).unwrap_err().message;
            assert!(message.contains(&format!("byte {offset} ")), "{message}");
        }
    }

    #[test]
    fn a_query_falls_apart_at_ampersands_and_first_equals_signs() {
        let pairs: Vec<_> = query_pairs("a=1&&b&c=x=y").collect();
        assert_eq!(pairs, [("a", "1"), ("b", ""), ("c", "x=y")]);
    }

    proptest! {
        #[test]
        fn every_byte_string_survives_the_way_there_and_back(bytes: Vec<u8>) {
            let encoded: String = bytes.iter().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(decode(&encoded), Ok(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = decode(&text);
        }
    }
}
