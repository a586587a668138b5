//! Loading a run of the log's plain SETs and DELs in bulk.

use heapwood_treap::{BulkError, StringValue, Treap};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::expires::Expires;
use crate::keyspace::Keyspace;

impl<R: StringValue + Expires> Keyspace<R> {
    /// Applies a run of plain SETs (`Some`) and DELs (`None`), in the order of their keys, each key once. Into an empty
    /// keyspace that is a bulk build in O(n); otherwise it takes O(log n) a key. As with SET, a key loses its deadline.
    ///
    /// # Errors
    /// [`BulkError`] when the keys are not in order, or there are too many; what was applied before that stays.
    pub fn load_run<'a>(
        &mut self,
        run: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    ) -> Result<(), BulkError> {
        if self.is_empty() {
            let records = run
                .into_iter()
                .filter_map(|(key, value)| Some(R::new_string(key, value?)));
            self.keys = Treap::from_sorted(records, SmallRng::from_os_rng().random())?;
            return Ok(());
        }
        for (key, value) in run {
            match value {
                Some(value) => drop(
                    self.put(R::new_string(key, value))
                        .map_err(BulkError::Full)?,
                ),
                None => drop(self.remove(key)),
            }
        }
        Ok(())
    }
}
