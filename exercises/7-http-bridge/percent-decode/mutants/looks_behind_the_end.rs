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
        let digit = |i: usize| (bytes[i] as char).to_digit(16);
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
