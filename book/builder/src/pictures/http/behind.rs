//! An application that notes what it is asked, behind the guard or behind `tiny_http` alone.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_http_bridge::{Answer, Front, GuardLimits, Incoming, respond};

use super::shown;

/// No recording waits as long unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an application was asked, as `METHOD path` and body.
pub(super) type Asked = Vec<(String, Vec<u8>)>;

/// An application, and the server before it.
pub(super) struct Application {
    addr: SocketAddr,
    asked: Arc<Mutex<Asked>>,
    stop: Box<dyn FnOnce()>,
    running: JoinHandle<()>,
}

impl Application {
    /// Behind the guard of stage 7.
    pub(super) fn guarded() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let front = Front::open(listener, GuardLimits::default(), Box::new(|_| Ok(())))?;
        let (addr, waker) = (front.addr(), front.waker().clone());
        let asked = Arc::<Mutex<Asked>>::default();
        let noting = Arc::clone(&asked);
        let running = thread::spawn(move || {
            // Its end is asked for below; what else ends it shows as missing answers.
            let _ = front.run(1, |request| respond(request, |incoming| note(&noting, incoming)));
        });
        Ok(Self { addr, asked, stop: Box::new(move || waker.shut_down()), running })
    }

    /// Behind `tiny_http`, which listens on the port itself.
    pub(super) fn bare() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let server = Arc::new(tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?);
        let asked = Arc::<Mutex<Asked>>::default();
        let (noting, serving) = (Arc::clone(&asked), Arc::clone(&server));
        let running = thread::spawn(move || {
            for request in serving.incoming_requests() {
                respond(request, |incoming| note(&noting, incoming));
            }
        });
        Ok(Self { addr, asked, stop: Box::new(move || server.unblock()), running })
    }

    pub(super) fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// How many requests have reached it.
    pub(super) fn asked_so_far(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ends it, and says what it was asked.
    pub(super) fn finish(self) -> Asked {
        (self.stop)();
        let _ = self.running.join();
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn note(asked: &Mutex<Asked>, incoming: &Incoming) -> Answer {
    let line = format!("{} {}", incoming.method, incoming.path);
    asked.lock().unwrap_or_else(PoisonError::into_inner).push((line, incoming.body.clone()));
    Answer::new(200, "text/plain", "")
}

/// Everything that comes until the server closes, as its status lines.
pub(super) fn statuses(stream: &mut TcpStream) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let text = String::from_utf8_lossy(&all);
    let lines = text.split("\r\n").filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    Ok(lines.map(str::to_owned).collect())
}

/// Sends bytes and their end, and reads the statuses of the answers.
pub(super) fn exchange(application: &Application, bytes: &[u8]) -> Result<Vec<String>, String> {
    let talk = || {
        let mut stream = application.connect()?;
        stream.write_all(bytes)?;
        stream.shutdown(Shutdown::Write)?;
        statuses(&mut stream)
    };
    talk().map_err(|error| format!("sending {}: {error}", shown(bytes)))
}
