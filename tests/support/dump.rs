//! All that a server holds, to be compared with what it should hold.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Client, Value};

/// One key's value.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept {
    Text(Vec<u8>),
    List(Vec<Vec<u8>>),
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(bytes) => write!(f, "{:?}", shown(bytes)),
            Self::List(elements) => f.debug_list().entries(elements.iter().map(|e| shown(e))).finish(),
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        0..=60 => bytes.escape_ascii().to_string(),
        len => format!("{}… ({len} bytes)", bytes[..60].escape_ascii()),
    }
}

/// Deadlines are told as what is left of them; rounded to this many milliseconds they can be compared. Tests set multiples of it.
pub const GRAIN_MS: u64 = 1_000_000;

/// The deadline of a key for which this many milliseconds are left.
pub fn deadline_ms(left_ms: i64) -> Option<u64> {
    let left_ms = u64::try_from(left_ms).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let deadline_ms = now.as_millis() as u64 + left_ms;
    Some((deadline_ms + GRAIN_MS / 2) / GRAIN_MS * GRAIN_MS)
}

/// Every key with its value and its deadline in milliseconds since 1970.
pub type State = BTreeMap<String, (Kept, Option<u64>)>;

/// Asks for everything in pipelines. Keys are UTF-8.
pub fn dump(client: &mut Client) -> State {
    let keys = match client.call(&["RANGE", "", ""]).unwrap() {
        Value::Array(keys) => keys.into_iter().map(text).collect::<Vec<String>>(),
        other => panic!("{other:?}"),
    };
    dump_keys(client, &keys)
}

/// The same of these keys; those that are not there are left out.
pub fn dump_keys(client: &mut Client, keys: &[String]) -> State {
    for key in keys {
        client.send(&["PTTL", key]).unwrap();
        client.send(&["GET", key]).unwrap();
        client.send(&["LRANGE", key, "0", "-1"]).unwrap();
    }
    client.flush().unwrap();
    let mut state = State::new();
    for key in keys {
        let Value::Integer(left_ms) = client.receive().unwrap() else {
            panic!("no time to live");
        };
        let kept = match (client.receive().unwrap(), client.receive().unwrap()) {
            (Value::Bytes(bytes), Value::Error(_)) => Kept::Text(bytes),
            (Value::Error(_), Value::Array(elements)) => {
                Kept::List(elements.into_iter().map(bytes).collect())
            }
            (Value::Nil, Value::Array(none)) if none.is_empty() && left_ms == -2 => continue,
            other => panic!("{key}: {other:?}"),
        };
        state.insert(key.clone(), (kept, deadline_ms(left_ms)));
    }
    state
}

/// The bytes of a reply that has some.
pub fn bytes(value: Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes,
        other => panic!("no bytes: {other:?}"),
    }
}

/// The same as text.
pub fn text(value: Value) -> String {
    String::from_utf8(bytes(value)).unwrap()
}
