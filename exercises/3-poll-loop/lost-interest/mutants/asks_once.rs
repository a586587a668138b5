use super::super::subject::{Sending, Socket};

/// Stops asking after the first report.
#[derive(Default)]
pub struct AsksOnce {
    left: Vec<u8>,
}

impl Sending for AsksOnce {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        let count = socket.write(&self.left).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(!self.left.is_empty());
    }

    fn writable(&mut self, socket: &mut Socket) {
        let count = socket.write(&self.left).unwrap_or(0);
        self.left.drain(..count);
        socket.ask(false);
    }
}
