//! What the guard lets through and what it refuses, byte by byte through sockets.
#![allow(clippy::unwrap_used)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use heapwood_http_bridge::{Answer, ApiError, Front, Gate, GuardLimits, Incoming, respond};
use heapwood_poll_loop::Waker;
use pretty_assertions::assert_eq;

/// No test waits this long unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);
const LARGE_BYTES: usize = 8 * 1024 * 1024;

/// Answers with what it was asked, and can be made to wait.
#[derive(Default)]
struct Echo {
    answered: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Echo {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn wait_until_open(&self) {
        let open = self.open.lock().unwrap();
        let (open, _) = self.opened.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(*open, "nobody opened");
    }
}

impl Echo {
    fn answer(&self, request: &Incoming) -> Answer {
        self.answered.fetch_add(1, Ordering::SeqCst);
        match request.path.as_str() {
            "/panic" => panic!("this one is part of a test"),
            "/wait" => self.wait_until_open(),
            "/large" => return Answer::new(200, "text/plain", vec![b'x'; LARGE_BYTES]),
            _ => {}
        }
        let mut body = format!("{} {}?{} ", request.method, request.path, request.query).into_bytes();
        body.extend_from_slice(&request.body);
        Answer::new(200, "text/plain", body)
    }
}

/// A gate that admits everybody.
fn open() -> Gate {
    Box::new(|_| Ok(()))
}

struct Server {
    addr: SocketAddr,
    waker: Waker,
    running: Option<JoinHandle<io::Result<()>>>,
    echo: Arc<Echo>,
}

impl Server {
    fn start() -> Self {
        Self::with(GuardLimits::default(), open())
    }

    fn with(limits: GuardLimits, gate: Gate) -> Self {
        let echo = Arc::new(Echo::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Front::open(listener, limits, gate).unwrap();
        let (addr, waker, answering) = (front.addr(), front.waker().clone(), echo.clone());
        let serve = move |request| respond(request, |asked| answering.answer(asked));
        let running = std::thread::spawn(move || front.run(2, serve));
        Self { addr, waker, running: Some(running), echo }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends bytes and reads until the server closes.
    fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        read_all(&mut stream)
    }

    fn answered(&self) -> usize {
        self.echo.answered.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.echo.open();
        self.waker.shut_down();
        if let Some(running) = self.running.take() {
            running.join().unwrap().unwrap();
        }
    }
}

fn read_all(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    String::from_utf8(all).unwrap()
}

fn wait_until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain");
        std::thread::yield_now();
    }
}

fn status(response: &str) -> u16 {
    let number = response.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    number.unwrap_or_else(|| panic!("no status in {response:?}")).parse().unwrap()
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

fn short(millis: u64) -> GuardLimits {
    GuardLimits { request_timeout: Duration::from_millis(millis), ..GuardLimits::default() }
}

#[test]
fn a_request_is_answered_and_its_connection_ends() {
    let response = Server::start().exchange(b"GET /a%20b?c=d HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(status(&response), 200);
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
    assert_eq!(body(&response), "GET /a%20b?c=d ");
}

#[test]
fn a_request_cut_at_any_byte_is_answered_as_a_whole_one() {
    let server = Server::start();
    let request = b"PUT /k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for cut in 0..=request.len() {
        let mut stream = server.connect();
        stream.write_all(&request[..cut]).unwrap();
        // Another exchange in between: what was sent first has been read by then.
        server.exchange(b"GET / HTTP/1.0\r\n\r\n");
        stream.write_all(&request[cut..]).unwrap();
        assert_eq!(body(&read_all(&mut stream)), "PUT /k? hello", "B1: cut at {cut}");
    }
}

#[test]
fn a_second_request_on_a_connection_is_never_looked_at() {
    let server = Server::start();
    let one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
    let response = server.exchange(format!("{one}{}", one.replace("one", "two")).as_bytes());
    assert_eq!(body(&response), "GET /one? ");
    let put = "PUT /one HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
    let response = server.exchange(format!("{put}{put}").as_bytes());
    assert_eq!(body(&response), "PUT /one? hi");
    assert_eq!(server.answered(), 2, "B2: a second request of a connection was looked at");
}

#[test]
fn what_follows_a_request_is_not_even_kept() {
    const FOLLOWS: usize = 16 * 1024 * 1024;
    let limits = GuardLimits { max_body_bytes: 2 * FOLLOWS, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    let mut stream = server.connect();
    stream.write_all(b"GET /wait HTTP/1.1\r\n\r\n").unwrap();
    wait_until(|| server.answered() == 1);
    // The system takes some megabytes of it; the guard leaves them there.
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(stream.write_all(&vec![b'a'; FOLLOWS]).is_err(), "B2: what followed a request was read");
    server.echo.open();
    let mut response = vec![0; 12];
    stream.read_exact(&mut response).unwrap();
    assert_eq!(response, b"HTTP/1.1 200");
}

#[test]
fn what_could_be_read_in_two_ways_never_reaches_the_application() {
    let server = Server::start();
    for lines in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\tgzip, chunked\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5,5\r\n",
        "Content-Length: five\r\n",
        "Content-Length : 5\r\n",
        " Content-Length: 5\r\n",
        "X: a\r\n Content-Length: 5\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: \0\r\n",
        "X\0: a\r\n",
        "X\x0b: a\r\n",
        "nonsense\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\nGET /smuggled HTTP/1.1\r\n\r\n");
        let response = server.exchange(request.as_bytes());
        assert_eq!(status(&response), 400, "{lines:?}: {response}");
        assert!(body(&response).starts_with("{\"error\":{\"code\":\"BAD_REQUEST\""), "{response}");
    }
    assert_eq!(server.answered(), 0);
}

#[test]
fn a_bare_line_feed_is_refused_without_waiting_for_more() {
    let response = Server::start().exchange(b"GET / HTTP/1.1\nHost: a\n\n");
    assert_eq!(status(&response), 400);
}

#[test]
fn a_head_that_trickles_does_not_gain_time() {
    let server = Server::with(short(300), open());
    let mut stream = server.connect();
    let started = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut response = Vec::new();
    while response.is_empty() {
        assert!(started.elapsed() < PATIENCE, "still connected");
        let _ = stream.write_all(b"a");
        let mut bytes = [0; 1024];
        if let Ok(count) = stream.read(&mut bytes) {
            response.extend_from_slice(&bytes[..count]);
        }
    }
    assert_eq!(status(&String::from_utf8(response).unwrap()), 408);
    assert_eq!(server.answered(), 0);
}

#[test]
fn a_body_that_does_not_come_is_answered_with_408_and_never_occupies_a_thread() {
    let server = Server::with(short(300), open());
    let mut slow: Vec<TcpStream> = (0..40).map(|_| server.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
    }
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\n\r\n")), 200);
    for stream in &mut slow {
        assert_eq!(status(&read_all(stream)), 408);
    }
    assert_eq!(server.answered(), 1);
}

#[test]
fn a_connection_that_never_says_anything_is_closed_without_a_word() {
    let server = Server::with(short(50), open());
    assert_eq!(read_all(&mut server.connect()), "");
}

#[test]
fn too_large_heads_and_bodies_are_refused_before_they_are_read() {
    let server = Server::start();
    let limits = GuardLimits::default();
    let head = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(limits.max_head_bytes));
    assert_eq!(status(&server.exchange(head.as_bytes())), 431);
    let announced = |bytes: usize| format!("PUT / HTTP/1.1\r\nContent-Length: {bytes}\r\n\r\n");
    let response = server.exchange(announced(limits.max_body_bytes + 1).as_bytes());
    assert_eq!(status(&response), 413);
    let response = server.exchange(announced(usize::MAX).as_bytes());
    assert_eq!(status(&response), 413);
    let mut largest = announced(limits.max_body_bytes).into_bytes();
    largest.resize(largest.len() + limits.max_body_bytes, b'b');
    let response = server.exchange(&largest);
    assert_eq!(body(&response).len(), "PUT /? ".len() + limits.max_body_bytes);
    assert_eq!(server.answered(), 1);
}

#[test]
fn all_connections_together_may_hold_only_so_much() {
    let limits = GuardLimits { max_buffered_bytes: 100_000, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    let request = [&b"PUT / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n"[..], &[b'a'; 200_000]].concat();
    let mut stream = server.connect();
    // The server stops reading somewhere in here.
    let _ = stream.write_all(&request);
    let mut response = vec![0; 12];
    stream.read_exact(&mut response).unwrap();
    assert_eq!(response, b"HTTP/1.1 503");
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\n\r\n")), 200);
}

#[test]
fn hundreds_of_idle_connections_do_not_keep_a_request_waiting() {
    let server = Server::start();
    let idle: Vec<TcpStream> = (0..400).map(|_| server.connect()).collect();
    for i in 0..20 {
        let response = server.exchange(format!("GET /{i} HTTP/1.1\r\n\r\n").as_bytes());
        assert_eq!(body(&response), format!("GET /{i}? "));
    }
    drop(idle);
}

#[test]
fn when_all_places_are_taken_the_oldest_idle_connection_makes_room() {
    let limits = GuardLimits { max_connections: 8, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    let mut idle: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\n\r\n")), 200);
    assert_eq!(read_all(&mut idle[0]), "");
    idle[7].write_all(b"GET /last HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(body(&read_all(&mut idle[7])), "GET /last? ");
}

#[test]
fn when_all_places_are_busy_a_new_connection_waits_for_one() {
    let limits = GuardLimits { max_connections: 1, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    let mut busy = server.connect();
    busy.write_all(b"GET /wait HTTP/1.1\r\n\r\n").unwrap();
    wait_until(|| server.answered() == 1);
    let mut late = server.connect();
    late.write_all(b"GET /late HTTP/1.1\r\n\r\n").unwrap();
    late.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(late.read(&mut [0]).is_err(), "answered without a place");
    late.set_read_timeout(Some(PATIENCE)).unwrap();
    server.echo.open();
    assert_eq!(body(&read_all(&mut late)), "GET /late? ");
    assert_eq!(body(&read_all(&mut busy)), "GET /wait? ");
}

#[test]
fn a_client_that_waits_for_100_continue_hears_it_once() {
    let server = Server::start();
    for length in [5, 5_000] {
        let mut stream = server.connect();
        let head = format!("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(&vec![b'b'; length]).unwrap();
        let response = read_all(&mut stream);
        assert_eq!(status(&response), 200);
        assert_eq!(body(&response), format!("PUT /? {}", "b".repeat(length)));
    }
    let response = server.exchange(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(status(&response), 200);
    let response = server.exchange(b"PUT / HTTP/1.1\r\nExpect: a miracle\r\n\r\n");
    assert_eq!(status(&response), 417);
    let response =
        server.exchange(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9999999999\r\n\r\n");
    assert_eq!(status(&response), 413);
}

#[test]
fn head_options_http_1_0_keep_alive_and_half_closed_clients_are_served() {
    let server = Server::start();
    let response = server.exchange(b"HEAD /a HTTP/1.1\r\n\r\n");
    assert!(response.contains("Content-Length: 9\r\n"), "{response}");
    assert_eq!(body(&response), "");
    assert_eq!(body(&server.exchange(b"OPTIONS * HTTP/1.1\r\n\r\n")), "OPTIONS *? ");
    assert_eq!(body(&server.exchange(b"GET / HTTP/1.0\r\n\r\n")), "GET /? ");
    let response = server.exchange(b"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n");
    assert!(response.contains("Connection: close"), "{response}");
    let response = server.exchange(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nmore");
    assert_eq!(body(&response), "GET /? ");
    assert_eq!(status(&server.exchange(b"GET / HTTP/2.0\r\n\r\n")), 505);
    let mut stream = server.connect();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(body(&read_all(&mut stream)), "GET /? ");
}

#[test]
fn a_handler_that_panics_answers_500_and_the_next_request_is_served() {
    let server = Server::start();
    for _ in 0..5 {
        let response = server.exchange(b"GET /panic HTTP/1.1\r\n\r\n");
        assert_eq!(status(&response), 500);
        assert!(body(&response).contains("\"INTERNAL\""), "{response}");
    }
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\n\r\n")), 200);
}

#[test]
fn slow_readers_get_the_whole_answer_and_hold_up_nobody() {
    let limits = GuardLimits { response_buffer_bytes: 2 * LARGE_BYTES, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    // More than there are threads; none reads yet.
    let mut slow: Vec<TcpStream> = (0..4).map(|_| server.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /large HTTP/1.1\r\n\r\n").unwrap();
    }
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\n\r\n")), 200);
    for stream in &mut slow {
        assert_eq!(body(&read_all(stream)).len(), LARGE_BYTES);
    }
}

#[test]
fn an_answer_larger_than_every_buffer_arrives_whole() {
    let limits =
        GuardLimits { response_buffer_bytes: 10_000, max_buffered_bytes: 20_000, ..GuardLimits::default() };
    let server = Server::with(limits, open());
    let response = server.exchange(b"GET /large HTTP/1.1\r\n\r\n");
    assert_eq!(body(&response).len(), LARGE_BYTES);
}

#[test]
fn an_answer_that_has_begun_and_takes_too_long_is_cut_off_without_another_word() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let limits = GuardLimits { response_timeout: Duration::from_millis(300), ..GuardLimits::default() };
    let front = Front::open(listener, limits, open()).unwrap();
    let (addr, waker) = (front.addr(), front.waker().clone());
    let running = std::thread::spawn(move || front.run(1, trickle));
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let response = read_all(&mut stream);
    assert_eq!(status(&response), 200);
    assert_eq!(response.matches("HTTP/1.1").count(), 1, "B3: an error inside an answer: {response:?}");
    assert!(response.ends_with('.'), "{response:?}");
    waker.shut_down();
    running.join().unwrap().unwrap();
}

/// Answers a byte at a time, without end, until nobody takes it any more.
fn trickle(request: tiny_http::Request) {
    let mut out = request.into_writer();
    let mut sent = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while sent.and_then(|()| out.flush()).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
        sent = out.write_all(b".");
    }
}

#[test]
fn the_gate_knows_the_clients_address_and_can_refuse() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let refuse = move |peer| {
        noted.lock().unwrap().push(peer);
        Err(ApiError::new(429, "RATE_LIMITED", "slower, please"))
    };
    let server = Server::with(GuardLimits::default(), Box::new(refuse));
    let mut stream = server.connect();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let response = read_all(&mut stream);
    assert_eq!(status(&response), 429);
    assert!(response.contains("Retry-After: 1\r\n"), "{response}");
    assert_eq!(*seen.lock().unwrap(), [stream.local_addr().unwrap()]);
    assert_eq!(server.answered(), 0);
}

#[test]
fn a_shutdown_answers_what_is_under_way_and_drops_what_is_not() {
    let mut server = Server::start();
    let mut idle = server.connect();
    let mut busy = server.connect();
    busy.write_all(b"GET /wait HTTP/1.1\r\n\r\n").unwrap();
    wait_until(|| server.answered() == 1);
    server.waker.shut_down();
    assert_eq!(read_all(&mut idle), "");
    assert!(TcpStream::connect(server.addr).is_err());
    server.echo.open();
    assert_eq!(body(&read_all(&mut busy)), "GET /wait? ");
    server.running.take().unwrap().join().unwrap().unwrap();
}
