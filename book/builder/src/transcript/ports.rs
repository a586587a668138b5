//! The book's ports, and the free ones that stand for them while a chapter runs.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where free ports are looked for: below those that the system gives to outgoing connections, so that none is taken
/// between two starts of a server, and with four digits like the book's, so that columns stay as wide as they are.
const CANDIDATES: Range<u16> = 2000..7000;

/// What stands in front of a port. A number elsewhere is no port.
const INTRODUCTIONS: [&str; 8] =
    ["port ", "port=", "-p ", ":", "127.0.0.1 ", "127.0.0.1/", "localhost ", "localhost/"];

/// How many ports were tried by all chapters of this process, so that no two are given the same one.
static TRIED: AtomicU32 = AtomicU32::new(0);

fn is_of_book(port: u16) -> bool {
    matches!(port, 7400..=7499 | 8080..=8089)
}

/// A chapter's ports.
#[derive(Clone, Debug, Default)]
pub(super) struct Ports {
    free: BTreeMap<u16, u16>,
}

impl Ports {
    /// A command with free ports in place of the book's.
    pub(super) fn for_programs(&mut self, text: &str) -> io::Result<String> {
        let mut failure = None;
        let mapped = map_ports(text, |port| {
            if !is_of_book(port) {
                return None;
            }
            if let Some(free) = self.free.get(&port) {
                return Some(*free);
            }
            let free = free_port().map_err(|error| failure = Some(error)).ok()?;
            self.free.insert(port, free);
            Some(free)
        });
        failure.map_or(Ok(mapped), Err)
    }

    /// Output with the book's ports in place of the free ones.
    pub(super) fn for_page(&self, text: &str) -> String {
        map_ports(text, |port| self.free.iter().find(|(_, free)| **free == port).map(|(book, _)| *book))
    }
}

/// Replaces those ports for which there is another.
fn map_ports(text: &str, mut other: impl FnMut(u16) -> Option<u16>) -> String {
    let mut mapped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, behind) = from.split_at(length);
        mapped.push_str(before);
        let introduced = INTRODUCTIONS.iter().any(|words| mapped.ends_with(words));
        match digits.parse().ok().filter(|_| introduced).and_then(&mut other) {
            Some(port) => mapped.push_str(&port.to_string()),
            None => mapped.push_str(digits),
        }
        rest = behind;
    }
    mapped + rest
}

fn free_port() -> io::Result<u16> {
    let count = u32::from(CANDIDATES.end - CANDIDATES.start);
    // Processes that run side by side begin at places of their own.
    let begin = std::process::id().wrapping_mul(97);
    for _ in CANDIDATES {
        let offset = begin.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % count;
        let port = CANDIDATES.start + offset as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other(format!("no port from {} to {} is free", CANDIDATES.start, CANDIDATES.end - 1)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn ports_are_mapped_there_and_back_and_other_numbers_left_alone() {
        let mut ports = Ports::default();
        let command = "curl localhost:8087/a 127.0.0.1:7402 --port 7402 -- SET 7402 a7402 port 74021";
        let mapped = ports.for_programs(command).unwrap();
        let [http, own] = [ports.free[&8087], ports.free[&7402]];
        assert_eq!(
            mapped,
            format!("curl localhost:{http}/a 127.0.0.1:{own} --port {own} -- SET 7402 a7402 port 74021")
        );
        assert_eq!(ports.for_page(&mapped), command);
    }
}
