use heapwood_kit::given;

use super::subject::{Framing, decimal};

/// What a Framing says after these lines, or with which status one of them is refused.
fn read(lines: &[&str]) -> String {
    let mut framing = Framing::default();
    for line in lines {
        if let Err(error) = framing.header(line) {
            return format!("status {}", error.status);
        }
    }
    let length = framing.length.map_or("no length".into(), |length| format!("{length} bytes"));
    let waits = if framing.expects_continue { ", waits for 100 Continue" } else { "" };
    format!("{length}{waits}")
}

fn check(expected: &str, lines: &[&str]) {
    let shown: Vec<String> = lines.iter().map(|line| format!("{line:?}")).collect();
    given(format!("the header lines {}", shown.join(", "))).expect(expected, read(lines));
}

/// A Content-Length says how long the body is, in letters of either case and with blanks around the number.
pub fn a_length() {
    check("5 bytes", &["Content-Length: 5"]);
    check("0 bytes", &["Content-Length: 0"]);
    check("120 bytes", &["Content-Length:120"]);
    check("12 bytes", &["content-LENGTH:\t 12 "]);
}

/// Other headers say nothing of the body, whatever is in their values.
pub fn other_headers() {
    check("no length", &["Host: localhost"]);
    check(
        "no length",
        &["Host: localhost:8087", "X-Content-Length: 7", "Referer: http://a/?b=Content-Length:9"],
    );
    check("3 bytes", &["Accept: */*", "Content-Length: 3", "X-Empty:"]);
}

/// A line without a colon, or with a name that is no token, is refused (B2).
pub fn a_name_that_is_none() {
    for line in ["no colon", ": 5", "Content-Length : 5", " Content-Length: 5", "\tX: 1", "a b: c", ""] {
        check("status 400", &[line]);
    }
}

/// A length that is not written in plain digits is refused (B2).
pub fn not_a_plain_number() {
    for value in ["+5", "-5", "0x5", "05", "00", "5 5", "5, 5", "5;", "", "five", "5.0", "1_000", "٥"] {
        let got = decimal(value).map_err(|error| error.status);
        given(format!("the number {value:?}")).expect(Err(400), got);
        check("status 400", &[&format!("Content-Length: {value}")]);
    }
}

/// A number that does not fit is above every limit: the largest one.
pub fn a_number_beyond_all_limits() {
    let long = "9".repeat(30);
    let got = decimal(&long).map_err(|error| error.status);
    given(format!("the number {long:?}")).expect(Ok(usize::MAX), got);
    check("1048577 bytes", &["Content-Length: 1048577"]);
}

/// A second Content-Length is refused, whether it says the same or not (B2).
pub fn two_lengths() {
    check("status 400", &["Content-Length: 5", "Content-Length: 6"]);
    check("status 400", &["Content-Length: 5", "Host: a", "content-length: 5"]);
    check("status 400", &["Content-Length: 0", "Content-Length: 0"]);
}

/// Transfer-Encoding is another way to say how long a body is, and is refused in every form (B2).
pub fn another_way_to_say_it() {
    check("status 400", &["Transfer-Encoding: chunked"]);
    check("status 400", &["Content-Length: 5", "tRANSFER-eNCODING:\tchunked"]);
    check("status 400", &["Transfer-Encoding: identity"]);
    check("status 400", &["Transfer-Encoding:"]);
}

/// Who expects 100-continue is noted; any other expectation is refused with the status made for it.
pub fn an_expectation() {
    check("9 bytes, waits for 100 Continue", &["Content-Length: 9", "expect: 100-Continue"]);
    check("status 417", &["Expect: 200-maybe"]);
    check("status 417", &["Expect:"]);
}
