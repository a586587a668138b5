//! A server of a few commands, for tests of the client alone. It can be stopped.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use heapwood_sockets::{FrameParser, FrameReplies, Replies, RequestLimits};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Shared {
    keys: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    seen: Mutex<Vec<String>>,
    saw: Condvar,
    streams: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
    password: Option<&'static str>,
    /// What it says instead of frames.
    greeting: Option<&'static [u8]>,
}

pub(crate) struct SmallServer {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl SmallServer {
    pub(crate) fn start() -> Self {
        Self::run(0, Shared::default())
    }

    pub(crate) fn start_at(port: u16) -> Self {
        Self::run(port, Shared::default())
    }

    pub(crate) fn start_with_password(password: &'static str) -> Self {
        let password = Some(password);
        let shared = Shared::default();
        Self::run(0, Shared { password, ..shared })
    }

    pub(crate) fn start_saying(greeting: &'static [u8]) -> Self {
        let greeting = Some(greeting);
        let shared = Shared::default();
        Self::run(0, Shared { greeting, ..shared })
    }

    pub(crate) fn unused_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    }

    fn run(port: u16, shared: Shared) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(shared);
        let for_clients = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_clients.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                let copy = stream.try_clone().unwrap();
                for_clients.streams.lock().unwrap().push(copy);
                let shared = Arc::clone(&for_clients);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { port, shared, accepting: Some(accepting) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until some client has sent this command.
    pub(crate) fn wait_for_command(&self, name: &str) {
        let seen = self.shared.seen.lock().unwrap();
        let missing = |seen: &mut Vec<String>| !seen.iter().any(|command| command == name);
        let waited = self.shared.saw.wait_timeout_while(seen, PATIENCE, missing);
        assert!(!waited.unwrap().1.timed_out(), "{name} did not come");
    }
}

impl Drop for SmallServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.accepting.take().map(JoinHandle::join);
        for stream in self.shared.streams.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    if let Some(greeting) = shared.greeting {
        let _ = stream.write_all(greeting);
    }
    let (mut input, mut spans, mut parser) = (Vec::new(), Vec::new(), FrameParser::default());
    let mut authenticated = shared.password.is_none();
    loop {
        spans.clear();
        let limits = RequestLimits::default();
        if let Some(end) = parser.parse(&input, &limits, &mut spans).unwrap() {
            let request: Vec<Vec<u8>> = spans.iter().map(|span| span.of(&input).to_vec()).collect();
            input.drain(..end);
            let mut output = Vec::new();
            let mut replies = FrameReplies::new(&mut output);
            answer(&request, shared, &mut authenticated, &mut replies);
            replies.finish();
            if stream.write_all(&output).is_err() {
                return;
            }
            continue;
        }
        let mut chunk = vec![0; 64 * 1024];
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => input.extend_from_slice(&chunk[..count]),
        }
    }
}

fn answer(request: &[Vec<u8>], shared: &Shared, authenticated: &mut bool, replies: &mut dyn Replies) {
    let name = String::from_utf8_lossy(&request[0]).to_uppercase();
    shared.seen.lock().unwrap().push(name.clone());
    shared.saw.notify_all();
    let mut keys = shared.keys.lock().unwrap();
    match (name.as_str(), &request[1..]) {
        ("AUTH", [password]) => {
            *authenticated = shared.password.map(str::as_bytes) == Some(password);
            match authenticated {
                true => replies.status("OK"),
                false => replies.error("ERR invalid password"),
            }
        }
        _ if !*authenticated => replies.error("NOAUTH Authentication required."),
        ("SET", [key, value]) => {
            keys.insert(key.clone(), value.clone());
            replies.status("OK");
        }
        ("GET", [key]) => match keys.get(key) {
            Some(value) => replies.bytes(value),
            None => replies.nil(),
        },
        ("PREFIX", [prefix, ..]) => {
            let found: Vec<_> = keys.keys().filter(|key| key.starts_with(prefix)).collect();
            replies.array(found.len());
            found.iter().for_each(|key| replies.bytes(key));
        }
        ("BLPOP" | "SILENCE", _) => {}
        _ => replies.error("ERR unknown command"),
    }
}
