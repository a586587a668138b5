//! A quote as it is stored: a row of `latest`, or a small JSON value in the engine.

use serde_json::{Value, json};

/// The key of a ticker in the engine's full copy of the latest quotes.
pub(crate) fn memory_key(symbol: &str) -> String {
    format!("quote:{symbol}")
}

/// The key of a ticker in the cache that only requests fill.
pub(crate) fn cache_key(symbol: &str) -> String {
    format!("cache:{symbol}")
}

/// The latest price of a ticker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) symbol: String,
    /// In cents.
    pub(crate) price: i64,
    /// The version of the tick that set it; 0 in a database that no tick has reached. Only grows.
    pub(crate) version: i64,
    /// When that tick was published.
    pub(crate) unix_ms: i64,
}

impl Quote {
    /// `{"price":12.34,"symbol":"BCD","unix_ms":…,"version":…}`, for eyes in the key browser as well.
    pub(crate) fn to_value(&self) -> Vec<u8> {
        json!({
            "symbol": self.symbol,
            "price": money(self.price),
            "version": self.version,
            "unix_ms": self.unix_ms,
        })
        .to_string()
        .into_bytes()
    }

    /// Reads what [`Quote::to_value`] wrote. `None` for anything else: the keys are open to every client, and a
    /// value that is no quote counts as none.
    pub(crate) fn from_value(value: &[u8]) -> Option<Quote> {
        let value: Value = serde_json::from_slice(value).ok()?;
        let price = value.get("price")?.as_f64().filter(|p| p.is_finite())?;
        Some(Quote {
            symbol: value.get("symbol")?.as_str()?.to_owned(),
            price: (price * 100.0).round() as i64,
            version: value.get("version")?.as_i64()?,
            unix_ms: value.get("unix_ms")?.as_i64()?,
        })
    }
}

/// Cents as a number with two decimals.
pub(crate) fn money(cents: i64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_back_as_the_quote_it_was() {
        let quote =
            Quote { symbol: "BCD".to_owned(), price: 1_999_907, version: 1_792_000_000_000_001, unix_ms: 7 };
        assert_eq!(Quote::from_value(&quote.to_value()).unwrap(), quote);
    }

    #[test]
    fn what_somebody_else_put_there_is_no_quote() {
        for value in [&b""[..], b"12", b"{\"symbol\":\"BCD\"}", b"\xff", b"[]"] {
            assert_eq!(Quote::from_value(value), None);
        }
    }
}
