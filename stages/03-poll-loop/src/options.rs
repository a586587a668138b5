//! Every limit of the loop, with its default and its reason.

use std::time::Duration;

use heapwood_sockets::{MAX_BODY_BYTES, RequestLimits};

use crate::sys;

/// As many clients as Redis allows by default.
pub const MAX_CLIENTS: usize = 10_000;
/// What a client may send ahead of its largest request: whole pipelines before it reads.
pub const INPUT_AHEAD_BYTES: usize = 64 * 1024 * 1024;
/// Replies that may wait for a client before its further requests wait too.
pub const SOFT_OUTPUT_BYTES: usize = 1024 * 1024;
/// Above the soft limit and two of the largest replies nothing honest is left.
pub const HARD_OUTPUT_BYTES: usize = 2 * MAX_BODY_BYTES + SOFT_OUTPUT_BYTES;
/// How long a client may take no reply while it can send no more, before it is dropped.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(10);
/// What one client executes in a round before the others have their turn.
pub const REQUESTS_PER_ROUND: usize = 1_024;
/// What is read from one client in a round: enough to keep a fast sender busy.
pub const READ_BYTES_PER_ROUND: usize = 256 * 1024;
/// What is accepted in a round: a storm of connections must not delay those already there.
pub const ACCEPTS_PER_ROUND: usize = 128;
/// How long to leave new connections in the listener's queue when no descriptor is free.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Housekeeping in a round: a pause that no client notices.
pub const HOUSEKEEPING_BUDGET: Duration = Duration::from_millis(1);
/// How long clients have to take their last replies when the loop stops.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// Descriptors that are not for clients: listeners, the log, what else the process opens.
pub const RESERVED_DESCRIPTORS: u64 = 64;

/// The limits of one loop. `Default` is what the constants of this module say.
#[derive(Clone, Debug)]
pub struct LoopOptions {
    /// Clients at a time; fewer, with a warning, where RLIMIT_NOFILE does not allow them.
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
    /// Descriptors kept for the rest of the process.
    pub reserved_descriptors: u64,
    /// Where warnings for the operator go, one line each.
    pub warn: fn(&str),
}

impl Default for LoopOptions {
    fn default() -> Self {
        Self {
            max_clients: MAX_CLIENTS,
            refuse_when_full: true,
            request_limits: RequestLimits::default(),
            initial_request_limits: None,
            input_bytes: MAX_BODY_BYTES + INPUT_AHEAD_BYTES,
            soft_output_bytes: SOFT_OUTPUT_BYTES,
            hard_output_bytes: HARD_OUTPUT_BYTES,
            idle_timeout: None,
            stall_timeout: STALL_TIMEOUT,
            keep_half_closed: false,
            requests_per_round: REQUESTS_PER_ROUND,
            read_bytes_per_round: READ_BYTES_PER_ROUND,
            accepts_per_round: ACCEPTS_PER_ROUND,
            accept_pause: ACCEPT_PAUSE,
            housekeeping_budget: HOUSEKEEPING_BUDGET,
            shutdown_grace: SHUTDOWN_GRACE,
            reserved_descriptors: RESERVED_DESCRIPTORS,
            warn: |text| eprintln!("heapwood: {text}"),
        }
    }
}

impl LoopOptions {
    /// Raises RLIMIT_NOFILE for the clients wanted, or lowers `max_clients` to what it allows.
    pub(crate) fn fit_open_files(&mut self) {
        let wanted = self.max_clients as u64 + self.reserved_descriptors;
        let allowed = raise_open_files(wanted);
        if allowed < wanted {
            let clients = allowed.saturating_sub(self.reserved_descriptors).max(1);
            (self.warn)(&format!(
                "RLIMIT_NOFILE allows {allowed} open files: serving at most {clients} clients, \
                 not {}. Raise it (ulimit -n {wanted}) or ask for fewer clients",
                self.max_clients
            ));
            self.max_clients = usize::try_from(clients).unwrap_or(self.max_clients);
        }
    }
}

/// Raises the process's soft limit of open files to `wanted` as far as its hard limit allows,
/// and returns what it is now. Never lowers it.
pub fn raise_open_files(wanted: u64) -> u64 {
    sys::raise_open_files(wanted)
}
