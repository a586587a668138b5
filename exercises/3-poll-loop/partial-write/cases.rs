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
    output.advance(39_998);
    let given =
        |more: &str| given(format!("40,000 dots, durable; \"two,\" and \"three\", not durable; {more}"));
    given("39,998 bytes sent").expect("..", sendable(&output).as_str());
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

/// A front is removed if it is all, or more than half and more than 16 KiB: never less, so that few bytes are moved.
pub fn what_is_moved_and_what_is_not() {
    let keep = KEEP_BUFFER_BYTES;
    let sizes = [
        (10, 10, 10),
        (10, 9, 0),
        (keep + 5, keep, 0),
        (keep + 5, keep + 1, keep + 1),
        (100_000, 50_000, 0),
        (100_000, 50_001, 50_001),
        (100_001, 50_000, 0),
        (100_001, 50_001, 50_001),
    ];
    for (len, done, expected) in sizes {
        let mut buffer: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let rest = buffer[done..].to_vec();
        let given = given(format!("a buffer of {len} bytes, {done} of them done with"));
        let removed = give_back(&mut buffer, done);
        given.holds(
            removed == expected,
            format!("{expected} are removed"),
            format!("it returns {removed} and leaves {} bytes", buffer.len()),
        );
        given.holds(
            buffer.len() == len - expected && buffer.ends_with(&rest),
            format!("the last {} bytes are left", len - expected),
            format!("{} bytes are left, or others", buffer.len()),
        );
    }
}

/// A large buffer that is empty gives its memory back, and a small one is kept (P4).
pub fn memory_comes_back() {
    for (capacity, kept) in
        [(100, true), (KEEP_BUFFER_BYTES, true), (KEEP_BUFFER_BYTES + 1, false), (1_000_000, false)]
    {
        let mut buffer = Vec::with_capacity(capacity);
        buffer.extend_from_slice(b"reply");
        give_back(&mut buffer, 5);
        let got = buffer.capacity();
        given(format!("a buffer with room for {capacity} bytes, all 5 bytes in it done with")).holds(
            if kept { got >= capacity } else { got == 0 },
            format!("room for {} bytes", if kept { capacity } else { 0 }),
            format!("room for {got} bytes"),
        );
    }
    let mut output = Output::default();
    round(&mut output, &vec![b'x'; 200_000], 1, 1);
    let mut most = 0;
    while output.pending() > 0 && most < 100 {
        output.advance(output.sendable().len().min(7_001));
        most += 1;
    }
    given("a reply of 200,000 bytes, sent in pieces of 7,001: room that the output keeps")
        .expect(0, output.bytes.capacity());
}
