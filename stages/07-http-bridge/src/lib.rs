//! Stage 7: HTTP to frames.
//!
//! Browsers speak no TCP, so this stage stands between them and the engine. In the order in which a request meets
//! the modules:
//!
//! - [`guard`]: accepts connections on our own poll loop, and lets nothing through but one complete, unambiguous
//!   request each; [`limits`] says how large and how slow it may be, [`head`] what a request may look like, and
//!   `relay` carries its bytes.
//! - [`front`]: `tiny_http` behind the guard on a private socket (`private`), and the threads that answer.
//! - [`message`]: a request and its answer as plain data; [`percent`] decodes what a path holds.
//! - [`pool`]: a few connections to the engine, shared by those threads.
//! - [`errors`]: what a client sees when something is wrong.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod errors;
pub mod front;
pub mod guard;
pub mod head;
pub mod limits;
pub mod message;
pub mod percent;
pub mod pool;
mod private;
mod relay;

pub use errors::ApiError;
pub use front::{Application, Front, Lane};
pub use guard::{Gate, OpenGate};
pub use limits::GuardLimits;
pub use message::{Answer, Incoming};
pub use pool::{Lent, Pool, PoolError, PoolOptions};
