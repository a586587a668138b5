//! A command as RESP writes it: an array of bulk strings. The log is made of them, and so are the requests of Redis clients.

use heapwood_sockets::{ProtocolError, RequestLimits, Span};

/// The largest bulk string, as in Redis.
pub const MAX_BULK_BYTES: usize = 512 * 1024 * 1024;

/// Appends the command `args` as an array of bulk strings.
pub fn encode_command(args: &[&[u8]], out: &mut Vec<u8>) {
    let _ = (args, out);
    todo!()
}

/// Finds commands in bytes that arrive in pieces.
#[derive(Clone, Debug, Default)]
pub struct CommandParser {}

impl CommandParser {
    /// Looks for one command at the start of `input`, which begins at the command's first byte and holds everything that arrived since.
    ///
    /// `Some(n)`: the first `n` bytes are a command, and the places of its arguments were appended to `spans`; none for an empty array, which
    /// a server ignores. `None`: more bytes are needed; call again with the same bytes and those that followed.
    ///
    /// # Errors
    /// The bytes cannot become a command, or one above `limits`. `spans` is as it was.
    pub fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        let _ = (input, limits, spans);
        todo!()
    }
}
