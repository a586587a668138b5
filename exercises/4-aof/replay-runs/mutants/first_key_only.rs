use heapwood_aof::Problem;
use heapwood_aof::commands::Commands;

pub use run::{MAX_RUN_ENTRIES, Run, SortedRun};

/// The longest key that a tree can hold. The stage's is 128 MiB; here it is small, so that a case can go beyond it.
pub const MAX_KEY_BYTES: usize = 32;

/// The store that a log is loaded into.
pub trait Replay {
    /// Carries out one command of the log.
    ///
    /// # Errors
    /// The command is unknown or cannot be carried out.
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String>;

    /// Carries out a run of plain `SET` and `DEL`: keys in order, each once. A long log arrives as several runs.
    ///
    /// # Errors
    /// As [`Replay::apply`].
    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String>;
}

/// Carries out the commands of a piece. `SET key value` whose key is no longer than [`MAX_KEY_BYTES`], and `DEL` with one key or
/// more, their names in either case, are collected into runs: a value for a key, or that it is deleted. Everything else goes to
/// [`Replay::apply`], as it stands in the log. A run that is full is handed on at once.
///
/// # Errors
/// The piece holds something that can be no command, or that `replay` does not take.
pub fn load_piece(
    commands: &mut Commands<'_>,
    replay: &mut dyn Replay,
    records: &mut u64,
) -> Result<(), Problem> {
    let mut run = Run::default();
    while let Some(args) = commands.next()? {
        *records += 1;
        match args {
            [name, key, value] if is(name, b"SET") && key.len() <= MAX_KEY_BYTES => {
                run.push(key, Some(value));
            }
            [name, key, ..] if is(name, b"DEL") => {
                run.push(key, None);
            }
            _ => {
                let done = run.load_into(replay).and_then(|()| replay.apply(args));
                done.map_err(|why| commands.refuse(why))?;
            }
        }
        if run.is_full() {
            run.load_into(replay).map_err(|why| commands.refuse(why))?;
        }
    }
    run.load_into(replay).map_err(|why| commands.refuse(why))
}

/// Whether a command has this name, in either case.
fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

mod run {
    use super::Replay;

    type Entry<'a> = (&'a [u8], Option<&'a [u8]>);

    /// A longer run is loaded in parts, which bounds the memory for it.
    pub const MAX_RUN_ENTRIES: usize = 50_000;

    /// Collects a run.
    #[derive(Debug, Default)]
    pub struct Run<'a> {
        entries: Vec<Entry<'a>>,
    }

    impl<'a> Run<'a> {
        /// Whether it is to be handed on now.
        pub fn is_full(&self) -> bool {
            self.entries.len() >= MAX_RUN_ENTRIES
        }

        /// Adds a record: a key and its value, or `None` when it is deleted.
        pub fn push(&mut self, key: &'a [u8], value: Option<&'a [u8]>) {
            self.entries.push((key, value));
        }

        /// Hands the run on, in the order of its keys, and begins a new one. An empty one is not handed on.
        ///
        /// # Errors
        /// As [`Replay::load_run`].
        pub fn load_into(&mut self, replay: &mut dyn Replay) -> Result<(), String> {
            if self.entries.is_empty() {
                return Ok(());
            }
            self.entries.sort_by_key(|(key, _)| *key);
            self.entries.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    kept.1 = later.1;
                }
                same
            });
            let loaded = replay.load_run(SortedRun { entries: &self.entries });
            self.entries.clear();
            loaded
        }
    }

    /// The outcome of a run, in the order of its keys, each once: a key and the value it ends with, or `None` when it ends deleted.
    #[derive(Clone, Debug)]
    pub struct SortedRun<'a> {
        entries: &'a [Entry<'a>],
    }

    impl<'a> Iterator for SortedRun<'a> {
        type Item = Entry<'a>;

        fn next(&mut self) -> Option<Entry<'a>> {
            let (next, rest) = self.entries.split_first()?;
            self.entries = rest;
            Some(*next)
        }
    }
}
