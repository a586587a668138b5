//! How large a request may be.

/// The largest body of a frame: 128 MiB − 1.
///
/// It keeps the first byte of every frame at or below [`MAX_FIRST_BYTE`], so that this byte tells
/// frames from protocols of printable text.
pub const MAX_BODY_BYTES: usize = 128 * 1024 * 1024 - 1;

/// The largest first byte of a frame; no printable character is as small.
pub const MAX_FIRST_BYTE: u8 = 0x07;

/// The most arguments of a request, the command's name included: enough for an MSET of half a
/// million keys.
pub const MAX_ARGUMENTS: usize = 1_048_576;

/// The bytes of a number in a frame: the length of a body or of an argument, or a count.
pub const LENGTH_BYTES: usize = 4;

/// What one connection may send in one request. A server may raise or lower it between two
/// requests, as after authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// The largest body, at most [`MAX_BODY_BYTES`].
    pub max_body_bytes: usize,
    /// The most arguments, the command's name included.
    pub max_arguments: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { max_body_bytes: MAX_BODY_BYTES, max_arguments: MAX_ARGUMENTS }
    }
}
