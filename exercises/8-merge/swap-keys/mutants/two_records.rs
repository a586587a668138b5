use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_deques::{End, Value, lists};
use heapwood_sockets::{FrameReplies, Replies};
use heapwood_treap::{Slot, StringValue, strings};
use heapwood_ttl::{Keyspace, expiry};

/// What a command does. An `Err` is the text of its error reply; it has changed and answered nothing then.
type Run = fn(&mut Store, &[&[u8]], &mut dyn Replies) -> Result<(), String>;

/// A row of the table.
pub struct Command {
    /// In capitals.
    pub name: &'static str,
    /// How many arguments it takes, the name counted in; negative: that many at least.
    pub arity: i32,
    /// What it does, once the number of its arguments is right.
    pub run: Run,
}

/// Every command.
pub static TABLE: [Command; 9] = [
    Command { name: "SET", arity: 3, run: set },
    Command { name: "GET", arity: 2, run: get },
    Command { name: "DEL", arity: -2, run: del },
    Command { name: "RPUSH", arity: -3, run: rpush },
    Command { name: "LLEN", arity: 2, run: llen },
    Command { name: "PEXPIREAT", arity: 3, run: pexpireat },
    Command { name: "PERSIST", arity: 2, run: persist },
    Command { name: "PEXPIRETIME", arity: 2, run: pexpiretime },
    Command { name: "SWAP", arity: 3, run: swap },
];

/// The error reply to a name that is not in the table.
fn unknown(name: &[u8]) -> String {
    format!("ERR unknown command '{}'", name.escape_ascii())
}

/// The error reply to a command with too few or too many arguments.
fn wrong_number(command: &Command) -> String {
    format!("ERR wrong number of arguments for '{}' command", command.name.to_ascii_lowercase())
}

/// Keys, and the log of what became of them.
pub struct Store {
    /// Strings and lists, with their deadlines.
    pub keys: Keyspace<Value>,
    /// The records so far, as RESP.
    pub log: Vec<u8>,
    /// The time of the round, in Unix milliseconds.
    pub now_ms: u64,
}

impl Store {
    /// No keys, and an empty log.
    pub fn new(now_ms: u64) -> Self {
        Self { keys: Keyspace::with_seed(8), log: Vec::new(), now_ms }
    }

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
        let done = look_up(args).and_then(|command| (command.run)(self, args, replies));
        if let Err(error) = done {
            replies.error(&error);
        }
    }

    /// The store that a log tells of, at the time `now_ms`, with an empty log of its own. A last record that is cut short is
    /// the tail of a crash, and left out. Nothing expires meanwhile (E4); afterwards keys do.
    ///
    /// # Errors
    /// The log holds something that is no record, or a record that cannot be carried out.
    pub fn replay(log: &[u8], now_ms: u64) -> Result<Self, String> {
        let mut store = Self::new(now_ms);
        store.keys.set_replaying(true);
        let mut commands = Commands::new(log, 0);
        while let Some(args) = commands.next().map_err(|problem| format!("{problem:?}"))? {
            let nobody = &mut Vec::new();
            (look_up(args)?.run)(&mut store, args, &mut FrameReplies::new(nobody))?;
        }
        store.keys.set_replaying(false);
        store.log.clear();
        Ok(store)
    }
}

/// The row of a request's command, if the number of arguments is right.
fn look_up(args: &[&[u8]]) -> Result<&'static Command, String> {
    let row = TABLE.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(args[0]));
    let command = row.ok_or_else(|| unknown(args[0]))?;
    let wanted = command.arity.unsigned_abs() as usize;
    let is_right = if command.arity < 0 { args.len() >= wanted } else { args.len() == wanted };
    is_right.then_some(command).ok_or_else(|| wrong_number(command))
}

/// `SWAP a b`: exchanges what two keys hold, and answers how many of them held something.
fn swap(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let (a, b) = (args[1], args[2]);
    let present = [a, b].iter().filter(|key| store.find(key).is_some()).count();
    if a == b || present == 0 {
        replies.integer(0);
        return Ok(());
    }
    let (from_a, from_b) = (store.keys.remove(a), store.keys.remove(b));
    for (record, key) in [(from_a, b), (from_b, a)] {
        if let Some(record) = record {
            store.keys.put(record.renamed(key)).expect("as many were taken out as are put in");
        }
    }
    // One record, so that no crash can leave half of it. It means the same at every replay: the DELs of what expired
    // stand before it, so that it finds what it found here.
    let string = |key: &[u8]| {
        let record = store.keys.tree().record(store.keys.tree().find(key)?);
        Some((record.as_string()?.to_vec(), record.stamp()))
    };
    let Some((of_a, of_b)) = string(a).zip(string(b)) else {
        store.record(&[b"SWAP", a, b]);
        replies.integer(present as i64);
        return Ok(());
    };
    for (key, (value, deadline_ms)) in [a, b].into_iter().zip([of_a, of_b]) {
        store.record(&[b"SET", key, &value]);
        if let Some(deadline_ms) = deadline_ms {
            store.record(&[b"PEXPIREAT", key, deadline_ms.to_string().as_bytes()]);
        }
    }
    replies.integer(present as i64);
    Ok(())
}

/// `SET key value`
fn set(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    let slot = strings::set(store.keys.tree_mut(), found, args[1], args[2]).map_err(text)?;
    store.keys.set_deadline(slot, None);
    store.record(&[b"SET", args[1], args[2]]);
    replies.status("OK");
    Ok(())
}

/// `GET key`
fn get(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    match strings::get(store.keys.tree(), found).map_err(text)? {
        Some(value) => replies.bytes(value),
        None => replies.nil(),
    }
    Ok(())
}

/// `DEL key …`
fn del(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let mut removed = 0;
    for key in &args[1..] {
        if store.find(key).is_some() {
            store.keys.remove(key);
            store.record(&[b"DEL", key]);
            removed += 1;
        }
    }
    replies.integer(removed);
    Ok(())
}

/// `RPUSH key element …`
fn rpush(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    let elements = args[2..].iter().copied();
    let length = lists::push(&mut store.keys, found, args[1], End::Back, elements).map_err(text)?;
    store.record(args);
    replies.integer(length as i64);
    Ok(())
}

/// `LLEN key`
fn llen(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    replies.integer(lists::deque(&store.keys, found).map_err(text)?.len() as i64);
    Ok(())
}

/// `PEXPIREAT key milliseconds`: the moment lies in the future here.
fn pexpireat(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let deadline_ms = strings::parse_integer(args[2]).and_then(|ms| u64::try_from(ms).ok());
    let deadline_ms = deadline_ms.ok_or("ERR value is not an integer or out of range")?;
    let found = store.find(args[1]);
    if let Some(slot) = found {
        store.keys.set_deadline(slot, Some(deadline_ms));
        store.record(args);
    }
    replies.integer(found.is_some().into());
    Ok(())
}

/// `PERSIST key`
fn persist(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    let changed = expiry::persist(&mut store.keys, found);
    if changed {
        store.record(args);
    }
    replies.integer(changed.into());
    Ok(())
}

/// `PEXPIRETIME key`
fn pexpiretime(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let found = store.find(args[1]);
    replies.integer(expiry::pexpiretime(&store.keys, found));
    Ok(())
}

/// An error as its reply.
fn text(error: impl ToString) -> String {
    error.to_string()
}
