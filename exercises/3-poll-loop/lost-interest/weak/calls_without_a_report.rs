use std::io;

/// Sends replies to one client, and keeps what its socket has no room for.
pub trait Sending {
    /// One that has nothing to send, and has not asked for anything.
    fn new() -> Self;

    /// Bytes for the client.
    fn send(&mut self, bytes: &[u8], socket: &mut Socket);

    /// The poller has reported room to write.
    fn writable(&mut self, socket: &mut Socket);
}

/// A socket, and the poller that watches it.
#[derive(Debug, Default)]
pub struct Socket {
    room: usize,
    taken: Vec<u8>,
    is_asked: bool,
}

impl Socket {
    /// A socket that takes this many bytes before it would block.
    pub fn with_room(bytes: usize) -> Self {
        Self { room: bytes, ..Self::default() }
    }

    /// The client has read: there is room for this many bytes more.
    pub fn make_room(&mut self, bytes: usize) {
        self.room += bytes;
    }

    /// Takes as many bytes as there is room for, and says how many these were.
    ///
    /// # Errors
    /// `WouldBlock`, where there is no room at all.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = bytes.len().min(self.room);
        self.taken.extend_from_slice(&bytes[..count]);
        self.room -= count;
        Ok(count)
    }

    /// Tells the poller whether room is asked for, from now on.
    pub fn ask(&mut self, for_room: bool) {
        self.is_asked = for_room;
    }

    /// Whether room is asked for.
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Whether the poller reports the socket: room is asked for, and there is some.
    pub fn is_reported(&self) -> bool {
        self.is_asked && self.room > 0
    }

    /// All that it has taken, as text.
    pub fn taken(&self) -> String {
        String::from_utf8_lossy(&self.taken).into_owned()
    }
}

/// Plays the loop: calls `writable` as long as the poller reports the socket, but at most 100 times, and says how often.
pub fn run<S: Sending>(sending: &mut S, socket: &mut Socket) -> usize {
    let mut calls = 0;
    while calls < 100 && socket.is_reported() {
        sending.writable(socket);
        calls += 1;
    }
    calls
}

pub fn test<S: Sending>() {
    leaves_in_many_pieces::<S>();
    does_not_overtake::<S>();
}

fn leaves_in_many_pieces<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(2));
    sending.send(b"abcdefg", &mut socket);
    for piece in ["ab", "abcd", "abcdef"] {
        sending.writable(&mut socket);
        sending.writable(&mut socket);
        assert_eq!(socket.taken(), piece, "what there is room for leaves");
        socket.make_room(2);
    }
    sending.writable(&mut socket);
    sending.writable(&mut socket);
    assert_eq!(socket.taken(), "abcdefg", "all has left");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}

fn does_not_overtake<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(3));
    sending.send(b"first,", &mut socket);
    for _ in 0..10 {
        sending.writable(&mut socket);
    }
    // There is room again, but the poller has not reported it yet.
    socket.make_room(100);
    sending.send(b"second", &mut socket);
    for _ in 0..10 {
        sending.writable(&mut socket);
    }
    assert_eq!(socket.taken(), "first,second");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}
