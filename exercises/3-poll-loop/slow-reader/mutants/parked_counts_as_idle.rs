use std::time::Duration;

use heapwood_poll_loop::{LoopOptions, Now, RequestLimits};

pub use output::Output;

/// How long a connection that was shut down may go on sending before it is cut.
pub const LINGER: Duration = Duration::from_secs(2);

/// How far a connection is on its way to the end. It only moves down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It takes requests and replies.
    Open,
    /// It takes neither; the replies it has are still being sent.
    Closing,
    /// All is sent and our side is shut down; what still arrives is thrown away.
    Lingering,
    /// It is closed at the end of the round.
    Ended,
}

mod output {
    /// Stands for the replies that wait.
    #[derive(Debug, Default)]
    pub struct Output {
        waiting: usize,
    }

    impl Output {
        /// Replies of so many bytes.
        pub fn of(waiting: usize) -> Self {
            Self { waiting }
        }

        /// Bytes not yet sent, whether they may leave or not.
        pub fn pending(&self) -> usize {
            self.waiting
        }
    }
}

/// A client's connection.
#[derive(Debug)]
pub struct Connection {
    /// The limits of its requests.
    pub limits: RequestLimits,
    /// How far it is on its way to the end.
    pub phase: Phase,
    /// What it has sent.
    pub input: Vec<u8>,
    /// Where in the input the first request begins that was not executed.
    pub executed: usize,
    /// From there on the input may hold a whole request.
    pub unparsed: bool,
    /// What it is to receive.
    pub output: Output,
    /// A request waits until then, on the monotonic clock.
    pub parked_until_ms: Option<u64>,
    /// Its further requests wait for the next round.
    pub rests: bool,
    /// When it last sent or took a byte, or came to its phase.
    pub last_io_mono_ms: u64,
}

impl Connection {
    /// Whether its next request may be executed. One that does not take its replies gets no more
    /// of them (P4).
    pub fn may_execute(&self, options: &LoopOptions) -> bool {
        self.phase == Phase::Open
            && self.parked_until_ms.is_none()
            && !self.rests
            && self.output.pending() <= options.soft_output_bytes
    }

    /// Whether it has something to do in the next round already.
    pub fn goes_on(&self, options: &LoopOptions) -> bool {
        self.unparsed && self.may_execute(options)
    }

    /// Whether it takes no more input (P4): it holds one largest request, and some ahead of it. A
    /// client with small requests (before authentication) gets little.
    pub fn is_full(&self, options: &LoopOptions) -> bool {
        let twice = self.limits.max_body_bytes.saturating_mul(2);
        let limit = options.input_bytes.min(twice.saturating_add(options.read_bytes_per_round));
        self.input.len() - self.executed >= limit
    }

    /// Whether it has been quiet for too long: neither sent nor taken anything. Once it is on its way
    /// out only what it takes counts, and the time begins anew with each phase.
    pub fn is_overdue(&self, now: Now, options: &LoopOptions) -> bool {
        let blocked = self.output.pending() > options.soft_output_bytes;
        let patience = match self.phase {
            Phase::Open if blocked && self.is_full(options) => Some(options.stall_timeout),
            Phase::Open => options.idle_timeout,
            Phase::Closing => Some(options.stall_timeout),
            Phase::Lingering | Phase::Ended => Some(LINGER),
        };
        let quiet_ms = now.mono_ms.saturating_sub(self.last_io_mono_ms);
        patience.is_some_and(|patience| quiet_ms > millis(patience))
    }
}

/// A duration in whole milliseconds; longer than 500 million years is as long as that.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
