//! How a command answers: straight into a connection's output, in the protocol of that connection.

use crate::limits::{LENGTH_BYTES, MAX_BODY_BYTES};

/// The first byte of each kind of value in a reply.
pub(crate) mod tag {
    pub(crate) const NIL: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const BYTES: u8 = 2;
    pub(crate) const INTEGER: u8 = 3;
    pub(crate) const DOUBLE: u8 = 4;
    pub(crate) const ARRAY: u8 = 5;
    pub(crate) const STATUS: u8 = 6;
    pub(crate) const MAP: u8 = 7;
    pub(crate) const PUSH: u8 = 8;
    pub(crate) const BOOLEAN: u8 = 9;
}

/// The tag and the length or count before the content of most values.
const VALUE_HEADER_BYTES: usize = 1 + LENGTH_BYTES;

/// The tag and what stands before the content, if there is any: eight bytes of a number at most.
const MAX_HEAD_BYTES: usize = 1 + size_of::<u64>();

/// Takes the one value that answers a request. The values of an array, a map or a push follow it:
/// `array(2)`, then two more values.
pub trait Replies {
    /// No value.
    fn nil(&mut self);
    /// No array: what a command that answers with an array says when there is none.
    fn nil_array(&mut self) {
        self.nil();
    }
    /// True or false.
    fn boolean(&mut self, value: bool);
    /// A whole number.
    fn integer(&mut self, value: i64);
    /// A floating-point number.
    fn double(&mut self, value: f64);
    /// A string of bytes.
    fn bytes(&mut self, value: &[u8]);
    /// Text for people; `format` is `*b"txt"` or `*b"mkd"`.
    fn verbatim(&mut self, format: [u8; 3], text: &str);
    /// A short word such as `OK`, without line breaks.
    fn status(&mut self, text: &str);
    /// An error, as `CODE message`. What is not printable ASCII is escaped.
    fn error(&mut self, text: &str);
    /// An array of the `len` values that follow.
    fn array(&mut self, len: usize);
    /// A map of the `pairs` keys and values that follow in turn.
    fn map(&mut self, pairs: usize);
    /// A message that answers no request, of the `len` values that follow.
    fn push(&mut self, len: usize);
    /// Whether `values` more values with `bytes` bytes in all can still be part of this reply.
    /// A command that would change something asks first, and answers `TOOBIG` instead.
    fn fits(&self, bytes: usize, values: usize) -> bool;
}

/// One reply as a frame, appended to a connection's output.
///
/// - **S4, one frame**: a reply is one frame, or nothing; the frame says how long its body is, and
///   a body above the limit becomes the error `TOOBIG`.
///
/// The output does not grow beyond the limit meanwhile.
#[derive(Debug)]
pub struct FrameReplies<'a> {
    out: &'a mut Vec<u8>,
    /// Where the frame begins in `out`.
    start: usize,
    /// Where it must end at the latest.
    limit: usize,
    /// Whether a value did not fit. Nothing is written from then on.
    too_big: bool,
}

impl<'a> FrameReplies<'a> {
    /// Begins a reply at the end of `out`.
    #[inline]
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self::with_limit(out, MAX_BODY_BYTES)
    }

    /// Begins a reply whose body may have `max_body_bytes` at most.
    #[inline]
    pub fn with_limit(out: &'a mut Vec<u8>, max_body_bytes: usize) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; LENGTH_BYTES]);
        let limit = start + LENGTH_BYTES + max_body_bytes.min(MAX_BODY_BYTES);
        Self { out, start, limit, too_big: false }
    }

    /// Ends the reply: writes its length before it. A reply without any value leaves nothing in the
    /// output.
    #[inline]
    pub fn finish(mut self) {
        if self.too_big {
            self.apologise();
        }
        let body = self.out.len() - self.start - LENGTH_BYTES;
        if body == 0 {
            return self.out.truncate(self.start);
        }
        // S4: `room` kept the body within the limit, far below 4 GiB.
        let length = (body as u32).to_be_bytes();
        self.out[self.start..self.start + LENGTH_BYTES].copy_from_slice(&length);
    }

    /// Puts the error, which fits any frame, in the place of the reply.
    #[cold]
    fn apologise(&mut self) {
        let max_body = self.limit - self.start - LENGTH_BYTES;
        (self.limit, self.too_big) = (self.start + LENGTH_BYTES + MAX_BODY_BYTES, false);
        self.error(&format!(
            "TOOBIG the reply does not fit into a frame of {max_body} bytes; ask for less at once"
        ));
    }

    /// Whether `bytes` more fit. When they do not, what was written of the reply is dropped, and so is
    /// all that follows.
    #[inline]
    fn room(&mut self, bytes: usize) -> bool {
        if bytes <= self.limit - self.out.len() && !self.too_big {
            return true;
        }
        self.too_big = true;
        self.out.truncate(self.start + LENGTH_BYTES);
        false
    }

    /// A value of `tag`, `head` and `content`, before which there is to be room also for the
    /// `following` values that it announces.
    #[inline]
    fn value<const N: usize>(&mut self, tag: u8, head: [u8; N], content: &[u8], following: usize) {
        // Each announced value has at least its tag, so that a count that fits also fits into 32 bits.
        if self.room((1 + N + content.len()).saturating_add(following)) {
            let mut tagged = [tag; MAX_HEAD_BYTES];
            tagged[1..=N].copy_from_slice(&head);
            self.out.reserve(1 + N + content.len());
            self.out.extend_from_slice(&tagged[..=N]);
            self.out.extend_from_slice(content);
        }
    }

    /// A value of `tag` that is a length and as many bytes.
    #[inline]
    fn text(&mut self, tag: u8, content: &[u8]) {
        self.value(tag, (content.len() as u32).to_be_bytes(), content, 0);
    }

    /// The beginning of `count` items, which are `values` values.
    #[inline]
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
        self.text(tag::ERROR, escape_error(text).as_bytes());
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

    fn fits(&self, bytes: usize, values: usize) -> bool {
        let wanted = values.saturating_mul(VALUE_HEADER_BYTES).saturating_add(bytes);
        !self.too_big && wanted <= self.limit - self.out.len()
    }
}

/// The text of an error as it may leave: line breaks, tabs and whatever else is not printable ASCII
/// as escapes, since an error may quote what a client sent.
fn escape_error(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' => escaped.push(byte.into()),
            other => escaped.extend(other.escape_ascii().map(char::from)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(write: impl FnOnce(&mut FrameReplies<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut replies = FrameReplies::new(&mut out);
        write(&mut replies);
        replies.finish();
        out
    }

    #[test]
    fn each_kind_of_value_has_the_bytes_of_the_format() {
        assert_eq!(frame(|r| r.nil()), b"\0\0\0\x01\0");
        assert_eq!(frame(|r| r.nil_array()), b"\0\0\0\x01\0");
        assert_eq!(frame(|r| r.error("ERR a")), b"\0\0\0\x0a\x01\0\0\0\x05ERR a");
        assert_eq!(frame(|r| r.bytes(b"\0\xff")), b"\0\0\0\x07\x02\0\0\0\x02\0\xff");
        assert_eq!(frame(|r| r.verbatim(*b"txt", "a")), b"\0\0\0\x06\x02\0\0\0\x01a");
        assert_eq!(frame(|r| r.integer(-2)), b"\0\0\0\x09\x03\xff\xff\xff\xff\xff\xff\xff\xfe");
        assert_eq!(frame(|r| r.double(1.0)), b"\0\0\0\x09\x04\x3f\xf0\0\0\0\0\0\0");
        assert_eq!(frame(|r| r.status("OK")), b"\0\0\0\x07\x06\0\0\0\x02OK");
        assert_eq!(frame(|r| r.boolean(true)), b"\0\0\0\x02\x09\x01");
        assert_eq!(frame(|r| r.array(0)), b"\0\0\0\x05\x05\0\0\0\0");
        let pair = frame(|r| {
            r.map(1);
            r.nil();
            r.nil();
        });
        assert_eq!(pair, b"\0\0\0\x07\x07\0\0\0\x01\0\0");
        let push = frame(|r| {
            r.push(1);
            r.nil();
        });
        assert_eq!(push, b"\0\0\0\x06\x08\0\0\0\x01\0");
    }

    #[test]
    fn an_error_leaves_as_printable_ascii() {
        assert_eq!(escape_error("ERR 'a\r\n\u{e9}\0'"), "ERR 'a\\r\\n\\xc3\\xa9\\x00'");
        assert_eq!(escape_error("ERR it's \\"), "ERR it's \\");
    }

    #[test]
    fn a_reply_of_nothing_leaves_nothing() {
        assert_eq!(frame(|_| {}), b"");
    }

    #[test]
    fn what_fits_can_be_written_and_one_byte_more_cannot() {
        for (bytes, fits) in [(85, true), (86, false)] {
            let mut out = Vec::new();
            let mut replies = FrameReplies::with_limit(&mut out, 100);
            replies.array(2);
            assert_eq!(replies.fits(bytes, 2), fits);
            replies.bytes(&vec![0; bytes - 1]);
            replies.bytes(&[0]);
            replies.finish();
            assert_eq!(out[4], if fits { tag::ARRAY } else { tag::ERROR });
        }
    }

    #[test]
    fn counts_and_sizes_beyond_all_bounds_become_the_error_toobig() {
        let mut out = Vec::new();
        let mut replies = FrameReplies::new(&mut out);
        replies.array(usize::MAX);
        assert!(!replies.fits(usize::MAX, usize::MAX));
        replies.nil();
        replies.finish();
        assert!(out[9..].starts_with(b"TOOBIG "));
    }
}
