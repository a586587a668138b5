//! `POST /api/command`: any command that suits a connection which others share.

use heapwood_http_bridge::{Answer, ApiError};
use heapwood_sockets::Value;
use serde_json::json;

use super::engine::Engine;
use super::parameters::{Body, Encoding, Query};
use super::replies::to_json;
use crate::engine::service::is_cross_protocol;
use crate::engine::table::{self, Flags, Id};

/// Sends one command and tells its reply.
pub(crate) fn run(engine: &Engine, query: &Query, body: &Body) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let arguments = body.texts("command")?.into_iter().map(|text| encoding.read(text));
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    check(&arguments[0])?;
    match engine.call(&arguments)? {
        // Whatever the command found wrong, the request was the wrong one.
        Value::Error(reply) => Err(ApiError { status: 400, ..ApiError::from_engine(&reply) }),
        reply => Ok(Answer::json(200, &json!({"reply": to_json(&reply, encoding)?}))),
    }
}

/// Refuses what would block a shared connection or change it for whoever gets it next.
fn check(name: &[u8]) -> Result<(), ApiError> {
    if is_cross_protocol(name) {
        return Err(ApiError::new(403, "REFUSED", "the engine closes the connection of whoever sends that"));
    }
    let Some(command) = table::find(name) else {
        return Ok(());
    };
    // These two speak about the connection and leave it as it is.
    let harmless = matches!(command.id, Id::Ping | Id::Echo);
    let why = if command.flags.has(Flags::BLOCKS) {
        "may wait for a long time"
    } else if command.flags.has(Flags::CONNECTION) && !harmless {
        "would change a connection that others share"
    } else {
        return Ok(());
    };
    let message = format!("{} {why}; use heapwood cli", command.name);
    Err(ApiError::new(403, "REFUSED", message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_blocks_or_changes_a_connection_is_refused_in_any_letter_case() {
        for name in ["BLPOP", "brpop", "Auth", "QUIT", "Post", "host:"] {
            let error = check(name.as_bytes()).unwrap_err();
            assert_eq!((error.status, error.code.as_ref()), (403, "REFUSED"), "{name}");
        }
        for name in ["GET", "PING", "echo", "FLUSHALL", "no such command", ""] {
            assert_eq!(check(name.as_bytes()), Ok(()), "{name}");
        }
    }
}
