//! From the log back to the store: the same commands, with nobody to answer and nothing to log.

use heapwood_aof::{Replay, Snapshot, SortedRun};
use heapwood_deques::ValueSnapshot;
use heapwood_sockets::Replies;

use super::arguments::Arguments;
use super::commands;
use super::hints::Hints;
use super::store::{Call, Moment, NoJournal, Store};
use super::table::{self, Command, Flags, Id};

/// A store that a log is being loaded into. Nothing expires meanwhile.
pub struct Loading<'a> {
    store: &'a mut Store,
    max_bulk_bytes: usize,
}

impl<'a> Loading<'a> {
    /// Begins to load into `store`.
    pub fn new(store: &'a mut Store) -> Self {
        store.keys.set_replaying(true);
        // What was acknowledged under another limit is kept.
        let max_bulk_bytes = std::mem::replace(&mut store.max_bulk_bytes, usize::MAX);
        Self { store, max_bulk_bytes }
    }

    /// What a record says, or why it cannot be carried out.
    fn command_of(name: &[u8]) -> Result<&'static Command, String> {
        // Redis writes both for the same thing; there is one database here.
        let name = if name.eq_ignore_ascii_case(b"FLUSHDB") { b"FLUSHALL" } else { name };
        table::find(name)
            .filter(|command| command.flags.has(Flags::WRITES))
            .ok_or_else(|| format!("'{}' is no command that changes keys here", name.escape_ascii()))
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.store.keys.set_replaying(false);
        self.store.max_bulk_bytes = self.max_bulk_bytes;
        self.store.counts = Default::default();
    }
}

impl Replay for Loading<'_> {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        let Some(&name) = args.first() else {
            return Err(String::from("a record without a command"));
        };
        if name.eq_ignore_ascii_case(b"SELECT") {
            return match args {
                [_, b"0"] => Ok(()),
                _ => Err(String::from("only database 0 exists here")),
            };
        }
        let command = Self::command_of(name)?;
        if !command.accepts(args.len()) || matches!(command.id, Id::Blpop | Id::Brpop) {
            return Err(format!("{} with {} arguments", command.name, args.len() - 1));
        }
        let mut nobody = Nobody::default();
        let mut call = Call {
            command,
            arguments: Arguments::Slices(args),
            hints: Hints::NONE,
            now: Moment::default(),
            store: self.store,
            journal: &mut NoJournal,
            replies: &mut nobody,
            wrote: false,
            wait: None,
        };
        let reply = commands::run(&mut call);
        // A FLUSHALL may have put new keys in place of the old ones.
        self.store.keys.set_replaying(true);
        match reply {
            Some(Err(refusal)) => Err(refusal.as_str().to_owned()),
            Some(Ok(())) | None => nobody.error.map_or(Ok(()), Err),
        }
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.store.keys.load_run(run).map_err(|error| error.to_string())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(ValueSnapshot::new(&self.store.keys))
    }
}

/// Replies that nobody reads; an error is kept, because a record that cannot be carried out must
/// not pass unnoticed.
#[derive(Default)]
struct Nobody {
    error: Option<String>,
}

impl Replies for Nobody {
    fn nil(&mut self) {}
    fn nil_array(&mut self) {}
    fn boolean(&mut self, _value: bool) {}
    fn integer(&mut self, _value: i64) {}
    fn double(&mut self, _value: f64) {}
    fn bytes(&mut self, _value: &[u8]) {}
    fn verbatim(&mut self, _format: [u8; 3], _text: &str) {}
    fn status(&mut self, _text: &str) {}
    fn error(&mut self, text: &str) {
        self.error = Some(text.to_owned());
    }
    fn array(&mut self, _len: usize) {}
    fn map(&mut self, _pairs: usize) {}
    fn push(&mut self, _len: usize) {}
    fn fits(&self, _bytes: usize, _values: usize) -> bool {
        true
    }
}
