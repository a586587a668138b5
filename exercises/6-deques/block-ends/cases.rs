use std::collections::VecDeque;
use std::fmt;

use heapwood_deques::End;
use heapwood_kit::{Random, given};

use super::subject::{Block, split};

/// What stands in a block, read from one end.
fn elements(block: &Block, end: End) -> Vec<String> {
    let (mut run, mut found) = (block.run(), Vec::new());
    while let Some((element, rest)) = split(run, end) {
        found.push(match element {
            [first, .., last] if element.len() > 100 && first == last => {
                format!("{} × {}", element.len(), char::from(*first))
            }
            _ => String::from_utf8_lossy(element).into_owned(),
        });
        run = rest;
    }
    found
}

/// A block as a case compares it: its capacity, the room at both ends, how many elements it counts, and which they are.
#[derive(PartialEq)]
struct Seen {
    capacity: usize,
    room: (usize, usize),
    count: usize,
    elements: Vec<String>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, room, count, elements } = self;
        write!(to, "{capacity} bytes, room {}+{}, count {count}: {}", room.0, room.1, elements.join(" "))
    }
}

fn seen(block: &Block) -> Seen {
    Seen {
        capacity: block.capacity(),
        room: block.room(),
        count: block.count(),
        elements: elements(block, End::Front),
    }
}

fn expected(capacity: usize, room: (usize, usize), elements: &[&str]) -> Seen {
    let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
    Seen { capacity, room, count: elements.len(), elements }
}

/// Where there is room at the end, the element goes next to the others and nothing moves.
pub fn into_the_room() {
    let mut block = Block::with_room(12, 20);
    let given = given(
        "32 bytes, 12 of them before the place of the elements; \"fig\" at the back, \"kiwi\" and \"date\" at the front",
    );
    let grown = [(End::Back, "fig"), (End::Front, "kiwi"), (End::Front, "date")]
        .map(|(end, element)| block.push(end, element.as_bytes()));
    given.expect(("the buffer grew by", [Some(0); 3]), ("the buffer grew by", grown));
    given.expect(expected(32, (0, 15), &["date", "kiwi", "fig"]), seen(&block));
}

/// A run reads the same from either end (D1).
pub fn from_either_end() {
    let mut block = Block::with_room(600, 600);
    block.push(End::Back, &[b'x'; 200]);
    block.push(End::Front, b"");
    block.push(End::Back, b"fig");
    given("room for all; 200 × x at the back, an empty element at the front, \"fig\" at the back; read from behind")
        .expect(vec!["fig", "200 × x", ""], elements(&block, End::Back));
}

/// The element at either end can be taken off, with its lengths, and the room is there again.
pub fn taken_off() {
    let mut block = Block::with_room(16, 16);
    for element in ["fig", "plum", "pear", "apple"] {
        block.push(if element == "fig" { End::Front } else { End::Back }, element.as_bytes());
    }
    let (before, room) = (seen(&block), block.room());
    let given = given(format!("a block of {:?}", before.elements));
    let lengths = (block.discard(End::Front), block.discard(End::Back));
    given.expect(("how long they were", Some(3), Some(5)), ("how long they were", lengths.0, lengths.1));
    given.expect(expected(before.capacity, (room.0 + 5, room.1 + 7), &["plum", "pear"]), seen(&block));
    let lengths = [End::Back, End::Front, End::Front, End::Back].map(|end| block.discard(end));
    given.expect(
        ("how long the others were", [Some(4), Some(4), None, None]),
        ("how long the others were", lengths),
    );
    given.expect(("elements", 0), ("elements", block.count()));
}

/// Where half of the buffer or more stays free, the content moves, and what is free is shared out to both ends.
pub fn half_of_it_free() {
    let mut block = Block::with_room(0, 32);
    block.push(End::Back, b"apple");
    let grown = block.push(End::Front, b"fig");
    let front = given(
        "32 bytes with \"apple\" at the very front, 7 bytes with its lengths; \"fig\", 5 bytes, at the front",
    );
    front.expect(("grew by", Some(0)), ("grew by", grown));
    front.expect(expected(32, (10, 10), &["fig", "apple"]), seen(&block));

    let mut block = Block::with_room(25, 7);
    block.push(End::Back, b"apple");
    block.push(End::Back, b"cherry");
    given("32 bytes with \"apple\" at the very end, 7 bytes; \"cherry\", 8 bytes, at the back")
        .expect(expected(32, (8, 9), &["apple", "cherry"]), seen(&block));
}

/// A buffer that would be exactly half full keeps its size.
pub fn exactly_half() {
    let mut block = Block::with_room(25, 7);
    block.push(End::Back, b"apple");
    let grown = block.push(End::Back, b"avocado");
    let given = given("32 bytes with \"apple\" at the very end, 7 bytes; \"avocado\", 9 bytes, at the back");
    given.expect(("grew by", Some(0)), ("grew by", grown));
    given.expect(expected(32, (8, 8), &["apple", "avocado"]), seen(&block));
}

/// Where it would be more than half full, the buffer is doubled.
pub fn doubled() {
    for (end, before, behind, place) in [(End::Back, 20, 12, "end"), (End::Front, 0, 32, "front")] {
        let mut block = Block::with_room(before, behind);
        block.push(End::Back, b"strawberry");
        let grown = block.push(end, b"avocado");
        let given = given(format!(
            "32 bytes with \"strawberry\" at the very {place}, 12 bytes; \"avocado\", 9 bytes, at the same end"
        ));
        given.expect(("grew by", Some(32)), ("grew by", grown));
        given.expect(("capacity", 64), ("capacity", block.capacity()));
    }
}

/// In a larger buffer all room is at the end where it grows.
pub fn room_where_it_grows() {
    let mut block = Block::with_room(20, 12);
    block.push(End::Back, b"strawberry");
    block.push(End::Back, b"avocado");
    given("32 bytes with \"strawberry\" at the very end, 12 bytes; \"avocado\", 9 bytes, at the back")
        .expect(expected(64, (0, 43), &["strawberry", "avocado"]), seen(&block));

    let mut block = Block::with_room(0, 32);
    block.push(End::Back, b"strawberry");
    block.push(End::Front, b"avocado");
    given("32 bytes with \"strawberry\" at the very front, 12 bytes; \"avocado\", 9 bytes, at the front")
        .expect(expected(64, (43, 0), &["avocado", "strawberry"]), seen(&block));
}

/// An element that takes more than the double gets the next power of two, up to 4,096 and no further.
pub fn more_than_doubled() {
    let long = "x".repeat(300);
    let mut block = Block::with_room(0, 32);
    block.push(End::Back, b"fig");
    let grown = block.push(End::Back, long.as_bytes());
    given("32 bytes with \"fig\", 5 bytes; 300 × x, 304 bytes, at the back")
        .expect(("capacity", 512, "grew by", Some(480)), ("capacity", block.capacity(), "grew by", grown));

    let mut block = Block::with_room(0, 3000);
    block.push(End::Back, &[b'x'; 2496]);
    let grown = block.push(End::Back, &[b'y'; 1592]);
    given("3,000 bytes with an element that takes 2,500; one that takes 1,596 at the back: 4,096 together")
        .expect(("capacity", 4096, "grew by", Some(1096)), ("capacity", block.capacity(), "grew by", grown));
}

/// What fits nowhere is refused, and the block is as it was.
pub fn refused() {
    for (capacity, used, need) in [(4096, 2000, 2096), (3000, 2500, 1597), (5000, 4000, 1001)] {
        for (end, place) in [(End::Back, "end"), (End::Front, "front")] {
            let before = if end == End::Back { capacity - used } else { 0 };
            let mut block = Block::with_room(before, capacity - before);
            block.push(End::Back, &vec![b'x'; used - 4]);
            let before = (block.capacity(), block.room(), block.count());
            let given = given(format!(
                "{capacity} bytes with an element that takes {used}, at the very {place}; one that takes {need} at the same end"
            ));
            given.expect(None, block.push(end, &vec![b'y'; need - 4]));
            given.expect(
                ("capacity, room and count", before),
                ("capacity, room and count", (block.capacity(), block.room(), block.count())),
            );
        }
    }
}

/// Whatever is pushed and taken off at whichever end, the block holds what a plain list would hold.
pub fn as_a_plain_list() {
    let mut random = Random::new(6);
    for _ in 0..20 {
        let (mut block, mut plain) = (Block::with_room(16, 16), VecDeque::<String>::new());
        for step in 0..200 {
            let (end, place) = if random.below(2) == 0 { (End::Front, "front") } else { (End::Back, "back") };
            let before = plain.len();
            let what;
            if random.below(3) == 0 {
                what = format!("discard at the {place}");
                block.discard(end);
                if end == End::Front {
                    plain.pop_front()
                } else {
                    plain.pop_back()
                };
            } else {
                let element = "x".repeat(random.below(40)) + &step.to_string();
                what = format!("push {element:?} at the {place}");
                if block.push(end, element.as_bytes()).is_some() {
                    if end == End::Front { plain.push_front(element) } else { plain.push_back(element) }
                }
            }
            let given = given(format!("a block of {before} elements, after {step} random steps; {what}"));
            given.expect(("elements", plain.len()), ("elements", block.count()));
            given.expect(plain.iter().cloned().collect::<Vec<_>>(), elements(&block, End::Front));
        }
    }
}
