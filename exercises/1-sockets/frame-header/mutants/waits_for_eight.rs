impl Header {
    /// Reads and judges whatever of the header has arrived; `None` when that is not all of it. `input` begins at the
    /// request's first byte, and holds all that has arrived since: nothing at all, or much more than a header.
    ///
    /// # Errors
    /// The first byte is above `MAX_FIRST_BYTE`, or one of the checks refuses a number.
    pub fn read(input: &[u8], limits: &RequestLimits) -> Result<Option<Self>, ProtocolError> {
        if input.len() < 2 * LENGTH_BYTES {
            return Ok(None);
        }
        let first = input[0];
        require(first <= MAX_FIRST_BYTE, move || {
            format!("the first byte is 0x{first:02x}; a frame begins with at most 0x{MAX_FIRST_BYTE:02x}")
        })?;
        let Some(body) = read_u32(input, 0) else {
            return Ok(None);
        };
        check_body(body, limits.max_body_bytes)?;
        let Some(arguments) = read_u32(input, LENGTH_BYTES) else {
            return Ok(None);
        };
        check_count(arguments, limits.max_arguments, body)?;
        Ok(Some(Self { end: LENGTH_BYTES + body, arguments }))
    }
}
