use super::super::subject::{Sending, Socket};

/// Writes a little at a time, so that others have their turn.
#[derive(Default)]
pub struct InSmallBlocks {
    left: Vec<u8>,
}

impl Sending for InSmallBlocks {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        socket.ask(!self.left.is_empty());
    }

    fn writable(&mut self, socket: &mut Socket) {
        let block = self.left.len().min(3);
        let count = socket.write(&self.left[..block]).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(!self.left.is_empty());
    }
}
