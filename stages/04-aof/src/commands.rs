//! The commands of a file, one after the other.

use crate::errors::Problem;
use crate::reader::Reader;
use crate::resp::CommandParser;
use heapwood_sockets::{ProtocolError, RequestLimits, Span};
use std::ops::Range;

/// A line beginning with `#` must be shorter, with its line end, as in Redis.
const MAX_ANNOTATION_BYTES: usize = 1_024;

/// A file may hold any command that was once accepted. Nothing is allocated for what is only announced, so these bounds are not what protects memory.
const LIMITS: RequestLimits = RequestLimits { max_body_bytes: u32::MAX as usize, max_arguments: usize::MAX };

/// The commands in a piece of a file; lines beginning with `#` between them are passed over.
pub struct Commands<'a> {
    piece: &'a [u8],
    /// Where the piece begins in the file.
    start: u64,
    /// Where the command last found begins in the piece, and where the next one does.
    found: usize,
    next: usize,
    parser: CommandParser,
    spans: Vec<Span>,
    args: Vec<&'a [u8]>,
}

impl<'a> Commands<'a> {
    /// The commands of `piece`, which begins at `start` in its file.
    pub fn new(piece: &'a [u8], start: u64) -> Self {
        let parser = CommandParser::default();
        Self { piece, start, found: 0, next: 0, parser, spans: Vec::new(), args: Vec::new() }
    }

    /// The next command's name and arguments; `None` when what is left is not all of a command.
    ///
    /// # Errors
    /// What follows can be no command.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend what it yields")]
    pub fn next(&mut self) -> Result<Option<&[&'a [u8]]>, Problem> {
        loop {
            let rest = &self.piece[self.next..];
            self.found = self.next;
            self.spans.clear();
            let annotation = rest.first() == Some(&b'#');
            let used = match annotation {
                true => annotation_bytes(rest),
                false => self.parser.parse(rest, &LIMITS, &mut self.spans),
            };
            let Some(used) = used.map_err(|error| self.refuse(error.text()))? else {
                return Ok(None);
            };
            self.next += used;
            if !self.spans.is_empty() {
                self.args.clear();
                self.args.extend(self.spans.iter().map(|span| span.of(rest)));
                return Ok(Some(&self.args));
            }
            if !annotation {
                return Err(self.refuse("it has no name"));
            }
        }
    }

    /// Where the command that was last found begins in the file.
    pub fn offset(&self) -> u64 {
        self.start + self.found as u64
    }

    /// Where the next one does.
    pub fn next_offset(&self) -> u64 {
        self.start + self.next as u64
    }

    /// Says that the file cannot be loaded because of the command that was last found.
    pub fn refuse(&self, why: impl ToString) -> Problem {
        Problem::Command { offset: self.offset(), why: why.to_string() }
    }
}

/// The length of the line at the start of `rest`, when it is all there.
fn annotation_bytes(rest: &[u8]) -> Result<Option<usize>, ProtocolError> {
    let most = &rest[..rest.len().min(MAX_ANNOTATION_BYTES - 1)];
    match memchr::memchr(b'\n', most) {
        None if rest.len() >= MAX_ANNOTATION_BYTES => {
            Err(ProtocolError::new("a line that begins with # has 1,024 bytes or more"))
        }
        end => Ok(end.map(|end| end + 1)),
    }
}

/// Calls `visit` with the commands in `range`, a piece of the file at a time, and says where the last whole command ends. What `visit` leaves
/// unread of a piece is the beginning of the next one.
///
/// # Errors
/// The file cannot be read, or `visit` refuses it.
pub fn walk(
    reader: &mut Reader<'_>,
    range: Range<u64>,
    visit: &mut dyn FnMut(&mut Commands<'_>) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    let (mut offset, mut wanted) = (range.start, 1);
    while offset < range.end {
        let left = range.end - offset;
        let bytes = reader.at(offset, wanted)?;
        let piece = &bytes[..left.min(bytes.len() as u64) as usize];
        let mut commands = Commands::new(piece, offset);
        visit(&mut commands)?;
        let next = commands.next_offset();
        if next > offset {
            (offset, wanted) = (next, 1);
        } else if piece.len() as u64 == left || piece.len() < wanted {
            break;
        } else {
            // A command longer than the piece: this comes to reading twice its length at most.
            wanted = piece.len() * 2;
        }
    }
    Ok(offset)
}
