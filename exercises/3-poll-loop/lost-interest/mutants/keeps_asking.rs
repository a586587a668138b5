use super::super::subject::{Sending, Socket};

/// Never stops asking.
#[derive(Default)]
pub struct KeepsAsking {
    left: Vec<u8>,
}

impl Sending for KeepsAsking {
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
        if !self.left.is_empty() {
            socket.ask(true);
        }
    }
}
