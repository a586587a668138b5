//! Stage 6: deques and blocking pops, a message broker.
//!
//! In the order in which a request meets them:
//!
//! - [`lists`]: what LPUSH, LPOP, LRANGE and their like do;
//! - [`deque`]: a sequence of byte strings in blocks of about 4 KiB, cheap at both ends;
//! - [`timeout`] and [`waiters`]: BLPOP, BRPOP, and who gets which element;
//! - [`graveyard`]: large values, freed a step a round;
//! - [`snapshot`]: everything as the commands that build it again.
#![forbid(unsafe_code)]

use heapwood_treap::Packed;

mod block;
pub mod deque;
pub mod graveyard;
pub mod lists;
pub mod snapshot;
pub mod timeout;
pub mod waiters;

pub use block::BlockView;
pub use deque::{Deque, Elements, End};
pub use graveyard::Graveyard;
pub use snapshot::ValueSnapshot;
pub use waiters::{Delivery, Served, Waiters};

/// A record of the keyspace: a key with a string or a deque.
pub type Value = Packed<Deque>;
