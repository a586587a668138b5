use heapwood_kit::{Given, given};
use heapwood_sockets::RequestLimits;

use super::subject::{Header, read_u32};

/// `PING`, and the beginning of the next request.
const PING: &[u8] = b"\0\0\0\x0c\0\0\0\x01\0\0\0\x04PING\0\0\0";

/// The bytes as the book shows them: "00 00 00 0c".
fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// In hexadecimal; and as text, where it is nothing else.
fn shown(bytes: &[u8]) -> String {
    match bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        true => format!("{} (the text {:?})", hex(bytes), String::from_utf8_lossy(bytes)),
        false => hex(bytes),
    }
}

fn arrived(bytes: &[u8]) -> Given {
    match bytes {
        [] => given("no bytes yet"),
        [_] => given(format!("1 byte, in hex: {}", shown(bytes))),
        _ => given(format!("{} bytes, in hex: {}", bytes.len(), shown(bytes))),
    }
}

fn read(bytes: &[u8]) -> Result<Option<Header>, String> {
    read_within(bytes, &RequestLimits::default())
}

fn read_within(bytes: &[u8], limits: &RequestLimits) -> Result<Option<Header>, String> {
    Header::read(bytes, limits).map_err(|error| error.text().to_owned())
}

/// With fewer than `proof` bytes nothing is known; from there on the answer is the same error.
fn refused_from(bytes: &[u8], proof: usize) {
    for count in 0..proof {
        arrived(&bytes[..count]).expect(Ok(None), read(&bytes[..count]));
    }
    let given = arrived(&bytes[..proof]);
    let first = read(&bytes[..proof]);
    given.holds(first.is_err(), "an error", format!("{first:?}"));
    let alone =
        if proof == 1 { "the first byte alone".to_owned() } else { format!("the first {proof} bytes alone") };
    for count in proof..=bytes.len() {
        let given = arrived(&bytes[..count]);
        let got = read(&bytes[..count]);
        let expected = format!("the same as for {alone}: {first:?}");
        given.holds(got == first, expected, format!("{got:?}"));
    }
}

/// A number has its highest byte first, and stands where the offset says.
pub fn a_number() {
    let bytes = [0, 1, 2, 3, 0, 0, 0, 12, 9];
    for (offset, expected) in [(0, 0x1_02_03), (4, 12), (5, 0x0c09)] {
        given(format!("read_u32 at offset {offset} of the bytes, in hex, {}", hex(&bytes)))
            .expect(Some(expected), read_u32(&bytes, offset));
    }
}

/// Where fewer than four bytes are left at the offset, or none, there is no number.
pub fn a_number_that_is_not_there() {
    let bytes = [0, 0, 0, 12, 0];
    for offset in [2, 4, 5, 6, 1000, usize::MAX] {
        given(format!("read_u32 at offset {offset} of the bytes, in hex, {}", hex(&bytes)))
            .expect(None, read_u32(&bytes, offset));
    }
}

/// A header says where the request ends, counted from its first byte, and how many arguments it has.
pub fn a_whole_header() {
    for count in [8, 12, PING.len()] {
        arrived(&PING[..count]).expect(Ok(Some(Header { end: 16, arguments: 1 })), read(&PING[..count]));
    }
    let largest = b"\x07\xff\xff\xff\0\x10\0\0";
    arrived(largest).expect(Ok(Some(Header { end: 0x0800_0003, arguments: 1 << 20 })), read(largest));
}

/// A part of a header is no error: more bytes are needed (S1).
pub fn a_part_of_a_header() {
    for count in 0..8 {
        arrived(&PING[..count]).expect(Ok(None), read(&PING[..count]));
    }
}

/// A letter is refused at once, with the same words whatever follows it (S1): a frame's first byte is 7 at most.
pub fn the_first_byte() {
    refused_from(b"hello, server", 1);
    refused_from(b"\x08\0\0\0\0\0\0\x01", 1);
}

/// A length that no request has is refused when its four bytes are there, and whatever follows changes nothing (S1).
pub fn the_length() {
    refused_from(b"\0\0\0\x07\0\0\0\0", 4);
    refused_from(b"\0\0\0\0\0\0\0\x01", 4);
}

/// A count that no request has is refused when all eight bytes are there, and whatever follows changes nothing (S1).
pub fn the_count() {
    refused_from(b"\0\0\0\x0c\0\0\0\0\0\0\0\x04", 8);
    refused_from(b"\0\0\0\x10\0\0\0\x04\0\0\0\0", 8);
}

/// The limits are the caller's, and what is as large as they say is allowed.
pub fn the_limits() {
    let limits = RequestLimits { max_body_bytes: 64, max_arguments: 3 };
    let within = |bytes: &[u8]| {
        given(format!("limits of 64 bytes and 3 arguments, and the bytes, in hex, {}", hex(bytes)))
    };
    let fits = b"\0\0\0\x40\0\0\0\x03";
    within(fits).expect(Ok(Some(Header { end: 68, arguments: 3 })), read_within(fits, &limits));
    for above in [&b"\0\0\0\x41"[..], b"\0\0\0\x40\0\0\0\x04"] {
        let given = within(above);
        let got = read_within(above, &limits);
        given.holds(got.is_err(), "an error", format!("{got:?}"));
    }
}
