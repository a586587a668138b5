//! Stage 6: deques and blocking pops, a message broker.
#![forbid(unsafe_code)]

mod block;
mod deque;

pub use deque::{Deque, Elements, End, Freeing};
