use std::io::{self, ErrorKind, Read};

use heapwood_kit::{Pieces, Step, given};

use super::subject::{Arrived, read_exactly};

fn give(text: &str) -> Step {
    Step::Give(text.into())
}

/// What a call said and what is in the vector, as a reader likes to see it.
fn told(result: io::Result<Arrived>, bytes: &[u8]) -> String {
    let said = match result {
        Ok(arrived) => format!("Ok({arrived:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    };
    format!("{said}, with {:?} in the vector", String::from_utf8_lossy(bytes))
}

fn read(source: &mut Pieces, count: usize, bytes: &mut Vec<u8>) -> String {
    let result = read_exactly(source, count, bytes);
    told(result, bytes)
}

/// Of bytes that are all there, as many are taken as were asked for; what follows them stays in the source.
pub fn no_byte_too_many() {
    let (mut source, mut bytes) = (Pieces::new([give("PINGGET a")]), Vec::new());
    let given = given("a source that gives \"PINGGET a\" in one piece, and the count 4");
    given.expect("Ok(Whole), with \"PING\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
    let mut rest = String::new();
    source.read_to_string(&mut rest).expect("text");
    given.holds(rest == "GET a", "the next read gives what is left: \"GET a\"", format!("it gives {rest:?}"));
}

/// However the bytes come, one at a time or in pieces of any size, they are the same bytes (S1).
pub fn pieces() {
    let text = "buy milk\nDEL apple";
    for size in [1, 2, 5, 17] {
        let (mut source, mut bytes) = (Pieces::of(text.as_bytes(), size), Vec::new());
        given(format!("a source that gives {text:?} in pieces of {size}, and the count {}", text.len()))
            .expect(
                format!("Ok(Whole), with {text:?} in the vector"),
                read(&mut source, text.len(), &mut bytes),
            );
    }
    let (long, mut bytes) = ([b'x'; 10_000], Vec::new());
    let given = given("a source that gives 10000 times x in pieces of 9000, and the count 10000");
    let result = read_exactly(&mut Pieces::of(&long, 9000), long.len(), &mut bytes);
    given.holds(
        matches!(result, Ok(Arrived::Whole)) && bytes == long,
        "Ok(Whole), with 10000 times x in the vector",
        format!("{result:?}, with {} bytes in the vector", bytes.len()),
    );
}

/// A read that was interrupted by a signal is tried again.
pub fn interrupted() {
    let script = [give("PI"), Step::Fail(ErrorKind::Interrupted), give("NG")];
    let (mut source, mut bytes) = (Pieces::new(script), Vec::new());
    given("a source that gives \"PI\", fails with Interrupted, and gives \"NG\"; the count 4")
        .expect("Ok(Whole), with \"PING\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
}

/// A source that ends before the first byte is at its end, and one of which nothing is wanted is not asked.
pub fn nothing() {
    let (mut source, mut bytes) = (Pieces::new([]), Vec::new());
    given("a source that is at its end, and the count 4")
        .expect("Ok(End), with \"\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
    let (mut source, mut bytes) = (Pieces::new([Step::Fail(ErrorKind::TimedOut)]), Vec::new());
    given("a source that would fail, and the count 0")
        .expect("Ok(Whole), with \"\" in the vector".to_owned(), read(&mut source, 0, &mut bytes));
}

/// A source that ends in the middle is an error, and not a shorter message.
pub fn torn() {
    let (mut source, mut bytes) = (Pieces::new([give("PIN")]), Vec::new());
    given("a source that gives \"PIN\" and ends, and the count 4").expect(
        "Err(UnexpectedEof), with \"PIN\" in the vector".to_owned(),
        read(&mut source, 4, &mut bytes),
    );
}

/// After a time-out the same call goes on where the last one stopped; nothing that had arrived is lost (S1).
pub fn goes_on_after_a_time_out() {
    let script = [give("PI"), Step::Fail(ErrorKind::TimedOut), give("NG and more")];
    let (mut source, mut bytes) = (Pieces::new(script), Vec::new());
    given("a source that gives \"PI\" and fails with TimedOut, and the count 4")
        .expect("Err(TimedOut), with \"PI\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
    given(
"a source that gave \"PI\" and failed with TimedOut; then the same call once more, with the same vector, \
             and the source gives \"NG and more\"")
        .expect("Ok(Whole), with \"PING\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));

    let script = [give("PI"), Step::Fail(ErrorKind::TimedOut)];
    let (mut source, mut bytes) = (Pieces::new(script), Vec::new());
    given("a source that gives \"PI\" and fails with TimedOut, and the count 4")
        .expect("Err(TimedOut), with \"PI\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
    given(
"a source that gave \"PI\" and failed with TimedOut; then the same call once more, with the same vector, \
             and the source ends")
        .expect("Err(UnexpectedEof), with \"PI\" in the vector".to_owned(), read(&mut source, 4, &mut bytes));
}

/// A source, and the most that it was asked for at once.
struct Asked {
    source: Pieces,
    most: usize,
}

impl Read for Asked {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.most = self.most.max(room.len());
        self.source.read(room)
    }
}

/// A count alone takes no memory (S2): whoever announces 64 MiB and sends five bytes costs little more than five bytes.
pub fn a_count_takes_no_memory() {
    const COUNT: usize = 64 << 20;
    const MOST: usize = 128 << 10;
    let (mut source, mut bytes) = (Asked { source: Pieces::new([give("apple")]), most: 0 }, Vec::new());
    let given = given("a source that gives \"apple\" and ends, and the count 67108864 (64 MiB)");
    given.expect(
        "Err(UnexpectedEof)",
        match read_exactly(&mut source, COUNT, &mut bytes) {
            Ok(_) => "Ok",
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => "Err(UnexpectedEof)",
            Err(_) => "another error",
        },
    );
    given.holds(
        bytes.capacity() <= MOST,
        "a vector with room for 128 KiB at most",
        format!("room for {} bytes", bytes.capacity()),
    );
    given.holds(
        source.most <= MOST,
        "reads that have room for 128 KiB at most",
        format!("a read with room for {} bytes", source.most),
    );
}
