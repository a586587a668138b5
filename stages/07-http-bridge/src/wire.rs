//! HTTP as the protocol of a connection on the loop of stage 3: one request, then whatever the guard says.

use std::mem;

use heapwood_poll_loop::{RequestLimits, Wire};
use heapwood_sockets::{ProtocolError, Replies, Span};

use crate::errors::ApiError;
use crate::head::HeadReader;
use crate::limits::GuardLimits;
use crate::message::Answer;

/// What a client that sent `Expect: 100-continue` waits for before it sends its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The state of one connection.
#[derive(Default)]
pub(crate) struct HttpWire {
    pub(crate) limits: GuardLimits,
    reader: HeadReader,
    /// The method is HEAD: an answer is a head without a body.
    head_only: bool,
    /// `100 Continue` was said.
    continued: bool,
    /// The request was found. What follows would be a second one; it is never looked at (B2).
    taken: bool,
    /// What the next reply sends: HTTP's answers are bytes, not the values that [`Replies`] takes.
    pub(crate) outbox: Vec<u8>,
}

impl HttpWire {
    /// Puts an error into the outbox, in the application's place. Returns it as the loop wants it, which then closes.
    pub(crate) fn put_error(&mut self, error: ApiError) -> ProtocolError {
        let told = ProtocolError::new(&error);
        let answer = Answer::from(error).with("X-Content-Type-Options", "nosniff");
        answer.write(self.head_only, &mut self.outbox).expect("writing to memory does not fail");
        told
    }
}

impl Wire for HttpWire {
    /// The request is its only argument, unchanged.
    fn parse(
        &mut self,
        input: &[u8],
        _limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        if self.taken {
            return Ok(None);
        }
        self.head_only = input.starts_with(b"HEAD ");
        let head = self.reader.read(input, &self.limits).map_err(|error| self.put_error(error))?;
        let Some(head) = head else {
            return Ok(None);
        };
        let whole = head.head_bytes + head.body_bytes;
        self.taken = input.len() >= whole;
        if self.taken {
            // B1: this is the only place from which bytes go on, and the last of them is here.
            spans.push(Span { start: 0, len: whole as u32 });
            return Ok(Some(whole));
        }
        if head.expects_continue && !mem::replace(&mut self.continued, true) {
            self.outbox.extend_from_slice(CONTINUE);
        }
        Ok(None)
    }

    fn rewind(&mut self) {
        (self.reader, self.taken) = (HeadReader::default(), false);
    }

    fn reply(&mut self, out: &mut Vec<u8>, _write: impl FnOnce(&mut dyn Replies)) {
        out.append(&mut self.outbox);
    }
}
