//! Ways to wait for sockets beyond the portable one.

use heapwood_poll_loop::PollPoller;

use crate::options::PollerChoice;

/// The poller that the options ask for.
///
/// # Errors
///
/// This system does not have it: what, why and what to do.
pub fn choose(_choice: PollerChoice) -> Result<PollPoller, String> {
    Ok(PollPoller::new())
}
