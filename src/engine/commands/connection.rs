//! The connection itself: <https://redis.io/commands/?group=connection>.

use heapwood_aof::Storage;
use heapwood_poll_loop::{Outcome, Request};

use crate::engine::access::Verdict;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::service::{Engine, EngineRound};

/// `PING [message]`
pub(super) fn ping(round: &mut EngineRound<'_>, request: &Request<'_>) -> Reply {
    match request.len() {
        1 => round.reply(request.client(), |replies| replies.status("PONG")),
        2 => round.reply(request.client(), |replies| replies.bytes(request.arg(1))),
        _ => return Err(Refusal::arity_of("ping")),
    };
    Ok(())
}

/// ECHO message
pub(super) fn echo(round: &mut EngineRound<'_>, request: &Request<'_>) -> Reply {
    round.reply(request.client(), |replies| replies.bytes(request.arg(1)));
    Ok(())
}

/// QUIT
pub(super) fn quit(round: &mut EngineRound<'_>, request: &Request<'_>) -> Outcome {
    round.reply(request.client(), |replies| replies.status("OK"));
    Outcome::Close
}

/// `AUTH [username] password`: from then on the client's requests may be as large as any.
pub(super) fn auth<S: Storage>(
    engine: &mut Engine<S>,
    round: &mut EngineRound<'_>,
    request: &Request<'_>,
) -> Reply {
    let (user, password) = match request.len() {
        2 => (&b"default"[..], request.arg(1)),
        3 => (request.arg(1), request.arg(2)),
        _ => return Err(Refusal::SYNTAX),
    };
    let client = request.client();
    match engine.access.authenticate(client, user, password) {
        Verdict::Right => {
            round.set_request_limits(client, engine.access.limits());
            round.reply(client, |replies| replies.status("OK"));
            Ok(())
        }
        Verdict::Wrong => Err(Refusal::text("WRONGPASS invalid username-password pair or user is disabled.")),
        Verdict::NoneWanted if request.len() == 3 && user == b"default" => {
            // As in Redis, whose default user takes any password when it has none.
            round.reply(client, |replies| replies.status("OK"));
            Ok(())
        }
        Verdict::NoneWanted if request.len() == 3 => {
            Err(Refusal::text("WRONGPASS invalid username-password pair or user is disabled."))
        }
        Verdict::NoneWanted => Err(Refusal::text(
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        )),
    }
}
