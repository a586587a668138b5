use std::mem;

/// The most bytes of a length: 35 bits are enough for any 32.
pub const MAX_LENGTH_BYTES: u32 = 5;

/// What a stream cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// A length is above the limit.
    TooLong,
    /// A length is not written in the one way in which it should be.
    BadLength,
    /// The stream ended inside a message or its length.
    Torn,
}

/// Where in the stream the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is byte number `index` of a length, of which those before it say `so_far`.
    Length { so_far: u64, index: u32 },
    /// It is a message's, of which so many bytes are missing: at least one.
    Message { missing: usize },
    /// It belongs to nothing any more.
    Refused(StreamError),
}

const BETWEEN_MESSAGES: State = State::Length { so_far: 0, index: 0 };

/// Finds messages in a stream that arrives in pieces.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// The longest message.
    limit: usize,
    state: State,
    /// What has arrived of a message that is not complete.
    message: Vec<u8>,
}

impl Decoder {
    /// A decoder at the start of a stream whose messages have at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, state: BETWEEN_MESSAGES, message: Vec::new() }
    }

    /// How many bytes of memory it has set aside.
    pub fn memory(&self) -> usize {
        self.message.capacity()
    }

    /// Takes the next `piece` of the stream, and appends each message that is complete with it to `messages`.
    ///
    /// # Errors
    /// The stream is malformed or beyond the limit. The messages before that place have been appended.
    pub fn feed(&mut self, mut piece: &[u8], messages: &mut Vec<Vec<u8>>) -> Result<(), StreamError> {
        loop {
            match self.state {
                State::Refused(error) => {
                    self.state = BETWEEN_MESSAGES;
                    return Err(error);
                }
                State::Length { so_far, index } => {
                    let Some((&byte, rest)) = piece.split_first() else {
                        return Ok(());
                    };
                    piece = rest;
                    self.state = self.after_length_byte(so_far, index, byte);
                    if self.state == (State::Message { missing: 0 }) {
                        messages.push(Vec::new());
                        self.state = BETWEEN_MESSAGES;
                    }
                }
                State::Message { missing } => {
                    if piece.is_empty() {
                        return Ok(());
                    }
                    let (arrived, rest) = piece.split_at(missing.min(piece.len()));
                    piece = rest;
                    self.message.extend_from_slice(arrived);
                    self.state = State::Message { missing: missing - arrived.len() };
                    if missing == arrived.len() {
                        messages.push(mem::take(&mut self.message));
                        self.state = BETWEEN_MESSAGES;
                    }
                }
            }
        }
    }

    /// What `byte` makes of a length that it goes on.
    fn after_length_byte(&self, so_far: u64, index: u32, byte: u8) -> State {
        if index == MAX_LENGTH_BYTES || byte == 0 && index > 0 {
            return State::Refused(StreamError::BadLength);
        }
        // 35 bits at most.
        let so_far = so_far | u64::from(byte & 0x7f) << (7 * index);
        if so_far > self.limit as u64 {
            return State::Refused(StreamError::TooLong);
        }
        match byte & 0x80 {
            0 => State::Message { missing: so_far as usize },
            _ => State::Length { so_far, index: index + 1 },
        }
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// `Torn` inside a message or a length; the error of `feed` where there was one.
    pub fn end(&self) -> Result<(), StreamError> {
        match self.state {
            BETWEEN_MESSAGES => Ok(()),
            State::Refused(error) => Err(error),
            _ => Err(StreamError::Torn),
        }
    }
}
