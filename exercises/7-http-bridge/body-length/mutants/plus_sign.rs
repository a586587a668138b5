use heapwood_http_bridge::ApiError;
#[derive(Debug, Default)]
pub struct Framing {
    pub length: Option<usize>,
    pub expects_continue: bool,
}

impl Framing {
    pub fn header(&mut self, line: &str) -> Result<(), ApiError> {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header has no colon"))?;
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
fn is_token(name: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(sign)
}
pub fn decimal(value: &str) -> Result<usize, ApiError> {
    value.parse().map_err(|_| bad("Content-Length is not a number of digits only"))
}

fn bad(message: &str) -> ApiError {
    ApiError::new(400, "BAD_REQUEST", message)
}
