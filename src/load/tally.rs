//! Counts replies in a stream, wherever it is cut, and keeps the first error among them.

use super::plan::Protocol;

/// Bytes of an error that are kept to be shown.
const SHOWN_BYTES: usize = 200;

/// A reply's tag for an error, in frames.
const ERROR_TAG: u8 = 1;

/// Bytes before an error's text in a frame: tag and length.
const ERROR_HEAD_BYTES: usize = 5;

/// Counts the replies of one connection.
pub(crate) struct Tally {
    protocol: Protocol,
    /// A head (or a line of RESP) that has not come whole yet.
    head: Vec<u8>,
    /// Bytes of the reply under way that are passed over.
    skip: usize,
    /// RESP: values of arrays that are still to come.
    nested: u64,
    in_error: bool,
    /// Error replies.
    pub(crate) errors: u64,
    /// The first one's text, cut to what is shown.
    pub(crate) first_error: Vec<u8>,
}

impl Tally {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Tally {
            protocol,
            head: Vec::new(),
            skip: 0,
            nested: 0,
            in_error: false,
            errors: 0,
            first_error: Vec::new(),
        }
    }

    /// How many replies end in `bytes`. The error says what cannot be a reply.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<u64, String> {
        match self.protocol {
            Protocol::Frames => self.feed_frames(bytes),
            Protocol::Resp => self.feed_resp(bytes),
        }
    }

    fn feed_frames(&mut self, mut bytes: &[u8]) -> Result<u64, String> {
        let mut replies = 0;
        while !bytes.is_empty() {
            if self.skip > 0 {
                bytes = self.pass_over(bytes);
                replies += u64::from(self.skip == 0);
                continue;
            }
            let head = if self.head.is_empty() && bytes.len() >= 5 {
                let head = [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]];
                bytes = &bytes[5..];
                head
            } else {
                let missing = (5 - self.head.len()).min(bytes.len());
                self.head.extend_from_slice(&bytes[..missing]);
                bytes = &bytes[missing..];
                match <[u8; 5]>::try_from(self.head.as_slice()) {
                    Ok(head) => head,
                    Err(_) => continue,
                }
            };
            self.head.clear();
            replies += self.begin_frame(head)?;
        }
        Ok(replies)
    }

    /// Takes a frame's length and tag; 1 when that was all of it.
    fn begin_frame(&mut self, [a, b, c, d, tag]: [u8; 5]) -> Result<u64, String> {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length == 0 || a > heapwood_sockets::limits::MAX_FIRST_BYTE {
            return Err(format!("it announces a reply of {length} bytes"));
        }
        self.in_error = tag == ERROR_TAG;
        self.errors += u64::from(self.in_error);
        self.skip = length - 1;
        Ok(u64::from(self.skip == 0))
    }

    /// Passes over what belongs to the reply under way, and keeps the first error's text.
    fn pass_over<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (here, rest) = bytes.split_at(self.skip.min(bytes.len()));
        self.skip -= here.len();
        if self.in_error && self.errors == 1 {
            let room = (SHOWN_BYTES + ERROR_HEAD_BYTES).saturating_sub(self.first_error.len());
            self.first_error.extend_from_slice(&here[..room.min(here.len())]);
            if self.skip == 0 {
                // Tag's four bytes of length stand before the text.
                self.first_error.drain(..4.min(self.first_error.len()));
            }
        }
        rest
    }

    fn feed_resp(&mut self, mut bytes: &[u8]) -> Result<u64, String> {
        let mut replies = 0;
        while !bytes.is_empty() {
            if self.skip > 0 {
                bytes = self.pass_over(bytes);
                replies += if self.skip == 0 { self.end_value() } else { 0 };
                continue;
            }
            let (here, rest) = match memchr::memchr(b'\n', bytes) {
                Some(end) => bytes.split_at(end + 1),
                None => (bytes, &[][..]),
            };
            bytes = rest;
            self.head.extend_from_slice(here);
            if here.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.head);
                replies += self.take_line(&line)?;
                self.head = line;
                self.head.clear();
            }
        }
        Ok(replies)
    }

    /// Takes a line of RESP2; 1 when a reply ends with it.
    fn take_line(&mut self, line: &[u8]) -> Result<u64, String> {
        let unknown = || format!("it sends {:?}", String::from_utf8_lossy(line));
        let (&kind, text) = line.split_first().ok_or_else(unknown)?;
        let text = text.trim_ascii_end();
        let length = || -> Result<i64, String> {
            let text = std::str::from_utf8(text).map_err(|_| unknown())?;
            text.parse().map_err(|_| unknown())
        };
        match kind {
            b'-' => {
                self.errors += 1;
                if self.errors == 1 {
                    self.first_error = text[..text.len().min(SHOWN_BYTES)].to_vec();
                }
                Ok(self.end_value())
            }
            b'+' | b':' => Ok(self.end_value()),
            b'$' => match usize::try_from(length()?) {
                Ok(length) => {
                    self.skip = length + 2;
                    Ok(0)
                }
                Err(_) => Ok(self.end_value()),
            },
            b'*' => {
                // The array itself is one value that has come; its own are still to come.
                self.nested += u64::try_from(length()?).unwrap_or(0);
                Ok(self.end_value())
            }
            _ => Err(unknown()),
        }
    }

    fn end_value(&mut self) -> u64 {
        match self.nested.checked_sub(1) {
            Some(left) => {
                self.nested = left;
                0
            }
            None => 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use heapwood_sockets::{FrameReplies, Replies};

    use super::*;

    /// A status, bytes, nil, an error, an integer, an array of two.
    fn frames() -> Vec<u8> {
        let mut out = Vec::new();
        let one = |out: &mut Vec<u8>, write: &dyn Fn(&mut FrameReplies<'_>)| {
            let mut replies = FrameReplies::new(out);
            write(&mut replies);
            replies.finish();
        };
        one(&mut out, &|replies| replies.status("OK"));
        one(&mut out, &|replies| replies.bytes(b"value"));
        one(&mut out, &|replies| replies.nil());
        one(&mut out, &|replies| replies.error("WRONGTYPE no"));
        one(&mut out, &|replies| replies.integer(7));
        one(&mut out, &|replies| {
            replies.array(2);
            replies.nil();
            replies.bytes(b"x");
        });
        out
    }

    const RESP: &[u8] =
        b"+OK\r\n$5\r\nva\r\nu\r\n$-1\r\n-WRONGTYPE no\r\n:7\r\n*2\r\n*1\r\n$1\r\nx\r\n:1\r\n*0\r\n";

    fn counted(protocol: Protocol, bytes: &[u8], piece: usize) -> (u64, u64, Vec<u8>) {
        let mut tally = Tally::new(protocol);
        let pieces = bytes.chunks(piece);
        let replies = pieces.map(|piece| tally.feed(piece).unwrap()).sum();
        (replies, tally.errors, tally.first_error)
    }

    #[test]
    fn replies_are_counted_wherever_the_stream_is_cut() {
        let error = || b"WRONGTYPE no".to_vec();
        for piece in 1..=frames().len() {
            assert_eq!(counted(Protocol::Frames, &frames(), piece), (6, 1, error()));
        }
        for piece in 1..=RESP.len() {
            assert_eq!(counted(Protocol::Resp, RESP, piece), (7, 1, error()));
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bytes in [&b"HTTP/1.1 400"[..], b"\0\0\0\0\0"] {
            assert!(Tally::new(Protocol::Frames).feed(bytes).is_err());
        }
        for bytes in [&b"hello\r\n"[..], b"$x\r\n", b"\n"] {
            assert!(Tally::new(Protocol::Resp).feed(bytes).is_err());
        }
    }
}
