use heapwood_kit::{Given, given};

use super::subject::{Decoder, StreamError};

/// Any message of a case is shorter, where it is not about the limit.
const ENOUGH: usize = 1000;

/// The bytes in hexadecimal: "05 68 65 6c 6c 6f".
fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

fn streamed(limit: usize, pieces: &[&[u8]]) -> Given {
    let pieces: Vec<String> = pieces.iter().map(|piece| format!("[{}]", hex(piece))).collect();
    given(format!(
        "a limit of {limit}, and the pieces, in hex, {}; the answer to the last one, and the messages",
        pieces.join(" ")
    ))
}

/// What was said to the last piece, and the messages that were found; long ones by their length.
fn fed(limit: usize, pieces: &[&[u8]]) -> (Result<(), StreamError>, Vec<String>) {
    let (mut decoder, mut messages, mut said) = (Decoder::new(limit), Vec::new(), Ok(()));
    for piece in pieces {
        said = decoder.feed(piece, &mut messages);
    }
    (said, messages.iter().map(|message| shown(message)).collect())
}

fn shown(message: &[u8]) -> String {
    match message.len() {
        0..20 => message.escape_ascii().to_string(),
        length => format!("{length} bytes"),
    }
}

fn found(messages: &[&str]) -> (Result<(), StreamError>, Vec<String>) {
    (Ok(()), messages.iter().map(|&message| message.to_owned()).collect())
}

/// The messages of one piece are found, in order, and empty ones among them.
pub fn messages_in_one_piece() {
    let piece = b"\x05hello\x00\x02hi\x00";
    streamed(ENOUGH, &[piece]).expect(found(&["hello", "", "hi", ""]), fed(ENOUGH, &[piece]));
}

/// A length has seven bits in each byte, the lowest seven first.
pub fn lengths_of_two_bytes() {
    for (length, header) in [(127, &b"\x7f"[..]), (128, b"\x80\x01"), (300, b"\xac\x02"), (1000, b"\xe8\x07")]
    {
        let stream = [header, &vec![b'x'; length]].concat();
        given(format!("a limit of 1000, and a piece of {} (in hex) followed by {length} bytes", hex(header)))
            .expect(found(&[&shown(&stream[header.len()..])]), fed(ENOUGH, &[&stream]));
    }
}

/// Wherever a stream is cut, also inside a length, the same messages come out of it (S1).
pub fn any_two_cuts() {
    let stream = [&b"\x03one\xac\x02"[..], &[b'x'; 300], b"\x00\x05three"].concat();
    let places = [0, 1, 3, 4, 5, 6, 7, 200, 305, 306, 307, 308, 310, stream.len()];
    for first in places {
        for second in places.into_iter().filter(|&second| second >= first) {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            given(format!("03 one ac 02 (300 times x) 00 05 three, cut behind {first} and {second} bytes"))
                .expect(found(&["one", "300 bytes", "", "three"]), fed(ENOUGH, &pieces));
        }
    }
}

/// A message may be as long as the limit says; a longer one is refused with the byte of its length that proves it.
pub fn the_limit() {
    let fits = [&b"\xac\x02"[..], &[b'x'; 300]].concat();
    given("a limit of 300, and a piece of ac 02 (in hex: 300) followed by 300 bytes")
        .expect(found(&["300 bytes"]), fed(300, &[&fits]));
    let refused = (Err(StreamError::TooLong), vec![]);
    for (limit, pieces) in [(300, [&b"\xad"[..], b"\x02"]), (4, [b"", b"\x05"]), (4, [b"", b"\x85"])] {
        streamed(limit, &pieces).expect(refused.clone(), fed(limit, &pieces));
    }
    streamed(300, &[b"\xad"]).expect(found(&[]), fed(300, &[b"\xad"]));
}

/// A length that is written in a second way, or does not end, is malformed.
pub fn bad_lengths() {
    let refused = (Err(StreamError::BadLength), vec![]);
    for stream in [
        &b"\x85\x00hello"[..],
        b"\x80\x00",
        b"\x80\x80\x80\x80\x80\x01",
        b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
    ] {
        streamed(ENOUGH, &[stream]).expect(refused.clone(), fed(ENOUGH, &[stream]));
    }
}

/// A length alone takes no memory (S2): whoever announces 256 MiB and sends five bytes costs little more than five bytes.
pub fn a_length_takes_no_memory() {
    const LIMIT: usize = 1 << 30;
    const MOST: usize = 64 << 10;
    let (mut decoder, mut messages) = (Decoder::new(LIMIT), Vec::new());
    let stream = b"\x80\x80\x80\x80\x01apple";
    let given = given(format!("a limit of {LIMIT} (1 GiB), and the piece, in hex, {}", hex(stream)));
    given.expect(Ok(()), decoder.feed(stream, &mut messages));
    given.holds(
        decoder.memory() <= MOST,
        "memory for 64 KiB at most",
        format!("memory for {} bytes", decoder.memory()),
    );
}

/// After an error nothing is a message any more, and the error stays the same (S5). What came before it was found.
pub fn the_last_word() {
    let pieces: [&[u8]; 3] = [b"\x02hi\x09too long!\x02no", b"\x02no", b""];
    for count in 1..=pieces.len() {
        streamed(8, &pieces[..count])
            .expect((Err(StreamError::TooLong), vec!["hi".to_owned()]), fed(8, &pieces[..count]));
    }
}

/// A stream may end between two messages, and nowhere else.
pub fn the_end() {
    for (stream, expected) in [
        (&b""[..], Ok(())),
        (b"\x02hi", Ok(())),
        (b"\x02hi\x00", Ok(())),
        (b"\x02h", Err(StreamError::Torn)),
        (b"\x02", Err(StreamError::Torn)),
        (b"\x02hi\x80", Err(StreamError::Torn)),
        (b"\xff\x7f", Err(StreamError::TooLong)),
    ] {
        let given = given(format!(
            "a limit of 1000, and the stream [{}], in hex, which ends there; what end() says",
            hex(stream)
        ));
        let (mut decoder, mut messages) = (Decoder::new(ENOUGH), Vec::new());
        // What it says is another case's matter.
        let _ = decoder.feed(stream, &mut messages);
        given.expect(expected, decoder.end());
    }
}
