use std::io;

use heapwood_poll_loop::{Interest, LoopOptions, Poller};

pub use parts::{ClientId, Output, Stream};

/// How far a connection is on its way to the end. It only moves down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It takes requests and replies.
    Open,
    /// It takes neither; the replies it has are still being sent.
    Closing,
    /// All is sent and our side is shut down; what still arrives is thrown away.
    Lingering,
    /// It is closed at the end of the round.
    Ended,
}

mod parts {
    use std::os::fd::RawFd;

    /// The number of a client, which is never used again.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ClientId(u64);

    impl ClientId {
        /// The client with this number.
        pub fn new(number: u64) -> Self {
            Self(number)
        }

        /// It as a number: what the poller calls a token.
        pub fn as_u64(self) -> u64 {
            self.0
        }
    }

    /// Stands for the socket.
    #[derive(Debug)]
    pub struct Stream(RawFd);

    impl Stream {
        /// One with this descriptor.
        pub fn new(fd: RawFd) -> Self {
            Self(fd)
        }

        /// The socket's descriptor.
        pub fn as_raw_fd(&self) -> RawFd {
            self.0
        }
    }

    /// Stands for the replies that wait.
    #[derive(Debug, Default)]
    pub struct Output {
        bytes: Vec<u8>,
        free: usize,
    }

    impl Output {
        /// Replies of so many bytes, of which the first ones may leave; the others wait for a commit.
        pub fn new(bytes: usize, free: usize) -> Self {
            Self { bytes: vec![b'x'; bytes], free }
        }

        /// Bytes not yet sent, whether they may leave or not.
        pub fn pending(&self) -> usize {
            self.bytes.len()
        }

        /// The bytes that may leave now.
        pub fn sendable(&self) -> &[u8] {
            &self.bytes[..self.free]
        }
    }
}

/// A client's connection.
#[derive(Debug)]
pub struct Connection {
    /// Who it is.
    pub id: ClientId,
    /// Its socket.
    pub stream: Stream,
    /// How far it is on its way to the end.
    pub phase: Phase,
    /// What the poller was last told.
    pub interest: Interest,
    /// What it has sent and what is not yet executed.
    pub input: Vec<u8>,
    /// The peer sends no more.
    pub at_end: bool,
    /// What it is to receive.
    pub output: Output,
}

impl Connection {
    /// Whether it takes no more input (P4).
    pub fn is_full(&self, options: &LoopOptions) -> bool {
        self.input.len() >= options.input_bytes
    }

    /// Waits for what it needs next. Most rounds change nothing, and ask the poller nothing.
    pub fn watch(&mut self, poller: &mut impl Poller, options: &LoopOptions) -> io::Result<()> {
        let readable = match self.phase {
            Phase::Open => !self.at_end && !self.is_full(options),
            Phase::Lingering => true,
            Phase::Closing | Phase::Ended => false,
        };
        let wanted = Interest { readable, writable: !self.output.sendable().is_empty() };
        if wanted == self.interest {
            return Ok(());
        }
        poller.change(self.stream.as_raw_fd(), self.id.as_u64(), wanted)
    }
}
