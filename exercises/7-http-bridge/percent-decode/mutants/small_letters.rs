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
        let value = |b: &u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let digit = |i: usize| bytes.get(i).and_then(value);
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            let message =
                format!("the % at byte {at} of {text:.200?} is not followed by two hexadecimal digits");
            return Err(ApiError::new(400, "BAD_PARAMETER", message));
        };
        decoded.push(high * 16 + low);
        at += 3;
    }
    Ok(decoded)
}
