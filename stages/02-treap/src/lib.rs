//! Stage 2: a treap, sorted keys with random priorities.
//!
//! A *treap* (Aragon and Seidel, *Randomized Search Trees*, 1989) is a binary search tree by key and a heap by
//! priority. Priorities are drawn at random, so its shape is that of a tree built in random order, whatever order
//! the keys came in: a search takes O(log n) steps, and no client can make it take more.
//!
//! The core, in the order in which a command meets it:
//!
//! - [`Record`]: what a treap holds; it owns its key,
//! - `arena`: nodes of 32 bytes that name each other by 32-bit links, and a [`Slot`] for each record,
//! - [`Treap`]: search, insert, rotate, remove,
//! - `order`: rank, at, count and [`Range`], by the weights of subtrees,
//! - [`strings`]: the string commands, for every record that is a [`StringValue`].
//!
//! What makes it fast or handy, each in a file that the core can be read without:
//!
//! - `window`: eight bytes of a node that settle most comparisons without a look at the record,
//! - `batch`: many searches side by side, so that their cache misses overlap,
//! - `bulk`: a treap from sorted records in O(n),
//! - `cursor`: a walk that survives changes; `clear`: a drop in bounded steps; `slots`: a walk by place, and shrinking,
//! - `mem`: [`Packed`], key and value in one allocation behind a thin pointer; prefetching,
//! - `picture`, `check`: what a treap looks like, and whether its invariants hold.
//!
//! ```
//! use std::ops::Bound;
//! use heapwood_treap::{Packed, Treap};
//!
//! let mut treap: Treap<Packed> = Treap::with_seed(7);
//! for word in ["heap", "tree", "apple"] {
//!     treap.insert(Packed::string(word.as_bytes(), b"1"))?;
//! }
//! let first = treap.range(Bound::Unbounded, Bound::Unbounded).next();
//! assert_eq!(first.map(|slot| treap.record(slot).key()), Some(&b"apple"[..]));
//! assert_eq!(treap.rank(b"tree"), Some(2));
//! # Ok::<(), heapwood_treap::Full>(())
//! ```

#![deny(unsafe_code)]

mod arena;
mod batch;
mod bulk;
mod check;
mod clear;
mod cursor;
#[allow(unsafe_code)]
mod mem;
mod order;
mod picture;
mod record;
mod slots;
pub mod strings;
mod treap;
mod window;

pub use arena::Slot;
pub use batch::MAX_LANES;
pub use bulk::BulkError;
pub use clear::Clearing;
pub use cursor::Cursor;
pub use mem::header::{MAX_KEY_BYTES, MAX_STRING_BYTES};
pub use mem::packed::{Body, Packed};
pub use order::Range;
pub use picture::NodeView;
pub use record::Record;
pub use strings::{StringError, StringValue};
pub use treap::{Full, MAX_RECORDS, Treap};
