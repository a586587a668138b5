use heapwood_kit::{Given, Random, given};
use heapwood_sockets::{Span, encode_request};

use super::subject::{FrameParser, Header, check_argument};

fn request(arguments: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(arguments, &mut bytes).expect("a request");
    bytes
}

/// What the first eight bytes say.
fn header(bytes: &[u8]) -> Header {
    let number = |at: usize| usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
    Header { end: 4 + number(2), arguments: number(6) }
}

/// The bytes in hexadecimal, as the book shows them, and behind that as Rust writes them.
fn show(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} ({})", pairs.join(" "), bytes.escape_ascii())
}

fn arrived(bytes: &[u8]) -> Given {
    given(format!("a new parser and the bytes, in hex, {}", show(bytes)))
}

/// The parser after a check, and the places that it found.
type Checked = Result<(FrameParser, Vec<Span>), String>;

fn check(parser: FrameParser, bytes: &[u8]) -> Checked {
    let mut found = Vec::new();
    let parser = parser
        .check(header(bytes), bytes, |span| found.push(span))
        .map_err(|error| error.text().to_owned())?;
    Ok((parser, found))
}

/// Ends the case where a check has come to something else.
fn compare(given: &Given, expected: Checked, got: Checked) {
    let told = |checked: &Checked| match checked {
        Err(text) => format!("an error: {text}"),
        Ok((FrameParser { offset, arguments }, found)) => {
            let found: Vec<String> =
                found.iter().map(|it| format!("start {} len {}", it.start, it.len)).collect();
            let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
            format!("offset {offset}, arguments {arguments}; found {found}")
        }
    };
    given.holds(expected == got, told(&expected), told(&got));
}

fn places_of<const N: usize>(places: [(u32, u32); N]) -> Vec<Span> {
    places.map(|(start, len)| Span { start, len }).into()
}

fn at(offset: usize, arguments: usize) -> FrameParser {
    FrameParser { offset, arguments }
}

/// The places of all arguments are found, each as its first byte and its length, and empty ones too.
pub fn places() {
    let bytes = request(&["PING"]);
    compare(&arrived(&bytes), Ok((at(16, 1), places_of([(12, 4)]))), check(FrameParser::default(), &bytes));
    let bytes = request(&["SET", "apple", ""]);
    let places = places_of([(12, 3), (19, 5), (28, 0)]);
    compare(&arrived(&bytes), Ok((at(28, 3), places)), check(FrameParser::default(), &bytes));
}

/// The request ends where its header says: what follows it is the next one, and stays untouched.
pub fn the_next_request_stays() {
    let mut bytes = request(&["GET", "a"]);
    bytes.extend(request(&["PING"]));
    compare(
        &arrived(&bytes),
        Ok((at(20, 2), places_of([(12, 3), (19, 1)]))),
        check(FrameParser::default(), &bytes),
    );
}

/// An argument is found when its length has arrived, whether or not its bytes have (S1).
pub fn a_length_is_enough() {
    let bytes = request(&["SET", "apple", "red"]);
    for (count, parser, places) in [
        (8, at(8, 0), places_of([])),
        (11, at(8, 0), places_of([])),
        (12, at(15, 1), places_of([(12, 3)])),
        (14, at(15, 1), places_of([(12, 3)])),
        (19, at(24, 2), places_of([(12, 3), (19, 5)])),
    ] {
        compare(
            &arrived(&bytes[..count]),
            Ok((parser, places)),
            check(FrameParser::default(), &bytes[..count]),
        );
    }
}

/// A parser that has found some arguments goes on behind them, and tells of each once (S1).
pub fn it_goes_on() {
    let bytes = request(&["SET", "apple", "red"]);
    for (parser, places) in [
        (at(15, 1), places_of([(19, 5), (28, 3)])),
        (at(24, 2), places_of([(28, 3)])),
        (at(31, 3), places_of([])),
    ] {
        compare(
            &given(format!(
                "a parser at offset {}, with {} arguments before it, and the bytes, in hex, {}",
                parser.offset,
                parser.arguments,
                show(&bytes)
            )),
            Ok((at(31, 3), places)),
            check(parser, &bytes),
        );
    }
}

/// The last argument ends where the request ends; the others may leave room.
pub fn nothing_is_left_over() {
    for (len, room, is_last, is_sound) in [
        (4, 4, true, true),
        (3, 4, true, false),
        (0, 1, true, false),
        (0, 0, true, true),
        (3, 4, false, true),
        (4, 4, false, true),
        (5, 4, false, false),
        (5, 4, true, false),
    ] {
        let which = if is_last { "the last argument" } else { "an argument that is not the last" };
        let given =
            given(format!("check_argument: a length of {len} where there is room for {room}, of {which}"));
        let got = check_argument(len, room, is_last);
        given.holds(got.is_ok() == is_sound, if is_sound { "Ok" } else { "an error" }, format!("{got:?}"));
    }
    let bytes = b"\0\0\0\x0c\0\0\0\x01\0\0\0\x03PIN_";
    let given = arrived(bytes);
    let got = check(FrameParser::default(), bytes);
    given.holds(got.is_err(), "an error: one byte belongs to no argument", format!("{got:?}"));
}

/// A length that would push the others out of the request is refused at once (S3).
pub fn the_others_fit() {
    // Sixteen bytes of body: twelve for the count and two lengths, and four for both arguments.
    let fits = b"\0\0\0\x10\0\0\0\x02\0\0\0\x04";
    compare(&arrived(fits), Ok((at(16, 1), places_of([(12, 4)]))), check(FrameParser::default(), fits));
    for lie in [
        &b"\0\0\0\x10\0\0\0\x02\0\0\0\x05"[..],
        b"\0\0\0\x10\0\0\0\x02\0\0\0\x08",
        b"\0\0\0\x10\0\0\0\x02\xff\xff\xff\xff",
    ] {
        let given = arrived(lie);
        let got = check(FrameParser::default(), lie);
        given.holds(got.is_err(), "an error: there is room for 4 bytes", format!("{got:?}"));
    }
}

/// Requests of all kinds, some with a wrong length, get the same answer in two pieces as at once (S1).
pub fn any_two_pieces() {
    let mut random = Random::new(1);
    for _ in 0..300 {
        let arguments = ["", "a", "GET", "apple", "x y"].map(|text| (random.next_u64(), text));
        let count = 1 + random.below(arguments.len());
        let texts: Vec<&str> = arguments[..count]
            .iter()
            .map(|(size, text)| &text[..text.len() * (*size as usize % 2)])
            .collect();
        let mut bytes = request(&texts);
        if random.below(2) == 0 {
            // The lowest byte of the first length.
            bytes[11] = random.below(9) as u8;
        }
        arrived(&bytes);
        let whole = check(FrameParser::default(), &bytes);
        for cut in 8..bytes.len() {
            let given = given(format!(
                "the bytes, in hex, {}: to one parser all at once, to another one first {cut} of them and then all",
                show(&bytes)
            ));
            let first = check(FrameParser::default(), &bytes[..cut]);
            let got = first.and_then(|(parser, mut places)| {
                let (parser, more) = check(parser, &bytes)?;
                places.extend(more);
                Ok((parser, places))
            });
            compare(&given, whole.clone(), got);
        }
    }
}
