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
