use heapwood_kit::given;

use super::subject::decode;

/// The bytes as text, those that are no printable ASCII as escapes; or the status and code of the error.
fn read(text: &str) -> String {
    match decode(text) {
        Ok(bytes) => bytes.escape_ascii().to_string(),
        Err(error) => format!("status {}, {}", error.status, error.code),
    }
}

fn check(expected: &str, text: &str) {
    given(format!("the part of a path {text:?}")).expect(expected, read(text));
}

const REFUSED: &str = "status 400, BAD_PARAMETER";

/// An escape is one byte, and all the rest stays as it is, a plus sign too.
pub fn an_escape() {
    check("apple", "apple");
    check("", "");
    check("a b", "a%20b");
    check("a/b?c", "a%2Fb%3fc");
    check("1+1", "1+1");
    check("  ", "%20%20");
}

/// An escape may stand for any byte, also for those that no text has.
pub fn bytes_of_no_text() {
    check("a\\x00", "a%00");
    check("\\xff\\xfe\\x80", "%ff%FE%80");
    for byte in 0..=255_u8 {
        let text = format!("%{byte:02X}");
        given(format!("the part of a path {text:?}")).expect(Ok(vec![byte]), decode(&text));
    }
}

/// Letters of more than one byte are those bytes, whether they are escaped or not.
pub fn text_of_more_than_one_byte_a_letter() {
    check("cr\\xc3\\xa8me", "cr%C3%A8me");
    check("cr\\xc3\\xa8me", "crème");
}

/// What comes out of an escape is not the beginning of another one.
pub fn only_once() {
    check("%41", "%2541");
    check("%%", "%25%25");
}

/// A % with fewer than two bytes behind it is an error.
pub fn a_cut_escape() {
    for text in ["%", "50%", "ab%4", "%41%"] {
        check(REFUSED, text);
    }
}

/// A % with something else than two hexadecimal digits behind it is an error.
pub fn not_two_digits() {
    for text in ["%zz", "%4g", "%g4", "%+1", "%-1", "% 1", "%%41", "%é", "%4é", "%0x41"] {
        check(REFUSED, text);
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
