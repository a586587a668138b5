//! Runs of plain `SET` and `DEL`, sorted, the last of each key kept.

/// The outcome of a run, in the order of its keys, each once: a key and the value it ends with, or `None` when it ends deleted.
#[derive(Debug)]
pub struct SortedRun<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for SortedRun<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let _ = self.bytes;
        todo!()
    }

    /// The upper bound is the number of records in the run.
    fn size_hint(&self) -> (usize, Option<usize>) {
        todo!()
    }
}
