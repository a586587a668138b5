//! Ways to wait for sockets beyond the portable one: epoll on Linux, and the choice between the two.
//!
//! A call of `poll` costs about 0.2 µs for each socket, ready or not; one of epoll costs only for those that are ready, but each change of
//! what to wait for is a system call. So few clients are best served with `poll`, and many with epoll.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod sys;

use std::collections::HashMap;
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
    let current = match choice {
        PollerChoice::Auto | PollerChoice::Poll => Current::Poll(PollPoller::new()),
        PollerChoice::Epoll => epoll()?,
    };
    let watched = (choice == PollerChoice::Auto).then(HashMap::new);
    let name = PollerName(Arc::new(AtomicBool::new(choice == PollerChoice::Epoll)));
    Ok(AutoPoller { current, watched, name })
}

/// Tells which poller is in use, from wherever that is asked.
#[derive(Clone, Debug)]
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
    /// While it may still move: what it watches, to move that as well.
    watched: Option<HashMap<RawFd, (u64, Interest)>>,
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

    fn current(&mut self) -> &mut dyn Poller {
        match &mut self.current {
            Current::Poll(poll) => poll,
            #[cfg(target_os = "linux")]
            Current::Epoll(epoll) => epoll,
        }
    }

    /// Notes what is watched, and moves everything to epoll when there is enough. Where that fails, `poll` goes on with everything it had;
    /// it is not tried again for each client that follows.
    fn note(&mut self, fd: RawFd, token: u64, interest: Interest) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        watched.insert(fd, (token, interest));
        if watched.len() >= EPOLL_FROM_DESCRIPTORS {
            let watched = self.watched.take().into_iter().flatten();
            #[cfg(target_os = "linux")]
            if let Ok(epoll) = EpollPoller::with(watched.map(|(fd, (token, interest))| (fd, token, interest)))
            {
                self.current = Current::Epoll(epoll);
                self.name.0.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl Poller for AutoPoller {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.current().add(fd, token, interest)?;
        self.note(fd, token, interest);
        Ok(())
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.current().change(fd, token, interest)?;
        self.note(fd, token, interest);
        Ok(())
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        self.current().remove(fd)?;
        if let Some(watched) = &mut self.watched {
            watched.remove(&fd);
        }
        Ok(())
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        self.current().wait(timeout, events)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
