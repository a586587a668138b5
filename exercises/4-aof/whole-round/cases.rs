use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use heapwood_aof::StoredFile;
use heapwood_aof::reader::Reader;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_kit::given;

use super::subject::{Sums, line_at, round_at};

const ID: u64 = 0xabc;

/// A file in memory that is only read.
struct Bytes {
    bytes: Vec<u8>,
    /// From here on the disk is broken.
    broken: u64,
}

impl FileExt for Bytes {
    fn read_at(&self, room: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.bytes.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(room.len());
        if offset + count as u64 > self.broken {
            return Err(io::Error::other("the disk is broken"));
        }
        room[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::Error::other("a scan does not write"))
    }
}

impl StoredFile for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn truncate(&self, _: u64) -> io::Result<()> {
        Err(io::Error::other("a scan does not cut"))
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::Error::other("a scan does not sync"))
    }
}

/// A file with a round of each of these records, and where the rounds begin.
fn file(records: &[&str]) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut starts) = (Vec::new(), Vec::new());
    for record in records {
        let mut round = RoundBuffer::default();
        round.records().extend_from_slice(record.as_bytes());
        let offset = bytes.len() as u64;
        let line = RoundLine { id: ID, offset, len: 0, synced: offset, now_unix_ms: 1_700_000_000_000 };
        starts.push(bytes.len());
        bytes.extend_from_slice(round.seal(line));
    }
    (bytes, starts)
}

/// What `round_at` says of the round at `offset`: where its records are.
fn at(bytes: &[u8], offset: usize, id: Option<u64>, with_sums: bool) -> Result<Option<Range<u64>>, String> {
    on_disk(&Bytes { bytes: bytes.to_vec(), broken: u64::MAX }, offset, id, with_sums)
}

fn on_disk(
    file: &Bytes,
    offset: usize,
    id: Option<u64>,
    with_sums: bool,
) -> Result<Option<Range<u64>>, String> {
    let (sums, progress) = (Sums::new(file), &mut |_| {});
    let found = Reader::new(file, 64, progress)
        .and_then(|mut reader| round_at(&mut reader, offset as u64, id, with_sums.then_some(&sums)));
    found.map(|found| found.map(|(_, records)| records)).map_err(|error| error.to_string())
}

/// What must come of it with `sums` and without.
fn check(what: &str, bytes: &[u8], offset: usize, id: Option<u64>, expected: Option<Range<usize>>) {
    let expected = expected.map(|records| records.start as u64..records.end as u64);
    let of = id.map_or("any id".to_owned(), |id| format!("the id {id:#x}"));
    for (with_sums, how) in [(false, "without"), (true, "with")] {
        given(format!("{what}; asked at offset {offset} for {of}, {how} sums"))
            .expect(Ok(expected.clone()), at(bytes, offset, id, with_sums));
    }
}

/// A whole round is found, with the place of its records, also before the file's id is known.
pub fn a_whole_round() {
    let (bytes, starts) = file(&["", "SET apple red", &"SET fig blue ".repeat(30)]);
    let ends = [starts[1], starts[2], bytes.len()];
    for (round, records) in [0, 13, 390].into_iter().enumerate() {
        let expected = ends[round] - records..ends[round];
        let what = format!("three whole rounds, with 0, 13 and 390 bytes of records, from {starts:?} on");
        check(&what, &bytes, starts[round], None, Some(expected.clone()));
        check(&what, &bytes, starts[round], Some(ID), Some(expected));
    }
    check("three whole rounds", &bytes, starts[1] + 1, None, None);
    check("three whole rounds", &bytes, bytes.len(), None, None);
}

/// A line elsewhere than it says is none, be its checksum right.
pub fn in_another_place() {
    let (mut bytes, starts) = file(&["", "SET apple red"]);
    let copy = bytes[starts[1]..].to_vec();
    let place = bytes.len();
    bytes.extend_from_slice(&copy);
    check("two rounds, and a copy of the second behind it", &bytes, place, Some(ID), None);
    let line = line_at(&copy, place as u64, Some(ID)).map(|found| found.line.offset);
    given(format!("a line that says off={}, at offset {place}", starts[1])).expect(None::<u64>, line);
    let line = line_at(&copy, starts[1] as u64, Some(ID)).map(|found| found.line.len);
    given(format!("a line that says off={} len=13, at that offset", starts[1])).expect(Some(13), line);
}

/// A line with the id of another file is none.
pub fn of_another_file() {
    let (bytes, starts) = file(&["", "SET apple red"]);
    check("a whole round of a file whose id is 0xabc", &bytes, starts[1], Some(0xabd), None);
}

/// One flipped bit anywhere in a round makes it none (L1).
pub fn a_flipped_bit() {
    let (bytes, starts) = file(&["", "SET apple red", ""]);
    for bit in starts[1] * 8..starts[2] * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let what = format!(
            "a round of 13 bytes of records at {}, with bit {} of byte {} flipped",
            starts[1],
            bit % 8,
            bit / 8
        );
        check(&what, &flipped, starts[1], Some(ID), None);
    }
}

/// A round of which any part at the end is missing is none (L1).
pub fn cut_short() {
    let (bytes, starts) = file(&["", "SET apple red"]);
    for cut in (starts[1]..bytes.len()).rev() {
        let what = format!("a file that should have {} bytes, cut to {cut}", bytes.len());
        check(&what, &bytes[..cut], starts[1], Some(ID), None);
    }
}

/// A length beyond all bounds is no reason to panic; a file that cannot be read is an error.
pub fn an_absurd_length() {
    for len in [u64::MAX, u64::MAX - 100, i64::MAX as u64] {
        let line = format!("#HW1 id={ID:016x} off=0 len={len} synced=0 now=0 crc=00000000\n");
        check(&format!("a file with the line {line:?}"), line.as_bytes(), 0, Some(ID), None);
    }
    let (bytes, starts) = file(&["", "SET apple red"]);
    let broken = Bytes { bytes, broken: 0 };
    for (with_sums, how) in [(false, "without"), (true, "with")] {
        let got = on_disk(&broken, starts[1], Some(ID), with_sums);
        given(format!("a file on a disk that fails; {how} sums"))
            .expect(Err("the disk is broken".to_owned()), got);
    }
}
