//! A blocking server: it serves one client until that client leaves, and only then the next.

use crate::frame::{FrameParser, ProtocolError, Span};
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
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// One client's connection and what waits in either direction.
struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
    parser: FrameParser,
    spans: Vec<Span>,
}

fn serve_client(
    stream: TcpStream,
    limits: &RequestLimits,
    handle: &mut impl FnMut(&[&[u8]], &mut dyn Replies) -> Flow,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection {
        stream,
        input: Vec::new(),
        output: Vec::new(),
        parser: FrameParser::default(),
        spans: Vec::new(),
    };
    let mut scratch = vec![0; READ_BYTES];
    loop {
        let count = match connection.stream.read(&mut scratch) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        connection.input.extend_from_slice(&scratch[..count]);
        let flow = connection.answer(limits, handle)?;
        connection.send()?;
        if flow == Flow::Close {
            return close_gently(&mut connection.stream, &mut scratch);
        }
    }
}

impl Connection {
    /// Answers every complete request of the input.
    fn answer(
        &mut self,
        limits: &RequestLimits,
        handle: &mut impl FnMut(&[&[u8]], &mut dyn Replies) -> Flow,
    ) -> io::Result<Flow> {
        let mut answered = 0;
        let mut flow = Flow::Continue;
        while flow == Flow::Continue {
            self.spans.clear();
            let request = &self.input[answered..];
            match self.parser.parse(request, limits, &mut self.spans) {
                Ok(None) => break,
                Ok(Some(end)) => {
                    let arguments: Vec<&[u8]> =
                        self.spans.iter().map(|span| span.of(request)).collect();
                    let mut replies = FrameReplies::new(&mut self.output);
                    flow = handle(&arguments, &mut replies);
                    replies.finish();
                    answered += end;
                }
                Err(error) => {
                    self.refuse(&error);
                    flow = Flow::Close;
                }
            }
            if self.output.len() >= OUTPUT_BYTES {
                self.send()?;
            }
        }
        self.input.drain(..answered);
        Ok(flow)
    }

    fn refuse(&mut self, error: &ProtocolError) {
        let mut replies = FrameReplies::new(&mut self.output);
        replies.error(error.text());
        replies.finish();
    }

    fn send(&mut self) -> io::Result<()> {
        let sent = self.stream.write_all(&self.output);
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
