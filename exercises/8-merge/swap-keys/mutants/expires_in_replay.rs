impl Store {
    /// The store that a log tells of, at the time `now_ms`, with an empty log of its own. A last record that is cut short is
    /// the tail of a crash, and left out. Nothing expires meanwhile (E4); afterwards keys do.
    ///
    /// # Errors
    /// The log holds something that is no record, or a record that cannot be carried out.
    pub fn replay(log: &[u8], now_ms: u64) -> Result<Self, String> {
        let mut store = Self::new(now_ms);
        let mut commands = Commands::new(log, 0);
        while let Some(args) = commands.next().map_err(|problem| format!("{problem:?}"))? {
            let nobody = &mut Vec::new();
            (look_up(args)?.run)(&mut store, args, &mut FrameReplies::new(nobody))?;
        }
        store.log.clear();
        Ok(store)
    }
}
