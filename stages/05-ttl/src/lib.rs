//! Stage 5: keys that expire.
//!
//! In the order in which a request meets them:
//!
//! - [`times`]: seconds or milliseconds, from now or since 1970, become one deadline;
//! - [`keyspace`]: two treaps kept in step, expiry on access and in the background;
//! - [`expiry`]: what EXPIRE, PERSIST and TTL do;
//! - [`expires`]: records that can carry a deadline;
//! - [`load`]: a run of the log, built in bulk;
//! - [`snapshot`]: a keyspace as the commands that build it again.
#![forbid(unsafe_code)]

pub mod expires;
pub mod expiry;
pub mod keyspace;
pub mod load;
pub mod snapshot;
pub mod times;

pub use expires::Expires;
pub use expiry::{Change, ConditionError, Conditions};
pub use keyspace::{Cleared, EXPIRED_PER_ROUND, Keyspace};
pub use snapshot::{KeyspaceSnapshot, LogValue};
pub use times::{TimeError, TimeForm};
