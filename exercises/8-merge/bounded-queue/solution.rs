//! Project: a queue with a limit. One and a half to two hours.
//!
//! A producer that is faster than its consumers fills the memory of the server with RPUSH, and nobody tells it. You
//! write three commands that Redis lacks, over the lists of stage 6, with typed replies, and with records that any
//! server of stage 6 can load:
//!
//! - `QPUSH key limit value …` adds the values at the back, all of them or none. The reply is the length, or the
//!   error `FULL 2 of 3 places are taken; 4 more do not fit`: the length, the limit, the number of values.
//! - `QPOP key` takes the oldest value and answers it, or nil; `QPOP key count` answers an array of up to `count` of
//!   them. (`lists::pop` of stage 6 answers both, refuses what does not fit into a reply, and says how many it took.)
//! - `QKEEP key limit value …` makes its own room: it adds the values at the back, and drops from the front what is
//!   more than the limit, the oldest first; with more values than places that begins with the old ones and goes on
//!   with the new. The reply is an array of two: the length, and an array of what was dropped, so that the caller can
//!   put it somewhere else.
//!
//! Milestone 1 (`m1_…`, 40 minutes): QPUSH and QPOP. Names in any letter case. A limit is a decimal number from 1 on;
//! else the reply is `BAD_LIMIT`, and for a bad count `lists::BAD_COUNT`. Too few or too many arguments, and other
//! names: `unknown`. A string at the key: the WRONGTYPE of stage 6, from `lists::deque`. There is one reply, whatever
//! happens.
//!
//! Milestone 2 (`m2_…`, 40 minutes): QKEEP. Before it changes anything it asks `Replies::fits` whether the whole
//! reply will fit: 3 values and those that are dropped, with all their bytes, eight of them for the length. If not,
//! the reply is `lists::TOO_BIG`, and nothing has changed. A queue keeps its deadline, also when all that was in it
//! is dropped. From the moment of its deadline on it is missing, for all three commands (E2).
//!
//! Milestone 3 (`m3_…`, 40 minutes): the log. What is recorded is the *effect*, in the commands that `Store::replay`
//! knows: replay gives the same keys, values and deadlines. What changed nothing is not recorded. A key that had
//! expired has its DEL in the log before what was done afterwards (E3). The records of one command are in one round,
//! which a crash leaves whole or not at all (L1), so it may be two records; their order matters all the same.
//!
//! The cases talk to `execute` and look at the replies, the keys and the log: write as many functions of your own as
//! you like. `cargo learn bounded-queue`

use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_deques::{End, Value, lists};
use heapwood_sockets::Replies;
use heapwood_treap::{Slot, strings};
use heapwood_ttl::Keyspace;

/// The error reply to a limit that is none.
const BAD_LIMIT: &str = "ERR the limit is not a number from 1 on";

/// The error reply to what is no command here, or has other arguments.
fn unknown(name: &[u8]) -> String {
    format!("ERR unknown command '{}', or wrong number of arguments", name.escape_ascii())
}

/// The error reply of a QPUSH whose values do not fit.
fn full(length: usize, limit: usize, more: usize) -> String {
    format!("FULL {length} of {limit} places are taken; {more} more do not fit")
}

/// Keys, and the log of what became of them.
pub struct Store {
    /// Strings and lists, with their deadlines.
    pub keys: Keyspace<Value>,
    /// The records since the store was made, as RESP.
    pub log: Vec<u8>,
    /// The time of the round, in Unix milliseconds.
    pub now_ms: u64,
}

impl Store {
    /// Adds a record to the log.
    fn record(&mut self, args: &[&[u8]]) {
        encode_command(args, &mut self.log);
    }

    /// Finds a key. One whose deadline has come is taken out, its DEL is recorded, and it is not found (E2, E3).
    fn find(&mut self, key: &[u8]) -> Option<Slot> {
        let found = self.keys.find(key, None, self.now_ms);
        let log = &mut self.log;
        self.keys.drain_expired(|gone| encode_command(&[b"DEL", gone.key()], log));
        found
    }

    /// Executes one request of a client: its name and arguments, one at least. It is answered by one reply.
    pub fn execute(&mut self, args: &[&[u8]], replies: &mut dyn Replies) {
        if let Err(error) = self.run(args, replies) {
            replies.error(&error);
        }
    }

    /// An `Err` is the text of the error reply; nothing has changed and nothing was answered then.
    fn run(&mut self, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
        let name = args[0].to_ascii_uppercase();
        match (&name[..], &args[1..]) {
            (b"QPUSH", [key, limit, values @ ..]) if !values.is_empty() => {
                self.push(key, number(limit)?, values, replies)
            }
            (b"QKEEP", [key, limit, values @ ..]) if !values.is_empty() => {
                self.keep(key, number(limit)?, values, replies)
            }
            (b"QPOP", [key]) => {
                self.pop(key, None, replies);
                Ok(())
            }
            (b"QPOP", [key, count]) => {
                let count = strings::parse_integer(count).and_then(|count| u64::try_from(count).ok());
                self.pop(key, Some(count.ok_or(lists::BAD_COUNT)?), replies);
                Ok(())
            }
            _ => Err(unknown(args[0])),
        }
    }

    /// QPUSH.
    fn push(
        &mut self,
        key: &[u8],
        limit: usize,
        values: &[&[u8]],
        replies: &mut dyn Replies,
    ) -> Result<(), String> {
        let found = self.find(key);
        let length = lists::deque(&self.keys, found).map_err(text)?.len();
        if values.len() > limit.saturating_sub(length) {
            return Err(full(length, limit, values.len()));
        }
        let length = self.append(found, key, values)?;
        replies.integer(length as i64);
        Ok(())
    }

    /// QKEEP.
    fn keep(
        &mut self,
        key: &[u8],
        limit: usize,
        values: &[&[u8]],
        replies: &mut dyn Replies,
    ) -> Result<(), String> {
        let found = self.find(key);
        let queue = lists::deque(&self.keys, found).map_err(text)?;
        let surplus = (queue.len() + values.len()).saturating_sub(limit);
        let dropped = queue.iter().chain(values.iter().copied()).take(surplus);
        let dropped_bytes: usize = dropped.map(<[u8]>::len).sum();
        if !replies.fits(size_of::<i64>() + dropped_bytes, 3 + surplus) {
            return Err(lists::TOO_BIG.into());
        }
        // In this order: the queue is never empty in between, and keeps its deadline, here and at a replay.
        let length = self.append(found, key, values)?;
        replies.array(2);
        replies.integer((length - surplus) as i64);
        if surplus == 0 {
            replies.array(0);
        } else {
            self.pop(key, Some(surplus as u64), replies);
        }
        Ok(())
    }

    /// Adds values at the back, and records it.
    fn append(&mut self, found: Option<Slot>, key: &[u8], values: &[&[u8]]) -> Result<usize, String> {
        let each = values.iter().copied();
        let length = lists::push(&mut self.keys, found, key, End::Back, each).map_err(text)?;
        self.record(&[&[b"RPUSH", key], values].concat());
        Ok(length)
    }

    /// Takes values from the front, answers, and records how many they were. Without a count it answers a single value.
    fn pop(&mut self, key: &[u8], count: Option<u64>, replies: &mut dyn Replies) {
        let found = self.find(key);
        let taken = lists::pop(&mut self.keys, found, End::Front, count, replies);
        if taken > 0 {
            self.record(&[b"LPOP", key, taken.to_string().as_bytes()]);
        }
    }

    /// The store that a log tells of, at the time `now_ms`, with an empty log of its own.
    ///
    /// # Errors
    /// A record is none of SET, DEL, RPUSH, LPOP and PEXPIREAT, or cannot be carried out.
    pub fn replay(log: &[u8], now_ms: u64) -> Result<Self, String> {
        let mut store = Self { keys: Keyspace::with_seed(8), log: Vec::new(), now_ms };
        store.keys.set_replaying(true);
        let mut commands = Commands::new(log, 0);
        while let Some(args) = commands.next().map_err(|problem| format!("{problem:?}"))? {
            store.apply(args)?;
        }
        store.keys.set_replaying(false);
        Ok(store)
    }

    /// Carries out one record of a log.
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        let keys = &mut self.keys;
        let (name, found) = (args[0], args.get(1).and_then(|key| keys.tree().find(key)));
        match (name, &args[1..]) {
            (b"SET", [key, value]) => {
                let slot = strings::set(keys.tree_mut(), found, key, value).map_err(text)?;
                keys.set_deadline(slot, None);
            }
            (b"DEL", [key]) => drop(keys.remove(key)),
            (b"RPUSH", [key, values @ ..]) => {
                lists::push(keys, found, key, End::Back, values.iter().copied()).map_err(text)?;
            }
            (b"LPOP", [_, count @ ..]) => {
                let count = count.first().map_or(Some(1), |count| strings::parse_integer(count));
                let list = lists::deque(keys, found).map_err(text)?;
                let count = count.and_then(|count| usize::try_from(count).ok());
                let count = count.filter(|count| *count <= list.len());
                let (count, slot) = count.zip(found).ok_or("an LPOP of more than there is")?;
                let take = |list: &mut heapwood_deques::Deque| {
                    for _ in 0..count {
                        list.discard(End::Front);
                    }
                };
                keys.tree_mut().update(slot, |record| record.boxed_mut().map(take));
                lists::remove_if_empty(keys, slot);
            }
            (b"PEXPIREAT", [_, ms]) => {
                let ms = strings::parse_integer(ms).and_then(|ms| u64::try_from(ms).ok());
                if let Some((slot, ms)) = found.zip(ms) {
                    keys.set_deadline(slot, Some(ms));
                }
            }
            _ => return Err(format!("the log has a record of {} that no server knows", name.escape_ascii())),
        }
        Ok(())
    }
}

/// A limit.
fn number(text: &[u8]) -> Result<usize, String> {
    let number = strings::parse_integer(text).and_then(|number| usize::try_from(number).ok());
    number.filter(|number| *number > 0).ok_or_else(|| BAD_LIMIT.into())
}

/// An error as its reply.
fn text(error: impl ToString) -> String {
    error.to_string()
}
