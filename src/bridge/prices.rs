//! Quotes, history, statistics and the race: the questions of a price page.

use heapwood_http_bridge::percent::decode;
use heapwood_http_bridge::{Answer, ApiError, Incoming};
use serde_json::{Value as Json, json};

use super::parameters::{Body, Query, bad};
use crate::race::{ControlsChange, QuoteError, Race, Via};

/// Trading days of history at most: more than the market has.
const MAX_DAYS: u64 = 10_000;
/// Trading days of history unless told otherwise: about three months.
const DEFAULT_DAYS: u64 = 60;

impl From<QuoteError> for ApiError {
    fn from(error: QuoteError) -> Self {
        Self::new(error.http_status(), error.code(), error.to_string())
    }
}

/// `GET /api/symbols`.
pub(crate) fn symbols(race: &Race) -> Answer {
    let symbols = race.symbols().iter().map(|symbol| json!({"symbol": symbol}));
    Answer::json(200, &symbols.collect())
}

/// `GET /api/quotes/{symbol}?via=`.
pub(crate) fn quote(race: &Race, query: &Query, symbol: &str) -> Result<Answer, ApiError> {
    let via = query.get("via").map_or(Ok(Via::CacheAside), str::parse);
    let via = via.map_err(|e| bad(e.to_string()))?;
    let answer = race.quote(&ticker(symbol)?, via)?;
    Ok(Answer::json(200, &answer.to_json()))
}

/// `GET /api/history/{symbol}?days=`.
pub(crate) fn history(race: &Race, query: &Query, symbol: &str) -> Result<Answer, ApiError> {
    let days = query.number("days", 1..=MAX_DAYS, DEFAULT_DAYS)? as u32;
    let symbol = ticker(symbol)?;
    let bars = race.history(&symbol, days)?;
    let bars: Vec<Json> = bars.iter().map(|bar| bar.to_json()).collect();
    let via = Via::DiskWarm.name();
    Ok(Answer::json(200, &json!({"symbol": symbol, "via": via, "bars": bars})))
}

/// `GET /api/statistics/{symbol}`.
pub(crate) fn statistics(race: &Race, symbol: &str) -> Result<Answer, ApiError> {
    let statistics = race.statistics(&ticker(symbol)?)?;
    Ok(Answer::json(200, &statistics.to_json()))
}

/// The ticker in a path. What is no text is no ticker, so it need not survive.
fn ticker(symbol: &str) -> Result<String, ApiError> {
    let bytes = decode(symbol)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `GET /api/race?since=`.
pub(crate) fn look(race: &Race, query: &Query) -> Result<Answer, ApiError> {
    let since = query.number("since", 0..=u64::MAX, 0)?;
    Ok(Answer::json(200, &race.snapshot(since).to_json()))
}

/// `PUT /api/race`.
pub(crate) fn control(race: &Race, request: &Incoming) -> Result<Answer, ApiError> {
    let body = Body::parse(request)?;
    let distribution = body.get("distribution").map(|_| body.text("distribution"));
    let distribution = distribution.transpose()?.map(str::parse).transpose();
    let small = |name| -> Result<Option<u32>, ApiError> {
        let number = body.number(name, 0..=u64::from(u32::MAX))?;
        Ok(number.map(|n| n as u32))
    };
    let change = ControlsChange {
        running: body.flag("running")?,
        rate: small("rate")?,
        symbols: small("symbols")?,
        distribution: distribution.map_err(|e: crate::race::ControlError| bad(e.to_string()))?,
    };
    race.set_controls(change).map_err(|e| bad(e.to_string()))?;
    Ok(Answer::json(200, &race.snapshot(u64::MAX).to_json()))
}
