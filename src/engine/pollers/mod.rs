//! Ways to wait for sockets beyond the portable one: epoll on Linux, and the choice between the two.
//!
//! A call of `poll` costs about 0.2 µs for each socket, ready or not; one of epoll costs only for those that are ready, but each change of
//! what to wait for is a system call. So few clients are best served with `poll`, and many with epoll.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod sys;

use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use heapwood_poll_loop::{Event, Interest, PollPoller, Poller};

use crate::options::PollerChoice;

#[cfg(target_os = "linux")]
pub use epoll::EpollPoller;

/// Descriptors from which epoll is used: 256 clients, the listener and the pipe that wakes the loop.
pub const EPOLL_FROM_DESCRIPTORS: usize = 256 + 2;

/// The poller that the options ask for.
///
/// # Errors
///
/// This system does not have it: what, why and what to do.
pub fn choose(choice: PollerChoice) -> Result<AutoPoller, String> {
    let (current, may_move) = match choice {
        PollerChoice::Auto => (Current::Poll(PollPoller::new()), true),
        PollerChoice::Poll => (Current::Poll(PollPoller::new()), false),
        PollerChoice::Epoll => (epoll()?, false),
    };
    let name = PollerName::default();
    let poller = AutoPoller { current, may_move, name };
    poller.note_name();
    Ok(poller)
}

/// Tells which poller is in use, from wherever that is asked.
#[derive(Clone, Debug, Default)]
pub struct PollerName(Arc<AtomicBool>);

impl PollerName {
    /// Its name: `poll` or `epoll`.
    pub fn get(&self) -> &'static str {
        if self.0.load(Ordering::Relaxed) { "epoll" } else { "poll" }
    }
}

#[cfg(target_os = "linux")]
fn epoll() -> Result<Current, String> {
    let poller = EpollPoller::new()
        .map_err(|error| format!("epoll is not available here: {error}; use --poller poll instead"))?;
    Ok(Current::Epoll(poller))
}

#[cfg(not(target_os = "linux"))]
fn epoll() -> Result<Current, String> {
    Err(String::from("--poller epoll works on Linux only; use --poller auto or --poller poll"))
}

/// Waits with `poll`, and moves to epoll for good when that is allowed and there are enough clients.
pub struct AutoPoller {
    current: Current,
    may_move: bool,
    name: PollerName,
}

enum Current {
    Poll(PollPoller),
    #[cfg(target_os = "linux")]
    Epoll(EpollPoller),
}

impl AutoPoller {
    /// What tells which poller is in use.
    pub fn shared_name(&self) -> PollerName {
        self.name.clone()
    }

    fn note_name(&self) {
        self.name.0.store(self.name() == "epoll", Ordering::Relaxed);
    }

    fn current(&mut self) -> &mut dyn Poller {
        match &mut self.current {
            Current::Poll(poll) => poll,
            #[cfg(target_os = "linux")]
            Current::Epoll(epoll) => epoll,
        }
    }

    /// Moves everything to epoll. Where that fails, `poll` goes on with everything it had.
    #[cfg(target_os = "linux")]
    fn move_to_epoll(&mut self) {
        let Current::Poll(poll) = &self.current else {
            return;
        };
        if let Ok(epoll) = EpollPoller::with(poll.registrations()) {
            self.current = Current::Epoll(epoll);
            self.note_name();
        } else {
            // Not tried again for each client that follows.
            self.may_move = false;
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn move_to_epoll(&mut self) {}

    fn is_crowded(&self) -> bool {
        match &self.current {
            Current::Poll(poll) => poll.registrations().count() >= EPOLL_FROM_DESCRIPTORS,
            #[cfg(target_os = "linux")]
            Current::Epoll(_) => false,
        }
    }
}

impl Poller for AutoPoller {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.current().add(fd, token, interest)?;
        if self.may_move && self.is_crowded() {
            self.move_to_epoll();
        }
        Ok(())
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.current().change(fd, token, interest)
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        self.current().remove(fd)
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        self.current().wait(timeout, events)
    }

    fn name(&self) -> &'static str {
        match &self.current {
            Current::Poll(poll) => poll.name(),
            #[cfg(target_os = "linux")]
            Current::Epoll(epoll) => epoll.name(),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
