//! The wish to stop, and a bell that ends waiting early.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::locked;

/// Asked for once, seen by every thread.
#[derive(Default)]
pub(crate) struct Stop {
    wished: Mutex<bool>,
    bell: Condvar,
}

impl Stop {
    pub(crate) fn wish(&self) {
        *locked(&self.wished) = true;
        self.ring();
    }

    pub(crate) fn is_wished(&self) -> bool {
        *locked(&self.wished)
    }

    /// Wakes everybody who waits, to look again at what they wait for.
    pub(crate) fn ring(&self) {
        self.bell.notify_all();
    }

    /// Waits for the bell, at most `longest`. Whether to stop.
    pub(crate) fn wait(&self, longest: Duration) -> bool {
        let wished = locked(&self.wished);
        if *wished {
            return true;
        }
        let (wished, _) = self.bell.wait_timeout(wished, longest).unwrap_or_else(PoisonError::into_inner);
        *wished
    }
}
