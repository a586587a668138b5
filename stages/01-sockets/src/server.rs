//! A blocking server: it serves one client until that client leaves, and only then the next.

use crate::frame::FrameParser;
use crate::limits::RequestLimits;
use crate::replies::{FrameReplies, Replies};
use std::io::{self, BufWriter, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// How much is asked of the system in one read.
const READ_BYTES: usize = 64 * 1024;

/// Replies are sent above this many bytes even when more requests wait.
const OUTPUT_BYTES: usize = 64 * 1024;

/// How long the rest of a client's input is awaited before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

/// How much of that rest is read at most.
const LINGER_BYTES: u64 = 1024 * 1024;

/// What becomes of a connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It stays.
    Continue,
    /// It is closed once the replies so far are sent.
    Close,
}

/// Carries out one request, given its arguments, and writes its reply.
type Handler<'a> = &'a mut dyn FnMut(&[&[u8]], &mut dyn Replies) -> Flow;

/// Serves the clients of `listener`, one at a time: `handle` is given the arguments of each
/// request, at least one, and writes its reply.
///
/// - **S5, last word**: after a malformed request nothing that a client sends is taken for a
///   request, and what was wrong is the last thing it is told. So that it can hear that, the server
///   reads on for a while, at most 1 MiB and no longer than a second without a byte; beyond, the
///   connection may break first.
///
/// # Errors
/// The listener failed. What goes wrong on a connection only ends that connection.
pub fn serve(
    listener: &TcpListener,
    limits: RequestLimits,
    mut handle: impl FnMut(&[&[u8]], &mut dyn Replies) -> Flow,
) -> io::Result<()> {
    loop {
        match listener.accept() {
            // A client that fails or leaves in the middle concerns nobody else.
            Ok((stream, _)) => drop(serve_client(&stream, &limits, &mut handle)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads, answers and writes until one side ends the connection.
fn serve_client(mut stream: &TcpStream, limits: &RequestLimits, handle: Handler<'_>) -> io::Result<()> {
    // Replies leave at once; holding them back to fill a packet would only add delay.
    stream.set_nodelay(true)?;
    let mut output = BufWriter::with_capacity(OUTPUT_BYTES, stream);
    let (mut input, mut parser) = (Vec::new(), FrameParser::default());
    let mut scratch = vec![0; READ_BYTES];
    loop {
        let count = stream.read(&mut scratch)?;
        if count == 0 {
            return Ok(());
        }
        input.extend_from_slice(&scratch[..count]);
        let (answered, flow) = answer(&input, &mut parser, limits, handle, &mut output)?;
        input.drain(..answered);
        output.flush()?;
        if flow == Flow::Close {
            return close_gently(stream);
        }
    }
}

/// Answers every complete request of `input`, in order, and says how many bytes they were.
fn answer(
    input: &[u8],
    parser: &mut FrameParser,
    limits: &RequestLimits,
    handle: Handler<'_>,
    output: &mut impl Write,
) -> io::Result<(usize, Flow)> {
    let (mut spans, mut reply) = (Vec::new(), Vec::new());
    let (mut answered, mut flow) = (0, Flow::Continue);
    while flow == Flow::Continue {
        let waiting = &input[answered..];
        let Some(found) = parser.parse(waiting, limits, &mut spans).transpose() else {
            break;
        };
        let mut replies = FrameReplies::new(&mut reply);
        match found {
            Ok(length) => {
                let arguments: Vec<&[u8]> = spans.drain(..).map(|span| span.of(waiting)).collect();
                flow = handle(&arguments, &mut replies);
                answered += length;
            }
            Err(error) => {
                // S5: nobody knows where the next request would begin.
                replies.error(error.text());
                flow = Flow::Close;
            }
        }
        replies.finish();
        output.write_all(&reply)?;
        reply.clear();
    }
    Ok((answered, flow))
}

/// Ends a connection so that its client can still read the last reply, S5's above all: closing
/// while input is unread makes the system reset the connection, and what was sent but not yet read
/// may be lost with it.
fn close_gently(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(LINGER))?;
    io::copy(&mut stream.take(LINGER_BYTES), &mut io::sink())?;
    Ok(())
}
