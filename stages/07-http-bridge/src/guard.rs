//! The guard: accepts connections, and lets nothing through but one complete request each.
use std::net::SocketAddr;
use std::time::Instant;

use crate::errors::ApiError;

/// Decides about a request before the application sees it; the only place that knows the client's address.
pub trait Gate: Send {
    /// Called once for each request, when its head is complete.
    fn admit(&mut self, peer: SocketAddr, now: Instant) -> Result<(), ApiError>;
}
