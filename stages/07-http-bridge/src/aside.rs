//! Cache-aside: the engine first; on a miss the source, and then the engine has it for a while.

use heapwood_sockets::Value;

use crate::errors::ApiError;
use crate::pool::Pool;

/// How long the engine keeps a copy, in seconds, as its SET wants it.
pub const KEPT_SECONDS: &str = "10";

/// A slow source of texts with copies of them in an engine beside it.
///
/// - **B5, fresh**: every copy is stored with a deadline of [`KEPT_SECONDS`], and no hit moves it. So what the source said
///   is repeated for that long after it was stored, and no longer.
///
/// Nothing else bounds a copy's age: a source that changes is not noticed before.
pub struct CacheAside {
    engine: Pool,
}

/// A text, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the source says, or said.
    pub text: String,
    /// The engine had a copy.
    pub hit: bool,
}

impl CacheAside {
    /// Copies in the engine that `engine` connects to.
    pub fn new(engine: Pool) -> Self {
        Self { engine }
    }

    /// The engine, for what is not cached.
    pub fn engine(&self) -> &Pool {
        &self.engine
    }

    /// The text of `name`: its copy, or what `source` says, of which a copy is kept. One request to the engine on a hit,
    /// two on a miss. Callers that miss at the same time all ask the source.
    ///
    /// # Errors
    /// As [`Pool::ask`], and those of `source`, of which no copy is kept.
    pub fn read(
        &self,
        name: &str,
        source: impl FnOnce() -> Result<String, ApiError>,
    ) -> Result<Found, ApiError> {
        let key = format!("cache:{name}");
        if let Value::Bytes(copy) = self.engine.ask(&["GET", &key])? {
            return Ok(Found { text: String::from_utf8_lossy(&copy).into_owned(), hit: true });
        }
        let text = source()?;
        // B5: one command, so that there is no moment at which the copy has no deadline.
        self.engine.ask(&["SET", &key, &text, "EX", KEPT_SECONDS])?;
        Ok(Found { text, hit: false })
    }
}
