//! COMMAND: the table, told to clients; and what is told about names that are not in it.

use heapwood_poll_loop::Request;
use heapwood_sockets::Replies;

use crate::engine::arguments::is_option;
use crate::engine::glob::Pattern;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::service::EngineRound;
use crate::engine::table::{self, Command, Flags, TABLE};

/// How much of an unknown name, and of the arguments behind it, is repeated to its sender.
const SHOWN_BYTES: usize = 128;

/// The refusal of a name that is no command, in Redis's words.
pub(crate) fn unknown(request: &Request<'_>) -> Refusal {
    let mut shown = String::new();
    for argument in request.args().skip(1) {
        if shown.len() >= SHOWN_BYTES {
            break;
        }
        let room = SHOWN_BYTES - shown.len();
        shown += &format!("'{}' ", beginning(argument, room));
    }
    let name = beginning(request.arg(0), SHOWN_BYTES);
    Refusal::new(format_args!("ERR unknown command '{name}', with args beginning with: {shown}"))
}

fn beginning(bytes: &[u8], max: usize) -> String {
    bytes[..bytes.len().min(max)].escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

/// `COMMAND [COUNT | LIST | INFO | DOCS]`
pub(super) fn command(round: &mut EngineRound<'_>, request: &Request<'_>) -> Reply {
    let client = request.client();
    if request.len() == 1 {
        round.reply(client, |replies| {
            replies.array(TABLE.len());
            TABLE.iter().for_each(|command| describe(command, replies));
        });
        return Ok(());
    }
    let sub = request.arg(1);
    if is_option(sub, "COUNT") {
        if request.len() != 2 {
            return Err(Refusal::arity_of("command|count"));
        }
        round.reply(client, |replies| replies.integer(TABLE.len() as i64));
    } else if is_option(sub, "LIST") {
        let names = listed(request)?;
        round.reply(client, |replies| {
            replies.array(names.len());
            names.iter().for_each(|name| replies.bytes(name.as_bytes()));
        });
    } else if is_option(sub, "INFO") {
        round.reply(client, |replies| {
            let named = named(request);
            replies.array(named.len());
            for command in named {
                match command {
                    Some(command) => describe(command, replies),
                    None => replies.nil_array(),
                }
            }
        });
    } else if is_option(sub, "DOCS") {
        let named: Vec<_> = named(request).into_iter().flatten().collect();
        round.reply(client, |replies| {
            replies.map(named.len());
            named.iter().for_each(|command| document(command, replies));
        });
    } else {
        return Err(unknown_subcommand("COMMAND", sub));
    }
    Ok(())
}

/// The refusal of a subcommand that does not exist, in Redis's words.
pub(super) fn unknown_subcommand(command: &str, sub: &[u8]) -> Refusal {
    let sub = beginning(sub, SHOWN_BYTES);
    Refusal::new(format_args!("ERR unknown subcommand '{sub}'. Try {command} HELP."))
}

/// `COMMAND LIST [FILTERBY PATTERN pattern]`
fn listed(request: &Request<'_>) -> Result<Vec<String>, Refusal> {
    let pattern = match request.len() {
        2 => &b"*"[..],
        5 if is_option(request.arg(2), "FILTERBY") && is_option(request.arg(3), "PATTERN") => request.arg(4),
        _ => return Err(Refusal::SYNTAX),
    };
    let pattern = pattern.to_ascii_lowercase();
    let names = TABLE.iter().map(|command| command.name.to_ascii_lowercase());
    let pattern = Pattern::new(&pattern)?;
    let listed = names.filter(|name| pattern.matches(name.as_bytes())).collect();
    pattern.judge()?;
    Ok(listed)
}

/// The commands that a request names behind the subcommand, or all.
fn named(request: &Request<'_>) -> Vec<Option<&'static Command>> {
    if request.len() == 2 {
        return TABLE.iter().map(Some).collect();
    }
    request.args().skip(2).map(table::find).collect()
}

/// One command as COMMAND INFO shows it: name, arity, flags, key positions; what follows is empty
/// here.
fn describe(command: &Command, replies: &mut dyn Replies) {
    replies.array(10);
    replies.bytes(command.name.to_ascii_lowercase().as_bytes());
    replies.integer(i64::from(command.arity));
    let flags = flag_names(command.flags);
    replies.array(flags.len());
    flags.iter().for_each(|flag| replies.status(flag));
    replies.integer(i64::from(command.keys.first));
    replies.integer(i64::from(command.keys.last));
    replies.integer(i64::from(command.keys.step));
    for _ in 0..4 {
        replies.array(0);
    }
}

fn flag_names(flags: Flags) -> Vec<&'static str> {
    let mut names = vec![if flags.has(Flags::WRITES) { "write" } else { "readonly" }];
    let others = [(Flags::BLOCKS, "blocking"), (Flags::CONNECTION, "no_auth"), (Flags::ADMIN, "admin")];
    names.extend(others.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| *name));
    names
}

/// One command as COMMAND DOCS shows it.
fn document(command: &Command, replies: &mut dyn Replies) {
    replies.bytes(command.name.to_ascii_lowercase().as_bytes());
    replies.map(3);
    for (name, text) in
        [("summary", command.summary), ("group", command.group.name()), ("syntax", command.syntax)]
    {
        replies.bytes(name.as_bytes());
        replies.bytes(text.as_bytes());
    }
}
