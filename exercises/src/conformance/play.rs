//! One transcript, held with a server.

use super::connection::{Connection, Protocol, Trouble, seconds, show};
use super::script::{Act, Comes, Expected, Part, Pattern, Step, Transcript};
use super::server::{Greeting, Host};
use super::words::{Meaning, Word};
use heapwood_sockets::Value;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer that is not yet the right one is left alone before the server is asked again.
const ASK_PAUSE: Duration = Duration::from_millis(5);

/// How many round trips on one connection it takes to be sure that what was sent before on another has arrived.
const SETTLING_ROUND_TRIPS: usize = 20;

/// Where a transcript failed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The lines up to there, as they are written: what was sent.
    pub sent: Vec<String>,
    /// What should have come back, as it is written.
    pub expected: String,
    /// What came back.
    pub got: String,
    /// The file, and the line in it.
    pub place: String,
    /// Whether the server did not answer, or not completely.
    pub is_late: bool,
}

/// Holds transcripts with one server.
pub(super) struct Player<'a> {
    pub(super) host: &'a mut Host,
    pub(super) protocol: Protocol,
    /// How long anything is waited for.
    pub(super) patience: Duration,
    meaning: Meaning,
    connections: BTreeMap<String, Connection>,
    /// When the last request was sent that was not one of those that are repeated until.
    last_sent: Instant,
    /// The keys that may exist now.
    pub(super) keys: BTreeSet<Vec<u8>>,
}

/// Why a step failed: what was expected, and what came.
struct Miss {
    expected: String,
    got: Trouble,
}

impl<'a> Player<'a> {
    pub(super) fn new(host: &'a mut Host, protocol: Protocol, patience: Duration) -> Self {
        let (connections, keys) = (BTreeMap::new(), BTreeSet::new());
        Self {
            host,
            protocol,
            patience,
            meaning: Meaning::default(),
            connections,
            last_sent: Instant::now(),
            keys,
        }
    }

    /// Holds one transcript; its keys begin with `prefix`.
    pub(super) fn play(&mut self, transcript: &Transcript, prefix: &str) -> Result<(), Failure> {
        self.meaning = Meaning { prefix: prefix.into(), ..Meaning::default() };
        let mut sent = Vec::new();
        let mut played = Ok(());
        for step in &transcript.steps {
            sent.extend(step.text.iter().cloned());
            if let Err(Miss { expected, got }) = self.step(step) {
                let place = format!("exercises/conformance/{}:{}", transcript.file, step.line);
                let is_late = matches!(got, Trouble::Late(_));
                let got = got.text().replace(prefix, "@");
                played = Err(Failure { sent, expected, got, place, is_late });
                break;
            }
        }
        self.connections.clear();
        played
    }

    fn step(&mut self, step: &Step) -> Result<(), Miss> {
        let miss = |got| Miss { expected: expected_text(step), got };
        match &step.act {
            Act::Send { who, parts, byte_by_byte, times, unread, not_before_ms } => {
                let (bytes, rest) = self.encode(parts, *times);
                let patience = self.patience;
                self.last_sent = Instant::now();
                let connection = self.connection(who).map_err(miss)?;
                connection.rest = rest;
                match byte_by_byte {
                    true => connection.send_byte_by_byte(&bytes, patience).map_err(miss)?,
                    false => connection.send(&bytes, patience).map_err(miss)?,
                }
                if *unread {
                    return Ok(());
                }
                self.expect_all(who, *times, step)?;
                self.not_before(*not_before_ms).map_err(miss)
            }
            Act::Rest { who } => {
                let patience = self.patience;
                let connection = self.connection(who).map_err(miss)?;
                let rest = std::mem::take(&mut connection.rest);
                connection.send(&rest, patience).map_err(miss)?;
                self.expect_all(who, 1, step)
            }
            Act::Receive { who, times } => self.expect_all(who, *times, step),
            Act::Clients { who, count, request } => self.clients(who, *count, request, step),
            Act::Until { who, request, not_before_ms } => self.until(who, request, *not_before_ms, step),
            Act::Leave { who } => {
                self.connections.remove(who);
                Ok(())
            }
            Act::HangUp { who } => {
                let hung_up = self.connections.remove(who).map(|mut it| it.hang_up(self.patience));
                hung_up.unwrap_or(Ok(())).map_err(miss)
            }
            Act::Restart => {
                self.connections.clear();
                self.host.restart().map_err(|why| miss(Trouble::Other(why)))?;
                let greeted = self.host.greet(self.protocol, &self.meaning.prefix, self.patience);
                greeted.map_err(|greeting| miss(after_restart(greeting)))
            }
        }
    }

    /// The bytes of what is sent, `times` times, and those that are kept for later.
    fn encode(&mut self, parts: &[Part], times: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut bytes, mut rest) = (Vec::new(), Vec::new());
        for number in 1..=times {
            for part in parts {
                match part {
                    Part::Raw(word) => bytes.extend(word.bytes(&self.meaning, number)),
                    Part::Request(words) => bytes.extend(self.request(words, number)),
                    Part::Half(words) => {
                        let whole = self.request(words, number);
                        let (first, second) = whole.split_at(whole.len() / 2);
                        bytes.extend_from_slice(first);
                        rest = second.to_vec();
                    }
                }
            }
        }
        (bytes, rest)
    }

    /// A request's bytes.
    fn request(&mut self, words: &[Word], number: usize) -> Vec<u8> {
        let arguments: Vec<Vec<u8>> = words.iter().map(|word| word.bytes(&self.meaning, number)).collect();
        let keys = words.iter().zip(&arguments).filter(|(word, _)| word.is_key());
        self.keys.extend(keys.map(|(_, key)| key.clone()));
        let mut bytes = Vec::new();
        self.protocol.encode(&arguments, &mut bytes);
        bytes
    }

    /// The connection of this name, opened when it is first asked for.
    fn connection(&mut self, who: &str) -> Result<&mut Connection, Trouble> {
        match self.connections.entry(who.to_owned()) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let opened = Connection::open(self.host.address, self.protocol, self.patience);
                let refused = |error| Trouble::Other(format!("no connection: {error}"));
                Ok(entry.insert(opened.map_err(refused)?))
            }
        }
    }

    /// Waits for everything that a step expects, `times` times.
    fn expect_all(&mut self, who: &str, times: usize, step: &Step) -> Result<(), Miss> {
        for number in 1..=times {
            for expected in &step.expected {
                self.expect(who, number, expected).map_err(|got| {
                    let got = match times {
                        1 => got,
                        _ => on(got, |text| format!("{text} (as number {number} of {times})")),
                    };
                    Miss { expected: in_words(expected), got }
                })?;
            }
        }
        Ok(())
    }

    fn expect(&mut self, who: &str, number: usize, expected: &Expected) -> Result<(), Trouble> {
        if let Comes::Nothing = expected.what {
            self.settle()?;
        }
        let patience = self.patience;
        let connection = self.connection(who)?;
        match &expected.what {
            Comes::Nothing => connection.already_here().map_or(Ok(()), |text| Err(Trouble::Other(text))),
            Comes::Close => connection.closes(patience),
            Comes::Reply(pattern) => {
                let value = connection.receive(patience)?;
                self.compare(pattern, &value, number)
            }
        }
    }

    /// Compares a reply with what is expected.
    fn compare(&mut self, pattern: &Pattern, value: &Value, number: usize) -> Result<(), Trouble> {
        match takes(pattern, value, &mut self.meaning, number) {
            true => Ok(()),
            false => Err(Trouble::Other(show(value))),
        }
    }

    fn not_before(&self, ms: u64) -> Result<(), Trouble> {
        let took = self.last_sent.elapsed();
        match took < Duration::from_millis(ms) {
            false => Ok(()),
            true => {
                Err(Trouble::Other(format!("this reply, but after {} ms, before {ms} ms", took.as_millis())))
            }
        }
    }

    /// All ask before the first one reads, and the last one reads first.
    fn clients(&mut self, who: &str, count: usize, request: &[Word], step: &Step) -> Result<(), Miss> {
        let of = |number: usize, got| {
            let got = on(got, |text| format!("{text} (client {number} of {count})"));
            Miss { expected: expected_text(step), got }
        };
        for number in 1..=count {
            let (bytes, patience) = (self.request(request, number), self.patience);
            let sent = self.connection(&format!("{who}{number}")).and_then(|it| it.send(&bytes, patience));
            sent.map_err(|got| of(number, got))?;
        }
        for number in (1..=count).rev() {
            for expected in &step.expected {
                self.expect(&format!("{who}{number}"), number, expected).map_err(|got| of(number, got))?;
            }
        }
        Ok(())
    }

    /// Asks until the reply is the expected one.
    fn until(&mut self, who: &str, request: &[Word], not_before_ms: u64, step: &Step) -> Result<(), Miss> {
        let begun = Instant::now();
        let bytes = self.request(request, 1);
        let (patience, miss) = (self.patience, |got| Miss { expected: expected_text(step), got });
        loop {
            let connection = self.connection(who).map_err(miss)?;
            connection.send(&bytes, patience).map_err(miss)?;
            let value = connection.receive(patience).map_err(miss)?;
            let is_it = step.expected.iter().all(|expected| match &expected.what {
                Comes::Reply(pattern) => takes(pattern, &value, &mut self.meaning, 1),
                _ => false,
            });
            if is_it {
                return self.not_before(not_before_ms).map_err(miss);
            }
            if begun.elapsed() > self.patience {
                let after = seconds(self.patience);
                return Err(miss(Trouble::Other(format!("{} still, after {after}", show(&value)))));
            }
            thread::sleep(ASK_PAUSE);
        }
    }

    /// Round trips on a connection of their own: by then a server has executed what was sent on the others before. That
    /// must have arrived first, and the system has no order between connections; so there are more than one.
    fn settle(&mut self) -> Result<(), Trouble> {
        let key = [&self.meaning.prefix[..], b"settle"].concat();
        let patience = self.patience;
        let connection = self.connection("settle")?;
        for _ in 0..SETTLING_ROUND_TRIPS {
            connection
                .call(&[b"GET".to_vec(), key.clone()], patience)
                .map_err(|got| on(got, |text| format!("{text}, to a GET on another connection meanwhile")))?;
        }
        Ok(())
    }
}

fn after_restart(greeting: Greeting) -> Trouble {
    match greeting {
        Greeting::NoConnection(why) => Trouble::Other(format!("no connection after the restart: {why}")),
        Greeting::NoReply(trouble) => on(trouble, |text| format!("{text}, to a GET after the restart")),
    }
}

fn on(trouble: Trouble, change: impl FnOnce(String) -> String) -> Trouble {
    match trouble {
        Trouble::Late(text) => Trouble::Late(change(text)),
        Trouble::Other(text) => Trouble::Other(change(text)),
    }
}

/// What is expected, as it is written where that speaks for itself.
fn in_words(expected: &Expected) -> String {
    match expected.what {
        Comes::Nothing => "no reply yet: it waits".into(),
        Comes::Close => "the connection is closed".into(),
        Comes::Reply(_) => expected.text.clone(),
    }
}

/// What a step expects.
fn expected_text(step: &Step) -> String {
    let texts: Vec<String> = step.expected.iter().map(in_words).collect();
    match texts[..] {
        [] if matches!(step.act, Act::HangUp { .. }) => "the server closes the connection too".into(),
        [] => "that it is taken".into(),
        _ => texts.join("\n"),
    }
}

/// Whether a pattern takes a reply. Names that it meets first are given.
fn takes(pattern: &Pattern, value: &Value, meaning: &mut Meaning, number: usize) -> bool {
    match (pattern, value) {
        (Pattern::Status(expected), Value::Status(text)) => expected == text,
        (Pattern::Error(expected, true), Value::Error(text)) => text.starts_with(expected.trim_end()),
        (Pattern::Error(expected, false), Value::Error(text)) => expected == text,
        (Pattern::Nil, Value::Nil) => true,
        (Pattern::Integer(range), Value::Integer(number)) => range.contains(number),
        (Pattern::NamedInteger(named), Value::Integer(number)) => {
            let number = number.to_string().into_bytes();
            meaning.of(named).unwrap_or_else(|| {
                meaning.named.insert(named.name.clone(), number.clone());
                number.clone()
            }) == number
        }
        (Pattern::Bytes(word), Value::Bytes(bytes)) => match word.as_named() {
            Some(named) if !meaning.named.contains_key(&named.name) => {
                meaning.named.insert(named.name.clone(), bytes.clone());
                true
            }
            _ => word.bytes(meaning, number) == *bytes,
        },
        (Pattern::Array(patterns), Value::Array(values)) => {
            patterns.len() == values.len()
                && patterns.iter().zip(values).all(|(pattern, value)| takes(pattern, value, meaning, number))
        }
        _ => false,
    }
}
