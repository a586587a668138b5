//! How long is the body? In HTTP its length stands among the headers, in text that a stranger wrote. The guard reads
//! one header after the other and gathers in a `Framing` what they say of the body. A proxy in front of it, or the HTTP
//! server behind it, reads the same lines; where two of them could disagree, an attacker speaks to one past the other.
//!
//! Write `Framing::header`, which takes one line into account, and `decimal`, which reads a length. What must hold is
//! **B2, one reading**: what two readers could take for different requests is refused.
//!
//! Given are `is_token`, which says whether a header's name is one, `bad`, which makes an error of status 400, and
//! `ApiError::new(status, code, message)` for other statuses. The cases look at statuses, not at words.
//!
//! Run it with `cargo learn body-length`.

use heapwood_http_bridge::ApiError;

/// What the headers so far say of the body. All others are the application's business.
#[derive(Debug, Default)]
pub struct Framing {
    /// What Content-Length said, once it was there.
    pub length: Option<usize>,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

impl Framing {
    /// Takes one line, `Name: value`, into account (B2). Names are the same in letters of either case; blanks and tabs
    /// around the value do not belong to it.
    ///
    /// # Errors
    /// 400 for a line without a colon, for a name that is no token, for a second Content-Length, whatever it says, for a
    /// Content-Length that [`decimal`] refuses, and for Transfer-Encoding in any form. 417 for an Expect that is not
    /// `100-continue`, in letters of either case.
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

/// A token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(sign)
}

/// A number in digits and nothing else, without a zero in front (`0` itself is fine). One that does not fit is above
/// every limit: then the largest `usize`, and the caller finds the body too large.
///
/// # Errors
/// 400 for anything else, as `+5`, `0x5`, `05`, `5, 5` and nothing at all.
pub fn decimal(value: &str) -> Result<usize, ApiError> {
    let begins_well = matches!(value.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
    if !(begins_well && value.bytes().all(|b| b.is_ascii_digit())) {
        return Err(bad("Content-Length is not a number of digits only"));
    }
    // What does not fit is above every limit.
    Ok(value.parse().unwrap_or(usize::MAX))
}

fn bad(message: &str) -> ApiError {
    ApiError::new(400, "BAD_REQUEST", message)
}
