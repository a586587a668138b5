use super::super::subject::{Sending, Socket};

/// Leaves all writing to the time at which room is reported.
#[derive(Default)]
pub struct AsksFirst {
    left: Vec<u8>,
}

impl Sending for AsksFirst {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        socket.ask(!self.left.is_empty());
    }

    fn writable(&mut self, socket: &mut Socket) {
        let count = socket.write(&self.left).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(!self.left.is_empty());
    }
}
