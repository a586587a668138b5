//! epoll (Linux): the list of sockets lives in the kernel, and a wait costs in proportion to those that are ready.

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

use heapwood_poll_loop::{Event, Interest, Poller};

use super::sys::{self, Operation};

/// Events of one wait: a round with more of them would be long. The others are reported by the next wait, whose list begins with them.
const EVENTS_PER_WAIT: usize = 1_024;

/// The poller for many clients, level-triggered as `poll` is.
pub struct EpollPoller {
    epoll: OwnedFd,
    ready: Vec<libc::epoll_event>,
}

impl EpollPoller {
    /// A poller that watches nothing yet.
    ///
    /// # Errors
    ///
    /// No free descriptor, or no epoll.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: sys::create()?,
            ready: vec![libc::epoll_event { events: 0, u64: 0 }; EVENTS_PER_WAIT],
        })
    }

    /// A poller that watches what another one did.
    ///
    /// # Errors
    ///
    /// As for `new`, or the system refuses one of the descriptors.
    pub fn with(registrations: impl Iterator<Item = (RawFd, u64, Interest)>) -> io::Result<Self> {
        let mut poller = Self::new()?;
        for (fd, token, interest) in registrations {
            poller.add(fd, token, interest)?;
        }
        Ok(poller)
    }
}

impl Poller for EpollPoller {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        sys::control(&self.epoll, Operation::Add, fd, events_of(interest), token)
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        sys::control(&self.epoll, Operation::Change, fd, events_of(interest), token)
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        sys::control(&self.epoll, Operation::Remove, fd, 0, 0)
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let count = sys::wait(&self.epoll, &mut self.ready, timeout)?;
        events.extend(self.ready[..count].iter().map(event_of));
        Ok(())
    }
}

fn events_of(interest: Interest) -> u32 {
    let mut events = 0;
    if interest.readable {
        events |= libc::EPOLLIN;
    }
    if interest.writable {
        events |= libc::EPOLLOUT;
    }
    events as u32
}

fn event_of(ready: &libc::epoll_event) -> Event {
    let is = |events: libc::c_int| ready.events & events as u32 != 0;
    Event {
        token: ready.u64,
        readable: is(libc::EPOLLIN),
        writable: is(libc::EPOLLOUT),
        hung_up: is(libc::EPOLLHUP | libc::EPOLLERR),
    }
}
