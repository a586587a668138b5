impl Decoder {
    /// What `byte` makes of a length that it goes on.
    fn after_length_byte(&mut self, so_far: u64, index: u32, byte: u8) -> State {
        if index == MAX_LENGTH_BYTES || byte == 0 && index > 0 {
            return State::Refused(StreamError::BadLength);
        }
        // 35 bits at most.
        let so_far = so_far | u64::from(byte & 0x7f) << (7 * index);
        if so_far > self.limit as u64 {
            return State::Refused(StreamError::TooLong);
        }
        match byte & 0x80 {
            0 => {
                self.message.reserve(so_far as usize);
                State::Message { missing: so_far as usize }
            }
            _ => State::Length { so_far, index: index + 1 },
        }
    }
}
