//! A bridge that runs: it is ended when told, and started again when it ended by itself.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_http_bridge::Front;
use heapwood_poll_loop::Waker;
use tiny_http::Request;

use crate::race::Race;

/// How long to wait before the next try to serve again.
const PAUSE: Duration = Duration::from_secs(1);

/// A running bridge.
pub struct RunningBridge {
    addr: SocketAddr,
    stopper: Stopper,
    thread: JoinHandle<()>,
    race: Arc<Race>,
}

/// Ends a bridge from another thread.
#[derive(Clone)]
pub struct Stopper(Arc<Stopping>);

struct Stopping {
    asked: AtomicBool,
    /// Of the front that serves now.
    waker: Mutex<Waker>,
}

impl Stopper {
    fn new(waker: &Waker) -> Self {
        Self(Arc::new(Stopping { asked: AtomicBool::new(false), waker: Mutex::new(waker.clone()) }))
    }

    /// Begins to end and returns at once: no new connections, requests under way finish.
    pub fn shut_down(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.waker(|waker| waker.shut_down());
    }

    fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// The next front has this waker; an end that was asked for meanwhile is meant for it.
    fn replace(&self, waker: &Waker) {
        self.waker(|current| current.clone_from(waker));
        if self.is_asked() {
            waker.shut_down();
        }
    }

    fn waker(&self, act: impl FnOnce(&mut Waker)) {
        act(&mut self.0.waker.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl RunningBridge {
    /// Serves on `listener` behind the front that `open` makes for it; `take` must not wait.
    pub(crate) fn start(
        listener: TcpListener,
        open: impl Fn(TcpListener) -> io::Result<Front> + Send + 'static,
        take: impl Fn(Request) + Send + Sync + 'static,
        race: Arc<Race>,
    ) -> io::Result<Self> {
        let front = open(listener)?;
        let (addr, stopper) = (front.addr(), Stopper::new(front.waker()));
        let stopping = stopper.clone();
        let serve = move || serve_on(front, &open, &take, &stopping);
        let thread = thread::Builder::new().name("http".to_owned()).spawn(serve)?;
        Ok(Self { addr, stopper, thread, race })
    }

    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The market and its race.
    pub fn race(&self) -> &Race {
        &self.race
    }

    /// What ends it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Begins to end and returns at once: no new connections, requests under way finish.
    pub fn shut_down(&self) {
        self.stopper.shut_down();
    }

    /// Waits until it has ended as it was told, and ends the race; an unfinished build stops.
    pub fn join(self) {
        if self.thread.join().is_err() {
            crate::complain(format_args!("heapwood: the HTTP thread panicked; this is a defect"));
        }
        self.race.shut_down();
    }
}

/// A front that ends by itself is reported on standard error and replaced.
fn serve_on(
    front: Front,
    open: &impl Fn(TcpListener) -> io::Result<Front>,
    take: &(impl Fn(Request) + Sync),
    stopper: &Stopper,
) {
    let addr = front.addr();
    let mut ended = front.run(1, take);
    while let Err(error) = ended
        && !stopper.is_asked()
    {
        crate::complain(format_args!("heapwood: HTTP on {addr} failed: {error}; it is started again"));
        ended = TcpListener::bind(addr).and_then(open).and_then(|front| {
            stopper.replace(front.waker());
            front.run(1, take)
        });
        if ended.is_err() {
            thread::park_timeout(PAUSE);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use heapwood_http_bridge::{ApiError, GuardLimits};
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;
    use tiny_http::Response;

    fn ask(addr: SocketAddr) -> io::Result<String> {
        let mut stream = TcpStream::connect(addr)?;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Ok(response)
    }

    #[test]
    fn a_front_that_ends_by_itself_is_replaced_until_the_end_is_asked_for() {
        let fails = Arc::new(AtomicBool::new(true));
        let open = move |listener| {
            let fails = Arc::clone(&fails);
            let gate = Box::new(move |_| -> Result<(), ApiError> {
                assert!(!fails.swap(false, Ordering::SeqCst), "this panic is part of a test");
                Ok(())
            });
            Front::open(listener, GuardLimits::default(), gate)
        };
        let take = |request: Request| drop(request.respond(Response::from_string("hello")));
        let front = open(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
        let (addr, stop) = (front.addr(), Stopper::new(front.waker()));
        let stopping = stop.clone();
        let thread = thread::spawn(move || serve_on(front, &open, &take, &stopping));
        let started = Instant::now();
        while !ask(addr).is_ok_and(|response| response.ends_with("hello")) {
            assert!(started.elapsed() < Duration::from_secs(20), "it does not come back");
            thread::yield_now();
        }
        stop.shut_down();
        thread.join().unwrap();
        assert!(ask(addr).is_err());
    }
}
