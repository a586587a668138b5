//! A stand-in for the engine in this module's tests: the few commands that the race sends, a thread a client, and
//! what a test wants to know about them.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapwood_sockets::{FrameParser, FrameReplies, Replies, RequestLimits, Span};

/// Longer than any test should take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running stand-in.
pub(crate) struct FakeEngine {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    store: Mutex<Store>,
    changed: Condvar,
}

#[derive(Default)]
struct Store {
    strings: HashMap<String, (Vec<u8>, Option<u64>)>,
    queue: VecDeque<Vec<u8>>,
    gets: HashMap<String, usize>,
    clients: Vec<TcpStream>,
    stopped: bool,
}

impl FakeEngine {
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1:0".parse().unwrap())
    }

    /// On an address that an earlier one may have used.
    pub(crate) fn start_on(addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut store = serving.store.lock().unwrap();
                if store.stopped {
                    return;
                }
                store.clients.push(stream.try_clone().unwrap());
                drop(store);
                let serving = Arc::clone(&serving);
                thread::spawn(move || serve(stream, &serving));
            }
        });
        FakeEngine { addr, shared, accepting: Some(accepting) }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn holds(&self, key: &str) -> bool {
        self.shared.store.lock().unwrap().strings.contains_key(key)
    }

    pub(crate) fn value(&self, key: &str) -> Option<Vec<u8>> {
        let store = self.shared.store.lock().unwrap();
        store.strings.get(key).map(|(value, _)| value.clone())
    }

    pub(crate) fn ttl_of(&self, key: &str) -> Option<u64> {
        self.shared.store.lock().unwrap().strings.get(key)?.1
    }

    pub(crate) fn remove(&self, key: &str) {
        self.shared.store.lock().unwrap().strings.remove(key);
    }

    pub(crate) fn push(&self, element: Vec<u8>) {
        self.shared.store.lock().unwrap().queue.push_front(element);
        self.shared.changed.notify_all();
    }

    /// Waits until `key` was asked for `times` times in all.
    pub(crate) fn wait_until_asked(&self, key: &str, times: usize) {
        self.wait_until(|store| store.gets.get(key).is_some_and(|&gets| gets >= times));
    }

    fn wait_until(&self, condition: impl Fn(&Store) -> bool) {
        let store = self.shared.store.lock().unwrap();
        let (_store, waited) =
            self.shared.changed.wait_timeout_while(store, PATIENCE, |store| !condition(store)).unwrap();
        assert!(!waited.timed_out(), "waited in vain");
    }
}

impl Drop for FakeEngine {
    /// Closes the port and every connection, and forgets everything.
    fn drop(&mut self) {
        let mut store = self.shared.store.lock().unwrap();
        store.stopped = true;
        for client in &store.clients {
            let _ = client.shutdown(Shutdown::Both);
        }
        drop(store);
        // The accept loop looks at `stopped` when the next one knocks.
        let _ = TcpStream::connect(self.addr);
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let (mut parser, mut spans) = (FrameParser::default(), Vec::<Span>::new());
    let mut piece = [0; 65_536];
    loop {
        spans.clear();
        let complete = parser.parse(&input, &RequestLimits::default(), &mut spans).unwrap();
        let Some(end) = complete else {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return,
                Ok(count) => input.extend_from_slice(&piece[..count]),
            }
            continue;
        };
        let arguments: Vec<Vec<u8>> = spans.iter().map(|s| s.of(&input).to_vec()).collect();
        output.clear();
        let mut replies = FrameReplies::new(&mut output);
        answer(&arguments, shared, &mut replies);
        replies.finish();
        if stream.write_all(&output).is_err() {
            return;
        }
        input.drain(..end);
    }
}

fn answer(arguments: &[Vec<u8>], shared: &Shared, replies: &mut dyn Replies) {
    let text = |i: usize| String::from_utf8(arguments[i].clone()).unwrap();
    let mut store = shared.store.lock().unwrap();
    match text(0).as_str() {
        "GET" => {
            *store.gets.entry(text(1)).or_default() += 1;
            match store.strings.get(&text(1)) {
                Some((value, _)) => replies.bytes(value),
                None => replies.nil(),
            }
        }
        "SET" => {
            let ttl = (arguments.len() == 5).then(|| text(4).parse().unwrap());
            store.strings.insert(text(1), (arguments[2].clone(), ttl));
            replies.status("OK");
        }
        "MSET" => {
            for pair in arguments[1..].chunks(2) {
                let key = String::from_utf8(pair[0].clone()).unwrap();
                store.strings.insert(key, (pair[1].clone(), None));
            }
            replies.status("OK");
        }
        "DEL" => {
            let gone = (1..arguments.len()).filter(|&i| store.strings.remove(&text(i)).is_some());
            replies.integer(gone.count() as i64);
        }
        "LPUSH" => {
            store.queue.push_front(arguments[2].clone());
            replies.integer(store.queue.len() as i64);
        }
        "RPUSH" => {
            store.queue.extend(arguments[2..].iter().cloned());
            replies.integer(store.queue.len() as i64);
        }
        "LLEN" => replies.integer(store.queue.len() as i64),
        "LINDEX" => match store.queue.front() {
            Some(element) => replies.bytes(element),
            None => replies.nil(),
        },
        "RPOP" => {
            let count = store.queue.len().min(text(2).parse().unwrap());
            replies.array(count);
            for _ in 0..count {
                replies.bytes(&store.queue.pop_back().unwrap());
            }
        }
        "BRPOP" => {
            let patience = Duration::from_secs_f64(text(2).parse().unwrap());
            let (waited, _) =
                shared.changed.wait_timeout_while(store, patience, |store| store.queue.is_empty()).unwrap();
            store = waited;
            match store.queue.pop_back() {
                Some(element) => {
                    replies.array(2);
                    replies.bytes(arguments[1].as_slice());
                    replies.bytes(&element);
                }
                None => replies.nil_array(),
            }
        }
        other => replies.error(&format!("ERR unknown command '{other}'")),
    }
    drop(store);
    shared.changed.notify_all();
}
