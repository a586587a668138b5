//! Stage 3: one thread, a poll loop, thousands of clients.
//!
//! The modules in the order in which a request meets them:
//!
//! - [`clock`]: the time, read once a round and passed on
//! - [`poller`]: which sockets are ready, by `poll(2)`
//! - [`waker`]: a pipe through which signals and other threads wake the loop
//! - `accept`: new connections, and what happens when there are too many
//! - `reading`: bytes from sockets, and requests in them
//! - [`wire`]: the protocol of one connection
//! - [`request`]: the requests of a round, as places in the input buffers
//! - `executing`: calls, commits, and lets the replies go
//! - [`service`]: what the loop drives
//! - [`round`]: what a service may do to any client while it is called
//! - `output`, `connection`, `clients`: what the loop knows of each client
//! - [`event_loop`]: the round itself
//! - `shutdown`: the last round
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
mod executing;
pub mod options;
mod output;
pub mod poller;
mod reading;
pub mod request;
pub mod round;
pub mod service;
mod shutdown;
#[allow(unsafe_code)]
mod sys;
pub mod waker;
pub mod wire;

pub use clients::{ClientId, Counters};
pub use clock::{Clock, ManualClock, Now, SystemClock};
pub use connection::ClientInfo;
pub use event_loop::EventLoop;
pub use heapwood_sockets::RequestLimits;
pub use options::{LoopOptions, raise_open_files};
pub use poller::{Event, Interest, PollPoller, Poller};
pub use request::{Request, Requests};
pub use round::Round;
pub use service::{CommitFailed, Housekeeping, Outcome, RoundId, Service};
pub use waker::{WakeReader, Waker, stop_on_signals};
pub use wire::{FrameWire, Wire};
