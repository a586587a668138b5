use heapwood_kit::given;
use heapwood_poll_loop::RoundId;

use super::subject::{KEEP_BUFFER_BYTES, Output, give_back};

/// A round that writes `bytes`, at whose end the rounds up to `durable` are durable.
fn round(output: &mut Output, bytes: &[u8], round: u64, durable: u64) {
    output.begin_round(RoundId(round));
    output.bytes.extend_from_slice(bytes);
    output.release(RoundId(durable));
}

fn sendable(output: &Output) -> String {
    String::from_utf8_lossy(output.sendable()).into_owned()
}

/// A reply that the socket takes in pieces leaves whole, once and in order, and so do replies that are written meanwhile.
pub fn a_reply_that_leaves_in_pieces() {
    let mut output = Output::default();
    round(&mut output, b"abcdef", 1, 1);
    given("the reply \"abcdef\" of a durable round: what may leave")
        .expect("abcdef", sendable(&output).as_str());
    output.advance(2);
    given("\"abcdef\", of which 2 bytes were sent").expect("cdef", sendable(&output).as_str());
    output.advance(1);
    given("\"abcdef\", of which 2 bytes and then 1 more were sent").expect("def", sendable(&output).as_str());
    round(&mut output, b"gh", 2, 2);
    given("\"def\" left over, and \"gh\" written in the next round")
        .expect("defgh", sendable(&output).as_str());
    output.advance(5);
    given("all of it sent: bytes that wait").expect(0, output.pending());
}

/// The reply of a round that is not durable stays, and leaves when it is (P3).
pub fn a_round_that_is_not_durable() {
    let mut output = Output::default();
    round(&mut output, b"one", 1, 0);
    given("\"one\" of round 1, and no round is durable: what may leave")
        .expect("", sendable(&output).as_str());
    given("the same: bytes that wait").expect(3, output.pending());
    round(&mut output, b"", 2, 1);
    given("\"one\" of round 1, and now round 1 is durable").expect("one", sendable(&output).as_str());
}

/// Of several rounds the replies leave up to the durable one, however many became durable at once, and also behind a piece
/// that was sent (P3).
pub fn several_rounds() {
    let mut output = Output::default();
    for (number, reply) in (1..).zip(["one,", "two,", "three,", "four"]) {
        round(&mut output, reply.as_bytes(), number, 0);
    }
    for (durable, expected) in [(1, "one,"), (3, "one,two,three,"), (4, "one,two,three,four")] {
        output.begin_round(RoundId(4 + durable));
        output.release(RoundId(durable));
        given(format!("rounds 1 to 4 wrote \"one,\" \"two,\" \"three,\" \"four\"; durable up to {durable}"))
            .expect(expected, sendable(&output).as_str());
    }
    let mut output = Output::default();
    round(&mut output, b"one,", 1, 1);
    round(&mut output, b"two", 2, 1);
    output.advance(3);
    given("\"one,\" durable and \"two\" not, of which 3 bytes were sent")
        .expect(",", sendable(&output).as_str());
    round(&mut output, b"", 3, 2);
    given("the same, and round 2 is durable").expect(",two", sendable(&output).as_str());
}

/// A round that writes nothing leaves no mark, and takes no other round's mark away.
pub fn a_round_without_replies() {
    let mut output = Output::default();
    round(&mut output, b"", 1, 0);
    given("a round that wrote nothing, and is not durable: are replies withheld?")
        .expect(false, output.is_withheld());
    round(&mut output, b"two", 2, 0);
    round(&mut output, b"", 3, 0);
    given("a round that wrote \"two\", then one that wrote nothing, neither durable: are replies withheld?")
        .expect(true, output.is_withheld());
    given("the same: what may leave").expect("", sendable(&output).as_str());
    round(&mut output, b"", 4, 2);
    given("the same, and round 2 is durable: are replies withheld?").expect(false, output.is_withheld());
}

/// When bytes are removed from the front, what is not durable is still told from what is (P3).
pub fn marks_follow_the_bytes() {
    let mut output = Output::default();
    round(&mut output, &[b'.'; 40_000], 1, 1);
    round(&mut output, b"two,", 2, 1);
    round(&mut output, b"three", 3, 1);
    output.advance(20_000);
    output.advance(19_998);
    let given =
        |more: &str| given(format!("40,000 dots, durable; \"two,\" and \"three\", not durable; {more}"));
    given("39,998 bytes sent, in two pieces").expect("..", sendable(&output).as_str());
    output.advance(2);
    given("40,000 bytes sent").expect("", sendable(&output).as_str());
    output.begin_round(RoundId(4));
    output.release(RoundId(2));
    given("40,000 bytes sent, and round 2 durable").expect("two,", sendable(&output).as_str());
    output.advance(4);
    output.begin_round(RoundId(5));
    output.release(RoundId(4));
    given("all but the last round's sent, and all durable").expect("three", sendable(&output).as_str());
}

/// What `give_back` makes of a buffer of `len` bytes, `done` of them done with, and whether it removes as many as `expected`.
fn removes(len: usize, done: usize, expected: usize) {
    let mut buffer: Vec<u8> = (0..len).map(|at| at as u8).collect();
    let rest = buffer[expected..].to_vec();
    let given = given(format!("a buffer of {len} bytes, {done} of them done with: give_back"));
    let removed = give_back(&mut buffer, done);
    given.holds(
        removed == expected && buffer.len() == rest.len(),
        format!("it says {expected}, and {} bytes are left", rest.len()),
        format!("it says {removed}, and {} bytes are left", buffer.len()),
    );
    given.holds(buffer == rest, "the last ones are left", "others are left");
}

/// A front goes where it is all of the buffer, or more than half of it and more than 16 KiB; otherwise nothing is moved.
pub fn what_is_moved_and_what_is_not() {
    let keep = KEEP_BUFFER_BYTES;
    for (len, done) in [(10, 10), (keep + 5, keep + 1), (100_000, 50_001), (100_001, 50_001)] {
        removes(len, done, done);
    }
    for (len, done) in [(10, 0), (10, 9), (keep + 5, keep), (100_000, 50_000), (100_001, 50_000)] {
        removes(len, done, 0);
    }
}

/// A large buffer that is empty gives memory back, and a small one is kept (P4).
pub fn memory_comes_back() {
    for capacity in [100, KEEP_BUFFER_BYTES, KEEP_BUFFER_BYTES + 1, 1_000_000] {
        let mut buffer = Vec::with_capacity(capacity);
        buffer.extend_from_slice(b"reply");
        let capacity = buffer.capacity();
        give_back(&mut buffer, 5);
        let (got, kept) = (buffer.capacity(), capacity <= KEEP_BUFFER_BYTES);
        given(format!("a buffer with room for {capacity} bytes, all 5 bytes in it done with: give_back"))
            .holds(
                if kept { got == capacity } else { got <= KEEP_BUFFER_BYTES },
                if kept {
                    format!("room for {capacity} bytes")
                } else {
                    "room for at most 16384 bytes".into()
                },
                format!("room for {got} bytes"),
            );
    }
}

/// When a long reply has left in pieces, the output does not keep its memory (P4).
pub fn a_long_reply() {
    let mut output = Output::default();
    round(&mut output, &vec![b'x'; 200_000], 1, 1);
    let mut pieces = 0;
    while output.pending() > 0 && pieces < 100 {
        output.advance(output.sendable().len().min(7_001));
        pieces += 1;
    }
    let given = given("a reply of 200,000 bytes, sent in 29 pieces of at most 7,001");
    given.expect(("pieces", 29), ("pieces", pieces));
    let room = output.bytes.capacity();
    given.holds(
        room <= KEEP_BUFFER_BYTES,
        "the output keeps room for at most 16384 bytes",
        format!("it keeps room for {room}"),
    );
}
