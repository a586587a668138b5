//! A tick: a new price of one ticker, as it waits in the engine's queue.

use serde_json::{Value, json};

/// The engine's deque between simulator and worker: LPUSH at one end, BRPOP at the other.
pub(crate) const QUEUE: &str = "market:ticks";

/// A new price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) symbol: String,
    /// In cents.
    pub(crate) price: i64,
    /// Shares traded.
    pub(crate) volume: i64,
    /// Grows by one from tick to tick of a run, and from run to run; the worker ignores what is not newer than
    /// what it has stored, so a tick may arrive twice.
    pub(crate) version: i64,
    /// When it was published.
    pub(crate) unix_ms: i64,
}

impl Tick {
    pub(crate) fn to_element(&self) -> Vec<u8> {
        json!({
            "symbol": self.symbol,
            "cents": self.price,
            "volume": self.volume,
            "version": self.version,
            "unix_ms": self.unix_ms,
        })
        .to_string()
        .into_bytes()
    }

    /// `None` for what somebody else pushed there.
    pub(crate) fn from_element(element: &[u8]) -> Option<Tick> {
        let value: Value = serde_json::from_slice(element).ok()?;
        let number = |name: &str| value.get(name)?.as_i64().filter(|&number| number >= 0);
        Some(Tick {
            symbol: value.get("symbol")?.as_str()?.to_owned(),
            price: number("cents").filter(|&cents| cents <= MAX_CENTS)?,
            volume: number("volume").filter(|&shares| shares <= MAX_SHARES)?,
            version: number("version").filter(|&version| version <= MAX_VERSION)?,
            unix_ms: number("unix_ms").filter(|&ms| ms <= MAX_UNIX_MS)?,
        })
    }
}

/// A trillion, a billion shares, the year 10000, and what a JSON number holds exactly: whatever a stranger pushes,
/// sums and dates stay in range.
const MAX_CENTS: i64 = 100_000_000_000_000;
const MAX_UNIX_MS: i64 = 253_402_300_800_000;
const MAX_SHARES: i64 = 1_000_000_000;
const MAX_VERSION: i64 = (1 << 53) - 1;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_element_reads_back_as_the_tick_it_was() {
        let tick = Tick {
            symbol: "BCD".to_owned(),
            price: 12_345,
            volume: 10,
            version: 1_792_000_000_000_001,
            unix_ms: 1_792_000_000_000,
        };
        assert_eq!(Tick::from_element(&tick.to_element()).unwrap(), tick);
    }

    #[test]
    fn what_somebody_else_pushed_is_no_tick() {
        let far = br#"{"symbol":"B","cents":1,"volume":1,"version":1,"unix_ms":9000000000000000000}"#;
        for element in [&b""[..], b"{}", b"\xff", b"[1]", far] {
            assert_eq!(Tick::from_element(element), None);
        }
    }
}
