//! A bridge that runs: it is ended when told, and started again when it ended by itself.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use heapwood_http_bridge::Front;
use heapwood_poll_loop::Waker;

use crate::race::Race;

/// How long to wait before the next try to serve again.
const PAUSE: Duration = Duration::from_secs(1);

/// What serves a listener.
pub(crate) type Serve = Box<dyn Fn(TcpListener) -> io::Result<Front> + Send>;

/// A running bridge.
pub struct RunningBridge {
    front: Front,
    serve: Serve,
    stopper: Stopper,
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
    pub(crate) fn start(listener: TcpListener, serve: Serve, race: Arc<Race>) -> io::Result<Self> {
        let front = serve(listener)?;
        let waker = Mutex::new(front.waker().clone());
        let stopper = Stopper(Arc::new(Stopping { asked: AtomicBool::new(false), waker }));
        Ok(Self { front, serve, stopper, race })
    }

    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.front.addr()
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

    /// Waits until it has ended as it was told, and ends the race; an unfinished build stops. A front that ends by
    /// itself is reported on standard error and replaced.
    pub fn join(self) {
        serve_on(self.front, &self.serve, &self.stopper);
        self.race.shut_down();
    }
}

fn serve_on(front: Front, serve: &Serve, stopper: &Stopper) {
    let addr = front.addr();
    let mut ended = front.join();
    while let Err(error) = ended {
        if stopper.is_asked() {
            return;
        }
        eprintln!("heapwood: HTTP on {addr} failed: {error}; it is started again");
        ended = TcpListener::bind(addr).and_then(serve).and_then(|front| {
            stopper.replace(front.waker());
            front.join()
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
        let serve: Serve = Box::new(move |listener| {
            let fails = Arc::clone(&fails);
            let gate = Box::new(move |_| -> Result<(), ApiError> {
                assert!(!fails.swap(false, Ordering::SeqCst), "this panic is part of a test");
                Ok(())
            });
            let answer = |request: tiny_http::Request| drop(request.respond(Response::from_string("hello")));
            Front::start(listener, GuardLimits::default(), gate, answer)
        });
        let front = serve(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
        let waker = Mutex::new(front.waker().clone());
        let stopper = Stopper(Arc::new(Stopping { asked: AtomicBool::new(false), waker }));
        let (addr, stop) = (front.addr(), stopper.clone());
        let thread = thread::spawn(move || serve_on(front, &serve, &stopper));
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
