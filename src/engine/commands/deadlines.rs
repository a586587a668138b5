//! Deadlines: EXPIRE and its kin. What they set is logged as the moment, never as a distance.

use heapwood_deques::Value;
use heapwood_ttl::{Change, Conditions, TimeForm, expiry};

use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// `EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT key time [NX | XX | GT | LT]`
pub(super) fn expire(call: &mut Call<'_>) -> Reply {
    let conditions = Conditions::parse(call.arguments.from(3))?;
    let (form, name) = TimeForm::of_command(call.command.name.as_bytes()).ok_or(Refusal::SYNTAX)?;
    let now_ms = call.now.unix_ms;
    let wanted_ms = form.unix_ms(call.arguments.at(2), now_ms, name)?;
    let found = call.find(1);
    let change = expiry::expire(&mut call.store.keys, found, wanted_ms, conditions, now_ms);
    let changed = log_change(call, change);
    call.replies.integer(i64::from(changed));
    Ok(())
}

/// Records what became of the deadline of the key at position 1. True when something did.
pub(super) fn log_change(call: &mut Call<'_>, change: Change<Value>) -> bool {
    let key = call.arguments.at(1);
    match change {
        Change::None => return false,
        Change::Deadline { unix_ms } => call.log(&[b"PEXPIREAT", key, unix_ms.to_string().as_bytes()]),
        Change::Removed(record) => {
            call.store.graveyard.bury(record);
            call.log(&[b"DEL", key]);
        }
    }
    true
}

/// TTL key
pub(super) fn ttl(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let left_s = expiry::ttl(&call.store.keys, found, call.now.unix_ms);
    call.replies.integer(left_s);
    Ok(())
}

/// PTTL key
pub(super) fn pttl(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let left_ms = expiry::pttl(&call.store.keys, found, call.now.unix_ms);
    call.replies.integer(left_ms);
    Ok(())
}

/// PERSIST key
pub(super) fn persist(call: &mut Call<'_>) -> Reply {
    let found = call.find(1);
    let had_one = expiry::persist(&mut call.store.keys, found);
    if had_one {
        call.log_as_given();
    }
    call.replies.integer(i64::from(had_one));
    Ok(())
}
