//! Loading a run of the log's plain SETs and DELs in bulk.

use std::fmt;

use heapwood_treap::{BulkError, MAX_KEY_BYTES, MAX_STRING_BYTES, StringError, StringValue, Treap};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::expires::Expires;
use crate::keyspace::Keyspace;

/// Why a run was not loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// A key or value that no record can hold, or too many of them.
    Refused(StringError),
    /// The keys do not ascend.
    Unsorted {
        /// The first that does not, among the keys with a value, counted from 0.
        position: usize,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Unsorted { position } => BulkError::NotAscending { position: *position }.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<BulkError> for LoadError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::Full(full) => Self::Refused(StringError::Full(full)),
            BulkError::NotAscending { position } => Self::Unsorted { position },
        }
    }
}

impl<R: StringValue + Expires> Keyspace<R> {
    /// Applies a run of plain SETs (`Some`) and DELs (`None`), in the order of their keys, each key once. Into an empty
    /// keyspace that is a bulk build in O(n); otherwise it takes O(log n) a key. As with SET, a key loses its deadline.
    ///
    /// # Errors
    /// [`LoadError`]; a part of the run may have been applied.
    pub fn load_run<'a>(
        &mut self,
        run: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    ) -> Result<(), LoadError> {
        if self.is_empty() {
            return self.build(run.into_iter().filter_map(|(key, value)| Some((key, value?))));
        }
        for (key, value) in run {
            match value {
                Some(value) => drop(self.put(new_record(key, value)?).map_err(BulkError::Full)?),
                None => drop(self.remove(key)),
            }
        }
        Ok(())
    }

    /// Fills an empty keyspace, up to the first record that is refused.
    fn build<'a>(&mut self, run: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Result<(), LoadError> {
        let mut refused = None;
        let records = run.map_while(|(key, value)| {
            let record = new_record(key, value);
            record.map_err(|error| refused = Some(error)).ok()
        });
        self.keys = Treap::from_sorted(records, SmallRng::from_os_rng().random())?;
        refused.map_or(Ok(()), Err)
    }
}

fn new_record<R: StringValue>(key: &[u8], value: &[u8]) -> Result<R, LoadError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(LoadError::Refused(StringError::KeyTooLong));
    }
    if value.len() > MAX_STRING_BYTES {
        return Err(LoadError::Refused(StringError::TooLong));
    }
    Ok(R::new_string(key, value))
}
