//! Requests that arrive in pieces, and what the parser says after each.

use super::cells::{Field, State, Step};
use super::{caption, field, noted, number};
use crate::pictures::{Line, Script};
use heapwood_sockets::{FrameParser, RequestLimits, encode_request};

/// The captions and steps of the arrival.
pub(super) fn record(script: &Script) -> Result<(Vec<String>, Vec<Step>), String> {
    let mut wire = Wire::default();
    let (mut captions, mut steps) = (Vec::new(), Vec::new());
    for line in &script.lines {
        match line.verb.as_str() {
            "request" => wire.request(line)?,
            "field" => wire.raw(line)?,
            "limit" => wire.limits.max_body_bytes = number(&line.rest, "limit")?,
            "arrive" => {
                if steps.is_empty() {
                    captions.push(format!("{} bytes are sent, and none has arrived.", wire.sent.len()));
                    steps.push(wire.step(0, "nothing to ask the parser".into()));
                }
                let before = wire.arrived;
                let (seen, answer) = wire.arrive(noted(line).0)?;
                captions.push(caption(&seen, noted(line).1));
                steps.push(wire.step(before, answer));
            }
            verb => return Err(format!("a picture of requests knows no {verb:?}")),
        }
    }
    if steps.is_empty() && !wire.sent.is_empty() {
        // Nothing is said of their arrival: they are shown as they are sent.
        let (_, answer) = wire.arrive("rest")?;
        captions.push(format!("{} bytes as they are sent.", wire.sent.len()));
        steps.push(wire.step(wire.arrived, answer));
    }
    Ok((captions, steps))
}

/// One connection, seen from the server.
#[derive(Default)]
struct Wire {
    fields: Vec<Field>,
    sent: Vec<u8>,
    arrived: usize,
    limits: RequestLimits,
    parser: FrameParser,
    /// How many of the bytes that arrived were requests.
    answered: usize,
    /// The byte that proves an error, counted from the first.
    proof: Option<usize>,
}

impl Wire {
    fn send(&mut self, label: &str, bytes: &[u8], joined: bool) {
        if !bytes.is_empty() {
            self.fields.push(field(label, bytes, joined));
            self.sent.extend_from_slice(bytes);
        }
    }

    fn request(&mut self, line: &Line) -> Result<(), String> {
        let words: Vec<&str> = line.words().map(|word| if word == "\"\"" { "" } else { word }).collect();
        let mut bytes = Vec::new();
        encode_request(&words, &mut bytes).map_err(|error| error.to_string())?;
        let first = self.fields.len();
        self.send("body length", &bytes[..4], false);
        self.send("arguments", &bytes[4..8], true);
        let mut rest = &bytes[8..];
        for word in words {
            self.send("length", &rest[..4], false);
            self.send("argument", &rest[4..4 + word.len()], true);
            rest = &rest[4 + word.len()..];
        }
        self.fields[first].begins = true;
        Ok(())
    }

    fn raw(&mut self, line: &Line) -> Result<(), String> {
        let mut words = line.words();
        let label = words.next().ok_or("a field needs a label")?.replace('_', " ");
        let bytes =
            words.map(|word| u8::from_str_radix(word, 16).map_err(|_| format!("{word:?} is no byte")));
        let bytes = bytes.collect::<Result<Vec<u8>, _>>()?;
        self.send(&label, &bytes, false);
        Ok(())
    }

    /// Lets bytes arrive and asks the parser until it finds no more requests: what was seen, and its answers.
    fn arrive(&mut self, bytes: &str) -> Result<(String, String), String> {
        let left = self.sent.len() - self.arrived;
        let count = if bytes == "rest" { left } else { number(bytes, "arrive")? };
        if count == 0 || count > left {
            return Err(format!("{count} bytes cannot arrive, of {left} on their way"));
        }
        self.arrived += count;
        let (mut answers, mut found) = (Vec::new(), Vec::new());
        let verdict = loop {
            let (waiting, mut spans) = (&self.sent[self.answered..self.arrived], Vec::new());
            if waiting.is_empty() {
                break "";
            }
            let answer = self.parser.parse(waiting, &self.limits, &mut spans);
            match answer {
                Ok(Some(length)) => {
                    answers.push(format!("Ok(Some({length}))"));
                    let words = spans.iter().map(|span| String::from_utf8_lossy(span.of(waiting)));
                    found.push(words.collect::<Vec<_>>().join(" "));
                    self.answered += length;
                }
                Ok(None) => {
                    answers.push("Ok(None)".into());
                    break if found.is_empty() {
                        ", and no request is complete"
                    } else {
                        ", and part of another request"
                    };
                }
                Err(error) => {
                    answers.push(format!("Err({error})"));
                    self.proof = self.proof_of_error();
                    break ", and the parser refuses: this can become no request";
                }
            }
        };
        let came = if count == 1 { "1 byte arrives".into() } else { format!("{count} bytes arrive") };
        let seen = match found.len() {
            0 => format!("{came}{verdict}"),
            _ => format!("{came}: the parser finds {}{verdict}", found.join(" and ")),
        };
        Ok((seen, format!("parse: {}", answers.join(", "))))
    }

    /// The last of the fewest bytes that the parser refuses.
    fn proof_of_error(&self) -> Option<usize> {
        let input = &self.sent[self.answered..self.arrived];
        let refused = |end: &usize| {
            FrameParser::default().parse(&input[..*end], &self.limits, &mut Vec::new()).is_err()
        };
        (1..=input.len()).find(refused).map(|end| self.answered + end - 1)
    }

    fn step(&self, before: usize, answer: String) -> Step {
        let mut offset = 0;
        let mut fields = Vec::new();
        for field in &self.fields {
            let bad = self.proof.is_some_and(|proof| (offset..offset + field.bytes.len()).contains(&proof));
            let state = |index: usize| match index {
                index if index >= self.arrived => State::Away,
                _ if bad => State::Bad,
                index if index >= before => State::New,
                _ => State::Here,
            };
            fields.push((field.clone(), (offset..offset + field.bytes.len()).map(state).collect()));
            offset += field.bytes.len();
        }
        Step {
            arrived: format!("{} of {} bytes have arrived", self.arrived, self.sent.len()),
            answer,
            fields,
        }
    }
}
