//! What the loop drives. A service never sees a socket: it gets whole requests, and answers.

use std::time::Duration;

use crate::clients::ClientId;
use crate::clock::Now;
use crate::request::{Request, Requests};
use crate::round::Round;
use crate::wire::Wire;

/// The number of a round. A round is what one commit makes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoundId(pub u64);

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered.
    Done,
    /// It waits. The client's further requests wait behind it until [`Round::wake`] or until the
    /// deadline, when [`Service::timed_out`] is called.
    Park {
        /// When to give up, on the monotonic clock.
        deadline_mono_ms: Option<u64>,
    },
    /// It is answered, and the connection is closed once the replies have been sent.
    Close,
}

/// A round could not be made durable. Its writers are not answered, and are closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitFailed {
    /// What failed, for the server's operator.
    pub reason: String,
}

/// When a service wants its housekeeping done next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    /// There is more to do already: the next round must not wait.
    pub more: bool,
    /// When the next thing is due, on the wall clock.
    pub due_unix_ms: Option<u64>,
}

/// What answers the requests. Called on the loop's thread only.
pub trait Service {
    /// The protocol (or the choice of protocols) of its connections.
    type Wire: Wire;

    /// Sees the requests that come next, across clients, before the first of them is executed, so
    /// that their memory accesses can overlap: those of a whole round, or in a long one a few
    /// hundred at a time. A request seen here may still not be executed.
    fn warm(&mut self, _requests: &Requests<'_>) {}

    /// Executes one request.
    fn call(&mut self, round: &mut Round<'_, Self::Wire>, request: Request<'_>) -> Outcome;

    /// All places are taken and a connection waits for one: who can be closed to make room?
    /// Asked only without [`LoopOptions::refuse_when_full`](crate::LoopOptions::refuse_when_full).
    fn crowded(&mut self, _round: &mut Round<'_, Self::Wire>) {}

    /// A client has connected.
    fn connected(&mut self, _round: &mut Round<'_, Self::Wire>, _client: ClientId) {}

    /// A parked client's deadline has passed: reply to it. It is woken afterwards.
    fn timed_out(&mut self, _round: &mut Round<'_, Self::Wire>, _client: ClientId) {}

    /// A client takes no more replies: it left, or it is being closed. Called once for each, before
    /// any request that comes after. Those still open when the loop ends are not announced: no
    /// request comes after.
    fn gone(&mut self, _round: &mut Round<'_, Self::Wire>, _client: ClientId) {}

    /// Makes what the round changed durable, or starts to. Called once each round, before any
    /// reply of the round leaves; `durable` says whether they may.
    ///
    /// # Errors
    /// The changes are lost for certain or perhaps: the clients that wrote are closed unanswered.
    fn commit(&mut self, _round: RoundId, _now: Now) -> Result<(), CommitFailed> {
        Ok(())
    }

    /// The last round whose replies may leave, rounds that failed included: their writers' replies
    /// are discarded, and the others need not wait. A service that commits on another thread
    /// wakes the loop when this grows.
    fn durable(&self) -> RoundId {
        RoundId(u64::MAX)
    }

    /// Work that no client waits for, for about `budget`. What it changes belongs to the next
    /// round, and so do its replies.
    fn housekeeping(&mut self, _round: &mut Round<'_, Self::Wire>, _budget: Duration) -> Housekeeping {
        Housekeeping::default()
    }

    /// The loop was asked to stop, and accepts nobody any more. Asked each round, for the grace
    /// time at most, whether everything is finished that it would be wrong to break off.
    fn is_finished(&mut self, _round: &mut Round<'_, Self::Wire>) -> bool {
        true
    }

    /// The loop has stopped taking requests, and the last round is committed. Replies still
    /// withheld leave if `durable` covers them afterwards.
    ///
    /// # Errors
    /// What could not be saved; the loop's `run` then returns it.
    fn shutdown(&mut self, _now: Now) -> Result<(), String> {
        Ok(())
    }
}
