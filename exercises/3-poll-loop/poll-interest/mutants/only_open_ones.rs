impl Connection {
    /// Waits for what it needs next. Most rounds change nothing, and ask the poller nothing.
    pub fn watch(&mut self, poller: &mut impl Poller, options: &LoopOptions) -> io::Result<()> {
        let readable = match self.phase {
            Phase::Open => !self.at_end && !self.is_full(options),
            Phase::Closing | Phase::Lingering | Phase::Ended => false,
        };
        let wanted = Interest { readable, writable: !self.output.sendable().is_empty() };
        if wanted == self.interest {
            return Ok(());
        }
        self.interest = wanted;
        poller.change(self.stream.as_raw_fd(), self.id.as_u64(), wanted)
    }
}
