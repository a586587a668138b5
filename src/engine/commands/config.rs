//! CONFIG GET: the options the server runs with, under Redis's names where it has them.

use heapwood_aof::{LOG_NAME, Storage};
use heapwood_poll_loop::Request;

use super::catalogue::unknown_subcommand;
use crate::engine::arguments::is_option;
use crate::engine::glob::Pattern;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::service::{Engine, EngineRound};

/// `CONFIG GET pattern [pattern ...]`. The password is not among what it tells.
pub(super) fn config<S: Storage>(
    engine: &Engine<S>,
    round: &mut EngineRound<'_>,
    request: &Request<'_>,
) -> Reply {
    let sub = request.arg(1);
    if !is_option(sub, "GET") {
        return Err(unknown_subcommand("CONFIG", sub));
    }
    if request.len() < 3 {
        return Err(Refusal::arity_of("config|get"));
    }
    let patterns: Vec<Vec<u8>> = request.args().skip(2).map(<[u8]>::to_ascii_lowercase).collect();
    let patterns = patterns.iter().map(|pattern| Pattern::new(pattern)).collect::<Result<Vec<_>, _>>()?;
    let wanted: Vec<(&str, String)> = parameters(engine)
        .into_iter()
        .filter(|(name, _)| patterns.iter().any(|pattern| pattern.matches(name.as_bytes())))
        .collect();
    patterns.iter().try_for_each(Pattern::judge)?;
    round.reply(request.client(), |replies| {
        replies.map(wanted.len());
        for (name, value) in &wanted {
            replies.bytes(name.as_bytes());
            replies.bytes(value.as_bytes());
        }
    });
    Ok(())
}

fn parameters<S: Storage>(engine: &Engine<S>) -> Vec<(&'static str, String)> {
    let options = &engine.options;
    let limits = &options.limits;
    let number = |number: usize| number.to_string();
    let yes_no = |yes: bool| String::from(if yes { "yes" } else { "no" });
    vec![
        ("appendfilename", LOG_NAME.to_owned()),
        ("appendfsync", engine.persistence.policy().to_string()),
        ("appendonly", yes_no(engine.persistence.is_enabled())),
        ("bind", options.bind.to_string()),
        ("databases", number(1)),
        ("dir", options.dir.display().to_string()),
        ("hard-output-bytes", number(limits.hard_output_bytes)),
        ("housekeeping-ms", limits.housekeeping_ms.to_string()),
        ("input-bytes", number(limits.input_bytes)),
        ("max-arguments", number(limits.max_arguments)),
        ("max-body-bytes", number(limits.max_body_bytes)),
        ("maxclients", number(limits.max_clients)),
        ("maxmemory", number(0)),
        ("maxmemory-policy", String::from("noeviction")),
        ("poller", engine.poller_name().to_owned()),
        ("port", engine.addr.port().to_string()),
        ("proto-max-bulk-len", number(limits.max_bulk_bytes)),
        ("read-bytes-per-round", number(limits.read_bytes_per_round)),
        ("requests-per-round", number(limits.requests_per_round)),
        ("save", String::new()),
        ("soft-output-bytes", number(limits.soft_output_bytes)),
        ("stall-timeout", limits.stall_timeout.to_string()),
        ("timeout", limits.idle_timeout.to_string()),
        ("unauthenticated-arguments", number(limits.unauthenticated_arguments)),
        ("unauthenticated-body-bytes", number(limits.unauthenticated_body_bytes)),
    ]
}
