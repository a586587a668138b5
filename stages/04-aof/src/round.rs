//! A round on disk: one line that begins with `#HW1`, then the records of the round.
//!
//! ```text
//! #HW1 id=<16 hex digits> off=<offset of this line> len=<bytes of records> synced=<offset known durable> now=<unix ms> crc=<crc32>
//! ```
//!
//! Redis and Valkey skip lines that begin with `#` between two commands, so the file stays one that they load. The checksum covers the line before
//! ` crc=` and the records. The id is drawn at random for each file: no value that a client stores can imitate a line.

use crc32fast::Hasher;
use std::io::Write;

/// How every line begins.
pub const MARK: &[u8] = b"#HW1";

/// No line is longer, with its line end. (Redis skips lines of up to 1,023 bytes.)
pub const MAX_LINE_BYTES: usize = 160;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundLine {
    /// The same in all lines of a file, and random.
    pub id: u64,
    /// Where the line begins in the file.
    pub offset: u64,
    /// How many bytes of records follow the line.
    pub len: u64,
    /// Everything below this offset was known to be on disk when the line was written; at most `offset`.
    pub synced: u64,
    /// When the round was committed.
    pub now_unix_ms: u64,
}

/// A line as found in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// What it says.
    pub line: RoundLine,
    /// How many of its bytes the checksum covers.
    pub covered_bytes: usize,
    /// Its length with the line end; the records begin behind it.
    pub line_bytes: usize,
    /// Its checksum, of the covered bytes and the records.
    pub crc: u32,
}

impl RoundLine {
    /// The part that the checksum covers.
    fn write_covered(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self { id, offset, len, synced, now_unix_ms } = self;
        write!(out, "#HW1 id={id:016x} off={offset} len={len} synced={synced} now={now_unix_ms}")
    }
}

impl FoundLine {
    /// Reads a line at the start of `bytes`. It must be as this module writes it but for a CR before the LF, which the checksum does not cover; offset
    /// and checksum are for the caller to judge.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = &bytes[..bytes.len().min(MAX_LINE_BYTES)];
        let line_bytes = memchr::memchr(b'\n', bytes)? + 1;
        let text = std::str::from_utf8(&bytes[..line_bytes - 1]).ok()?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let (covered, crc) = text.split_once(" crc=")?;
        let mut fields = covered.strip_prefix("#HW1 ")?.split(' ');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let line = RoundLine {
            id: hex(field("id")?, 16)?,
            offset: decimal(field("off")?)?,
            len: decimal(field("len")?)?,
            synced: decimal(field("synced")?)?,
            now_unix_ms: decimal(field("now")?)?,
        };
        let sound = fields.next().is_none() && line.synced <= line.offset;
        sound.then_some(Self { line, covered_bytes: covered.len(), line_bytes, crc: hex(crc, 8)? as u32 })
    }
}

/// A number of exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u64> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(lower)).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// A decimal number without sign or leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    (plain && !leading_zero).then(|| text.parse().ok()).flatten()
}

/// The records of a round, with room for the line in front of them, so that both go to the file in one write.
#[derive(Debug)]
pub struct RoundBuffer {
    /// [`MAX_LINE_BYTES`] of room, then the records.
    bytes: Vec<u8>,
}

impl Default for RoundBuffer {
    fn default() -> Self {
        Self { bytes: vec![0; MAX_LINE_BYTES] }
    }
}

impl RoundBuffer {
    /// A buffer that grew beyond this for one large round is given back.
    const KEPT_BYTES: usize = 1024 * 1024;

    /// Where records are appended. Nothing may be removed from it.
    pub fn records(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// How many bytes of records there are.
    pub fn len(&self) -> usize {
        self.bytes.len() - MAX_LINE_BYTES
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the records.
    pub fn clear(&mut self) {
        self.bytes.truncate(MAX_LINE_BYTES);
        self.bytes.shrink_to(Self::KEPT_BYTES);
    }

    /// The round as it goes to the file at `line.offset`: the line, whose `len` is set here, and the records.
    pub fn seal(&mut self, mut line: RoundLine) -> &[u8] {
        line.len = self.len() as u64;
        let mut text = Vec::with_capacity(MAX_LINE_BYTES);
        let written = line.write_covered(&mut text);
        debug_assert!(written.is_ok(), "a vector takes every write");
        let mut hasher = Hasher::new();
        hasher.update(&text);
        hasher.update(&self.bytes[MAX_LINE_BYTES..]);
        text.extend_from_slice(format!(" crc={:08x}\n", hasher.finalize()).as_bytes());
        let start = MAX_LINE_BYTES - text.len();
        self.bytes[start..MAX_LINE_BYTES].copy_from_slice(&text);
        &self.bytes[start..]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    const LINE: RoundLine =
        RoundLine { id: 0xabc, offset: 90, len: 3, synced: 90, now_unix_ms: 1_700_000_000_000 };

    fn sealed(records: &[u8]) -> Vec<u8> {
        let mut round = RoundBuffer::default();
        round.records().extend_from_slice(records);
        round.seal(LINE).to_vec()
    }

    #[test]
    fn a_sealed_round_is_the_line_of_the_format_and_the_records() {
        let covered = "#HW1 id=0000000000000abc off=90 len=3 synced=90 now=1700000000000";
        let crc = crc32fast::hash(format!("{covered}abc").as_bytes());
        let expected = format!("{covered} crc={crc:08x}\nabc");
        assert_eq!(String::from_utf8(sealed(b"abc")).unwrap(), expected);
        let found = FoundLine::read(expected.as_bytes()).unwrap();
        assert_eq!((found.line, found.crc), (LINE, crc));
        assert_eq!(found.covered_bytes, covered.len());
        assert_eq!(found.line_bytes, expected.len() - 3);
    }

    #[test]
    fn the_longest_line_fits_the_room_before_the_records() {
        let most =
            RoundLine { id: u64::MAX, offset: u64::MAX, len: 0, synced: u64::MAX, now_unix_ms: u64::MAX };
        assert!(RoundBuffer::default().seal(most).len() + 20 < MAX_LINE_BYTES);
    }

    #[test]
    fn a_line_that_is_not_written_exactly_so_is_none() {
        let good = String::from_utf8(sealed(b"")).unwrap();
        assert!(FoundLine::read(good.as_bytes()).is_some());
        for (from, to) in [
            ("#HW1", "#HW2"),
            ("id=0", "id="),
            ("abc", "ABC"),
            ("off=90", "off=090"),
            ("off=90", "off=+90"),
            ("off=90", "off=99999999999999999999"),
            ("off=90", "off="),
            ("synced=90", "synced=91"),
            ("now=", "now= "),
            (" crc=", "  crc="),
            ("\n", ""),
            ("\n", "0\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_eq!(FoundLine::read(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn no_prefix_of_a_line_is_a_line() {
        let good = sealed(b"");
        for end in 0..good.len() {
            assert_eq!(FoundLine::read(&good[..end]), None);
        }
    }
}
