impl FrameParser {
    /// Goes on checking the arguments whose lengths have arrived, tells `found` the place of each, and returns how far it
    /// has come. `input` begins at the request's first byte and holds all that has arrived since, which may be more than
    /// this request.
    ///
    /// # Errors
    /// A length that `check_argument` refuses.
    pub fn check(
        mut self,
        header: Header,
        input: &[u8],
        mut found: impl FnMut(Span),
    ) -> Result<Self, ProtocolError> {
        while self.arguments < header.arguments {
            let Some(len) = read_u32(input, self.offset) else {
                break;
            };
            let start = self.offset + LENGTH_BYTES;
            if input.len() < start + len {
                break;
            }
            let left = header.arguments - self.arguments - 1;
            // S3: each argument still to come needs four bytes for its length.
            let room = header.end - start - left * LENGTH_BYTES;
            check_argument(len, room, left == 0)?;
            // Both numbers are below the size of a frame, far below 4 GiB.
            found(Span { start: start as u32, len: len as u32 });
            self.offset = start + len;
            self.arguments += 1;
        }
        Ok(self)
    }
}
