//! Stage 3: one thread, a poll loop, thousands of clients.
//!
//! The modules in the order in which a request meets them:
//!
//! - [`clock`]: the time, read once a round and passed on
//! - [`poller`]: which sockets are ready, by `poll(2)`
//! - [`waker`]: a pipe through which signals and other threads wake the loop
//! - `accept`: new connections, and what happens when there are too many
//! - [`wire`]: the protocol of one connection
//! - [`request`]: the requests of a round, as places in the input buffers
//! - [`service`]: what the loop drives
//! - [`round`]: what a service may do to any client while it is called
//! - `output`, `connection`, `clients`: what the loop knows of each client
//! - [`event_loop`]: the round itself, and what holds in every one of them
//! - `shutdown`: the loop's life, and its end in order
//! - [`options`]: every limit, with its default
//! - `sys`: the system calls
#![deny(unsafe_code)]

#[cfg(not(unix))]
compile_error!("Heapwood needs poll(2): on Windows, build and run it inside WSL 2.");

mod accept;
mod clients;
pub mod clock;
mod connection;
pub mod event_loop;
pub mod options;
mod output;
pub mod poller;
pub mod request;
pub mod round;
pub mod service;
mod shutdown;
#[allow(unsafe_code)]
mod sys;
pub mod waker;
pub mod wire;

pub use clients::{ClientId, Counters};
pub use clock::{Clock, Now, SystemClock};
pub use event_loop::EventLoop;
pub use heapwood_sockets::RequestLimits;
pub use options::LoopOptions;
pub use poller::{Event, Interest, PollPoller, Poller};
pub use request::{Request, Requests};
pub use round::{ClientInfo, Round};
pub use service::{CommitFailed, Housekeeping, Outcome, RoundId, Service};
pub use sys::raise_open_files;
pub use waker::{WakeReader, Waker, stop_on_signals};
pub use wire::{FrameWire, Wire};
