//! Threads by what they wait for: slow work must not keep quick work waiting.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use heapwood_http_bridge::message::split_target;
use heapwood_http_bridge::{Answer, ApiError, Incoming, respond};
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
    lanes: Vec<SyncSender<Request>>,
    lane_of: F,
}

impl<F: Fn(&str, &str) -> usize> Lanes<F> {
    /// Starts the threads; they end after this is dropped. `lane_of` says which lane a path and query take.
    pub(crate) fn start<A>(lanes: &[Lane], answer: A, lane_of: F) -> io::Result<Self>
    where
        A: Fn(&Incoming) -> Answer + Clone + Send + 'static,
    {
        let lanes = lanes.iter().map(|lane| start(*lane, &answer)).collect::<io::Result<_>>()?;
        Ok(Self { lanes, lane_of })
    }

    /// Puts a request into its lane, or tells it to come back later when too many wait there.
    pub(crate) fn take(&self, request: Request) {
        let (path, query) = split_target(request.url());
        let lane = (self.lane_of)(path, query).min(self.lanes.len() - 1);
        let sent = self.lanes[lane].try_send(request);
        if let Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) = sent {
            let message = "too many requests of this kind are waiting; try again";
            respond(request, |_| ApiError::new(503, "BUSY", message).into());
        }
    }
}

fn start<A>(lane: Lane, answer: &A) -> io::Result<SyncSender<Request>>
where
    A: Fn(&Incoming) -> Answer + Clone + Send + 'static,
{
    let (sender, receiver) = sync_channel(lane.queue);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..lane.threads {
        let (receiver, answer) = (Arc::clone(&receiver), answer.clone());
        let work = move || {
            while let Some(request) = next(&receiver) {
                respond(request, &answer);
            }
        };
        thread::Builder::new().name("http worker".to_owned()).spawn(work)?;
    }
    Ok(sender)
}

/// Waits for a request, holding the lock: who has it gets the next one. None when the lanes were dropped.
fn next(requests: &Mutex<Receiver<Request>>) -> Option<Request> {
    requests.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use heapwood_http_bridge::{Front, GuardLimits};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::Condvar;
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Answers `/wait` when it is opened, and everything else at once.
    #[derive(Default)]
    struct Door {
        open: Mutex<bool>,
        opened: Condvar,
    }

    impl Door {
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
        let answering = door.clone();
        let lanes = [Lane { threads: 2, queue: 64 }, Lane { threads: 1, queue: 1 }];
        let answer = move |request: &Incoming| answering.answer(request);
        let lanes = Lanes::start(&lanes, answer, |path, _| usize::from(path == "/wait")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Front::open(listener, GuardLimits::default(), Box::new(|_| Ok(()))).unwrap();
        let (addr, waker, mut busy) = (front.addr(), front.waker().clone(), None);
        let running = thread::spawn(move || front.run(1, |request| lanes.take(request)));
        // One is worked on, one waits, the third is one too many; which is which depends on the order of arrival.
        let mut waiting: Vec<TcpStream> = (0..3).map(|_| ask(addr, "/wait")).collect();
        assert_eq!(status(&mut ask(addr, "/")), 200);
        let started = Instant::now();
        while busy.is_none() && started.elapsed() < PATIENCE {
            let mut stream = ask(addr, "/wait");
            stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let mut bytes = [0; 12];
            busy = stream.read_exact(&mut bytes).ok().map(|()| bytes);
        }
        assert_eq!(busy.as_ref(), Some(b"HTTP/1.1 503"));
        *door.open.lock().unwrap() = true;
        door.opened.notify_all();
        let answers: Vec<u16> = waiting.iter_mut().map(status).collect();
        assert!(answers.contains(&200), "{answers:?}");
        waker.shut_down();
        running.join().unwrap().unwrap();
    }
}
