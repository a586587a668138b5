//! `tiny_http` behind the guard, and the threads that answer.
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::guard::Gate;
use crate::limits::GuardLimits;
use crate::message::{Answer, Incoming};

/// What answers requests, on several threads at once.
pub trait Application: Send + Sync + 'static {
    /// Answers one request. A panic becomes a 500.
    fn answer(&self, request: &Incoming) -> Answer;

    /// Which of the lanes a request takes, so that slow work cannot keep quick work waiting.
    fn lane(&self, _method: &str, _target: &str) -> usize {
        0
    }
}

/// A running HTTP server: guard, `tiny_http` and worker threads.
pub struct Front {
    addr: SocketAddr,
}

impl Front {
    /// Starts serving; `lanes` holds the number of threads of each lane.
    pub fn start(
        listener: TcpListener,
        limits: GuardLimits,
        lanes: &[usize],
        gate: Box<dyn Gate>,
        application: Arc<dyn Application>,
    ) -> io::Result<Self> {
        let _ = (listener, limits, lanes, gate, application);
        todo!()
    }

    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops accepting, lets requests under way finish within a grace time, and ends all threads but stuck workers.
    pub fn shut_down(&self) {
        todo!()
    }

    /// Waits until it has ended.
    pub fn join(self) {
        todo!()
    }
}
