use heapwood_kit::given;
use heapwood_sockets::{Replies, decode_reply};

use super::subject::FrameReplies;

/// Whatever a test writes fits.
const ENOUGH: usize = 1000;

/// The output after one reply.
fn reply(max_body_bytes: usize, write: impl FnOnce(&mut FrameReplies<'_>)) -> Vec<u8> {
    reply_behind(Vec::new(), max_body_bytes, write)
}

fn reply_behind(
    mut out: Vec<u8>,
    max_body_bytes: usize,
    write: impl FnOnce(&mut FrameReplies<'_>),
) -> Vec<u8> {
    let mut replies = FrameReplies::with_limit(&mut out, max_body_bytes);
    write(&mut replies);
    replies.finish();
    out
}

/// The bytes as the book shows them: "00 00 00 01 00".
fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// What a client makes of one frame.
fn decoded(frame: &[u8]) -> String {
    match decode_reply(frame.get(4..).unwrap_or_default()) {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("no reply: {error}, of the bytes {}", hex(frame)),
    }
}

/// Nil, a boolean and numbers are a tag and zero, one or eight bytes; texts and strings of bytes are a tag, a length of four
/// bytes, and the content.
pub fn numbers_and_texts() {
    given("nil(); the frame, in hex").expect("00 00 00 01 00".to_owned(), hex(&reply(ENOUGH, |it| it.nil())));
    given("boolean(true); the frame, in hex")
        .expect("00 00 00 02 09 01".to_owned(), hex(&reply(ENOUGH, |it| it.boolean(true))));
    given("integer(-2); the frame, in hex").expect(
        "00 00 00 09 03 ff ff ff ff ff ff ff fe".to_owned(),
        hex(&reply(ENOUGH, |it| it.integer(-2))),
    );
    given("double(1.0); the frame, in hex").expect(
        "00 00 00 09 04 3f f0 00 00 00 00 00 00".to_owned(),
        hex(&reply(ENOUGH, |it| it.double(1.0))),
    );
    given("status(\"OK\"); the frame, in hex")
        .expect("00 00 00 07 06 00 00 00 02 4f 4b".to_owned(), hex(&reply(ENOUGH, |it| it.status("OK"))));
    given("bytes(b\"\"); the frame, in hex")
        .expect("00 00 00 05 02 00 00 00 00".to_owned(), hex(&reply(ENOUGH, |it| it.bytes(b""))));
    let this = given("bytes of 515 times x; the first ten bytes of the frame, in hex");
    let long = reply(ENOUGH, |it| it.bytes(&[b'x'; 515]));
    this.expect("00 00 02 08 02 00 00 02 03 78".to_owned(), hex(long.get(..10).unwrap_or(&long)));
}

/// An array says how many values follow, a map how many pairs.
pub fn arrays_and_maps() {
    let this = given("array(2), integer(7), nil(); the frame, in hex");
    let array = reply(ENOUGH, |it| {
        it.array(2);
        it.integer(7);
        it.nil();
    });
    this.expect("00 00 00 0f 05 00 00 00 02 03 00 00 00 00 00 00 00 07 00".to_owned(), hex(&array));
    let this = given("map(1), nil(), nil(); the frame, in hex");
    let map = reply(ENOUGH, |it| {
        it.map(1);
        it.nil();
        it.nil();
    });
    this.expect("00 00 00 07 07 00 00 00 01 00 00".to_owned(), hex(&map));
}

/// A body may have all the bytes of its limit; with one more the reply is the error `TOOBIG` (S4).
pub fn up_to_the_limit() {
    let write = |it: &mut FrameReplies<'_>| {
        it.array(2);
        it.status("red");
        it.nil();
    };
    given("a limit of 14 bytes, and array(2), status(\"red\"), nil(), which are 14; as a client decodes the frame")
        .expect("Array([Status(\"red\"), Nil])".to_owned(), decoded(&reply(14, write)));
    let this = given("a limit of 13 bytes, and array(2), status(\"red\"), nil(), which are 14");
    let got = decoded(&reply(13, write));
    this.holds(got.starts_with("Error(\"TOOBIG "), "the error TOOBIG, and nothing else", got);
}

/// When a value does not fit, nothing of the reply stays, and nothing is added, however small it is (S4).
pub fn too_big() {
    let given = given("a limit of 16 bytes, and array(3), bytes(\"apple\"), status(\"red\"), nil()");
    let got = decoded(&reply(16, |it| {
        it.array(3);
        it.bytes(b"apple");
        it.status("red");
        it.nil();
    }));
    given.holds(got.starts_with("Error(\"TOOBIG "), "the error TOOBIG, and nothing else", got);
}

/// Replies that are in the output already stay when a later one does not fit, and the output does not grow meanwhile.
pub fn earlier_replies_stay() {
    let given = given("behind a reply status(\"OK\"), with a limit of 16 bytes: bytes of 100000 times x");
    let earlier = reply(ENOUGH, |it| it.status("OK"));
    let out = reply_behind(earlier.clone(), 16, |it| it.bytes(&[b'x'; 100_000]));

    given.holds(
        out.starts_with(&earlier),
        format!("output that begins with the earlier reply, in hex {}", hex(&earlier)),
        hex(&out),
    );
    let got = decoded(&out[earlier.len()..]);
    given.holds(got.starts_with("Error(\"TOOBIG "), "then the error TOOBIG", got);
    given.holds(
        out.capacity() < 10_000,
        "output that never held the 100000 bytes",
        format!("room for {} bytes", out.capacity()),
    );
}

/// An array that cannot end well is refused at its beginning: each value that it announces has a byte at least (S4).
pub fn announced_values_fit() {
    for (limit, count, is_ok) in [(8, 3, true), (7, 3, false), (8, 300, false), (ENOUGH, usize::MAX, false)] {
        // Asked while it is written: an array that fits leaves room for its values.
        let mut fits = true;
        let given = given(format!(
            "a limit of {limit} bytes, and array({count}), of whose values none is written yet; \
                 then fits(0, 0), which is true unless something was too big"
        ));
        reply(limit, |it| {
            it.array(count);
            fits = it.fits(0, 0);
        });
        given.expect(is_ok, fits);
    }
}

/// Whoever asks beforehand is told whether that many values with that many bytes fit, and no number is too large to ask.
pub fn fits_tells_beforehand() {
    for (bytes, values, expected) in [
        (7, 2, true),
        (8, 2, false),
        (0, 3, true),
        (3, 3, false),
        (2, 3, true),
        (usize::MAX, 1, false),
        (0, usize::MAX, false),
    ] {
        let mut fits = None;
        let this =
            given(format!("a limit of 22 bytes, of which array(2) took 5; then fits({bytes}, {values})"));
        reply(22, |it| {
            it.array(2);
            fits = Some(it.fits(bytes, values));
        });
        this.expect(Some(expected), fits);
    }
    let mut fits = None;
    let this = given("a limit of 22 bytes, and 100 bytes that did not fit; then fits(1, 1)");
    reply(22, |it| {
        it.bytes(&[b'x'; 100]);
        fits = Some(it.fits(1, 1));
    });
    this.expect(Some(false), fits);
}
