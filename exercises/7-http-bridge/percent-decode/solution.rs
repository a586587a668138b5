//! A path of HTTP cannot hold every byte, and a key of the engine can. So a byte that a path cannot hold is written as
//! `%` and two hexadecimal digits, `%20` for a blank (RFC 3986, section 2.1). The bridge splits a path at its `/` first;
//! then each part comes here, and what comes out is the key that it asks the engine for.
//!
//! Write `decode`. It gives bytes, because a key may hold any. One text stands for one key or for none: a `%` that two
//! digits do not follow is an error, and no text makes the function panic. A `+` is a plus sign: it stands for a blank in
//! forms, not in paths.
//!
//! Given is `ApiError::new(status, code, message)`. The cases look at the status and the code, and whether the message
//! says `byte 3` where the `%` stands at byte 3, counted from 0.
//!
//! Run it with `cargo learn percent-decode`.

use heapwood_http_bridge::ApiError;

/// Decodes the part of a path: bytes, because a key may hold any byte.
///
/// # Errors
/// 400 with the code `BAD_PARAMETER` for a `%` that two hexadecimal digits, in letters of either case, do not follow; the
/// message says at which byte that `%` stands.
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
