//! Base64 (RFC 4648) for keys and values that are not text: the common alphabet in JSON and queries, and the one for
//! file names and addresses (base64url) in paths.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Encodes with the common alphabet and padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes either alphabet, with padding or without. None for anything else, also for bits left over that are not zero:
/// one value has one spelling in each.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let spellings = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    spellings.iter().find_map(|spelling| spelling.decode(text).ok())
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
