//! The commands on keys, one file a group. Each works on a [`Call`]: it answers and records what
//! it changed, or refuses and has done nothing. Replay of the log runs the same code.

mod blocking;
mod catalogue;
mod config;
mod connection;
mod deadlines;
mod info;
mod keys;
mod lists;
mod order;
mod scan;
mod set_options;
mod strings;
mod tree;

use heapwood_aof::Storage;
use heapwood_poll_loop::{Outcome, Request};

use super::refusal::{Refusal, Reply};
use super::service::{Engine, EngineRound};
use super::store::Call;
use super::table::{Command, Id};

pub(super) use blocking::pop_name;
pub(super) use catalogue::unknown;

/// Runs a command on keys. The others, which are about the connection or the server, answer
/// `None`.
#[inline]
pub fn run(call: &mut Call<'_>) -> Option<Reply> {
    let reply = match call.command.id {
        Id::Get => strings::get(call),
        Id::Set => strings::set(call),
        Id::Getdel => strings::getdel(call),
        Id::Getex => strings::getex(call),
        Id::Getset => strings::getset(call),
        Id::Mget => strings::mget(call),
        Id::Mset => strings::mset(call),
        Id::Setnx => strings::setnx(call),
        Id::Setex | Id::Psetex => strings::setex(call),
        Id::Append => strings::append(call),
        Id::Strlen => strings::strlen(call),
        Id::Incr => strings::add(call, 1),
        Id::Decr => strings::add(call, -1),
        Id::Incrby => strings::incrby(call),
        Id::Decrby => strings::decrby(call),
        Id::Del | Id::Unlink => keys::del(call),
        Id::Exists => keys::exists(call),
        Id::Type => keys::type_of(call),
        Id::Rename => keys::rename(call),
        Id::Keys => scan::keys(call),
        Id::Scan => scan::scan(call),
        Id::Randomkey => keys::randomkey(call),
        Id::Dbsize => keys::dbsize(call),
        Id::Flushall => keys::flushall(call),
        Id::Expire | Id::Pexpire | Id::Expireat | Id::Pexpireat => deadlines::expire(call),
        Id::Ttl => deadlines::ttl(call),
        Id::Pttl => deadlines::pttl(call),
        Id::Persist => deadlines::persist(call),
        Id::Lpush => lists::push(call, lists::LEFT),
        Id::Rpush => lists::push(call, lists::RIGHT),
        Id::Lpop => lists::pop(call, lists::LEFT),
        Id::Rpop => lists::pop(call, lists::RIGHT),
        Id::Llen => lists::llen(call),
        Id::Lrange => lists::lrange(call),
        Id::Lindex => lists::lindex(call),
        Id::Blpop => blocking::pop(call, lists::LEFT),
        Id::Brpop => blocking::pop(call, lists::RIGHT),
        Id::Range => order::range(call),
        Id::Prefix => order::prefix(call),
        Id::Rank => order::rank(call),
        Id::At => order::at(call),
        Id::Count => order::count(call),
        Id::Tree => tree::tree(call),
        Id::Ping | Id::Echo | Id::Quit | Id::Auth | Id::Info | Id::Config | Id::Command => {
            return None;
        }
    };
    Some(reply)
}

/// Runs a command about the connection or the server.
pub(super) fn about_the_server<S: Storage>(
    engine: &mut Engine<S>,
    round: &mut EngineRound<'_>,
    request: &Request<'_>,
    command: &Command,
) -> Outcome {
    let done = match command.id {
        Id::Ping => connection::ping(round, request),
        Id::Echo => connection::echo(round, request),
        Id::Quit => return connection::quit(round, request),
        Id::Auth => connection::auth(engine, round, request),
        Id::Info => info::info(engine, round, request),
        Id::Config => config::config(engine, round, request),
        _ => catalogue::command(round, request),
    };
    if let Err(refusal) = done {
        engine.count_error();
        answer_refusal(round, request, &refusal);
    }
    Outcome::Done
}

fn answer_refusal(round: &mut EngineRound<'_>, request: &Request<'_>, refusal: &Refusal) {
    round.reply(request.client(), |replies| replies.error(refusal.as_str()));
}
