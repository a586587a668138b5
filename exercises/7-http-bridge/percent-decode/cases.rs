use heapwood_http_bridge::ApiError;
use heapwood_kit::given;

use super::subject::decode;

/// Bytes as a literal of Rust shows them, or the status and code of the error.
fn shown(decoded: Result<&[u8], &ApiError>) -> String {
    match decoded {
        Ok(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        Err(error) => format!("status {}, {}", error.status, error.code),
    }
}

fn check(expected: &[u8], text: &str) {
    let decoded = decode(text);
    given(format!("the part of a path {text:?}")).holds(
        decoded.as_deref().is_ok_and(|bytes| bytes == expected),
        shown(Ok(expected)),
        shown(decoded.as_deref()),
    );
}

fn refused(text: &str) {
    let decoded = decode(text);
    given(format!("the part of a path {text:?}")).holds(
        decoded.as_ref().is_err_and(|error| error.status == 400 && error.code == "BAD_PARAMETER"),
        "status 400, BAD_PARAMETER",
        shown(decoded.as_deref()),
    );
}

/// An escape is one byte, and all the rest stays as it is, a plus sign too.
pub fn an_escape() {
    check(b"apple", "apple");
    check(b"", "");
    check(b"a b", "a%20b");
    check(b"1+1", "1+1");
    check(b"  ", "%20%20");
    // What comes out of an escape is not the beginning of another one.
    check(b"%41", "%2541");
}

/// The digits may be letters of either case.
pub fn letters_of_either_case() {
    check(b"a/b", "a%2Fb");
    check(b"b?c", "b%3fc");
    check(b"oo", "%6f%6F");
}

/// An escape may stand for any byte, also for those that no text has.
pub fn bytes_of_no_text() {
    check(b"a\x00", "a%00");
    check(b"\x99\x98\x80", "%99%98%80");
    for byte in 0..=255_u8 {
        check(&[byte], &format!("%{byte:02X}"));
    }
}

/// Letters of more than one byte are those bytes, whether they are escaped or not.
pub fn text_of_more_than_one_byte_a_letter() {
    check("crème".as_bytes(), "cr%C3%A8me");
    check("crème".as_bytes(), "crème");
}

/// A % with fewer than two bytes behind it is an error.
pub fn a_cut_escape() {
    for text in ["%", "50%", "ab%4", "%41%"] {
        refused(text);
    }
}

/// A % with something else than two hexadecimal digits behind it is an error.
pub fn not_two_digits() {
    for text in ["%zz", "%4g", "%g4", "%+1", "%-1", "% 1", "%%41", "%é", "%4é", "%0x41"] {
        refused(text);
    }
}

/// The error says where its % stands.
pub fn the_place_is_named() {
    for (text, place) in [("%zz", "byte 0"), ("ab%4g", "byte 2"), ("%41%zz%qq", "byte 3"), ("é%zz", "byte 2")]
    {
        let message = decode(text).map_or_else(|error| error.message, |_| "no error".into());
        let words = message.split(|it: char| !it.is_ascii_alphanumeric()).collect::<Vec<_>>().join(" ");
        let names_it = format!("{words} ").contains(&format!("{place} "));
        given(format!("the part of a path {text:?}")).holds(
            names_it,
            format!("an error whose message says {place:?}"),
            format!("{message:?}"),
        );
    }
}
