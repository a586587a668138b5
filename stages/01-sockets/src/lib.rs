//! Stage 1: length-prefixed frames over TCP, and a blocking server.
//!
//! In the order in which a request meets them:
//!
//! - [`limits`]: how large a request may be, and why;
//! - [`frame`]: encoding a request, and finding one in bytes that arrive in pieces;
//! - [`replies`]: how a command answers, whatever protocol the client speaks;
//! - [`server`]: reads requests, runs a handler, writes replies, one client after the other;
//! - [`value`]: what a client decodes from a reply;
//! - [`client`]: the blocking client of command line, bridge and tests.
//!
//! # The frames
//!
//! All integers are big-endian.
//!
//! ```text
//! request:  u32 body length | u32 number of arguments | per argument: u32 length, bytes
//! reply:    u32 body length | value
//! value:    u8 tag, then   0 nil
//!                          1 error: u32 length, UTF-8 "CODE message"
//!                          2 bytes: u32 length, bytes
//!                          3 integer: i64
//!                          4 double: f64 bits
//!                          5 array: u32 count, values
//!                          6 status: u32 length, UTF-8
//!                          7 map: u32 pairs, key and value in turn
//!                          8 push: u32 count, values
//!                          9 boolean: u8
//! ```
#![forbid(unsafe_code)]

pub mod client;
pub mod frame;
pub mod limits;
pub mod replies;
pub mod server;
pub mod value;

pub use client::{Client, ClientError};
pub use frame::{FrameParser, ProtocolError, Span, encode_request};
pub use limits::{MAX_ARGUMENTS, MAX_BODY_BYTES, RequestLimits};
pub use replies::{FrameReplies, Replies};
pub use server::{Flow, serve};
pub use value::{Value, decode_reply};
