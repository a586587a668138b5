//! A blocking server: it serves one client until that client leaves, and only then the next.

use crate::frame::{FrameParser, Span};
use crate::limits::RequestLimits;
use crate::replies::{FrameReplies, Replies};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// How much is asked of the system in one read.
const READ_BYTES: usize = 64 * 1024;

/// Replies are sent above this many bytes even when more requests wait.
const OUTPUT_BYTES: usize = 64 * 1024;

/// How long the rest of a client's input is awaited before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

/// How much of that rest is read at most.
const LINGER_BYTES: usize = 1024 * 1024;

/// What becomes of the connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It stays.
    Continue,
    /// It is closed once the replies so far are sent.
    Close,
}

type Handler<'a> = &'a mut dyn FnMut(&[&[u8]], &mut dyn Replies) -> Flow;

/// Serves the clients of `listener`, one at a time: `handle` is given the arguments of each request, at least one, and writes its reply.
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
            Ok((stream, _)) => drop(serve_client(stream, &limits, &mut handle)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads, answers and writes until one side ends the connection.
fn serve_client(mut stream: TcpStream, limits: &RequestLimits, handle: Handler<'_>) -> io::Result<()> {
    // Replies leave at once; holding them back to fill a packet would only add delay.
    stream.set_nodelay(true)?;
    let mut scratch = vec![0; READ_BYTES];
    let mut pending = Pending::default();
    loop {
        let count = stream.read(&mut scratch)?;
        if count == 0 {
            return Ok(());
        }
        pending.input.extend_from_slice(&scratch[..count]);
        let flow = pending.answer(limits, handle, &mut stream)?;
        pending.send(&mut stream)?;
        if flow == Flow::Close {
            return close_gently(&mut stream, &mut scratch);
        }
    }
}

/// What waits on a connection: requests that are not complete, and replies that were not sent.
#[derive(Default)]
struct Pending {
    input: Vec<u8>,
    parser: FrameParser,
    spans: Vec<Span>,
    output: Vec<u8>,
}

impl Pending {
    /// Answers every complete request of the input.
    fn answer(
        &mut self,
        limits: &RequestLimits,
        handle: Handler<'_>,
        stream: &mut TcpStream,
    ) -> io::Result<Flow> {
        let mut answered = 0;
        let mut flow = Flow::Continue;
        while flow == Flow::Continue {
            self.spans.clear();
            let request = &self.input[answered..];
            let parsed = self.parser.parse(request, limits, &mut self.spans);
            let Some(parsed) = parsed.transpose() else {
                break;
            };
            let mut replies = FrameReplies::new(&mut self.output);
            match parsed {
                Ok(end) => {
                    let arguments = self.spans.iter().map(|span| span.of(request));
                    flow = handle(&arguments.collect::<Vec<_>>(), &mut replies);
                    answered += end;
                }
                Err(error) => {
                    replies.error(error.text());
                    flow = Flow::Close;
                }
            }
            replies.finish();
            if self.output.len() >= OUTPUT_BYTES {
                self.send(stream)?;
            }
        }
        self.input.drain(..answered);
        Ok(flow)
    }

    fn send(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let sent = stream.write_all(&self.output);
        self.output.clear();
        sent
    }
}

/// Ends a connection so that the client can still read the last reply: closing while input is unread makes the system
/// reset the connection, and what was sent but not yet read may be lost with it.
fn close_gently(stream: &mut TcpStream, scratch: &mut [u8]) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(LINGER))?;
    let mut discarded = 0;
    while discarded < LINGER_BYTES {
        match stream.read(scratch)? {
            0 => break,
            count => discarded += count,
        }
    }
    Ok(())
}
