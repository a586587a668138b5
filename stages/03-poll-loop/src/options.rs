//! Every limit of the loop, with its default and its reason.

use std::io::{self, Write};
use std::time::Duration;

use heapwood_sockets::{MAX_BODY_BYTES, RequestLimits};

const MIB: usize = 1024 * 1024;

/// The limits of one loop. `Default` says how much, and why.
#[derive(Clone, Debug)]
pub struct LoopOptions {
    /// Clients at a time.
    pub max_clients: usize,
    /// Whether one client too many is told so and closed, or waits in the listener's queue.
    pub refuse_when_full: bool,
    /// Limits of a request.
    pub request_limits: RequestLimits,
    /// Limits of a request until [`Round::set_request_limits`](crate::Round::set_request_limits)
    /// is called for the client; none: `request_limits` from the start.
    pub initial_request_limits: Option<RequestLimits>,
    /// Bytes a client may send ahead of what is executed; must hold its largest request.
    pub input_bytes: usize,
    /// Bytes of waiting replies above which a client's requests wait.
    pub soft_output_bytes: usize,
    /// Bytes of waiting replies above which a client is dropped.
    pub hard_output_bytes: usize,
    /// How long a client may send and take nothing; none: for ever.
    pub idle_timeout: Option<Duration>,
    /// How long a client whose input is full, or that is being closed, may take no reply.
    pub stall_timeout: Duration,
    /// Whether a parked client that sends no more may still get its reply, as in HTTP. Off: it may
    /// have left, and what is popped for it would be lost.
    pub keep_half_closed: bool,
    /// Requests of one client in a round.
    pub requests_per_round: usize,
    /// Bytes read from one client in a round.
    pub read_bytes_per_round: usize,
    /// Connections accepted in a round.
    pub accepts_per_round: usize,
    /// How long accepting rests when no descriptor is free.
    pub accept_pause: Duration,
    /// The budget passed to [`Service::housekeeping`](crate::Service::housekeeping).
    pub housekeeping_budget: Duration,
    /// How long clients have to take their last replies.
    pub shutdown_grace: Duration,
    /// Where warnings for the operator go, one line each.
    pub warn: fn(&str),
}

impl Default for LoopOptions {
    fn default() -> Self {
        Self {
            // As many as Redis allows by default.
            max_clients: 10_000,
            refuse_when_full: true,
            request_limits: RequestLimits::default(),
            initial_request_limits: None,
            // Beyond the largest request: whole pipelines before the client reads.
            input_bytes: MAX_BODY_BYTES + 64 * MIB,
            // Enough to keep a fast reader busy.
            soft_output_bytes: MIB,
            // Above the soft limit and two of the largest replies nothing honest is left.
            hard_output_bytes: MIB + 2 * MAX_BODY_BYTES,
            idle_timeout: None,
            // Longer than networks hiccup.
            stall_timeout: Duration::from_secs(10),
            keep_half_closed: false,
            // Then the others have their turn.
            requests_per_round: 1_024,
            // Enough to keep a fast sender busy.
            read_bytes_per_round: MIB / 4,
            // A storm of connections must not delay those already there.
            accepts_per_round: 128,
            accept_pause: Duration::from_millis(100),
            // A pause that no client notices.
            housekeeping_budget: Duration::from_millis(1),
            shutdown_grace: Duration::from_secs(5),
            // Not `eprintln!`, which panics where nothing can be written, as on a full disk.
            warn: |text| drop(writeln!(io::stderr(), "heapwood: {text}")),
        }
    }
}
