//! Which protocol a connection speaks: its first byte decides.

use heapwood_poll_loop::{FrameWire, Wire};
use heapwood_sockets::limits::MAX_FIRST_BYTE;
use heapwood_sockets::{ProtocolError, Replies, RequestLimits, Span};

/// What a client that begins in RESP is told.
const RESP_REFUSAL: &[u8] = b"-ERR RESP is not spoken yet; use frames (heapwood cli)\r\n";

/// One connection's protocol.
///
/// RESP has its place here: a connection that begins with it is recognised, told so in its own
/// protocol, and closed.
#[derive(Default)]
pub enum NetworkWire {
    /// Nothing has come yet; what must be said before is said in a frame.
    #[default]
    Undecided,
    /// Length-prefixed frames.
    Frame(FrameWire),
    /// RESP, or an inline command.
    Resp,
}

impl NetworkWire {
    /// Decides by the first byte. A frame is shorter than 128 MiB, so its length begins with at
    /// most 0x07; a RESP array begins with `*`, an inline command with something printable.
    fn decide(&mut self, first: u8) -> Result<(), ProtocolError> {
        match first {
            0..=MAX_FIRST_BYTE => {
                *self = Self::Frame(FrameWire::default());
                Ok(())
            }
            b' '..=b'~' | b'\r' | b'\n' => {
                *self = Self::Resp;
                Err(ProtocolError::new(format_args!("RESP is not spoken yet")))
            }
            other => Err(ProtocolError::new(format_args!(
                "the first byte 0x{other:02x} begins neither a frame (up to 0x07) nor RESP"
            ))),
        }
    }
}

impl Wire for NetworkWire {
    fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        if let Self::Frame(frames) = self {
            return frames.parse(input, limits, spans);
        }
        let Some(&first) = input.first() else {
            return Ok(None);
        };
        self.decide(first)?;
        self.parse(input, limits, spans)
    }

    fn rewind(&mut self) {
        if let Self::Frame(frames) = self {
            frames.rewind();
        }
    }

    fn reply(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut dyn Replies)) {
        match self {
            Self::Frame(frames) => frames.reply(out, write),
            Self::Undecided => FrameWire::default().reply(out, write),
            Self::Resp => {}
        }
    }

    fn refuse(&mut self, out: &mut Vec<u8>, error: &ProtocolError) {
        match self {
            Self::Frame(frames) => frames.refuse(out, error),
            Self::Undecided => FrameWire::default().refuse(out, error),
            Self::Resp => out.extend_from_slice(RESP_REFUSAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(input: &[u8]) -> Vec<u8> {
        let mut wire = NetworkWire::default();
        let mut out = Vec::new();
        let parsed = wire.parse(input, &RequestLimits::default(), &mut Vec::new());
        if let Err(error) = parsed {
            wire.refuse(&mut out, &error);
        }
        out
    }

    #[test]
    fn resp_and_inline_commands_are_told_in_their_own_protocol() {
        for input in [&b"*1\r\n$4\r\nPING\r\n"[..], b"PING\r\n", b"\r\n", b"\n", b" "] {
            assert_eq!(refusal(input), RESP_REFUSAL, "{input:?}");
        }
    }

    #[test]
    fn other_first_bytes_are_refused_in_a_frame() {
        for input in [&b"\x08"[..], b"\x16\x03\x01", b"\xff", b"\t", b"\x7f"] {
            let refusal = refusal(input);
            assert!(refusal[9..].starts_with(b"PROTOCOL the first byte 0x"), "{refusal:?}");
        }
    }

    #[test]
    fn a_frame_is_begun() {
        assert_eq!(refusal(b"\x00\x00"), b"");
        assert_eq!(refusal(b""), b"");
    }
}
