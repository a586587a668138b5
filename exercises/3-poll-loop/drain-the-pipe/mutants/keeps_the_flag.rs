impl<R: Read> WakeReader<R> {
    /// Empties the pipe and says whether the loop was asked to stop.
    pub fn drain(&mut self) -> bool {
        // The flag after the bytes: the read may take a newer wake's byte, and would leave its flag. A
        // wake between the two leaves no byte, and needs none: the round that begins now sees what it tells of.
        let stop = self.read_all();
        stop
    }
}
