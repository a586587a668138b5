use super::super::subject::{Sending, Socket};

/// Takes a partial write for a whole one.
#[derive(Default)]
pub struct DropsTheRest {
    left: Vec<u8>,
}

impl Sending for DropsTheRest {
    fn new() -> Self {
        Self::default()
    }

    fn send(&mut self, bytes: &[u8], socket: &mut Socket) {
        self.left.extend_from_slice(bytes);
        self.writable(socket);
    }

    fn writable(&mut self, socket: &mut Socket) {
        if socket.write(&self.left).is_ok() {
            self.left.clear();
        }
        socket.ask(!self.left.is_empty());
    }
}
