//! Base64 (RFC 4648) for keys and values that are not text: the common alphabet in JSON and queries, and the one for
//! file names and addresses (base64url) in paths.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes with the common alphabet and padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let sextet = (bits >> (18 - 6 * i)) as usize & 63;
            text.push(if i <= group.len() { ALPHABET[sextet] as char } else { '=' });
        }
    }
    text
}

/// Decodes either alphabet, with padding or without. None for anything else, also for bits left over that are not zero:
/// one value has one spelling in each alphabet.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let signs = text.iter().rev().take_while(|c| **c == b'=').count();
    let text = &text[..text.len() - signs];
    if signs != 0 && signs != (4 - text.len() % 4) % 4 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0;
        for i in 0..4 {
            bits = bits << 6 | group.get(i).map_or(Some(0), |c| sextet(*c))?;
        }
        let whole = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        let unpacked = &bits.to_be_bytes()[1..];
        if unpacked[whole..].iter().any(|rest| *rest != 0) {
            return None;
        }
        bytes.extend_from_slice(&unpacked[..whole]);
    }
    Some(bytes)
}

fn sextet(character: u8) -> Option<u32> {
    Some(u32::from(match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn both_alphabets_are_read_and_nonsense_is_not() {
        assert_eq!(decode(b"-_-_"), decode(b"+/+/"));
        for wrong in ["Z", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zg==Zg==", "Z g=", "Zh", "Zm9"] {
            assert_eq!(decode(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_string_survives(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes.clone()));
            let url = text.replace('+', "-").replace('/', "_").replace('=', "");
            prop_assert_eq!(decode(url.as_bytes()), Some(bytes));
        }

        #[test]
        fn nothing_makes_it_panic(text: Vec<u8>) {
            let _ = decode(&text);
        }
    }
}
