//! The guard, and `tiny_http` behind it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_poll_loop::Waker;
use tiny_http::{Method, Request, Server};

use crate::door::Door;
use crate::errors::ApiError;
use crate::guard::{Gate, guard};
use crate::limits::GuardLimits;
use crate::message::{Answer, Incoming};

/// How often to look whether the guard has ended.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// An HTTP server that accepts connections; [`Front::run`] answers them.
pub struct Front {
    addr: SocketAddr,
    waker: Waker,
    guard: JoinHandle<io::Result<()>>,
    server: Server,
    /// Dropped after the server; see there.
    _door: Door,
}

impl Front {
    /// Puts a guard before `listener`. It lets through what `gate` admits.
    ///
    /// # Errors
    /// The private socket or a thread cannot be made.
    pub fn open(listener: TcpListener, limits: GuardLimits, gate: Gate) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (inner, door) = Door::open()?;
        let server = Server::from_listener(inner, None).map_err(io::Error::other)?;
        let turning = guard(listener, limits, gate, door.path().to_owned())?;
        let waker = turning.waker();
        let guard = thread::Builder::new().name("http guard".to_owned());
        let guard = guard.spawn(move || turning.run().map(drop))?;
        Ok(Self { addr, waker, guard, server, _door: door })
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

    /// Gives requests to `serve` on several threads, until all are answered after the end was asked for, or the time
    /// for that is over.
    ///
    /// # Errors
    /// What ended it, if it was not asked to.
    pub fn run(self, threads: usize, serve: impl Fn(Request) + Sync) -> io::Result<()> {
        let served = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.take(&serve))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
        });
        served.and(self.guard.join().unwrap_or_else(panicked))
    }

    /// `tiny_http` reports a failed accept (no descriptor free, say) once, and accepts nothing more; then the guard ends too.
    fn take(&self, serve: impl Fn(Request)) -> io::Result<()> {
        let mut served = Ok(());
        loop {
            match self.server.recv_timeout(LOOK_AROUND) {
                Ok(Some(request)) => serve(request),
                Ok(None) if self.guard.is_finished() => return served,
                Ok(None) => {}
                Err(error) => {
                    served = Err(error);
                    self.waker.shut_down();
                }
            }
        }
    }
}

fn panicked<T>(_: T) -> io::Result<()> {
    Err(io::Error::other("a thread of the HTTP server panicked"))
}

/// Answers a request that came through a [`Front`]. A panic becomes a 500.
pub fn respond(mut request: Request, answer: impl FnOnce(&Incoming) -> Answer) {
    let answered = catch_unwind(AssertUnwindSafe(|| match Incoming::read(&mut request) {
        Ok(incoming) => answer(&incoming),
        Err(error) => ApiError::new(400, "BAD_REQUEST", error.to_string()).into(),
    }));
    let answer = answered
        .unwrap_or_else(|_| ApiError::new(500, "INTERNAL", "the bridge has a defect; it goes on").into());
    let head_only = *request.method() == Method::Head;
    // An error here is a client that has gone, and nobody is left to be told.
    let _ = answer.write(head_only, &mut request.into_writer());
}
