use super::super::subject::{Sending, Socket};

/// Forgets what an earlier write has sent.
#[derive(Default)]
pub struct RepeatsAPiece {
    left: Vec<u8>,
    sent: usize,
}

impl Sending for RepeatsAPiece {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        self.writable(socket);
    }

    fn writable(&mut self, socket: &mut Socket) {
        let count = socket.write(&self.left[self.sent..]).unwrap_or(0);
        if self.sent + count == self.left.len() {
            self.left.clear();
            self.sent = 0;
        } else if count > 0 {
            self.sent = count;
        }
        socket.ask(!self.left.is_empty());
    }
}
