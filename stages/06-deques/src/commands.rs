//! The commands of stage 6's server: stage 5's match, and the way to the lists'.

use heapwood_deques::{Graveyard, Value};
use heapwood_sockets::Replies;
use heapwood_treap::{Slot, strings};
use heapwood_ttl::{Change, Conditions, Keyspace, TimeForm, expiry};
use std::ops::Bound;

/// What is refused while the log cannot be written.
const WRITES: &str = "SET DEL EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST FLUSHALL LPUSH RPUSH LPOP RPOP \
                      BLPOP BRPOP";

/// Whether the command called `name` is refused while the log cannot be written.
pub(crate) fn writes(name: &[u8]) -> bool {
    let mut writes = WRITES.split(' ');
    writes.any(|write| write.as_bytes().eq_ignore_ascii_case(name))
}

/// The keys, and what the present command adds to the log.
pub(crate) struct Store<'a> {
    pub(crate) keys: &'a mut Keyspace<Value>,
    pub(crate) graves: &'a mut Graveyard,
    pub(crate) now_ms: u64,
    pub(crate) record: &'a mut dyn FnMut(&[&[u8]]),
}

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

/// The reply to what is no command, or has other arguments.
pub(crate) fn unknown(name: &[u8]) -> String {
    let name = name[..name.len().min(QUOTED_BYTES)].escape_ascii();
    format!("ERR unknown command '{name}', or wrong number of arguments; see --help")
}

impl Store<'_> {
    /// Executes one command. An `Err` is its reply: the command changed nothing, but a key that it met may have expired.
    pub(crate) fn execute(&mut self, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
        let name = args[0].to_ascii_uppercase();
        match (&name[..], &args[1..]) {
            (b"PING", []) => replies.status("PONG"),
            (b"SET", [key, value, options @ ..]) => {
                self.set(key, value, options)?;
                replies.status("OK");
            }
            (b"GET", [key]) => {
                let found = self.find(key);
                match strings::get(self.keys.tree(), found).map_err(text)? {
                    Some(value) => replies.bytes(value),
                    None => replies.nil(),
                }
            }
            (b"DEL", keys @ [_, ..]) => {
                let removed = keys.iter().filter(|key| self.remove(key)).count();
                replies.integer(removed as i64);
            }
            (b"EXISTS", keys @ [_, ..]) => {
                let present = keys.iter().filter(|key| self.find(key).is_some()).count();
                replies.integer(present as i64);
            }
            (b"RANGE", [start, end]) => {
                let range = self.keys.range(bound(start), bound(end), self.now_ms);
                let found: Vec<Slot> = range.collect();
                replies.array(found.len());
                for slot in found {
                    replies.bytes(self.keys.tree().record(slot).key());
                }
            }
            (b"RANK", [key]) => match self.find(key).and_then(|_| self.keys.tree().rank(key)) {
                Some(rank) => replies.integer(rank as i64),
                None => replies.nil(),
            },
            (b"AT", [index]) => {
                let index = strings::parse_integer(index).and_then(|index| u64::try_from(index).ok());
                let index = index.ok_or("ERR value is not an integer or out of range")?;
                let found = self.keys.at(index, self.now_ms);
                self.log_expired();
                match found {
                    Some(slot) => replies.bytes(self.keys.tree().record(slot).key()),
                    None => replies.nil(),
                }
            }
            (b"EXPIRE" | b"PEXPIRE" | b"EXPIREAT" | b"PEXPIREAT", [key, time, options @ ..]) => {
                replies.integer(self.expire(args[0], key, time, options)?);
            }
            (b"PERSIST", [key]) => {
                let found = self.find(key);
                let changed = expiry::persist(self.keys, found);
                if changed {
                    (self.record)(args);
                }
                replies.integer(changed.into());
            }
            (b"TTL" | b"PTTL" | b"EXPIRETIME" | b"PEXPIRETIME", [key]) => {
                let found = self.find(key);
                replies.integer(match &name[..] {
                    b"TTL" => expiry::ttl(self.keys, found, self.now_ms),
                    b"PTTL" => expiry::pttl(self.keys, found, self.now_ms),
                    b"EXPIRETIME" => expiry::expiretime(self.keys, found),
                    _ => expiry::pexpiretime(self.keys, found),
                });
            }
            (b"FLUSHALL", []) => {
                self.graves.bury_keyspace(self.keys.clear());
                (self.record)(args);
                replies.status("OK");
            }
            _ => return self.execute_list(args, replies),
        }
        Ok(())
    }

    /// Finds a key; one that has expired is gone, and the log gets to know.
    pub(crate) fn find(&mut self, key: &[u8]) -> Option<Slot> {
        let found = self.keys.find(key, None, self.now_ms);
        self.log_expired();
        found
    }

    /// Every key that has expired since the last time: its DEL comes before what this command logs.
    fn log_expired(&mut self) {
        self.keys.drain_expired(|gone| {
            (self.record)(&[b"DEL", gone.key()]);
            self.graves.bury(gone);
        });
    }

    /// SET, logged with the moment at which the key expires.
    fn set(&mut self, key: &[u8], value: &[u8], options: &[&[u8]]) -> Result<(), String> {
        let found = self.find(key);
        let deadline_ms = match options {
            [] => None,
            [keep] if keep.eq_ignore_ascii_case(b"KEEPTTL") => {
                found.and_then(|slot| self.keys.tree().record(slot).stamp())
            }
            [option, time] => {
                let form = TimeForm::of_option(option).ok_or("ERR syntax error")?;
                Some(form.deadline_ms(time, self.now_ms, "set").map_err(text)?)
            }
            _ => return Err("ERR syntax error".into()),
        };
        if let Some(slot) = found {
            self.graves.bury_deque_of(self.keys, slot);
        }
        let slot = strings::set(self.keys.tree_mut(), found, key, value).map_err(text)?;
        self.keys.set_deadline(slot, deadline_ms);
        match deadline_ms {
            None => (self.record)(&[b"SET", key, value]),
            Some(ms) => (self.record)(&[b"SET", key, value, b"PXAT", ms.to_string().as_bytes()]),
        }
        Ok(())
    }

    /// Whether there was such a key.
    fn remove(&mut self, key: &[u8]) -> bool {
        self.find(key);
        let removed = self.keys.remove(key);
        if removed.is_some() {
            (self.record)(&[b"DEL", key]);
        }
        removed.map(|gone| self.graves.bury(gone)).is_some()
    }

    /// EXPIRE and its like, logged as what came of it.
    fn expire(&mut self, name: &[u8], key: &[u8], time: &[u8], options: &[&[u8]]) -> Result<i64, String> {
        let conditions = Conditions::parse(options.iter().copied()).map_err(text)?;
        let (form, name) = TimeForm::of_command(name).ok_or("ERR unknown command")?;
        let wanted_ms = form.unix_ms(time, self.now_ms, name).map_err(text)?;
        let found = self.find(key);
        match expiry::expire(self.keys, found, wanted_ms, conditions, self.now_ms) {
            Change::None => return Ok(0),
            Change::Removed(gone) => {
                (self.record)(&[b"DEL", key]);
                self.graves.bury(gone);
            }
            Change::Deadline { unix_ms } => {
                (self.record)(&[b"PEXPIREAT", key, unix_ms.to_string().as_bytes()]);
            }
        }
        Ok(1)
    }
}

/// An end of RANGE; empty is open.
fn bound(key: &[u8]) -> Bound<&[u8]> {
    if key.is_empty() { Bound::Unbounded } else { Bound::Included(key) }
}

/// An error as its reply.
pub(crate) fn text(error: impl ToString) -> String {
    error.to_string()
}
