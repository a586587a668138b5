//! The one table of commands: what the engine dispatches on, what the client completes and hints
//! with, and what `COMMAND` tells.

/// One command: everything about it but its code.
#[derive(Debug)]
pub struct Command {
    /// Which command it is; also its place in [`TABLE`].
    pub id: Id,
    /// Its name in capitals.
    pub name: &'static str,
    /// Number of arguments, the name included; negative: at least so many.
    pub arity: i16,
    /// What it does besides answering.
    pub flags: Flags,
    /// Which arguments are keys.
    pub keys: Keys,
    /// What it is about.
    pub group: Group,
    /// One sentence of help.
    pub summary: &'static str,
    /// What follows the name; empty for nothing.
    pub syntax: &'static str,
}

impl Command {
    /// Whether a request of `count` arguments, the name included, has a right number of them.
    pub fn accepts(&self, count: usize) -> bool {
        let wanted = usize::from(self.arity.unsigned_abs());
        if self.arity < 0 { count >= wanted } else { count == wanted }
    }
}

/// What a command does besides answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// It only reads.
    pub const NONE: Self = Self(0);
    /// It may change keys: refused while the log cannot be written.
    pub const WRITES: Self = Self(1);
    /// It may wait: not for connections that are shared.
    pub const BLOCKS: Self = Self(2);
    /// It speaks about the connection itself.
    pub const CONNECTION: Self = Self(4);
    /// It shows or changes the server's own state.
    pub const ADMIN: Self = Self(8);

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in here.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which arguments are keys: from `first` (0: none) to `last` (negative from the end), each
/// `step`-th. Positions count the command's name as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Position of the first key, 0 for none.
    pub first: u8,
    /// Position of the last key; -1 is the last argument.
    pub last: i8,
    /// Distance between two keys.
    pub step: u8,
}

impl Keys {
    /// The positions of the keys in a request of `count` arguments, the name included.
    pub fn positions(self, count: usize) -> impl Iterator<Item = usize> {
        let last = if self.last < 0 {
            count.saturating_sub(usize::from(self.last.unsigned_abs()))
        } else {
            usize::from(self.last.unsigned_abs()).min(count.saturating_sub(1))
        };
        let first = usize::from(self.first);
        let end = if first == 0 { 0 } else { last + 1 };
        (first..end).step_by(usize::from(self.step).max(1))
    }
}

const NO_KEYS: Keys = Keys { first: 0, last: 0, step: 0 };
const ONE_KEY: Keys = Keys { first: 1, last: 1, step: 1 };
const ALL_KEYS: Keys = Keys { first: 1, last: -1, step: 1 };

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The connection.
    Connection,
    /// Strings.
    String,
    /// Keys of any kind.
    Key,
    /// Deadlines.
    Deadline,
    /// Lists.
    List,
    /// What only an ordered store can tell.
    Order,
    /// The server.
    Server,
}

impl Group {
    /// The group's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::String => "string",
            Self::Key => "key",
            Self::Deadline => "deadline",
            Self::List => "list",
            Self::Order => "order",
            Self::Server => "server",
        }
    }
}

/// A command's place in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is documented by its row in TABLE")]
pub enum Id {
    Ping,
    Echo,
    Quit,
    Auth,
    Set,
    Get,
    Getdel,
    Getex,
    Getset,
    Mget,
    Mset,
    Setnx,
    Setex,
    Psetex,
    Append,
    Strlen,
    Incr,
    Decr,
    Incrby,
    Decrby,
    Del,
    Unlink,
    Exists,
    Type,
    Rename,
    Keys,
    Scan,
    Randomkey,
    Dbsize,
    Flushall,
    Expire,
    Pexpire,
    Expireat,
    Pexpireat,
    Ttl,
    Pttl,
    Persist,
    Lpush,
    Rpush,
    Lpop,
    Rpop,
    Llen,
    Lrange,
    Lindex,
    Blpop,
    Brpop,
    Range,
    Prefix,
    Rank,
    At,
    Count,
    Tree,
    Info,
    Config,
    Command,
}

impl Id {
    /// The command's row.
    pub fn command(self) -> &'static Command {
        &TABLE[self as usize]
    }
}

#[allow(clippy::too_many_arguments, reason = "a row of the table, read as one")]
const fn row(
    id: Id,
    name: &'static str,
    arity: i16,
    flags: Flags,
    keys: Keys,
    group: Group,
    summary: &'static str,
    syntax: &'static str,
) -> Command {
    Command { id, name, arity, flags, keys, group, summary, syntax }
}

/// Every command, in the order of [`Id`].
#[rustfmt::skip]
pub static TABLE: &[Command] = &[
    row(Id::Ping, "PING", -1, Flags::CONNECTION, NO_KEYS, Group::Connection, "Answers PONG, or its argument", "[message]"),
    row(Id::Echo, "ECHO", 2, Flags::CONNECTION, NO_KEYS, Group::Connection, "Answers its argument", "message"),
    row(Id::Quit, "QUIT", -1, Flags::CONNECTION, NO_KEYS, Group::Connection, "Answers OK and closes the connection", ""),
    row(Id::Auth, "AUTH", -2, Flags::CONNECTION, NO_KEYS, Group::Connection, "Gives the password", "[username] password"),
    row(Id::Set, "SET", -3, Flags::WRITES, ONE_KEY, Group::String, "Sets a key to a string, with a condition or a deadline if wished", "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | KEEPTTL]"),
    row(Id::Get, "GET", 2, Flags::NONE, ONE_KEY, Group::String, "Tells a key's string", "key"),
    row(Id::Getdel, "GETDEL", 2, Flags::WRITES, ONE_KEY, Group::String, "Tells a key's string and removes the key", "key"),
    row(Id::Getex, "GETEX", -2, Flags::WRITES, ONE_KEY, Group::String, "Tells a key's string and sets or removes its deadline", "key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]"),
    row(Id::Getset, "GETSET", 3, Flags::WRITES, ONE_KEY, Group::String, "Sets a key to a string and tells the one before", "key value"),
    row(Id::Mget, "MGET", -2, Flags::NONE, ALL_KEYS, Group::String, "Tells the strings of several keys", "key [key ...]"),
    row(Id::Mset, "MSET", -3, Flags::WRITES, Keys { first: 1, last: -1, step: 2 }, Group::String, "Sets several keys", "key value [key value ...]"),
    row(Id::Setnx, "SETNX", 3, Flags::WRITES, ONE_KEY, Group::String, "Sets a key that is not there", "key value"),
    row(Id::Setex, "SETEX", 4, Flags::WRITES, ONE_KEY, Group::String, "Sets a key to a string for some seconds", "key seconds value"),
    row(Id::Psetex, "PSETEX", 4, Flags::WRITES, ONE_KEY, Group::String, "Sets a key to a string for some milliseconds", "key milliseconds value"),
    row(Id::Append, "APPEND", 3, Flags::WRITES, ONE_KEY, Group::String, "Adds to the end of a key's string", "key value"),
    row(Id::Strlen, "STRLEN", 2, Flags::NONE, ONE_KEY, Group::String, "Tells the length of a key's string", "key"),
    row(Id::Incr, "INCR", 2, Flags::WRITES, ONE_KEY, Group::String, "Adds one to a number", "key"),
    row(Id::Decr, "DECR", 2, Flags::WRITES, ONE_KEY, Group::String, "Takes one from a number", "key"),
    row(Id::Incrby, "INCRBY", 3, Flags::WRITES, ONE_KEY, Group::String, "Adds to a number", "key increment"),
    row(Id::Decrby, "DECRBY", 3, Flags::WRITES, ONE_KEY, Group::String, "Takes from a number", "key decrement"),
    row(Id::Del, "DEL", -2, Flags::WRITES, ALL_KEYS, Group::Key, "Removes keys", "key [key ...]"),
    row(Id::Unlink, "UNLINK", -2, Flags::WRITES, ALL_KEYS, Group::Key, "Removes keys; large values are freed later", "key [key ...]"),
    row(Id::Exists, "EXISTS", -2, Flags::NONE, ALL_KEYS, Group::Key, "Counts which of the keys are there", "key [key ...]"),
    row(Id::Type, "TYPE", 2, Flags::NONE, ONE_KEY, Group::Key, "Tells the kind of a key's value", "key"),
    row(Id::Rename, "RENAME", 3, Flags::WRITES, Keys { first: 1, last: 2, step: 1 }, Group::Key, "Gives a key another name", "key newkey"),
    row(Id::Keys, "KEYS", 2, Flags::NONE, NO_KEYS, Group::Key, "Tells all keys that match a pattern", "pattern"),
    row(Id::Scan, "SCAN", -2, Flags::NONE, NO_KEYS, Group::Key, "Tells some keys, and where to go on", "cursor [MATCH pattern] [COUNT count] [TYPE type]"),
    row(Id::Randomkey, "RANDOMKEY", 1, Flags::NONE, NO_KEYS, Group::Key, "Tells a key chosen by chance", ""),
    row(Id::Dbsize, "DBSIZE", 1, Flags::NONE, NO_KEYS, Group::Key, "Counts the keys", ""),
    row(Id::Flushall, "FLUSHALL", -1, Flags::WRITES, NO_KEYS, Group::Key, "Removes every key", "[ASYNC | SYNC]"),
    row(Id::Expire, "EXPIRE", -3, Flags::WRITES, ONE_KEY, Group::Deadline, "Lets a key vanish after some seconds", "key seconds [NX | XX | GT | LT]"),
    row(Id::Pexpire, "PEXPIRE", -3, Flags::WRITES, ONE_KEY, Group::Deadline, "Lets a key vanish after some milliseconds", "key milliseconds [NX | XX | GT | LT]"),
    row(Id::Expireat, "EXPIREAT", -3, Flags::WRITES, ONE_KEY, Group::Deadline, "Lets a key vanish at a time", "key unix-seconds [NX | XX | GT | LT]"),
    row(Id::Pexpireat, "PEXPIREAT", -3, Flags::WRITES, ONE_KEY, Group::Deadline, "Lets a key vanish at a time in milliseconds", "key unix-milliseconds [NX | XX | GT | LT]"),
    row(Id::Ttl, "TTL", 2, Flags::NONE, ONE_KEY, Group::Deadline, "Tells a key's remaining seconds, -1 without a deadline, -2 without the key", "key"),
    row(Id::Pttl, "PTTL", 2, Flags::NONE, ONE_KEY, Group::Deadline, "Tells a key's remaining milliseconds, -1 without a deadline, -2 without the key", "key"),
    row(Id::Persist, "PERSIST", 2, Flags::WRITES, ONE_KEY, Group::Deadline, "Takes a key's deadline away", "key"),
    row(Id::Lpush, "LPUSH", -3, Flags::WRITES, ONE_KEY, Group::List, "Puts elements before a list", "key element [element ...]"),
    row(Id::Rpush, "RPUSH", -3, Flags::WRITES, ONE_KEY, Group::List, "Puts elements behind a list", "key element [element ...]"),
    row(Id::Lpop, "LPOP", -2, Flags::WRITES, ONE_KEY, Group::List, "Takes elements from a list's left end", "key [count]"),
    row(Id::Rpop, "RPOP", -2, Flags::WRITES, ONE_KEY, Group::List, "Takes elements from a list's right end", "key [count]"),
    row(Id::Llen, "LLEN", 2, Flags::NONE, ONE_KEY, Group::List, "Tells a list's length", "key"),
    row(Id::Lrange, "LRANGE", 4, Flags::NONE, ONE_KEY, Group::List, "Tells a list's elements between two positions", "key start stop"),
    row(Id::Lindex, "LINDEX", 3, Flags::NONE, ONE_KEY, Group::List, "Tells a list's element at a position", "key index"),
    row(Id::Blpop, "BLPOP", -3, Flags::WRITES.and(Flags::BLOCKS), Keys { first: 1, last: -2, step: 1 }, Group::List, "Takes from the left end of the first list that has an element, or waits for one", "key [key ...] timeout"),
    row(Id::Brpop, "BRPOP", -3, Flags::WRITES.and(Flags::BLOCKS), Keys { first: 1, last: -2, step: 1 }, Group::List, "Takes from the right end of the first list that has an element, or waits for one", "key [key ...] timeout"),
    row(Id::Range, "RANGE", -3, Flags::NONE, NO_KEYS, Group::Order, "Tells the keys from start to end, in order; both ends are included, and an empty one is open", "start end [REV] [LIMIT n] [WITHVALUES]"),
    row(Id::Prefix, "PREFIX", -2, Flags::NONE, NO_KEYS, Group::Order, "Tells the keys that begin with a prefix, in order", "prefix [LIMIT n] [WITHVALUES]"),
    row(Id::Rank, "RANK", 2, Flags::NONE, ONE_KEY, Group::Order, "Tells how many keys are before this one", "key"),
    row(Id::At, "AT", 2, Flags::NONE, NO_KEYS, Group::Order, "Tells the key at a position, negative from the end", "index"),
    row(Id::Count, "COUNT", 3, Flags::NONE, NO_KEYS, Group::Order, "Counts the keys from start to end, as RANGE would tell them", "start end"),
    row(Id::Tree, "TREE", -1, Flags::NONE, ONE_KEY, Group::Order, "Shows the treap: the way from the root to a key, and n levels below it (4 if not said), parents first", "[key] [DEPTH n]"),
    row(Id::Info, "INFO", -1, Flags::NONE, NO_KEYS, Group::Server, "Tells the server's figures", "[section ...]"),
    row(Id::Config, "CONFIG", -2, Flags::ADMIN, NO_KEYS, Group::Server, "Tells the server's options", "GET parameter [parameter ...]"),
    row(Id::Command, "COMMAND", -1, Flags::NONE, NO_KEYS, Group::Server, "Tells what commands there are", "[COUNT | LIST [FILTERBY PATTERN pattern] | INFO [name ...] | DOCS [name ...]]"),
];

/// The longest name that can be in [`TABLE`]: two words less a byte for its length.
pub const MAX_NAME_BYTES: usize = 15;

/// Finds a command by its name in any letter case, without allocating.
///
/// The name, in capitals, is two words; a multiplication mixes them into a place of an
/// open-addressed index that was filled once at the start.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    let wanted = Name::of(name)?;
    let index = index();
    let mut place = wanted.place();
    loop {
        let (name, id) = &index[place];
        let id = (*id)?;
        if *name == wanted {
            return Some(&TABLE[usize::from(id)]);
        }
        place = (place + 1) % INDEX_PLACES;
    }
}

/// Places of the index: a power of two, several times the number of commands, so that most
/// commands are found at once and an unknown name soon meets an empty place.
const INDEX_PLACES: usize = 512;

/// A name in capitals as two words: its first eight bytes; and the rest, under its length, which
/// keeps apart what differs in zero bytes only.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Name(u64, u64);

impl Name {
    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return None;
        }
        let word = |bytes: &[u8]| {
            bytes.iter().fold(0, |word, byte| word << 8 | u64::from(byte.to_ascii_uppercase()))
        };
        let (head, tail) = name.split_at(name.len().min(8));
        Some(Self(word(head), word(tail) | (name.len() as u64) << 56))
    }

    fn place(self) -> usize {
        let mixed = (self.0 ^ self.1.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize % INDEX_PLACES
    }
}

type Index = [(Name, Option<u8>); INDEX_PLACES];

fn index() -> &'static Index {
    static INDEX: std::sync::OnceLock<Box<Index>> = std::sync::OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Box::new([(Name::default(), None); INDEX_PLACES]);
        for command in TABLE {
            let name = Name::of(command.name.as_bytes()).unwrap_or_default();
            let mut place = name.place();
            while index[place].1.is_some() {
                place = (place + 1) % INDEX_PLACES;
            }
            index[place] = (name, Some(command.id as u8));
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn every_row_is_where_its_id_says_and_is_found_in_any_letter_case() {
        for (place, command) in TABLE.iter().enumerate() {
            assert_eq!(command.id as usize, place, "{}", command.name);
            assert!(command.name.len() <= MAX_NAME_BYTES);
            for name in [command.name.to_string(), command.name.to_lowercase()] {
                assert_eq!(find(name.as_bytes()).map(|found| found.id), Some(command.id));
            }
        }
    }

    #[test]
    fn other_names_are_not_found() {
        for name in [&b""[..], b"GE", b"GETT", b"\0GET", b"GET\0", b"A-NAME-THAT-IS-TOO-LONG", b"\xff"] {
            assert!(find(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn key_positions_follow_the_row() {
        let positions = |id: Id, count| id.command().keys.positions(count).collect::<Vec<_>>();
        assert_eq!(positions(Id::Get, 2), [1]);
        assert_eq!(positions(Id::Get, 1), [0; 0]);
        assert_eq!(positions(Id::Mset, 5), [1, 3]);
        assert_eq!(positions(Id::Blpop, 4), [1, 2]);
        assert_eq!(positions(Id::Del, 1), [0; 0]);
        assert_eq!(positions(Id::Ping, 3), [0; 0]);
    }
}
