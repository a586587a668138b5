//! `tiny_http` behind the guard, and the threads that answer.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_poll_loop::{PollPoller, WakeReader, Waker};
use tiny_http::{Method, Request, Server};

use crate::errors::ApiError;
use crate::guard::{Gate, Guard, Inside};
use crate::limits::GuardLimits;
use crate::message::{Answer, Incoming};
use crate::private::PrivateDir;

/// How often the dispatcher looks whether it is to stop, or to start `tiny_http` again.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// What answers requests, on several threads at once.
pub trait Application: Send + Sync + 'static {
    /// Answers one request. A panic becomes a 500.
    fn answer(&self, request: &Incoming) -> Answer;

    /// Which lane a request takes, so that slow work cannot keep quick work waiting.
    fn lane(&self, _method: &str, _target: &str) -> usize {
        0
    }
}

/// The threads for one kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Requests answered at once.
    pub threads: usize,
    /// Requests that may wait for them; one more is told to come back later.
    pub queue: usize,
}

/// A running HTTP server: guard, `tiny_http` and the threads that answer.
pub struct Front {
    addr: SocketAddr,
    waker: Waker,
    guard: JoinHandle<io::Result<()>>,
    dispatcher: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Front {
    /// Starts serving on `listener`. Without lanes there is one, with four threads.
    ///
    /// # Errors
    /// The private socket or a thread cannot be made.
    pub fn start(
        listener: TcpListener,
        limits: GuardLimits,
        lanes: &[Lane],
        gate: Box<dyn Gate>,
        application: Arc<dyn Application>,
    ) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let dir = PrivateDir::new()?;
        let server = listen(&dir.socket())?;
        let wake = WakeReader::new()?;
        let waker = wake.waker().clone();
        let unreachable = Arc::new(AtomicBool::new(false));
        let inside = Inside { path: dir.socket(), unreachable: Arc::clone(&unreachable) };
        let guard = Guard::new(listener, PollPoller::new(), limits, gate, inside, wake)?;
        let stop = Arc::new(AtomicBool::new(false));
        let dispatcher = Dispatcher {
            lanes: open_lanes(lanes, &application)?,
            application,
            dir,
            unreachable,
            stop: Arc::clone(&stop),
        };
        Ok(Self {
            addr,
            waker,
            guard: named("http guard", move || guard.run())?,
            dispatcher: named("http dispatcher", move || dispatcher.run(server))?,
            stop,
        })
    }

    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What ends it from elsewhere, for instance from a signal.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Begins to end and returns at once: nothing new is accepted, requests under way are answered.
    pub fn shut_down(&self) {
        self.waker.shut_down();
    }

    /// Waits until it has ended: all requests answered, or the time for that over.
    ///
    /// # Errors
    /// What ended the guard, if it was not asked to.
    pub fn join(self) -> io::Result<()> {
        let ended = self.guard.join();
        self.stop.store(true, Ordering::Release);
        let _ = self.dispatcher.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the guard's thread panicked")))
    }
}

/// Takes requests from `tiny_http` and puts each in its lane.
struct Dispatcher {
    lanes: Vec<SyncSender<Request>>,
    application: Arc<dyn Application>,
    dir: PrivateDir,
    unreachable: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Dispatcher {
    /// `tiny_http` stops accepting for good after one failed accept (no descriptor free, say); then it is replaced.
    fn run(self, server: Server) {
        let mut server = Some(server);
        while !self.stop.load(Ordering::Acquire) {
            let received = server.as_ref().map(|s| s.recv_timeout(LOOK_AROUND));
            match received {
                Some(Ok(Some(request))) => self.dispatch(request),
                Some(Ok(None)) if !self.unreachable.swap(false, Ordering::AcqRel) => {}
                _ => {
                    // The old one removes its socket when dropped, so it must be gone before the new one is made.
                    drop(server.take());
                    server = listen(&self.dir.socket()).ok();
                    if server.is_none() {
                        thread::park_timeout(LOOK_AROUND);
                    }
                }
            }
        }
    }

    fn dispatch(&self, request: Request) {
        let wished = self.application.lane(request.method().as_str(), request.url());
        let lane = &self.lanes[wished.min(self.lanes.len() - 1)];
        if let Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) = lane.try_send(request)
        {
            let message = "too many requests of this kind are waiting; try again";
            reply(request, &ApiError::new(503, "BUSY", message).into());
        }
    }
}

fn listen(path: &Path) -> io::Result<Server> {
    Server::http_unix(path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// Starts the threads of all lanes. They end when the senders are dropped.
fn open_lanes(lanes: &[Lane], application: &Arc<dyn Application>) -> io::Result<Vec<SyncSender<Request>>> {
    const DEFAULT: [Lane; 1] = [Lane { threads: 4, queue: 32 }];
    let lanes = if lanes.is_empty() { &DEFAULT } else { lanes };
    let open = |lane: &Lane| {
        let (sender, receiver) = sync_channel(lane.queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..lane.threads.max(1) {
            let (receiver, application) = (Arc::clone(&receiver), Arc::clone(application));
            named("http worker", move || work(&receiver, application.as_ref()))?;
        }
        Ok(sender)
    };
    lanes.iter().map(open).collect()
}

fn work(requests: &Mutex<Receiver<Request>>, application: &dyn Application) {
    loop {
        let next = requests.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut request) = next else {
            return;
        };
        let answer = answer(&mut request, application);
        reply(request, &answer);
    }
}

fn answer(request: &mut Request, application: &dyn Application) -> Answer {
    let incoming = match Incoming::read(request) {
        Ok(incoming) => incoming,
        Err(error) => return ApiError::new(400, "BAD_REQUEST", error.to_string()).into(),
    };
    let answered = catch_unwind(AssertUnwindSafe(|| application.answer(&incoming)));
    answered.unwrap_or_else(|_| {
        let message = "the bridge has a defect; it goes on";
        ApiError::new(500, "INTERNAL", message).into()
    })
}

fn reply(request: Request, answer: &Answer) {
    let head_only = *request.method() == Method::Head;
    // An error here is a client that has gone, and nobody is left to be told.
    let _ = answer.write(head_only, &mut request.into_writer());
}

fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    struct Hello;

    impl Application for Hello {
        fn answer(&self, _request: &Incoming) -> Answer {
            Answer::new(200, "text/plain", "hello")
        }
    }

    fn ask(path: &Path) -> io::Result<String> {
        let mut stream = UnixStream::connect(path)?;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Ok(response)
    }

    #[test]
    fn a_tiny_http_that_stopped_accepting_is_replaced() {
        let application: Arc<dyn Application> = Arc::new(Hello);
        let (stop, unreachable) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let dir = PrivateDir::new().unwrap();
        let (path, server) = (dir.socket(), listen(&dir.socket()).unwrap());
        let lanes = open_lanes(&[], &application).unwrap();
        let flags = (Arc::clone(&unreachable), Arc::clone(&stop));
        let dispatcher = Dispatcher { lanes, application, dir, unreachable: flags.0, stop: flags.1 };
        let thread = named("test", move || dispatcher.run(server)).unwrap();
        assert!(ask(&path).unwrap().ends_with("hello"));

        // As good as a listener whose thread has died: nobody can connect.
        std::fs::remove_file(&path).unwrap();
        assert!(ask(&path).is_err());
        unreachable.store(true, Ordering::Release);
        let started = Instant::now();
        while !ask(&path).is_ok_and(|response| response.ends_with("hello")) {
            assert!(started.elapsed() < Duration::from_secs(20), "it does not come back");
            thread::yield_now();
        }
        stop.store(true, Ordering::Release);
        thread.join().unwrap();
        assert!(!path.exists());
    }
}
