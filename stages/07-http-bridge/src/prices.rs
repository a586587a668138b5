//! The disk-bound side: a plain file with one price a line, searched from its first line for every question.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Invented tickers; the last one is the slowest to find.
const TICKERS: u32 = 100_000;

pub(crate) struct Prices {
    path: PathBuf,
}

impl Prices {
    /// Opens the file, and writes it first when it is not there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            write_prices(path)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The price of a ticker, by reading the file up to its line.
    pub(crate) fn find(&self, ticker: &str) -> io::Result<Option<String>> {
        let mut file = BufReader::new(File::open(&self.path)?);
        let mut line = String::new();
        while file.read_line(&mut line)? > 0 {
            if let Some((found, price)) = line.trim_end().split_once(' ')
                && found == ticker
            {
                return Ok(Some(price.to_owned()));
            }
            line.clear();
        }
        Ok(None)
    }
}

/// The name of a ticker by its number: `T000000` to `T099999`.
pub(crate) fn ticker(number: u32) -> String {
    format!("T{number:06}")
}

fn write_prices(path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..TICKERS {
        // Any number will do, as long as it is the same on every start (Knuth's multiplicative hash).
        let cents = number.wrapping_mul(2_654_435_761) % 50_000 + 100;
        writeln!(file, "{} {}.{:02}", ticker(number), cents / 100, cents % 100)?;
    }
    file.flush()
}
