//! What an element costs beside its own bytes, in deques of short and of long ones.

use heapwood_deques::{Deque, End};

/// How many elements a deque gets.
const ELEMENTS: usize = 10_000;

fn main() {
    println!("{:>10} {:>8} {:>22}", "element", "blocks", "beside each element");
    for len in [1, 10, 100, 127, 128, 1000, 1020, 1021, 2000, 5000] {
        let mut deque = Deque::new();
        (0..ELEMENTS).for_each(|_| deque.push(End::Back, &vec![b'x'; len]));
        let beside = (deque.allocated_bytes() - deque.payload_bytes()) as f64 / ELEMENTS as f64;
        println!("{:>10} {:>8} {:>22}", format!("{len} B"), deque.blocks().len(), format!("{beside:.1} B"));
    }
}
