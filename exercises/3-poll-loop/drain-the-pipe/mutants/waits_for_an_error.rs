impl<R: Read> WakeReader<R> {
    /// Reads what is in the pipe, and says whether `STOP` was among it.
    fn read_all(&mut self) -> bool {
        let mut bytes = [0; 64];
        let mut stop = false;
        while let Ok(count) = self.reader.read(&mut bytes) {
            stop |= bytes[..count].contains(&STOP);
        }
        stop
    }
}
