impl Decoder {
    /// Takes the next `piece` of the stream, and appends each message that is complete with it to `messages`.
    ///
    /// # Errors
    /// The stream is malformed or beyond the limit. The messages before that place have been appended.
    pub fn feed(&mut self, mut piece: &[u8], messages: &mut Vec<Vec<u8>>) -> Result<(), StreamError> {
        loop {
            match self.state {
                State::Refused(error) => return Err(error),
                State::Length { so_far, index } => {
                    let Some((&byte, rest)) = piece.split_first() else {
                        self.state = BETWEEN_MESSAGES;
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
}
