//! What EXPIRE, PERSIST and TTL do, on any keyspace.

use std::fmt;

use heapwood_treap::{Record, Slot};

use crate::expires::Expires;
use crate::keyspace::Keyspace;

/// When a new deadline is wanted: the options NX, XX, GT and LT of EXPIRE. A key without a deadline counts as one that
/// expires later than any other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    /// NX: only when there is none yet.
    pub none_yet: bool,
    /// XX: only when there is one.
    pub replaces: bool,
    /// GT: only when it is later than the present one.
    pub later: bool,
    /// LT: only when it is earlier than the present one.
    pub earlier: bool,
}

/// Why the options of EXPIRE were refused; `Display` is the error reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConditionError {
    /// No such option.
    Unsupported(String),
    /// NX beside another option.
    NotAlone,
    /// GT beside LT.
    BothWays,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(option) => write!(f, "ERR Unsupported option {option}"),
            Self::NotAlone => {
                f.write_str("ERR NX and XX, GT or LT options at the same time are not compatible")
            }
            Self::BothWays => f.write_str("ERR GT and LT options at the same time are not compatible"),
        }
    }
}

impl std::error::Error for ConditionError {}

impl Conditions {
    /// Reads the options, in any order and letter case.
    ///
    /// # Errors
    /// [`ConditionError`] for an option that does not exist or does not go with the others.
    pub fn parse<'a>(options: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ConditionError> {
        let mut conditions = Self::default();
        for option in options {
            match option.to_ascii_lowercase().as_slice() {
                b"nx" => conditions.none_yet = true,
                b"xx" => conditions.replaces = true,
                b"gt" => conditions.later = true,
                b"lt" => conditions.earlier = true,
                _ => {
                    return Err(ConditionError::Unsupported(option.escape_ascii().to_string()));
                }
            }
        }
        if conditions.none_yet && (conditions.replaces || conditions.later || conditions.earlier) {
            return Err(ConditionError::NotAlone);
        }
        if conditions.later && conditions.earlier {
            return Err(ConditionError::BothWays);
        }
        Ok(conditions)
    }

    /// Whether a key whose deadline is `present_ms` may get the deadline `wanted_ms`.
    fn allow(self, present_ms: Option<u64>, wanted_ms: i64) -> bool {
        // Wide enough for both, and for a moment that is later than any.
        let (present, wanted) = (present_ms.map_or(i128::MAX, i128::from), i128::from(wanted_ms));
        (!self.none_yet || present_ms.is_none())
            && (!self.replaces || present_ms.is_some())
            && (!self.later || wanted > present)
            && (!self.earlier || wanted < present)
    }
}

/// What became of a key whose deadline was to be set, and so what the log gets:
///
/// - **E5, outcomes**: a record of the log means the same whenever it is replayed: it names a moment, or is a DEL, and
///   never says how long from now.
#[derive(Debug, PartialEq, Eq)]
pub enum Change<R> {
    /// There is no such key, or a condition forbade it: the reply is 0, and the log gets nothing.
    None,
    /// The key has this deadline now: the reply is 1, and the log gets a PEXPIREAT.
    Deadline {
        /// In Unix milliseconds.
        unix_ms: u64,
    },
    /// The deadline lay in the past, so the key is gone: the reply is 1, and the log gets a DEL.
    Removed(R),
}

/// Sets the deadline of the key at `found` to `wanted_ms` (Unix milliseconds; the past removes the key at once), when
/// `conditions` allow. The outcome is for the log (E5). O(log n).
pub fn expire<R: Record + Expires>(
    keyspace: &mut Keyspace<R>,
    found: Option<Slot>,
    wanted_ms: i64,
    conditions: Conditions,
    now_ms: u64,
) -> Change<R> {
    let Some(slot) = found else {
        return Change::None;
    };
    let record = keyspace.tree().record(slot);
    if !conditions.allow(record.deadline_ms(), wanted_ms) {
        return Change::None;
    }
    let unix_ms = u64::try_from(wanted_ms).unwrap_or(0);
    if keyspace.is_due(unix_ms, now_ms) {
        let key = record.key().to_vec();
        return keyspace.remove(&key).map_or(Change::None, Change::Removed);
    }
    keyspace.set_deadline(slot, Some(unix_ms));
    Change::Deadline { unix_ms }
}

/// Takes the deadline off the key at `found`; true when there was one. O(log n).
pub fn persist<R: Record + Expires>(keyspace: &mut Keyspace<R>, found: Option<Slot>) -> bool {
    let Some(slot) = found else { return false };
    let had_one = keyspace.tree().record(slot).deadline_ms().is_some();
    keyspace.set_deadline(slot, None);
    had_one
}

/// TTL's reply for no such key.
pub const NO_KEY: i64 = -2;
/// TTL's reply for a key that does not expire.
pub const NO_DEADLINE: i64 = -1;

/// PTTL's reply: the milliseconds left, [`NO_DEADLINE`] or [`NO_KEY`].
pub fn pttl<R: Record + Expires>(keyspace: &Keyspace<R>, found: Option<Slot>, now_ms: u64) -> i64 {
    deadline_reply(keyspace, found, |deadline_ms| deadline_ms.saturating_sub(now_ms))
}

/// TTL's reply: the seconds left, rounded, [`NO_DEADLINE`] or [`NO_KEY`].
pub fn ttl<R: Record + Expires>(keyspace: &Keyspace<R>, found: Option<Slot>, now_ms: u64) -> i64 {
    rounded_s(pttl(keyspace, found, now_ms))
}

/// PEXPIRETIME's reply: the deadline in Unix milliseconds, [`NO_DEADLINE`] or [`NO_KEY`].
pub fn pexpiretime<R: Record + Expires>(keyspace: &Keyspace<R>, found: Option<Slot>) -> i64 {
    deadline_reply(keyspace, found, |deadline_ms| deadline_ms)
}

/// EXPIRETIME's reply: the deadline in Unix seconds, rounded, [`NO_DEADLINE`] or [`NO_KEY`].
pub fn expiretime<R: Record + Expires>(keyspace: &Keyspace<R>, found: Option<Slot>) -> i64 {
    rounded_s(pexpiretime(keyspace, found))
}

/// A figure made of the deadline, or one of the two negative replies.
fn deadline_reply<R: Record + Expires>(
    keyspace: &Keyspace<R>,
    found: Option<Slot>,
    figure: impl FnOnce(u64) -> u64,
) -> i64 {
    let Some(slot) = found else { return NO_KEY };
    let deadline_ms = keyspace.tree().record(slot).deadline_ms();
    deadline_ms.map_or(NO_DEADLINE, |deadline_ms| i64::try_from(figure(deadline_ms)).unwrap_or(i64::MAX))
}

/// Milliseconds as seconds, halves rounded up; the two negative replies stay.
fn rounded_s(ms: i64) -> i64 {
    if ms < 0 { ms } else { ms / 1000 + i64::from(ms % 1000 >= 500) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use heapwood_treap::Packed;
    use pretty_assertions::assert_eq;

    use super::*;

    fn conditions(options: &str) -> Result<Conditions, ConditionError> {
        Conditions::parse(options.split_whitespace().map(str::as_bytes))
    }

    /// Whether a wish is granted: the options, the present deadline, the wanted one.
    fn granted(options: &str, present_ms: Option<u64>, wanted_ms: i64) -> bool {
        conditions(options).unwrap().allow(present_ms, wanted_ms)
    }

    #[test]
    fn a_key_without_a_deadline_counts_as_one_that_expires_last() {
        assert!(granted("NX", None, 5) && !granted("NX", Some(1), 5));
        assert!(granted("XX", Some(1), 5) && !granted("XX", None, 5));
        assert!(granted("GT", Some(4), 5) && !granted("GT", Some(5), 5) && !granted("GT", None, 5));
        assert!(granted("LT", Some(6), 5) && !granted("LT", Some(5), 5) && granted("LT", None, 5));
        assert!(granted("xx gt", Some(4), 5) && granted("lt XX", Some(6), 5) && !granted("lt XX", None, 5));
        assert!(granted("LT", Some(1), -5));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let not_alone = "ERR NX and XX, GT or LT options at the same time are not compatible";
        for options in ["NX XX", "GT NX", "NX LT"] {
            assert_eq!(conditions(options).unwrap_err().to_string(), not_alone);
        }
        let both_ways = "ERR GT and LT options at the same time are not compatible";
        assert_eq!(conditions("GT LT").unwrap_err().to_string(), both_ways);
        assert_eq!(conditions("AB").unwrap_err().to_string(), "ERR Unsupported option AB");
    }

    #[test]
    fn ttl_rounds_to_the_nearest_second() {
        let mut keyspace = Keyspace::<Packed>::with_seed(1);
        let (slot, _) = keyspace.put(Packed::string(b"a", b"")).unwrap();
        let found = Some(slot);
        assert_eq!(ttl(&keyspace, None, 0), -2);
        assert_eq!(ttl(&keyspace, found, 0), -1);
        keyspace.set_deadline(slot, Some(11_500));
        assert_eq!((pttl(&keyspace, found, 10_000), ttl(&keyspace, found, 10_000)), (1500, 2));
        assert_eq!((pttl(&keyspace, found, 10_001), ttl(&keyspace, found, 10_001)), (1499, 1));
        assert_eq!((pexpiretime(&keyspace, found), expiretime(&keyspace, found)), (11_500, 12));
    }
}
