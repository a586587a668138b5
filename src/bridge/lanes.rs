//! Threads by what they wait for: slow work must not keep quick work waiting.

use std::io;
use std::sync::Arc;

use heapwood_http_bridge::message::split_target;
use heapwood_http_bridge::{Application, Workers};
use tiny_http::Request;

/// The threads for one kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// Requests answered at once.
    pub(crate) threads: usize,
    /// Requests that may wait for them; one more is told to come back later.
    pub(crate) queue: usize,
}

/// All lanes, each with its own threads.
pub(crate) struct Lanes<F> {
    workers: Vec<Workers>,
    lane_of: F,
}

impl<F: Fn(&str, &str) -> usize> Lanes<F> {
    /// Starts the threads. `lane_of` says which lane a path and query take.
    pub(crate) fn start(lanes: &[Lane], application: &Arc<dyn Application>, lane_of: F) -> io::Result<Self> {
        let start = |lane: &Lane| Workers::start(lane.threads, lane.queue, Arc::clone(application));
        Ok(Self { workers: lanes.iter().map(start).collect::<io::Result<_>>()?, lane_of })
    }

    /// Puts a request into its lane.
    pub(crate) fn take(&self, request: Request) {
        let (path, query) = split_target(request.url());
        let lane = (self.lane_of)(path, query).min(self.workers.len() - 1);
        self.workers[lane].take(request);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use heapwood_http_bridge::{Answer, Front, GuardLimits, Incoming};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::{Condvar, Mutex};
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Answers `/wait` when it is opened, and everything else at once.
    #[derive(Default)]
    struct Door {
        open: Mutex<bool>,
        opened: Condvar,
    }

    impl Application for Door {
        fn answer(&self, request: &Incoming) -> Answer {
            if request.path == "/wait" {
                let open = self.open.lock().unwrap();
                drop(self.opened.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap());
            }
            Answer::new(200, "text/plain", "done")
        }
    }

    fn ask(addr: SocketAddr, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
        stream
    }

    fn status(stream: &mut TcpStream) -> u16 {
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }

    #[test]
    fn slow_work_in_its_own_lane_keeps_nobody_waiting_and_has_a_bounded_queue() {
        let door = Arc::new(Door::default());
        let application: Arc<dyn Application> = door.clone();
        let lanes = [Lane { threads: 2, queue: 64 }, Lane { threads: 1, queue: 1 }];
        let lanes = Lanes::start(&lanes, &application, |path, _| usize::from(path == "/wait")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let admit = Box::new(|_| Ok(()));
        let front = Front::start(listener, GuardLimits::default(), admit, move |request| lanes.take(request));
        let (front, mut busy) = (front.unwrap(), None);
        // One is worked on, one waits, the third is one too many; which is which depends on the order of arrival.
        let mut waiting: Vec<TcpStream> = (0..3).map(|_| ask(front.addr(), "/wait")).collect();
        assert_eq!(status(&mut ask(front.addr(), "/")), 200);
        let started = Instant::now();
        while busy.is_none() && started.elapsed() < PATIENCE {
            let mut stream = ask(front.addr(), "/wait");
            stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let mut bytes = [0; 12];
            busy = stream.read_exact(&mut bytes).ok().map(|()| bytes);
        }
        assert_eq!(busy.as_ref(), Some(b"HTTP/1.1 503"));
        *door.open.lock().unwrap() = true;
        door.opened.notify_all();
        let answers: Vec<u16> = waiting.iter_mut().map(status).collect();
        assert!(answers.contains(&200), "{answers:?}");
        front.waker().shut_down();
        front.join().unwrap();
    }
}
