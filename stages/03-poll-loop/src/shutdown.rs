//! The end: no new connections, nothing lost that was done, and the replies on their way.

use std::io;
use std::time::Duration;

use crate::clock::{Clock, millis};
use crate::connection::Phase;
use crate::event_loop::EventLoop;
use crate::poller::Poller;
use crate::service::Service;

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// Commits what the last round left, shuts the service down and sends the last replies.
    pub(crate) fn stop(mut self) -> io::Result<S> {
        self.close_listeners();
        self.say_who_left();
        self.commit();
        self.now = self.clock.now();
        let saved = self.service.shutdown(self.now);
        self.durable = self.service.durable();
        for slot in 0..self.clients.slot_count() {
            self.clients.leave(slot, Phase::Closing, self.now);
            self.clients.touch(slot);
        }
        self.settle();
        self.send_last_replies()?;
        match saved {
            Ok(()) => Ok(self.service),
            Err(reason) => Err(io::Error::other(reason)),
        }
    }

    /// Waits, for the grace time at most, until every client has taken its replies.
    fn send_last_replies(&mut self) -> io::Result<()> {
        let grace_ms = millis(self.clients.options.shutdown_grace);
        let deadline_ms = self.now.mono_ms.saturating_add(grace_ms);
        while self.clients.is_sending() && self.now.mono_ms < deadline_ms {
            let left_ms = deadline_ms - self.now.mono_ms;
            self.wait(Duration::from_millis(left_ms.min(100)))?;
            self.dispatch();
            self.settle();
        }
        // Unread input would turn the close into a reset, which could overtake the replies.
        self.wait(Duration::ZERO)?;
        self.dispatch();
        Ok(())
    }
}
