//! Every limit of the guard, with its reason.

use std::time::Duration;

/// An answer earns time by leaving for its reader. Slower readers are cut off in the end.
pub const SLOWEST_READER_BYTES_PER_MS: u64 = 16;

/// What is read from one connection in a round.
pub const READ_BYTES: usize = 16 * 1024;

/// What the guard allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Connections at once. When all are taken, the oldest without a whole request makes room, or new ones wait.
    pub max_connections: usize,
    /// Requests inside at once, answered or waiting for that; one more is told to come back later. Each costs threads.
    pub max_in_flight: usize,
    /// Bytes of request line and headers, with the empty line that ends them.
    pub max_head_bytes: usize,
    /// Bytes of body, as `Content-Length` announces them.
    pub max_body_bytes: usize,
    /// Bytes of requests and responses that all connections hold together.
    pub max_buffered_bytes: usize,
    /// Bytes of a response that wait for a slow reader before the application has to wait too.
    pub response_buffer_bytes: usize,
    /// Head and body must be complete within this time: a trickle of bytes does not extend it.
    pub request_timeout: Duration,
    /// The response must have been made within this time after the request was complete, and read within little more.
    pub response_timeout: Duration,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            max_connections: 1_024,
            max_in_flight: 64,
            max_head_bytes: 16 * 1024,
            max_body_bytes: 1024 * 1024,
            max_buffered_bytes: 64 * 1024 * 1024,
            response_buffer_bytes: 1024 * 1024,
            request_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_secs(60),
        }
    }
}
