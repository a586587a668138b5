//! `cargo learn conformance`: which stage's behaviour a server has, whoever wrote it, seen through its port.
//!
//! The transcripts are in `exercises/conformance/`, which has a README about how they are written.
//!
//! - [`words`] and [`script`]: what a transcript says;
//! - [`connection`] and [`resp`]: one connection, in frames or in Redis's protocol, with a limit on every wait;
//! - [`server`]: the server under test, and how it is killed and started again;
//! - [`play`]: one transcript, held with a server;
//! - [`report`]: what came of all of them.

pub mod connection;
pub mod play;
pub mod report;
pub mod resp;
pub mod script;
pub mod server;
pub mod words;

pub use connection::Protocol;
pub use play::Failure;
pub use report::{Outcome, Played, Report, stage_name};
pub use script::LAST_STAGE;
pub use server::Server;

use connection::Connection;
use play::Player;
use script::Transcript;
use server::{Greeting, Host};
use std::time::{Duration, Instant, SystemTime};

/// How many keys are deleted with one request.
const DELETED_AT_ONCE: usize = 200;

/// What can be chosen.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The stage to test, with those before it; all for `None`.
    pub stage: Option<usize>,
    /// What the server speaks. In Redis's protocol only what Redis passes is held.
    pub protocol: Protocol,
    /// How long the server has for each reply.
    pub patience: Duration,
    /// How long the whole test may take; what is not begun by then is not run.
    pub limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stage: None,
            protocol: Protocol::Frames,
            // Any reply here takes milliseconds; a machine under load may take a second.
            patience: Duration::from_secs(3),
            limit: Duration::from_secs(120),
        }
    }
}

/// Holds the transcripts with a server. `progress` hears how many of how many are done.
///
/// # Errors
/// There is nothing to test: the stage does not exist, nobody listens there, or the command starts no server. Says what to
/// do.
pub fn test(
    server: &Server,
    options: &Options,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, String> {
    let last = options.stage.unwrap_or(LAST_STAGE);
    if !(1..=LAST_STAGE).contains(&last) {
        return Err(format!("there is no conformance for stage {last}; the stages are 1 to {LAST_STAGE}"));
    }
    let is_resp = options.protocol == Protocol::Resp;
    let mut transcripts = script::all()?;
    transcripts.retain(|it| it.stage <= last && (it.is_redis || !is_resp));
    let mut host = Host::new(server)?;
    let mut report = Report { asked: options.stage, is_resp, no_reply: None, played: Vec::new() };
    report.no_reply = greet(&host, options)?;
    if report.no_reply.is_none() {
        report.played = hold(&mut host, transcripts, options, progress);
    }
    Ok(report)
}

/// Asks a first question. Why there was no reply, if there was none.
fn greet(host: &Host, options: &Options) -> Result<Option<String>, String> {
    match host.greet(options.protocol, prefix(0).as_bytes(), options.patience) {
        Ok(()) => Ok(None),
        Err(Greeting::NoReply(trouble)) => Ok(Some(trouble.text().to_owned())),
        Err(Greeting::NoConnection(error)) => Err(format!(
            "cannot connect to {}: {error}; start the server, or say with --port where it listens",
            host.address
        )),
    }
}

/// Holds transcripts, one after the other.
fn hold(
    host: &mut Host,
    transcripts: Vec<Transcript>,
    options: &Options,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Played> {
    let begun = Instant::now();
    let all = transcripts.len();
    let can_restart = host.can_restart();
    let mut player = Player::new(host, options.protocol, options.patience);
    let mut played: Vec<Played> = Vec::new();
    for (index, transcript) in transcripts.into_iter().enumerate() {
        progress(index, all);
        // What waits in vain once in a stage waits in vain again and again; only what each stage asks for that asks for this
        // one counts, so that a report can name it.
        let is_late = |it: &&Played| {
            let stages = &it.transcript.stages;
            let is_asked_too = transcript.stages.iter().all(|stage| stages.contains(stage));
            it.transcript.stage == transcript.stage && is_asked_too && is_late(&it.outcome)
        };
        let outcome = if transcript.needs_restart() && !can_restart {
            Outcome::NeedsRestart
        } else if begun.elapsed() > options.limit {
            Outcome::NotRun(format!("the test had taken {} s", options.limit.as_secs()))
        } else if let Some(late) = played.iter().find(is_late) {
            Outcome::NotRun(format!("{} before it had waited in vain", late.transcript.name))
        } else {
            match player.play(&transcript, &prefix(index)) {
                Ok(()) => Outcome::Passed,
                Err(failure) => Outcome::Failed(failure),
            }
        };
        played.push(Played { transcript, outcome });
    }
    progress(all, all);
    if !can_restart {
        clean(&player, options);
    }
    played
}

fn is_late(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Failure { is_late: true, .. }))
}

/// Deletes what was made. A server that does not do that either has been told enough.
fn clean(player: &Player<'_>, options: &Options) {
    let Ok(mut connection) = Connection::open(player.host.address, options.protocol, options.patience) else {
        return;
    };
    let keys: Vec<&Vec<u8>> = player.keys.iter().collect();
    for keys in keys.chunks(DELETED_AT_ONCE) {
        let request: Vec<Vec<u8>> =
            std::iter::once(b"DEL".to_vec()).chain(keys.iter().map(|key| key.to_vec())).collect();
        if connection.call(&request, options.patience).is_err() {
            return;
        }
    }
}

/// What the keys of a transcript begin with: in no two transcripts and no two runs the same.
fn prefix(index: usize) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("conformance:{:x}:{index}:", now.as_nanos())
}
