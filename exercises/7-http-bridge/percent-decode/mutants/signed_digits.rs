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
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let Some(value) = digits.and_then(|two| u8::from_str_radix(two, 16).ok()) else {
            let message =
                format!("the % at byte {at} of {text:.200?} is not followed by two hexadecimal digits");
            return Err(ApiError::new(400, "BAD_PARAMETER", message));
        };
        decoded.push(value);
        at += 3;
    }
    Ok(decoded)
}
