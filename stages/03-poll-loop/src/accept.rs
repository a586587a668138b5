//! New connections: a bounded number each round, and none while there are no descriptors.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use crate::clients::ClientId;
use crate::clock::{Clock, millis};
use crate::connection::{Connection, Phase};
use crate::event_loop::{EventLoop, LISTEN_TOKEN};
use crate::poller::{Interest, Poller};
use crate::round::Round;
use crate::service::Service;
use crate::sys;
use crate::wire::Wire;

/// Connections that may wait to be accepted: as many as Linux allows. Those beyond it have to
/// try again, a second later and then every few.
const LISTEN_BACKLOG: i32 = 4_096;

/// Makes a listener one that never blocks (P1) and withstands a storm.
pub(crate) fn prepare(listener: &TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    sys::set_backlog(listener.as_raw_fd(), LISTEN_BACKLOG)
}

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// Accepts some of each listener's queue. What is left is reported again in the next round.
    pub(crate) fn accept(&mut self) {
        for listener in 0..self.listeners.len() {
            for accepted in 0..self.options.accepts_per_round {
                if self.is_full() && !self.options.refuse_when_full {
                    return self.make_room(accepted == 0);
                }
                match self.listeners[listener].accept() {
                    // A connection that cannot be set up is let go: it must not delay the others.
                    Ok((stream, addr)) => _ = self.admit(stream, addr),
                    // The peer has left already.
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => {
                        self.warn_once(&error);
                        return self.pause_accepting();
                    }
                }
            }
        }
    }

    fn is_full(&self) -> bool {
        self.clients.count >= self.options.max_clients
    }

    /// Waits for a place, if somebody is known to want it: the poller says so of the first, and
    /// next round of those behind it. One who was told everything makes room, or the service says
    /// who does.
    fn make_room(&mut self, is_wanted: bool) {
        if is_wanted {
            let told = self.clients.iter().find(|connection| connection.phase == Phase::Lingering);
            match told.map(|connection| connection.id) {
                Some(client) => self.clients.leave(client, Phase::Ended),
                None => self.service.crowded(&mut Round { clients: &mut self.clients }),
            }
            self.pause_accepting();
        }
    }

    fn admit(&mut self, stream: TcpStream, addr: SocketAddr) -> io::Result<()> {
        // P1: from here on neither a read nor a write on it waits.
        stream.set_nonblocking(true)?;
        if self.is_full() {
            self.clients.counters.refused += 1;
            return refuse::<S::Wire>(stream, self.options.max_clients);
        }
        // Replies are written whole once a round: waiting to fill a packet only delays them.
        stream.set_nodelay(true)?;
        self.clients.counters.accepted += 1;
        let fd = stream.as_raw_fd();
        let id = ClientId::new(self.clients.counters.accepted, fd);
        self.poller.add(fd, id.as_u64(), Interest::READ)?;
        let limits = self.options.initial_request_limits.unwrap_or(self.options.request_limits);
        let connection = Connection::new(id, (stream, addr), limits, self.clients.now);
        self.clients.insert(connection);
        self.service.connected(&mut Round { clients: &mut self.clients }, id);
        Ok(())
    }

    fn warn_once(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.warned_of_pause, true) {
            (self.options.warn)(&format!(
                "cannot accept a connection: {error}. New ones wait until others close; raise \
                 the limit of open files (ulimit -n). This is said once"
            ));
        }
    }

    /// Leaves the queue alone for a while, or until a connection is closed. Without a free
    /// descriptor `accept` fails at once and the listener stays readable: a loop that tried again
    /// each round would use all of the processor.
    fn pause_accepting(&mut self) {
        self.accept_again_mono_ms = Some(self.clients.now.mono_ms + millis(self.options.accept_pause));
        self.watch_listeners(Interest::NONE);
    }

    /// Tries again when the pause is over.
    pub(crate) fn resume_accepting(&mut self) {
        if self.accept_again_mono_ms.take_if(|again| *again <= self.clients.now.mono_ms).is_some() {
            self.watch_listeners(Interest::READ);
        }
    }

    fn watch_listeners(&mut self, interest: Interest) {
        for listener in &self.listeners {
            // A listener was added, so its interest can be changed.
            let _ = self.poller.change(listener.as_raw_fd(), LISTEN_TOKEN, interest);
        }
    }
}

/// Says why, and closes. What the client has sent already is read, since closing a socket with
/// unread bytes resets the connection, and the reply could be lost.
fn refuse<W: Wire>(mut stream: TcpStream, max_clients: usize) -> io::Result<()> {
    let mut reply = Vec::new();
    W::default().reply(&mut reply, |replies| {
        replies.error(&format!("MAXCLIENTS there are {max_clients} clients already; try again later"));
    });
    stream.write_all(&reply)?;
    stream.shutdown(Shutdown::Write)?;
    stream.read(&mut [0; 4096]).map(|_thrown_away| ())
}
