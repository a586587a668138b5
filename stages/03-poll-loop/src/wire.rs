//! The protocol of one connection: how its bytes become requests, and replies become bytes.

use heapwood_sockets::{FrameParser, FrameReplies, ProtocolError, Replies, RequestLimits, Span};

/// A connection's protocol and its state. One is made by `default` for each connection.
pub trait Wire: Default {
    /// Looks for one complete request at the start of `input`.
    ///
    /// `Ok(Some(n))`: it takes `n` bytes (at least one) and has at least one argument; the places
    /// of its arguments were appended to `spans`, relative to the start of `input`. `Ok(None)`:
    /// more bytes are needed; `spans` is as before. The next call passes the same bytes and
    /// perhaps more, so a wire remembers how far it has looked. Costs O(new bytes).
    ///
    /// # Errors
    /// The bytes cannot become a request, whatever follows.
    fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError>;

    /// Forgets how far it has looked: the next input begins at some request's first byte again.
    /// The loop does this when it could not execute a request that was already found.
    fn rewind(&mut self);

    /// Appends one reply to `out`. If `write` writes nothing, nothing is appended.
    fn reply(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut dyn Replies));

    /// Appends the last reply before the connection is closed for `error`.
    fn refuse(&mut self, out: &mut Vec<u8>, error: &ProtocolError) {
        let text = error.to_string();
        self.reply(out, |replies| replies.error(&text));
    }
}

/// The engine's own protocol: length-prefixed frames. All its state is its parser's.
pub type FrameWire = FrameParser;

impl Wire for FrameParser {
    fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        FrameParser::parse(self, input, limits, spans)
    }

    fn rewind(&mut self) {
        *self = Self::default();
    }

    fn reply(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut dyn Replies)) {
        let mut replies = FrameReplies::new(out);
        write(&mut replies);
        replies.finish();
    }
}
