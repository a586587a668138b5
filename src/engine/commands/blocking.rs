//! Pops that wait: logged as the pop they come to, never as the wait.

use heapwood_deques::{End, lists, timeout};

use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::{Call, Wait};

/// `BLPOP, BRPOP key [key ...] timeout`: from the first list that has an element. When none has,
/// nothing is replied, and the call asks to wait.
pub(super) fn pop(call: &mut Call<'_>, end: End) -> Reply {
    let last = call.arguments.count() - 1;
    let deadline_mono_ms = timeout::deadline_ms(call.arguments.at(last), call.now.mono_ms)?;
    for position in 1..last {
        let found = call.find(position);
        let list = lists::deque(&call.store.keys, found)?;
        let Some(element) = list.peek(end) else {
            continue;
        };
        let key = call.arguments.at(position);
        if !call.replies.fits(key.len() + element.len(), 3) {
            return Err(Refusal::TOO_BIG);
        }
        call.replies.array(2);
        call.replies.bytes(key);
        lists::pop(&mut call.store.keys, found, end, None, call.replies);
        call.log(&[pop_name(end), key]);
        return Ok(());
    }
    call.wait = Some(Wait { end, deadline_mono_ms });
    Ok(())
}

/// The command that a pop from this end is logged as.
pub(crate) fn pop_name(end: End) -> &'static [u8] {
    match end {
        End::Front => b"LPOP",
        End::Back => b"RPOP",
    }
}
