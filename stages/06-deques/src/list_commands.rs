//! The list commands of stage 6's server.

use crate::commands::{Store, text, unknown};
use heapwood_deques::{End, lists};
use heapwood_sockets::Replies;
use heapwood_treap::strings::parse_integer;

impl Store<'_> {
    /// Executes one list command that does not wait.
    pub(crate) fn execute_list(&mut self, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
        let name = args[0].to_ascii_uppercase();
        match (&name[..], &args[1..]) {
            (b"LPUSH" | b"RPUSH", [key, elements @ ..]) if !elements.is_empty() => {
                let (found, elements) = (self.find(key), elements.iter().copied());
                let len = lists::push(self.keys, found, key, end(&name), elements).map_err(text)?;
                (self.record)(args);
                replies.integer(len as i64);
            }
            (b"LPOP" | b"RPOP", [key]) => self.pop(&name, key, None, replies),
            (b"LPOP" | b"RPOP", [key, count]) => {
                let count = parse_integer(count).and_then(|count| u64::try_from(count).ok());
                self.pop(&name, key, Some(count.ok_or(lists::BAD_COUNT)?), replies);
            }
            (b"LLEN", [key]) => {
                let found = self.find(key);
                let len = lists::deque(self.keys, found).map_err(text)?.len();
                replies.integer(len as i64);
            }
            (b"LRANGE", [key, start, stop]) => {
                let (start, stop) = (integer(start)?, integer(stop)?);
                let found = self.find(key);
                let elements = lists::range(self.keys, found, start, stop).map_err(text)?;
                replies.array(elements.len());
                elements.for_each(|element| replies.bytes(element));
            }
            (b"LINDEX", [key, index]) => {
                let (index, found) = (integer(index)?, self.find(key));
                match lists::index(self.keys, found, index).map_err(text)? {
                    Some(element) => replies.bytes(element),
                    None => replies.nil(),
                }
            }
            _ => return Err(unknown(args[0])),
        }
        Ok(())
    }

    /// LPOP and RPOP, logged with the number of elements that went.
    fn pop(&mut self, name: &[u8], key: &[u8], count: Option<u64>, replies: &mut dyn Replies) {
        let found = self.find(key);
        match lists::pop(self.keys, found, end(name), count, replies) {
            0 => {}
            1 => (self.record)(&[name, key]),
            taken => (self.record)(&[name, key, taken.to_string().as_bytes()]),
        }
    }
}

/// The end at which the command called `name` works: those of the front begin with L, or with BL.
pub(crate) fn end(name: &[u8]) -> End {
    let name = name.strip_prefix(b"B").unwrap_or(name);
    if name.starts_with(b"L") { End::Front } else { End::Back }
}

fn integer(text: &[u8]) -> Result<i64, String> {
    parse_integer(text).ok_or("ERR value is not an integer or out of range".into())
}
