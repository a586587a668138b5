use std::collections::VecDeque;
use std::io::{self, Read, Write};

/// What a scripted stream does when it is read from or written to once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Gives these bytes, or as many as the reader has room for, and the rest next time.
    Give(Vec<u8>),
    /// Takes this many bytes at most.
    Take(usize),
    /// Fails with an error of this kind, as `WouldBlock` or `Interrupted`.
    Fail(io::ErrorKind),
}

/// A stream that does what a script says, step by step. Behind the script's end it reads as closed and takes everything.
/// What was written to it is kept.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    script: VecDeque<Step>,
    /// All bytes that it has taken.
    pub written: Vec<u8>,
    /// How many times it was read from or written to.
    pub calls: usize,
}

impl Pieces {
    /// A stream with a script.
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Self { script: script.into_iter().collect(), written: Vec::new(), calls: 0 }
    }

    /// A stream that gives `bytes` in pieces of `size` bytes.
    pub fn of(bytes: &[u8], size: usize) -> Self {
        Self::new(bytes.chunks(size).map(|piece| Step::Give(piece.to_vec())))
    }

    /// How many steps of the script are left.
    pub fn left(&self) -> usize {
        self.script.len()
    }
}

impl Read for Pieces {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        match self.script.pop_front() {
            None => Ok(0),
            Some(Step::Fail(kind)) => Err(kind.into()),
            Some(Step::Take(_)) => Err(io::Error::other("the script says that now something is written")),
            Some(Step::Give(mut bytes)) => {
                let count = bytes.len().min(room.len());
                room[..count].copy_from_slice(&bytes[..count]);
                if count < bytes.len() {
                    self.script.push_front(Step::Give(bytes.split_off(count)));
                }
                Ok(count)
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        let count = match self.script.pop_front() {
            None => bytes.len(),
            Some(Step::Fail(kind)) => return Err(kind.into()),
            Some(Step::Give(_)) => {
                return Err(io::Error::other("the script says that now something is read"));
            }
            Some(Step::Take(most)) => bytes.len().min(most),
        };
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
