use heapwood_kit::{Random, given};

use super::subject::{Block, Deque, take_looks};

/// A deque of blocks of these sizes, whose elements are numbered: "0", "1", "2" and so on.
fn deque(sizes: &[usize]) -> Deque {
    let mut next = 0;
    let blocks = sizes.iter().map(|size| {
        let names: Vec<String> = (next..next + size).map(|number| number.to_string()).collect();
        next += size;
        Block::of(names.iter().map(String::as_str))
    });
    Deque::of(blocks)
}

/// Elements as text.
fn texts<'a>(elements: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    elements.take(5000).map(|element| String::from_utf8_lossy(element).into_owned()).collect()
}

/// The numbers from one to another, the last left out, as text.
fn numbers(from: usize, end: usize) -> Vec<String> {
    (from..end).map(|number| number.to_string()).collect()
}

/// In one block the elements are found from either half, in order.
pub fn in_one_block() {
    let deque = deque(&[6]);
    for start in 0..6 {
        given(format!("one block of the elements 0 to 5; two from index {start} on"))
            .expect(numbers(start, (start + 2).min(6)), texts(deque.range(start, 2)));
    }
}

/// A range goes on from one block to the next, wherever it begins.
pub fn over_several_blocks() {
    let deque = deque(&[3, 1, 4, 2]);
    for start in 0..10 {
        given(format!("blocks of 3, 1, 4 and 2 elements, numbered from 0; all from index {start} on"))
            .expect(numbers(start, 10), texts(deque.range(start, 10)));
    }
}

/// A range ends after as many elements as were asked for, and knows before how many those are.
pub fn as_many_as_asked() {
    let deque = deque(&[3, 1, 4, 2]);
    for (start, count, expected) in [(2, 4, 4), (8, 4, 2), (0, 0, 0), (3, usize::MAX, 7)] {
        let given = given(format!("blocks of 3, 1, 4 and 2 elements; {count} from index {start} on"));
        let range = deque.range(start, count);
        given.expect(("said before", expected), ("said before", range.len()));
        given.expect(numbers(start, start + expected), texts(range));
    }
}

/// From the length on there is nothing, and in an empty deque there is nothing at all.
pub fn past_the_end() {
    for (sizes, start) in [(&[3, 2][..], 5), (&[3, 2], 6), (&[3, 2], usize::MAX), (&[], 0), (&[], 7)] {
        let deque = deque(sizes);
        let given =
            given(format!("blocks of {sizes:?} elements; index {start}, and three elements from there on"));
        given.expect(Vec::<String>::new(), texts(deque.get(start).into_iter()));
        given.expect(Vec::<String>::new(), texts(deque.range(start, 3)));
    }
}

/// Whole blocks are skipped, from the nearer end of the deque.
pub fn few_blocks() {
    let deque = deque(&[4; 1000]);
    for (index, most) in [(0, 8), (9, 12), (3990, 12), (3999, 8)] {
        take_looks();
        let got = texts(deque.get(index).into_iter());
        let (blocks, _) = take_looks();
        let given = given(format!("a thousand blocks of 4 elements; index {index}"));
        given.expect(numbers(index, index + 1), got);
        given.holds(
            blocks <= most,
            format!("at most {most} questions for the count of a block"),
            format!("{blocks} of them"),
        );
    }
}

/// In its block an element is sought from the nearer end, too.
pub fn few_elements() {
    let deque = deque(&[100, 100, 100]);
    for (index, most) in [(3, 6), (196, 7), (203, 6), (297, 6)] {
        take_looks();
        let got = texts(deque.get(index).into_iter());
        let (_, elements) = take_looks();
        let given = given(format!("three blocks of 100 elements; index {index}"));
        given.expect(numbers(index, index + 1), got);
        given.holds(
            elements <= most,
            format!("at most {most} elements split off on the way"),
            format!("{elements} of them"),
        );
    }
}

/// A range of a few elements reads no more than those, wherever they are.
pub fn as_a_plain_list() {
    let mut random = Random::new(6);
    for _ in 0..200 {
        let sizes: Vec<usize> = (0..random.below(6)).map(|_| 1 + random.below(5)).collect();
        let (deque, len) = (deque(&sizes), sizes.iter().sum::<usize>());
        let (start, count) = (random.below(len + 3), random.below(8));
        let end = (start + count).min(len).max(start);
        let got = texts(deque.range(start, count));
        given(format!("blocks of {sizes:?} elements; {count} from index {start} on"))
            .expect(if start < len { numbers(start, end) } else { Vec::new() }, got);
    }
}
