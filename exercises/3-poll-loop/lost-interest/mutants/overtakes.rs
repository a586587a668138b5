use super::super::subject::{Sending, Socket};

/// Writes new bytes before those that wait.
#[derive(Default)]
pub struct Overtakes {
    left: Vec<u8>,
}

impl Sending for Overtakes {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        let count = socket.write(bytes).unwrap_or(0);
        self.left.extend_from_slice(&bytes[count..]);
        socket.ask(!self.left.is_empty());
    }

    fn writable(&mut self, socket: &mut Socket) {
        let count = socket.write(&self.left).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(!self.left.is_empty());
    }
}
