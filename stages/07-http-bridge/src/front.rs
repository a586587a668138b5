//! The guard, `tiny_http` behind it, and the thread that takes requests from there.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_poll_loop::Waker;
use tiny_http::{Request, Server};

use crate::door::Door;
use crate::guard::{Gate, guard};
use crate::limits::GuardLimits;

/// How often to look whether the guard has ended.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// A running HTTP server.
pub struct Front {
    addr: SocketAddr,
    waker: Waker,
    thread: JoinHandle<io::Result<()>>,
}

impl Front {
    /// Starts serving on `listener`. Requests that `gate` admits are given to `serve`, which must not wait.
    ///
    /// # Errors
    /// The private socket or a thread cannot be made.
    pub fn start(
        listener: TcpListener,
        limits: GuardLimits,
        gate: Gate,
        mut serve: impl FnMut(Request) + Send + 'static,
    ) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (inner, door) = Door::open()?;
        let server = Server::from_listener(inner, None).map_err(io::Error::other)?;
        let turning = guard(listener, limits, gate, door.path().to_owned())?;
        let waker = turning.waker();
        let guard = named("http guard", move || turning.run().map(drop))?;
        let stop = waker.clone();
        let thread = named("http front", move || {
            let stopped = take_requests(&server, &guard, &stop, &mut serve);
            // In this order: see `Door`.
            drop(server);
            drop(door);
            let guarded = guard.join().unwrap_or_else(|_| Err(io::Error::other("the guard panicked")));
            stopped.and(guarded)
        })?;
        Ok(Self { addr, waker, thread })
    }

    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What ends it from elsewhere, for instance from a signal: nothing new is accepted, requests under way are
    /// answered.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Waits until it has ended: all requests answered, or the time for that over.
    ///
    /// # Errors
    /// What ended it, if it was not asked to.
    pub fn join(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the HTTP thread panicked")))
    }
}

/// Until the guard ends. `tiny_http` accepts nothing more after one failed accept (no descriptor free, say), so then
/// the guard is ended too.
fn take_requests(
    server: &Server,
    guard: &JoinHandle<io::Result<()>>,
    stop: &Waker,
    serve: &mut impl FnMut(Request),
) -> io::Result<()> {
    let mut stopped = Ok(());
    loop {
        match server.recv_timeout(LOOK_AROUND) {
            Ok(Some(request)) => serve(request),
            Ok(None) if guard.is_finished() => return stopped,
            Ok(None) => {}
            Err(error) => {
                stopped = Err(error);
                stop.shut_down();
            }
        }
    }
}

pub(crate) fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}
