//! Loading a run of the log's plain SETs and DELs.

use heapwood_aof::{SortedRun, load_strings};
use heapwood_treap::StringValue;

use crate::expires::Expires;
use crate::keyspace::Keyspace;

impl<R: StringValue + Expires> Keyspace<R> {
    /// Applies a run. While no key has a deadline, that is stage 4's matter: into an empty keyspace a bulk build in
    /// O(n). Otherwise each SET takes its key's deadline away, O(log n) a key.
    ///
    /// # Errors
    /// There is no room for another key; a part of the run may have been applied.
    pub fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        if self.deadline_count() == 0 {
            return load_strings(&mut self.keys, run);
        }
        for (key, value) in run {
            match value {
                None => drop(self.remove(key)),
                Some(value) => {
                    let put = self.put(R::new_string(key, value));
                    put.map_err(|full| full.to_string())?;
                }
            }
        }
        Ok(())
    }
}
