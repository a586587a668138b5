use super::super::subject::{Sending, Socket};

/// Writes at once, and asks for room only if something is left.
#[derive(Default)]
pub struct TriesFirst {
    left: Vec<u8>,
}

impl Sending for TriesFirst {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        self.writable(socket);
    }

    fn writable(&mut self, socket: &mut Socket) {
        let count = socket.write(&self.left).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(!self.left.is_empty());
    }
}
