use super::super::subject::{Sending, Socket};

/// Does not ask for room.
#[derive(Default)]
pub struct NeverAsks {
    left: Vec<u8>,
}

impl Sending for NeverAsks {
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
    }
}
