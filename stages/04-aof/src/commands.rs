//! The commands of a file, one after the other, read in large pieces.

use crate::errors::OpenError;
use crate::resp::CommandParser;
use crate::storage::StoredFile;
use heapwood_sockets::{RequestLimits, Span};
use std::ops::Range;
use std::path::Path;

/// A line beginning with `#` must be shorter, with its line end, as in Redis.
const MAX_ANNOTATION_BYTES: usize = 1_024;

/// A file may hold any command that was once accepted. Nothing is allocated for what is only announced, so these bounds are not what protects memory.
const LIMITS: RequestLimits = RequestLimits { max_body_bytes: u32::MAX as usize, max_arguments: usize::MAX };

/// What [`Commands::advance`] came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A whole command; [`Commands::arg`] gives its arguments.
    Command,
    /// The piece in memory is used up; [`Commands::more`] reads on and forgets it.
    PieceDone,
    /// The end of what was to be read, between two commands.
    End,
    /// The end of what was to be read, inside a command.
    CutShort,
}

/// Reads commands and skips lines beginning with `#` between them.
pub struct Commands<'a, F> {
    file: &'a F,
    path: &'a Path,
    /// Where to stop.
    end: u64,
    /// The bytes in memory; the first `filled` were read.
    piece: Vec<u8>,
    filled: usize,
    /// The first of them's place in the file.
    piece_start: u64,
    /// Where the command last found begins in the piece, and where the next one does.
    command: usize,
    next: usize,
    parser: CommandParser,
    spans: Vec<Span>,
}

impl<'a, F: StoredFile> Commands<'a, F> {
    /// The commands of `file` in `range`, in pieces of `piece_bytes` or of one command, whichever is more. `path` is for messages.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(
        file: &'a F,
        path: &'a Path,
        range: Range<u64>,
        piece_bytes: usize,
    ) -> Result<Self, OpenError> {
        let piece_bytes = (range.end - range.start).min(piece_bytes as u64) as usize;
        let mut commands = Self {
            file,
            path,
            end: range.end,
            piece: vec![0; piece_bytes],
            filled: 0,
            piece_start: range.start,
            command: 0,
            next: 0,
            parser: CommandParser::default(),
            spans: Vec::new(),
        };
        commands.more()?;
        Ok(commands)
    }

    /// Goes on to the next command.
    ///
    /// # Errors
    /// What follows can be no command.
    pub fn advance(&mut self) -> Result<Step, OpenError> {
        loop {
            let rest = &self.piece[self.next..self.filled];
            let used = match rest.first() {
                None if self.all_read() => return Ok(Step::End),
                None => return Ok(Step::PieceDone),
                Some(b'#') => self.annotation(rest)?,
                Some(_) => {
                    self.spans.clear();
                    let parsed = self.parser.parse(rest, &LIMITS, &mut self.spans);
                    parsed.map_err(|error| self.refuse_next(error.text()))?
                }
            };
            let Some(used) = used else {
                let cut = self.all_read();
                return Ok(if cut { Step::CutShort } else { Step::PieceDone });
            };
            let annotation = rest[0] == b'#';
            self.command = self.next;
            self.next += used;
            if !annotation {
                return match self.spans.is_empty() {
                    false => Ok(Step::Command),
                    true => Err(self.refuse("it has no name".into())),
                };
            }
        }
    }

    /// The length of the line at the start of `rest`, when it is all there.
    fn annotation(&self, rest: &[u8]) -> Result<Option<usize>, OpenError> {
        let most = rest.len().min(MAX_ANNOTATION_BYTES - 1);
        match memchr::memchr(b'\n', &rest[..most]) {
            Some(end) => Ok(Some(end + 1)),
            None if rest.len() < MAX_ANNOTATION_BYTES => Ok(None),
            None => Err(self.refuse_next("a line that begins with # has 1,024 bytes or more")),
        }
    }

    fn all_read(&self) -> bool {
        self.offset_of(self.filled) >= self.end
    }

    /// Forgets the piece up to the next command and reads the file on.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn more(&mut self) -> Result<(), OpenError> {
        self.piece.copy_within(self.next..self.filled, 0);
        self.filled -= self.next;
        self.piece_start += self.next as u64;
        self.next = 0;
        self.command = 0;
        let left = self.end - self.offset_of(self.filled);
        if self.filled == self.piece.len() && left > 0 {
            let growth = left.min(self.filled.max(1) as u64) as usize;
            self.piece.resize(self.filled + growth, 0);
        }
        let room = (self.piece.len() - self.filled) as u64;
        let until = self.filled + room.min(left) as usize;
        let offset = self.offset_of(self.filled);
        let read = self
            .file
            .read_full_at(offset, &mut self.piece[self.filled..until])
            .map_err(|source| OpenError::Io { doing: "read", path: self.path.to_path_buf(), source })?;
        self.filled += read;
        if self.filled < until {
            self.end = self.offset_of(self.filled);
        }
        Ok(())
    }

    /// How many arguments the command has, its name included.
    #[expect(clippy::len_without_is_empty, reason = "a command has a name")]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// One of its arguments.
    pub fn arg(&self, index: usize) -> &[u8] {
        self.spans[index].of(&self.piece[self.command..])
    }

    /// Where one of its arguments is in [`Commands::piece`].
    pub fn place(&self, index: usize) -> (usize, usize) {
        let Span { start, len } = self.spans[index];
        (self.command + start as usize, len as usize)
    }

    /// The bytes in memory.
    pub fn piece(&self) -> &[u8] {
        &self.piece[..self.filled]
    }

    /// Where the command begins in the file.
    pub fn offset(&self) -> u64 {
        self.offset_of(self.command)
    }

    /// Where the next one does.
    pub fn next_offset(&self) -> u64 {
        self.offset_of(self.next)
    }

    fn offset_of(&self, place: usize) -> u64 {
        self.piece_start + place as u64
    }

    /// Refuses the file because of this command.
    pub fn refuse(&self, problem: String) -> OpenError {
        self.refuse_at(self.offset(), problem)
    }

    fn refuse_next(&self, problem: &str) -> OpenError {
        self.refuse_at(self.next_offset(), problem.into())
    }

    /// Refuses the file because of the command at `offset`.
    pub fn refuse_at(&self, offset: u64, problem: String) -> OpenError {
        OpenError::Command { path: self.path.to_path_buf(), offset, problem }
    }
}
