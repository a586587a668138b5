//! Keys and their deadlines, and a clock.
//!
//! One line each, carried out on a real [`Keyspace`]:
//!
//! - `seed N`: priorities, before anything else; without it 5. No step.
//! - `with KEY [MS]`: stores a record that is there from the beginning, before anything that is a step. No step.
//! - `clock MS`: the time from now on, which may go back; before the first step it is 0.
//! - `put KEY [MS]`: stores a record, with a deadline or without.
//! - `deadline KEY MS|none`: gives a key that is there another deadline, or none.
//! - `find KEY`, `peek KEY`: looks a key up, with expiry on access or without.
//! - `remove KEY`: as DEL does.
//! - `expire N`: the active expiry of a round, at most N keys.
//! - `drain`: hands what expired to the log.
//! - `replay on`, `replay off`: whether the log is being replayed.

mod drawing;

use heapwood_treap::Packed;
use heapwood_ttl::{Expires, Keyspace};
use std::ops::Bound;

use super::{Frame, Line, Script};

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut recorder = Recorder::new(5);
    let mut states = Vec::new();
    for line in &script.lines {
        match line.verb.as_str() {
            "seed" | "with" if !states.is_empty() => {
                return Err(format!("{} comes before the first step", line.verb));
            }
            "seed" => recorder = Recorder::new(line.number()?),
            "with" => recorder.store(line)?,
            _ => states.push(recorder.step(line)?),
        }
    }
    recorder.drain()?;
    Ok(drawing::frames(&states))
}

/// What a keyspace shows after a step.
struct State {
    caption: String,
    now_ms: u64,
    replaying: bool,
    /// In key order, each with its deadline.
    keys: Vec<(String, Option<u64>)>,
    /// In the order of deadlines.
    schedule: Vec<(u64, String)>,
    /// Expired, and not yet handed on.
    noted: Vec<String>,
    /// What the log was handed, in order.
    log: Vec<String>,
    /// The keys that this step is about.
    hot: Vec<String>,
}

struct Recorder {
    keyspace: Keyspace<Packed>,
    now_ms: u64,
    replaying: bool,
    noted: Vec<String>,
    log: Vec<String>,
}

impl Recorder {
    fn new(seed: u64) -> Self {
        let keyspace = Keyspace::with_seed(seed);
        Self { keyspace, now_ms: 0, replaying: false, noted: Vec::new(), log: Vec::new() }
    }

    /// Carries out a line and notes what the keyspace shows then.
    fn step(&mut self, line: &Line) -> Result<State, String> {
        let words: Vec<&str> = line.words().collect();
        let (caption, hot) = match (line.verb.as_str(), &words[..]) {
            ("clock", [_]) => (self.set_clock(line.number()?), Vec::new()),
            ("put", [key]) => (self.put(key, None)?, vec![*key]),
            ("put", [key, deadline]) => (self.put(key, Some(number(deadline)?))?, vec![*key]),
            ("deadline", [key, "none"]) => (self.set_deadline(key, None)?, vec![*key]),
            ("deadline", [key, deadline]) => (self.set_deadline(key, Some(number(deadline)?))?, vec![*key]),
            ("find", [key]) => (self.find(key)?, vec![*key]),
            ("peek", [key]) => (self.peek(key), vec![*key]),
            ("remove", [key]) => (self.remove(key)?, vec![*key]),
            ("expire", [_]) => (self.expire(line.number()?)?, Vec::new()),
            ("drain", []) => (self.drain()?, Vec::new()),
            ("replay", [mode @ ("on" | "off")]) => (self.set_replaying(*mode == "on"), Vec::new()),
            _ => return Err(format!("\"{} {}\" is no step of a keyspace", line.verb, line.rest)),
        };
        self.keyspace.check()?;
        Ok(State {
            caption,
            now_ms: self.now_ms,
            replaying: self.replaying,
            keys: self.keys(),
            schedule: self.keyspace.schedule().map(|(deadline_ms, key)| (deadline_ms, text(key))).collect(),
            noted: self.noted.clone(),
            log: self.log.clone(),
            hot: hot.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Stores what is there from the beginning.
    fn store(&mut self, line: &Line) -> Result<(), String> {
        match line.words().collect::<Vec<_>>()[..] {
            [key] => self.put(key, None).map(drop),
            [key, deadline] => self.put(key, Some(number(deadline)?)).map(drop),
            _ => Err("with wants a key, and perhaps its deadline".into()),
        }
    }

    fn keys(&self) -> Vec<(String, Option<u64>)> {
        let tree = self.keyspace.tree();
        let records = tree.range(Bound::Unbounded, Bound::Unbounded).map(|slot| tree.record(slot));
        records.map(|record| (text(record.key()), record.deadline_ms())).collect()
    }

    /// The keys whose deadline has come, which are still there.
    fn due(&self) -> Vec<String> {
        let entries = self.keyspace.schedule();
        let due = entries.filter(|(deadline_ms, _)| self.keyspace.is_due(*deadline_ms, self.now_ms));
        due.map(|(_, key)| text(key)).collect()
    }

    /// Notes the keys that went in a step as expired: those that were due before it, in their order, and are not there
    /// any more. What is handed on later has to be the same.
    fn note_gone(&mut self, due_before: Vec<String>) -> Vec<String> {
        let gone: Vec<String> = due_before
            .into_iter()
            .filter(|key| self.keyspace.tree().find(key.as_bytes()).is_none())
            .collect();
        self.noted.extend_from_slice(&gone);
        gone
    }

    fn set_clock(&mut self, now_ms: u64) -> String {
        let back = if now_ms < self.now_ms { "goes back and says" } else { "says" };
        self.now_ms = now_ms;
        match &self.due()[..] {
            [] => format!("The clock {back} {now_ms}; nothing is due."),
            [key] => format!("The clock {back} {now_ms}: {key} is due, and still in memory."),
            keys => format!("The clock {back} {now_ms}: {} are due, and still in memory.", list(keys)),
        }
    }

    fn put(&mut self, key: &str, deadline_ms: Option<u64>) -> Result<String, String> {
        let mut record = Packed::string(key.as_bytes(), b"value");
        record.set_deadline_ms(deadline_ms);
        let (_, old) = self.keyspace.put(record).map_err(|full| full.to_string())?;
        let struck = old.and_then(|old| old.deadline_ms());
        Ok(match (deadline_ms, struck) {
            (None, None) => format!("{key} is stored without a deadline: the second treap does not know it."),
            (Some(ms), None) => format!(
                "{key} is stored and expires at {ms}: an entry {ms} {key} goes into the second treap."
            ),
            (None, Some(old)) => format!(
                "{key} is stored anew without a deadline: the entry {old} {key} is struck out with the old record."
            ),
            (Some(ms), Some(old)) => format!(
                "{key} is stored anew and expires at {ms}: the entry {old} {key} is struck out, and {ms} {key} put in."
            ),
        })
    }

    fn set_deadline(&mut self, key: &str, deadline_ms: Option<u64>) -> Result<String, String> {
        let slot = self
            .keyspace
            .tree()
            .find(key.as_bytes())
            .ok_or(format!("there is no {key} to be given a deadline"))?;
        let before_ms = self.keyspace.tree().record(slot).deadline_ms();
        self.keyspace.set_deadline(slot, deadline_ms);
        Ok(match (before_ms, deadline_ms) {
            (None, Some(ms)) => format!("{key} gets the deadline {ms}, in its record and as an entry."),
            (Some(old), Some(ms)) => format!(
                "{key} expires at {ms} instead of {old}: its old entry goes out, a new one goes in at its own place."
            ),
            (Some(old), None) => format!(
                "{key} is to stay: the deadline {old} goes from its record and from the second treap."
            ),
            (None, None) => format!("{key} had no deadline and gets none: nothing changes."),
        })
    }

    fn find(&mut self, key: &str) -> Result<String, String> {
        let due = self.due();
        let was_due = due.iter().any(|due| due == key);
        let found = self.keyspace.find(key.as_bytes(), None, self.now_ms).is_some();
        let gone = self.note_gone(due);
        match (found, &gone[..]) {
            (true, []) => Ok(format!("find returns {key}: it is not due.")),
            (false, []) => Ok(format!("find returns nothing: there is no {key}.")),
            (false, [one]) if one == key && was_due => Ok(format!(
                "find meets {key}, which is due: it leaves both treaps, is noted for the log, and the caller hears that there is no {key}."
            )),
            _ => Err(format!("find of {key} removed {gone:?}")),
        }
    }

    fn peek(&self, key: &str) -> String {
        let there = self.keyspace.tree().find(key.as_bytes()).is_some();
        match (self.keyspace.peek(key.as_bytes(), self.now_ms).is_some(), there) {
            (true, _) => format!("peek returns {key}: at {} it is not due.", self.now_ms),
            (false, true) => format!(
                "peek returns nothing: {key} is due; it stays in memory, because peek changes nothing."
            ),
            (false, false) => format!("peek returns nothing: there is no {key}."),
        }
    }

    fn remove(&mut self, key: &str) -> Result<String, String> {
        let record =
            self.keyspace.remove(key.as_bytes()).ok_or(format!("there is no {key} to be removed"))?;
        Ok(match record.deadline_ms() {
            None => format!("{key} is removed."),
            Some(ms) => format!(
                "{key} is removed, and its entry {ms} {key} with it; it did not expire, so nothing is noted."
            ),
        })
    }

    fn expire(&mut self, most: u64) -> Result<String, String> {
        let due = self.due();
        let most = usize::try_from(most).map_err(|_| "so many keys no round removes")?;
        let removed = self.keyspace.expire_due(self.now_ms, most);
        let gone = self.note_gone(due);
        if gone.len() != removed {
            return Err(format!("{removed} keys were removed, but {gone:?} are gone"));
        }
        let then = match (self.due().len(), self.keyspace.next_deadline()) {
            (0, _) if removed > 0 => {
                "no more is due, but the log is to be written, so the next round does not wait".into()
            }
            (0, None) => "no other key has a deadline".into(),
            (0, Some(next_ms)) if self.now_ms < next_ms => {
                format!("the loop may wait {} ms", next_ms - self.now_ms)
            }
            (0, Some(_)) => "the rest waits for the end of the replay".into(),
            (1, _) => "one more is due, so the next round does not wait".into(),
            (left, _) => format!("{left} more are due, so the next round does not wait"),
        };
        Ok(match &gone[..] {
            [] => format!("expire_due removes nothing; {then}."),
            keys => format!("expire_due, {most} at most, removes and notes {}; {then}.", list(keys)),
        })
    }

    /// Hands the expired records on, and checks that they are those noted.
    fn drain(&mut self) -> Result<String, String> {
        let mut drained = Vec::new();
        self.keyspace.drain_expired(|record| drained.push(text(record.key())));
        let noted = std::mem::take(&mut self.noted);
        if drained != noted {
            return Err(format!("{noted:?} went, but {drained:?} was handed on"));
        }
        self.log.extend(drained.iter().map(|key| format!("DEL {key}")));
        Ok(match drained.len() {
            0 => "drain_expired has nothing to hand on.".into(),
            1 => format!("drain_expired hands {} on, once: the log gets its DEL.", drained[0]),
            _ => format!(
                "drain_expired hands on {}, in the order in which they went, once: the log gets their DELs.",
                list(&drained)
            ),
        })
    }

    fn set_replaying(&mut self, replaying: bool) -> String {
        self.keyspace.set_replaying(replaying);
        self.replaying = replaying;
        match (replaying, &self.due()[..]) {
            (true, _) => "The log is being replayed: nothing is due, whatever the clock says.".into(),
            (false, []) => "The replay is over, and nothing is due.".into(),
            (false, keys) => format!("The replay is over, and what is due now may go: {}.", list(keys)),
        }
    }
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("{word:?} is no time in milliseconds"))
}

fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

/// Words as a sentence lists them.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captions(body: &str) -> Result<Vec<String>, String> {
        let script = Script::parse(&format!("title test\n{body}"))?;
        Ok(record(&script)?.into_iter().map(|frame| frame.caption).collect())
    }

    #[test]
    fn each_step_says_what_the_keyspace_did() {
        let body =
            "put pear 40\nput fig 40\nput plum 90\nput apple\nclock 50\nfind pear\nexpire 1\ndrain\nexpire 9";
        let said = captions(body).unwrap_or_default();
        let ends = ["second treap.", "not know it.", "are due, and still in memory.", "there is no pear."];
        for (step, end) in [0, 3, 4, 5].into_iter().zip(ends) {
            assert!(said[step].ends_with(end), "{}", said[step]);
        }
        assert_eq!(
            said[6],
            "expire_due, 1 at most, removes and notes fig; no more is due, but the log is to be written, so the next round does not wait."
        );
        assert!(said[7].contains("hands on pear and fig,"), "{}", said[7]);
        assert_eq!(said[8], "expire_due removes nothing; the loop may wait 40 ms.");
    }

    #[test]
    fn a_line_that_is_no_step_is_refused() {
        for body in [
            "put",
            "put pear soon",
            "deadline pear 5",
            "remove pear",
            "expire few",
            "grow pear",
            "clock 1\nseed 2",
            "clock 1\nwith pear",
            "with",
        ] {
            assert!(captions(body).is_err(), "{body}");
        }
    }

    #[test]
    fn frames_of_a_picture_have_one_size() {
        let script = Script::parse("title test\nput pear 40\nput pineapple 90\nclock 100\nexpire 2");
        let frames = script.and_then(|script| record(&script)).unwrap_or_default();
        let size = |frame: &Frame| {
            let (_, attributes) = frame.drawing.split_once("viewBox=")?;
            Some(attributes.split_once('>')?.0.to_owned())
        };
        assert_eq!(frames.len(), 4);
        assert!(frames.windows(2).all(|pair| size(&pair[0]).is_some() && size(&pair[0]) == size(&pair[1])));
    }
}
