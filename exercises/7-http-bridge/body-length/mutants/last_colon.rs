impl Framing {
    pub fn header(&mut self, line: &str) -> Result<(), ApiError> {
        let (name, value) = line.rsplit_once(':').ok_or_else(|| bad("a header has no colon"))?;
        if !is_token(name) {
            return Err(bad("the name of a header holds more than letters, digits and a few signs"));
        }
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" if self.length.is_some() => {
                return Err(bad("there are two Content-Length headers"));
            }
            "content-length" => self.length = Some(decimal(value)?),
            "transfer-encoding" => return Err(bad("Transfer-Encoding is refused; send Content-Length")),
            "expect" if value.eq_ignore_ascii_case("100-continue") => self.expects_continue = true,
            "expect" => return Err(ApiError::new(417, "EXPECTATION_FAILED", "expect 100-continue only")),
            _ => {}
        }
        Ok(())
    }
}
