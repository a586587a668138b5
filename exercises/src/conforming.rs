//! `conformance` from the command line: which server is meant.

use std::net::{SocketAddr, ToSocketAddrs};

use heapwood_course::{Course, STAGES};

use crate::conformance::{self, LAST_STAGE, Options, Protocol, Server};
use crate::failure::{End, Ended, Failure};
use crate::options::Conformance;
use crate::places::Places;
use crate::progress;
use crate::yours::{self, Yours};

/// The first stage that keeps files.
const FIRST_WITH_FILES: usize = 4;

/// Holds the transcripts with the server that the options mean, and prints what came of it.
///
/// # Errors
/// There is no such server, or it cannot be built, started or reached.
pub fn run(places: &Places, course: &Course, options: &Conformance) -> Ended {
    let mut tested = Options { stage: options.stage, ..Options::default() };
    if options.resp {
        tested.protocol = Protocol::Resp;
    }
    let server = match (options.mine, &options.restart, options.port) {
        (true, _, _) => {
            let stage = options.stage.unwrap_or(LAST_STAGE);
            let Some(server) = mine(places, course, stage)? else { return Ok(End::Red) };
            tested.stage = Some(stage);
            server
        }
        (false, Some(command), port) => Server::Started { command: command.clone(), port },
        (false, None, Some(port)) => Server::Running(address(&options.host, port)?),
        (false, None, None) => {
            return Err("say which server: --port PORT for one that runs, --restart COMMAND for one that is started and killed here, --mine for a stage with your functions in it".into());
        }
    };
    let report =
        progress::during("talking to the server", || conformance::test(&server, &tested, &mut |_, _| {}))?;
    crate::paper::print(format_args!("{}", report.text()), false);
    match report.exit_code() {
        0 => Ok(End::Green),
        1 => Ok(End::Red),
        _ => Err("what this stage adds cannot be seen from outside without killing the server: give --restart COMMAND".into()),
    }
}

/// A stage with the learner's functions in it, to be started and killed. Nothing where it does not compile.
fn mine(places: &Places, course: &Course, stage: usize) -> Result<Option<Server>, Failure> {
    if !(1..=LAST_STAGE).contains(&stage) {
        return Err(format!(
            "there is no conformance for stage {stage} of {}; 1 to {LAST_STAGE}",
            STAGES.len()
        )
        .into());
    }
    let built = yours::build(places, course, stage as u32)?;
    Ok(built.map(|Yours { exe, .. }| {
        let files = if stage >= FIRST_WITH_FILES { " --dir {dir}" } else { "" };
        // A path may have a quote in it, and a shell reads this.
        let exe = exe.display().to_string().replace('\'', r"'\''");
        Server::Started { command: format!("exec '{exe}' --port {{port}}{files}"), port: None }
    }))
}

fn address(host: &str, port: u16) -> Result<SocketAddr, Failure> {
    let mut found = (host, port).to_socket_addrs().map_err(|error| format!("--host {host}: {error}"))?;
    Ok(found.next().ok_or_else(|| format!("--host {host} has no address"))?)
}
