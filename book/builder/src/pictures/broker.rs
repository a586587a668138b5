//! Lists, and the clients that wait for their elements.
//!
//! Lines of a block, each carried out as the server does: the command, then serving; where somebody is served these are
//! two steps.
//!
//! - `blpop CLIENT KEY...`, `brpop CLIENT KEY...`: a client asks, and waits where it must, for ever;
//! - `rpush KEY ELEMENT...`, `lpush KEY ELEMENT...`: somebody else pushes;
//! - `leave CLIENT`: its connection is closed, and the server has seen that;
//! - `unwilling CLIENT`: from now on what it is offered is not taken; no step of its own.

use std::collections::BTreeSet;

use heapwood_deques::{Delivery, End, Value, Waiters, lists};
use heapwood_ttl::Keyspace;

use super::svg::{Anchor, CHAR_WIDTH, Drawing};
use super::{Frame, Line, Script};

/// Height of a key's lane.
const LANE: f64 = 78.0;

/// Where a lane's waiters begin.
const WAITERS_X: f64 = 380.0;

/// A key's list and queue after a step.
#[derive(Clone)]
struct Lane {
    key: String,
    elements: Vec<String>,
    waiters: Vec<String>,
}

/// What somebody was offered, and whether it was taken.
#[derive(Clone)]
struct Offer {
    client: String,
    key: String,
    element: String,
    taken: bool,
}

struct Step {
    caption: String,
    lanes: Vec<Lane>,
    offers: Vec<Offer>,
}

/// Lists and waiters under way; no key expires, so the time is always 0.
struct Broker<'a> {
    keyspace: Keyspace<Value>,
    waiters: Waiters<&'a str>,
    keys: Vec<&'a str>,
    unwilling: BTreeSet<&'a str>,
    steps: Vec<Step>,
}

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut broker = Broker {
        keyspace: Keyspace::with_seed(6),
        waiters: Waiters::new(),
        keys: keys(script),
        unwilling: BTreeSet::new(),
        steps: Vec::new(),
    };
    script.lines.iter().try_for_each(|line| broker.carry_out(line))?;
    let offers = broker.steps.iter().map(|step| step.offers.len()).max().unwrap_or(0);
    Ok(broker.steps.into_iter().map(|step| draw(step, offers)).collect())
}

/// The keys that a block names, in the order in which it does.
fn keys(script: &Script) -> Vec<&str> {
    let mut keys = Vec::new();
    for line in &script.lines {
        let mut words = line.words();
        let named: Vec<&str> = match line.verb.as_str() {
            "blpop" | "brpop" => words.skip(1).collect(),
            "rpush" | "lpush" => words.next().into_iter().collect(),
            _ => Vec::new(),
        };
        for key in named {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

impl<'a> Broker<'a> {
    fn carry_out(&mut self, line: &'a Line) -> Result<(), String> {
        let words: Vec<&'a str> = line.words().collect();
        match (line.verb.as_str(), &words[..]) {
            ("blpop", [client, keys @ ..]) if !keys.is_empty() => self.wait(client, End::Front, keys),
            ("brpop", [client, keys @ ..]) if !keys.is_empty() => self.wait(client, End::Back, keys),
            ("rpush", [key, elements @ ..]) if !elements.is_empty() => {
                return self.push(key, End::Back, elements);
            }
            ("lpush", [key, elements @ ..]) if !elements.is_empty() => {
                return self.push(key, End::Front, elements);
            }
            ("leave", [client]) if self.waiters.remove(client) => {
                let caption = format!(
                    "{client} is gone, and is taken out of every queue: nothing is kept for {client}."
                );
                self.note(caption, Vec::new());
            }
            ("leave", [client]) => return Err(format!("{client} does not wait")),
            ("unwilling", [client]) => {
                self.unwilling.insert(client);
            }
            _ => return Err(format!("{} {} is nothing that a client does", line.verb, line.rest)),
        }
        Ok(())
    }

    fn wait(&mut self, client: &'a str, end: End, keys: &[&'a str]) {
        let name = if end == End::Front { "BLPOP" } else { "BRPOP" };
        let asked = format!("{client} sends {name} {}", keys.join(" "));
        self.waiters.add(client, end, keys.iter().map(|key| key.as_bytes()));
        keys.iter().for_each(|key| self.waiters.key_ready(key.as_bytes()));
        let offers = self.serve();
        let caption = match &offers[..] {
            [] if keys.len() == 1 => {
                let place = self.waiters.queue(keys[0].as_bytes()).count();
                format!("{asked}: there is no element, so {client} waits, in place {place}.")
            }
            [] => format!(
                "{asked}: there is no element, so {client} waits in the queue of each key, under one ticket."
            ),
            [offer, ..] => {
                format!("{asked}: {} is there, so {client} has it at once and waits nowhere.", offer.element)
            }
        };
        self.note(caption, offers);
    }

    fn push(&mut self, key: &'a str, end: End, elements: &[&'a str]) -> Result<(), String> {
        let name = if end == End::Front { "LPUSH" } else { "RPUSH" };
        let found = self.keyspace.find(key.as_bytes(), None, 0);
        let bytes = elements.iter().map(|element| element.as_bytes());
        let len = lists::push(&mut self.keyspace, found, key.as_bytes(), end, bytes)
            .map_err(|error| error.to_string())?;
        self.waiters.key_ready(key.as_bytes());
        let pushed = format!("Somebody sends {name} {key} {} and is answered {len}", elements.join(" "));
        let nobody = self.waiters.queue(key.as_bytes()).next().is_none();
        let then = if nobody { "nobody waits" } else { "the whole command comes first, then those who wait" };
        self.note(format!("{pushed}: {then}."), Vec::new());
        let offers = self.serve();
        if !offers.is_empty() {
            self.note(said(&offers), offers);
        }
        Ok(())
    }

    fn serve(&mut self) -> Vec<Offer> {
        let mut offers = Vec::new();
        self.waiters.serve(&mut self.keyspace, 0, |served| {
            let taken = !self.unwilling.contains(served.client);
            let (key, element) = (text(served.key), text(served.element));
            offers.push(Offer { client: served.client.to_owned(), key, element, taken });
            if taken { Delivery::Taken } else { Delivery::Refused }
        });
        offers
    }

    fn note(&mut self, caption: String, offers: Vec<Offer>) {
        let lanes = self.keys.iter().map(|key| {
            let found = self.keyspace.peek(key.as_bytes(), 0);
            let elements = lists::deque(&self.keyspace, found).map(|list| list.iter().map(text).collect());
            let waiters = self.waiters.queue(key.as_bytes()).map(str::to_owned).collect();
            Lane { key: (*key).to_owned(), elements: elements.unwrap_or_default(), waiters }
        });
        let lanes = lanes.collect();
        self.steps.push(Step { caption, lanes, offers });
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the serving of a step came to.
fn said(offers: &[Offer]) -> String {
    let one = |offer: &Offer| {
        let Offer { client, element, .. } = offer;
        if offer.taken {
            format!("{client} takes {element}")
        } else {
            format!("{client} cannot take {element}, waits no more, and {element} stays")
        }
    };
    let offers: Vec<_> = offers.iter().map(one).collect();
    format!("Served in the order of arrival: {}.", offers.join("; "))
}

/// A lane for each key, lists on the left, those who wait on the right; below, who got what in this step.
fn draw(step: Step, offers: usize) -> Frame {
    let mut drawing = Drawing::new();
    for (place, lane) in step.lanes.iter().enumerate() {
        let top = place as f64 * LANE;
        drawing.text(
            0.0,
            top + 14.0,
            &format!("list {}, front to back", lane.key),
            "text small",
            Anchor::Start,
        );
        row(&mut drawing, 0.0, top + 22.0, &lane.elements, "good", "no key");
        drawing.text(
            WAITERS_X,
            top + 14.0,
            &format!("waiting for {}, first to last", lane.key),
            "text small",
            Anchor::Start,
        );
        row(&mut drawing, WAITERS_X, top + 22.0, &lane.waiters, "box", "nobody");
    }
    let below = step.lanes.len() as f64 * LANE;
    for (place, offer) in step.offers.iter().enumerate() {
        let y = below + place as f64 * 26.0;
        let what = if offer.taken { "got" } else { "could not take" };
        let label = format!("{} {what} {} from {}", offer.client, offer.element, offer.key);
        let width = label.chars().count() as f64 * CHAR_WIDTH + 12.0;
        drawing.rect(0.0, y, width, 22.0, if offer.taken { "new" } else { "dim" });
        drawing.text(6.0, y + 15.0, &label, "text small", Anchor::Start);
    }
    let least = (700.0, below + offers as f64 * 26.0 + 4.0);
    Frame { drawing: drawing.finish(least, &step.caption), caption: step.caption }
}

/// Boxes in a row, the first one being the front.
fn row(drawing: &mut Drawing, left: f64, y: f64, words: &[String], class: &str, none: &str) {
    if words.is_empty() {
        drawing.text(left, y + 18.0, none, "text small dim", Anchor::Start);
    }
    let mut x = left;
    for word in words {
        let width = word.chars().count() as f64 * CHAR_WIDTH + 14.0;
        drawing.rect(x, y, width, 28.0, class);
        drawing.text(x + width / 2.0, y + 19.0, word, "text small mono", Anchor::Middle);
        x += width + 6.0;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn captions(body: &str) -> Result<Vec<String>, String> {
        let frames = record(&Script::parse(&format!("title A broker\n{body}"))?)?;
        Ok(frames.into_iter().map(|frame| frame.caption).collect())
    }

    #[test]
    fn a_push_and_what_is_served_are_two_steps() {
        let captions = captions("blpop ann jobs\nbrpop bob jobs mail\nrpush jobs a b c").unwrap();
        assert_eq!(captions.len(), 4);
        assert!(captions[1].contains("under one ticket"), "{captions:?}");
        assert!(captions[2].contains("is answered 3"), "{captions:?}");
        assert_eq!(captions[3], "Served in the order of arrival: ann takes a; bob takes c.");
    }

    #[test]
    fn who_leaves_or_cannot_take_loses_no_element() {
        let captions = captions(
            "blpop ann jobs\nleave ann\nunwilling bob\nblpop bob jobs\nblpop cid jobs\nrpush jobs a",
        )
        .unwrap();
        let last = captions.last().unwrap();
        assert!(last.contains("bob cannot take a") && last.contains("cid takes a"), "{last}");
    }

    #[test]
    fn an_element_that_is_there_is_taken_at_once() {
        let captions = captions("rpush jobs a\nblpop ann jobs").unwrap();
        assert!(captions[1].contains("at once"), "{captions:?}");
    }

    #[test]
    fn what_nobody_does_is_an_error() {
        for line in ["leave ann", "blpop ann", "rpush jobs", "dance ann"] {
            assert!(captions(line).is_err(), "{line}");
        }
    }
}
