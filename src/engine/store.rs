//! The keys, and one command's view of them.

use heapwood_deques::{End, Graveyard, Value, Waiters};
use heapwood_poll_loop::ClientId;
use heapwood_sockets::Replies;
use heapwood_treap::{Slot, Treap};
use heapwood_ttl::Keyspace;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::arguments::Arguments;
use super::hints::Hints;
use super::refusal::{Refusal, Reply};
use super::table::Command;

/// Where records of the log go.
pub trait Journal {
    /// Adds a record to the round.
    fn record(&mut self, arguments: &[&[u8]]);
}

/// Nothing is logged: during replay, and without a log.
pub struct NoJournal;

impl Journal for NoJournal {
    fn record(&mut self, _arguments: &[&[u8]]) {}
}

/// How lookups went.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookupCounts {
    /// Reads that found their key.
    pub hits: u64,
    /// Reads that did not.
    pub misses: u64,
    /// Keys removed because their time had come.
    pub expired: u64,
}

/// Everything the commands on keys work on.
pub struct Store {
    /// The keys and their deadlines.
    pub keys: Keyspace<Value>,
    /// What is being freed.
    pub graveyard: Graveyard,
    /// Who waits for an element of which list.
    pub waiters: Waiters<ClientId>,
    /// Where `RANDOMKEY` draws from.
    pub random: SmallRng,
    /// How lookups went.
    pub counts: LookupCounts,
    /// The longest string value.
    pub max_bulk_bytes: usize,
    seed: Option<u64>,
}

impl Store {
    /// No keys. Priorities come from `seed`, or from the operating system.
    pub fn new(seed: Option<u64>, max_bulk_bytes: usize) -> Self {
        Self {
            keys: seed.map_or_else(Keyspace::new, Keyspace::with_seed),
            graveyard: Graveyard::new(),
            waiters: Waiters::new(),
            random: seed.map_or_else(SmallRng::from_os_rng, SmallRng::seed_from_u64),
            counts: LookupCounts::default(),
            max_bulk_bytes,
            seed,
        }
    }

    /// The records in key order.
    #[inline]
    pub fn tree(&self) -> &Treap<Value> {
        self.keys.tree()
    }

    /// Logs the keys that have expired since the last call, and lets go of their values.
    #[inline]
    pub fn settle_expired(&mut self, journal: &mut dyn Journal) {
        if !self.keys.has_expired() {
            return;
        }
        let (graveyard, counts) = (&mut self.graveyard, &mut self.counts);
        self.keys.drain_expired(|record| {
            journal.record(&[b"DEL", record.key()]);
            counts.expired += 1;
            graveyard.bury(record);
        });
    }

    /// Empties the store. What was in it is freed a step a round.
    pub fn clear(&mut self) {
        let cleared = self.keys.clear();
        self.graveyard.bury_keyspace(cleared);
        if let Some(seed) = self.seed {
            // A seed that was asked for holds for the trees that come after, too.
            self.keys = Keyspace::with_seed(seed);
        }
    }

    /// A stored key by its position, chosen by chance.
    pub fn random_slot(&mut self) -> Option<Slot> {
        let count = self.keys.len() as u64;
        if count == 0 {
            return None;
        }
        let index = self.random.random_range(0..count);
        self.tree().at(index)
    }
}

/// What a blocking pop that found nothing waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The end it pops from.
    pub end: End,
    /// The monotonic moment at which it gives up.
    pub deadline_mono_ms: Option<u64>,
}

/// One moment, on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub unix_ms: u64,
    /// Milliseconds of the clock that time-outs are measured with.
    pub mono_ms: u64,
}

/// One command at work.
pub struct Call<'a> {
    /// The command's row of the table.
    pub command: &'static Command,
    /// Its arguments.
    pub arguments: Arguments<'a>,
    /// Where its keys were when the round began.
    pub hints: Hints<'a>,
    /// The time.
    pub now: Moment,
    /// What it works on.
    pub store: &'a mut Store,
    /// Where its changes are recorded.
    pub journal: &'a mut dyn Journal,
    /// Where its answer goes.
    pub replies: &'a mut dyn Replies,
    /// Whether it changed something.
    pub wrote: bool,
    /// Whether it has to wait.
    pub wait: Option<Wait>,
}

impl<'a> Call<'a> {
    /// Finds the key at an argument's position; one that has expired is removed.
    #[inline]
    pub fn find(&mut self, position: usize) -> Option<Slot> {
        let key = self.arguments.at(position);
        let hint = self.hints.of(self.command, position);
        self.store.keys.find(key, hint, self.now.unix_ms)
    }

    /// The same for a command that only reads, counted as a hit or a miss.
    #[inline]
    pub fn look_up(&mut self, position: usize) -> Option<Slot> {
        let found = self.find(position);
        if found.is_some() {
            self.store.counts.hits += 1;
        } else {
            self.store.counts.misses += 1;
        }
        found
    }

    /// The argument at `position` as a number.
    pub fn integer(&self, position: usize) -> Result<i64, Refusal> {
        heapwood_ttl::times::parse_integer(self.arguments.at(position)).ok_or(Refusal::NOT_AN_INTEGER)
    }

    /// The argument at `position` as a number of at least zero.
    pub fn natural(&self, position: usize) -> Result<u64, Refusal> {
        let number = self.integer(position).map_err(|_| Refusal::NOT_POSITIVE)?;
        u64::try_from(number).map_err(|_| Refusal::NOT_POSITIVE)
    }

    /// The argument at `position` as a value that is not too long to keep.
    pub fn value(&self, position: usize) -> Result<&'a [u8], Refusal> {
        let value = self.arguments.at(position);
        if value.len() > self.store.max_bulk_bytes {
            return Err(Refusal::TOO_LONG);
        }
        Ok(value)
    }

    /// Records a change. Keys that were found expired on the way went before it.
    #[inline]
    pub fn log(&mut self, record: &[&[u8]]) {
        self.store.settle_expired(self.journal);
        self.journal.record(record);
        self.wrote = true;
    }

    /// Records the command as it was given, under its name in capitals.
    pub fn log_as_given(&mut self) {
        let mut record: Vec<&[u8]> = Vec::with_capacity(self.arguments.count());
        record.push(self.command.name.as_bytes());
        record.extend(self.arguments.from(1));
        self.log(&record);
    }

    /// Refuses before anything changes when a value of this length cannot be replied.
    pub fn must_fit(&self, bytes: usize) -> Reply {
        if self.replies.fits(bytes, 1) { Ok(()) } else { Err(Refusal::TOO_BIG) }
    }
}
