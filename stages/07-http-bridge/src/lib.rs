//! Stage 7: HTTP to frames.
//!
//! Browsers speak no TCP, so this stage stands between them and the engine. In the order in which a request meets
//! the modules:
//!
//! - [`guard`]: a service on the loop of stage 3 that lets nothing through but one complete, unambiguous request a
//!   connection; [`limits`] says how large and how slow it may be, [`head`] what it may look like, and `wire` makes it
//!   a protocol of that loop.
//! - `courier`: carries the request to `tiny_http` and its answer back, through a private `door`.
//! - [`front`]: all of these together, and the threads that answer.
//! - [`message`]: a request and its answer as plain data; [`percent`] decodes what a path holds.
//! - [`pool`]: a few connections to the engine, shared by those threads; [`aside`] keeps copies of a slow source there.
//! - [`errors`]: what a client sees when something is wrong.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aside;
mod courier;
mod door;
pub mod errors;
pub mod front;
pub mod guard;
pub mod head;
pub mod limits;
pub mod message;
pub mod percent;
pub mod pool;
mod wire;

pub use aside::CacheAside;
pub use errors::ApiError;
pub use front::{Front, respond};
pub use guard::Gate;
pub use limits::GuardLimits;
pub use message::{Answer, Incoming};
pub use pool::Pool;
