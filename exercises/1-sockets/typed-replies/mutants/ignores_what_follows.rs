use heapwood_sockets::Replies;
use heapwood_sockets::limits::{LENGTH_BYTES, MAX_BODY_BYTES};

/// The first byte of each kind of value in a reply.
mod tag {
    pub(super) const NIL: u8 = 0;
    pub(super) const ERROR: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const DOUBLE: u8 = 4;
    pub(super) const ARRAY: u8 = 5;
    pub(super) const STATUS: u8 = 6;
    pub(super) const MAP: u8 = 7;
    pub(super) const PUSH: u8 = 8;
    pub(super) const BOOLEAN: u8 = 9;
}

/// The tag and the length or count before the content of most values.
pub const VALUE_HEADER_BYTES: usize = 1 + LENGTH_BYTES;

/// The tag and what stands before the content, if there is any: eight bytes of a number at most.
pub const MAX_HEAD_BYTES: usize = 1 + size_of::<u64>();

/// One reply as a frame, appended to a connection's output.
#[derive(Debug)]
pub struct FrameReplies<'a> {
    out: &'a mut Vec<u8>,
    /// Where the frame begins in `out`; four bytes for its length are free there.
    start: usize,
    /// Where it must end at the latest.
    limit: usize,
    /// Whether a value did not fit. Nothing is written from then on.
    too_big: bool,
}

impl<'a> FrameReplies<'a> {
    /// Begins a reply whose body may have `max_body_bytes` at most.
    pub fn with_limit(out: &'a mut Vec<u8>, max_body_bytes: usize) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; LENGTH_BYTES]);
        let limit = start + LENGTH_BYTES + max_body_bytes.min(MAX_BODY_BYTES);
        Self { out, start, limit, too_big: false }
    }

    /// Ends the reply: writes its length before it. A reply without any value leaves nothing in the output.
    pub fn finish(mut self) {
        if self.too_big {
            let max_body = self.limit - self.start - LENGTH_BYTES;
            (self.limit, self.too_big) = (self.start + LENGTH_BYTES + MAX_BODY_BYTES, false);
            self.error(&format!("TOOBIG the reply does not fit into a frame of {max_body} bytes"));
        }
        let body = self.out.len() - self.start - LENGTH_BYTES;
        if body == 0 {
            return self.out.truncate(self.start);
        }
        let length = (body as u32).to_be_bytes();
        self.out[self.start..self.start + LENGTH_BYTES].copy_from_slice(&length);
    }

    /// Whether `bytes` more fit. When they do not, what was written of the reply is dropped, and so is
    /// all that follows: from then on the answer is no.
    fn room(&mut self, bytes: usize) -> bool {
        if bytes <= self.limit - self.out.len() && !self.too_big {
            return true;
        }
        self.too_big = true;
        self.out.truncate(self.start + LENGTH_BYTES);
        false
    }

    /// A value of `tag`, `head` and `content`, before which there is to be room also for the
    /// `following` values that it announces: each of those has at least its tag. Where there is no room, nothing.
    fn value<const N: usize>(&mut self, tag: u8, head: [u8; N], content: &[u8], _following: usize) {
        // Each announced value has at least its tag, so that a count that fits also fits into 32 bits.
        if self.room(1 + N + content.len()) {
            let mut tagged = [tag; MAX_HEAD_BYTES];
            tagged[1..=N].copy_from_slice(&head);
            self.out.reserve(1 + N + content.len());
            self.out.extend_from_slice(&tagged[..=N]);
            self.out.extend_from_slice(content);
        }
    }

    /// A value of `tag` that is a length, as four bytes, and as many bytes of content.
    fn text(&mut self, tag: u8, content: &[u8]) {
        self.value(tag, (content.len() as u32).to_be_bytes(), content, 0);
    }

    /// The beginning of `count` items, as four bytes behind the `tag`, which are `values` values: a map's item is two.
    fn aggregate(&mut self, tag: u8, count: usize, values: usize) {
        self.value(tag, (count as u32).to_be_bytes(), &[], values);
    }
}

impl Replies for FrameReplies<'_> {
    fn nil(&mut self) {
        self.value(tag::NIL, [], &[], 0);
    }

    fn boolean(&mut self, value: bool) {
        self.value(tag::BOOLEAN, [u8::from(value)], &[], 0);
    }

    fn integer(&mut self, value: i64) {
        self.value(tag::INTEGER, value.to_be_bytes(), &[], 0);
    }

    fn double(&mut self, value: f64) {
        self.value(tag::DOUBLE, value.to_be_bytes(), &[], 0);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.text(tag::BYTES, value);
    }

    fn verbatim(&mut self, _format: [u8; 3], text: &str) {
        self.text(tag::BYTES, text.as_bytes());
    }

    fn status(&mut self, text: &str) {
        self.text(tag::STATUS, text.as_bytes());
    }

    fn error(&mut self, text: &str) {
        // The stage's own escapes what is not printable here.
        self.text(tag::ERROR, text.as_bytes());
    }

    fn array(&mut self, len: usize) {
        self.aggregate(tag::ARRAY, len, len);
    }

    fn map(&mut self, pairs: usize) {
        self.aggregate(tag::MAP, pairs, pairs.saturating_mul(2));
    }

    fn push(&mut self, len: usize) {
        self.aggregate(tag::PUSH, len, len);
    }

    /// Whether `values` more values with `bytes` bytes in all can still be part of this reply. Each value is taken to have
    /// a header of `VALUE_HEADER_BYTES`; a reply that did not fit has no room for any.
    fn fits(&self, bytes: usize, values: usize) -> bool {
        let wanted = values.saturating_mul(VALUE_HEADER_BYTES).saturating_add(bytes);
        !self.too_big && wanted <= self.limit - self.out.len()
    }
}
