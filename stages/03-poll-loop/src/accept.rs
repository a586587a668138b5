//! New connections: a bounded number each round, and none while there are no descriptors.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;

use crate::clock::{Clock, Now, millis};
use crate::connection::Phase;
use crate::event_loop::{EventLoop, WAKE_TOKEN};
use crate::poller::{Interest, Poller};
use crate::round::Round;
use crate::service::Service;
use crate::sys;
use crate::wire::Wire;

/// Connections that may wait to be accepted: as many as Linux allows. Those beyond it have to
/// try again, a second later and then every few.
const LISTEN_BACKLOG: i32 = 4_096;

/// Whether connections are accepted now.
///
/// Without a free descriptor `accept` fails at once and the listener stays readable: a loop that
/// tried again each round would use all of the processor. So accepting rests, and connections
/// wait in the listener's queue.
#[derive(Default)]
pub(crate) struct Accepting {
    resume_mono_ms: Option<u64>,
    warned: bool,
}

impl Accepting {
    /// When to try again, while it rests.
    pub(crate) fn resume_mono_ms(&self) -> Option<u64> {
        self.resume_mono_ms
    }

    /// A connection was closed: no need to wait any longer.
    pub(crate) fn descriptor_is_free(&mut self, now: Now) {
        if self.resume_mono_ms.is_some() {
            self.resume_mono_ms = Some(now.mono_ms);
        }
    }
}

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    pub(crate) fn watch_listeners(&mut self) -> io::Result<()> {
        for (index, listener) in self.listeners.iter().enumerate() {
            listener.set_nonblocking(true)?;
            sys::set_backlog(listener.as_raw_fd(), LISTEN_BACKLOG)?;
            let token = listener_token(index);
            self.poller.add(listener.as_raw_fd(), token, Interest::READ)?;
        }
        Ok(())
    }

    /// The listener that `token` belongs to.
    pub(crate) fn listener_of(&self, token: u64) -> Option<usize> {
        (0..self.listeners.len()).find(|index| listener_token(*index) == token)
    }

    /// Accepts some of a listener's queue. What is left is reported again in the next round.
    pub(crate) fn accept(&mut self, listener: usize) {
        for accepted in 0..self.clients.options.accepts_per_round {
            if self.must_wait() {
                // The poller reported one. Whether another waits behind it, it says next round.
                if accepted == 0 {
                    self.make_room();
                }
                return;
            }
            match self.listeners[listener].accept() {
                Ok((stream, addr)) => self.admit(stream, addr),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    // The peer has left already.
                    ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                    _ => {
                        self.warn_once(&error);
                        return self.rest();
                    }
                },
            }
        }
    }

    fn must_wait(&self) -> bool {
        self.is_full() && !self.clients.options.refuse_when_full
    }

    fn is_full(&self) -> bool {
        self.clients.connections() >= self.clients.options.max_clients
    }

    fn make_room(&mut self) {
        match self.clients.lingering() {
            // It was told everything.
            Some(slot) => self.clients.leave(slot, Phase::Ended, self.now),
            None => self.service.crowded(&mut Round::new(&mut self.clients, self.round, self.now)),
        }
        self.rest();
    }

    fn admit(&mut self, stream: TcpStream, addr: SocketAddr) {
        if self.is_full() {
            self.clients.counters.refused += 1;
            // A refused client must not delay the others: what fails here is let go.
            let _ = refuse::<S::Wire>(stream, self.clients.options.max_clients);
            return;
        }
        let id = self.clients.next_id();
        // Replies are written whole once a round: waiting to fill a packet only delays them.
        let ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).and_then(|()| {
            let fd = stream.as_raw_fd();
            self.poller.add(fd, id.as_u64(), Interest::READ)
        });
        if ready.is_err() {
            return;
        }
        self.clients.insert(stream, addr, self.now);
        let slots = self.clients.slot_count() as usize;
        self.inputs.resize_with(slots, Vec::new);
        let mut round = Round::new(&mut self.clients, self.round, self.now);
        self.service.connected(&mut round, id);
    }

    fn warn_once(&mut self, error: &io::Error) {
        let options = &self.clients.options;
        if !self.accepting.warned {
            self.accepting.warned = true;
            (options.warn)(&format!(
                "cannot accept a connection: {error}. New ones wait until others close; raise \
                 the limit of open files (ulimit -n). This is said once"
            ));
        }
    }

    /// Leaves the queue alone for a while, or until a connection is closed.
    fn rest(&mut self) {
        let pause_ms = millis(self.clients.options.accept_pause);
        self.accepting.resume_mono_ms = Some(self.now.mono_ms + pause_ms);
        self.set_listener_interest(Interest::NONE);
    }

    pub(crate) fn resume_accepting(&mut self) {
        let due = self.accepting.resume_mono_ms;
        if due.is_some_and(|due| due <= self.now.mono_ms) {
            self.accepting.resume_mono_ms = None;
            self.set_listener_interest(Interest::READ);
        }
    }

    fn set_listener_interest(&mut self, interest: Interest) {
        for (index, listener) in self.listeners.iter().enumerate() {
            let (fd, token) = (listener.as_raw_fd(), listener_token(index));
            // A listener was added, so its interest can be changed.
            let _ = self.poller.change(fd, token, interest);
        }
    }

    /// Stops accepting for good; clients that connect now are refused by the system.
    pub(crate) fn close_listeners(&mut self) {
        for listener in std::mem::take(&mut self.listeners) {
            self.unwatch(&listener);
        }
    }

    pub(crate) fn unwatch(&mut self, socket: &impl AsRawFd) {
        // Closing the descriptor, which follows, ends the watch in any case.
        let _ = self.poller.remove(socket.as_raw_fd());
    }
}

fn listener_token(index: usize) -> u64 {
    WAKE_TOKEN - 1 - index as u64
}

/// Says why, and closes. What the client has sent already is read, since closing a socket with
/// unread bytes resets the connection, and the reply could be lost.
fn refuse<W: Wire>(mut stream: TcpStream, max_clients: usize) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut reply = Vec::new();
    W::default().reply(&mut reply, |replies| {
        replies.error(&format!("MAXCLIENTS there are {max_clients} clients already; try again later"));
    });
    stream.write_all(&reply)?;
    stream.shutdown(Shutdown::Write)?;
    stream.read(&mut [0; 4096]).map(|_thrown_away| ())
}
