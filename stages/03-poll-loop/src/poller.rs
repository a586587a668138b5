//! Which sockets are ready. `poll(2)` is there on every Unix; its cost grows with the number of
//! sockets asked about, ready or not (about 0.2 µs each on the machine this was measured on).

use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

use crate::sys;

/// What somebody wants to do with a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// To read from it, or accept on it.
    pub readable: bool,
    /// To write to it.
    pub writable: bool,
}

impl Interest {
    /// To read only.
    pub const READ: Self = Self { readable: true, writable: false };
    /// Neither; a broken connection is still reported.
    pub const NONE: Self = Self { readable: false, writable: false };
}

/// A socket that is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The number it was added with.
    pub token: u64,
    /// A read will not block. It may return the end of the stream, or an error.
    pub readable: bool,
    /// A write will not block.
    pub writable: bool,
    /// The connection is broken, or closed both ways. Reported whatever the interest.
    pub hung_up: bool,
}

/// Waits for sockets, level-triggered: what is still ready is reported again.
pub trait Poller {
    /// Begins to watch `fd`. The caller keeps it open until it has removed it.
    ///
    /// # Errors
    /// The system's, for pollers that keep their list in the kernel.
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()>;

    /// Replaces the interest (and token) of an `fd` that was added.
    ///
    /// # Errors
    /// As for `add`.
    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()>;

    /// Stops watching `fd`.
    ///
    /// # Errors
    /// As for `add`.
    fn remove(&mut self, fd: RawFd) -> io::Result<()>;

    /// Waits until something is ready or `timeout` has passed (none: for ever) and appends what
    /// is ready to `events`. Interrupted by a signal it returns early, with nothing.
    ///
    /// # Errors
    /// The system's; a loop cannot go on after one.
    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()>;
}

/// The portable poller.
///
/// The entry of a descriptor is at its own number: descriptors are small, since the system gives
/// out the lowest that is free. `poll` passes over entries whose descriptor is negative.
#[derive(Default)]
pub struct PollPoller {
    entries: Vec<libc::pollfd>,
    tokens: Vec<u64>,
}

const UNUSED: libc::pollfd = libc::pollfd { fd: -1, events: 0, revents: 0 };

impl PollPoller {
    /// A poller that watches nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Poller for PollPoller {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        let index = usize::try_from(fd).map_err(io::Error::other)?;
        if index >= self.entries.len() {
            self.entries.resize(index + 1, UNUSED);
            self.tokens.resize(index + 1, 0);
        }
        self.entries[index] = libc::pollfd { fd, events: events_of(interest), revents: 0 };
        self.tokens[index] = token;
        Ok(())
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.add(fd, token, interest)
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        let index = usize::try_from(fd).map_err(io::Error::other)?;
        if let Some(entry) = self.entries.get_mut(index) {
            *entry = UNUSED;
        }
        while self.entries.last().is_some_and(|last| last.fd < 0) {
            self.entries.pop();
            self.tokens.pop();
        }
        Ok(())
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let mut ready = sys::poll(&mut self.entries, timeout)?;
        for (entry, token) in self.entries.iter().zip(&self.tokens) {
            if ready == 0 {
                break;
            }
            if entry.revents != 0 {
                ready -= 1;
                events.push(event_of(*token, entry.revents));
            }
        }
        Ok(())
    }
}

fn events_of(interest: Interest) -> libc::c_short {
    let wanted = |is_wanted, event| if is_wanted { event } else { 0 };
    wanted(interest.readable, libc::POLLIN) | wanted(interest.writable, libc::POLLOUT)
}

fn event_of(token: u64, revents: libc::c_short) -> Event {
    let broken = libc::POLLHUP | libc::POLLERR | libc::POLLNVAL;
    Event {
        token,
        readable: revents & libc::POLLIN != 0,
        writable: revents & libc::POLLOUT != 0,
        hung_up: revents & broken != 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn ready(poller: &mut PollPoller) -> Vec<u64> {
        let mut events = Vec::new();
        poller.wait(Some(Duration::ZERO), &mut events).unwrap();
        let mut tokens: Vec<u64> = events.iter().map(|event| event.token).collect();
        tokens.sort_unstable();
        tokens
    }

    #[test]
    fn what_is_removed_is_not_reported_and_the_others_still_are() {
        let pairs = [(); 3].map(|()| UnixStream::pair().unwrap());
        let fds = [0, 1, 2].map(|index: usize| pairs[index].0.as_raw_fd());
        let mut poller = PollPoller::new();
        for (token, (_, peer)) in (0..).zip(&pairs) {
            poller.add(fds[token as usize], token, Interest::READ).unwrap();
            let mut peer = peer;
            peer.write_all(b"x").unwrap();
        }
        assert_eq!(ready(&mut poller), [0, 1, 2]);
        poller.remove(fds[0]).unwrap();
        assert_eq!(ready(&mut poller), [1, 2]);
        poller.change(fds[2], 7, Interest::READ).unwrap();
        assert_eq!(ready(&mut poller), [1, 7]);
        poller.remove(fds[2]).unwrap();
        assert_eq!(ready(&mut poller), [1]);
        poller.add(fds[0], 0, Interest::READ).unwrap();
        assert_eq!(ready(&mut poller), [0, 1]);
    }
}
