use heapwood_kit::given;

use super::subject::{append, crc32c, scan};

const RECORDS: [&[u8]; 5] = [b"SET apple red", b"", b"\0\0\0\0\0\0\0\0\0", b"a", b"SET fig blue"];

/// The log of `RECORDS`, and where each of them ends.
fn log() -> (Vec<u8>, Vec<usize>) {
    let (mut log, mut ends) = (Vec::new(), Vec::new());
    for record in RECORDS {
        append(&mut log, record);
        ends.push(log.len());
    }
    (log, ends)
}

fn shown(records: &[&[u8]]) -> Vec<String> {
    records.iter().map(|record| record.escape_ascii().to_string()).collect()
}

/// The first `count` records must be found, and nothing else.
fn check(what: &str, log: &[u8], count: usize, ends: &[usize]) {
    let given = given(format!("a log of the records {:?}, {what}", shown(&RECORDS)));
    let found = scan(log);
    given.expect(shown(&RECORDS[..count]), shown(&found.records));
    let end = if count == 0 { 0 } else { ends[count - 1] };
    given.holds(
        found.sound_bytes == end,
        format!("sound_bytes: {end}"),
        format!("sound_bytes: {}", found.sound_bytes),
    );
}

/// The checksum has the values that everybody's has.
pub fn the_check_value() {
    for (text, crc) in [("", 0), ("a", 0xc1d0_4330), ("123456789", 0xe306_9283_u32)] {
        given(format!("the text {text:?}, its CRC-32C in hexadecimal"))
            .expect(format!("{crc:08x}"), format!("{:08x}", crc32c(text.as_bytes())));
    }
}

/// A record costs 8 bytes beside its own.
pub fn eight_bytes_more() {
    for record in RECORDS {
        let mut log = b"before".to_vec();
        append(&mut log, record);
        given(format!("the record {:?} appended to a log of 6 bytes", record.escape_ascii().to_string()))
            .expect(6 + 8 + record.len(), log.len());
    }
}

/// What was appended comes back.
pub fn as_it_was_written() {
    let (log, ends) = log();
    check("as it was written", &log, RECORDS.len(), &ends);
    given("an empty log").expect(0, scan(b"").records.len());
    let (mut long, records) = (Vec::new(), [vec![b'x'; 70_000], vec![b'y'; 300]]);
    records.iter().for_each(|record| append(&mut long, record));
    let lengths: Vec<usize> = scan(&long).records.iter().map(|record| record.len()).collect();
    given("a log of two records, with 70,000 and 300 bytes; the lengths of what is found")
        .expect([70_000, 300], lengths.as_slice());
}

/// A log that is cut gives the records that are whole (L1).
pub fn cut_anywhere() {
    let (log, ends) = log();
    for cut in 0..log.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count();
        check(&format!("of which the first {cut} bytes are left"), &log[..cut], whole, &ends);
    }
}

/// Zeros behind the last record are no records.
pub fn zeros_behind() {
    let (log, ends) = log();
    for count in [1, 4, 8, 12, 16, 100] {
        let torn = [&log[..], &vec![0; count]].concat();
        check(&format!("and {count} zeros behind them"), &torn, RECORDS.len(), &ends);
    }
}

/// What stands behind the last record may be any bytes, and ask for any length.
pub fn anything_behind() {
    let (log, ends) = log();
    for byte in [b'\n', b'x', 0x80, 0xff] {
        for count in [1, 7, 8, 9, 40] {
            let torn = [&log[..], &vec![byte; count]].concat();
            check(&format!("and {count} bytes {byte:#04x} behind them"), &torn, RECORDS.len(), &ends);
        }
    }
}

/// One flipped bit is noticed wherever it is, and ends the log there.
pub fn any_bit_flipped() {
    let (log, ends) = log();
    for bit in 0..log.len() * 8 {
        let mut flipped = log.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let before = ends.iter().filter(|end| **end <= bit / 8).count();
        check(&format!("with bit {} of byte {} flipped", bit % 8, bit / 8), &flipped, before, &ends);
    }
}
