//! The life of a loop, and its end in order: what was done is committed, and every reply is on its way.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::clock::{Clock, millis};
use crate::connection::{Connection, Phase};
use crate::event_loop::EventLoop;
use crate::poller::Poller;
use crate::round::Round;
use crate::service::Service;

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// Runs rounds until it is asked to stop, or cannot go on, and then stops in order.
    ///
    /// # Errors
    /// The poller failed, or the service could not shut down.
    pub fn run(mut self) -> io::Result<S> {
        let served = self.serve();
        self.stop().and(served).map(|()| self.service)
    }

    /// Runs rounds until it is asked to stop, and then until the service has finished.
    fn serve(&mut self) -> io::Result<()> {
        while !self.clients.stop {
            self.turn()?;
        }
        for listener in self.listeners.drain(..) {
            // Closing it ends the watch in any case; the system refuses those that connect now.
            let _ = self.poller.remove(listener.as_raw_fd());
        }
        let until_ms = self.clients.now.mono_ms.saturating_add(millis(self.options.shutdown_grace));
        while !self.service.is_finished(&mut Round { clients: &mut self.clients })
            && self.clients.now.mono_ms < until_ms
        {
            self.turn()?;
        }
        Ok(())
    }

    /// The end, also when the poller failed: nothing lost that was done, and the replies on their way.
    fn stop(&mut self) -> io::Result<()> {
        self.say_who_left();
        self.commit();
        self.clients.now = self.clock.now();
        let saved = self.service.shutdown(self.clients.now).map_err(io::Error::other);
        self.durable = self.service.durable();
        for client in self.clients.iter().map(|connection| connection.id).collect::<Vec<_>>() {
            self.clients.leave(client, Phase::Closing);
            self.clients.touch(client);
        }
        self.settle();
        saved.and(self.send_last_replies())
    }

    /// Waits, for the grace time at most, until every client has taken its replies.
    fn send_last_replies(&mut self) -> io::Result<()> {
        let deadline_ms = self.clients.now.mono_ms.saturating_add(millis(self.options.shutdown_grace));
        let is_sending = |connection: &Connection<S::Wire>| connection.phase == Phase::Closing;
        while self.clients.iter().any(is_sending) && self.clients.now.mono_ms < deadline_ms {
            self.wait(Duration::from_millis(deadline_ms - self.clients.now.mono_ms))?;
            self.dispatch();
            self.settle();
        }
        // Unread input would turn the close into a reset, which could overtake the replies.
        self.wait(Duration::ZERO)?;
        self.dispatch();
        Ok(())
    }
}
