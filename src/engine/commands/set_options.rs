//! The options of SET and GETEX.

use heapwood_ttl::TimeForm;

use crate::engine::arguments::is_option;
use crate::engine::refusal::Refusal;
use crate::engine::store::Call;

/// Which keys SET sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Condition {
    /// Any.
    #[default]
    Always,
    /// NX: one that is not there.
    Absent,
    /// XX: one that is there.
    Present,
}

/// What becomes of the deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Deadline {
    /// Nothing was said: SET takes it away, GETEX leaves it.
    #[default]
    Unsaid,
    /// KEEPTTL: it stays.
    Keep,
    /// PERSIST: it goes.
    Remove,
    /// EX, PX, EXAT, PXAT: it is this moment.
    At(u64),
}

/// The options of one SET or GETEX.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SetOptions {
    pub(super) condition: Condition,
    /// GET: the reply is the value before.
    pub(super) get: bool,
    pub(super) deadline: Deadline,
}

/// What the command line says about the deadline, before its number is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Said {
    Keep,
    Remove,
    Time { form: TimeForm, position: usize },
}

impl SetOptions {
    /// SET's options, from the fourth argument on.
    pub(super) fn of_set(call: &Call<'_>) -> Result<Self, Refusal> {
        let mut options = Self::default();
        let mut said = None;
        let mut position = 3;
        while let Some(word) = call.arguments.get(position) {
            if is_option(word, "NX") && options.condition != Condition::Present {
                options.condition = Condition::Absent;
            } else if is_option(word, "XX") && options.condition != Condition::Absent {
                options.condition = Condition::Present;
            } else if is_option(word, "GET") {
                options.get = true;
            } else if is_option(word, "KEEPTTL") && matches!(said, None | Some(Said::Keep)) {
                said = Some(Said::Keep);
            } else {
                said = Some(time_option(call, position, said)?);
                position += 1;
            }
            position += 1;
        }
        options.deadline = deadline(call, said, "set")?;
        Ok(options)
    }
}

/// What GETEX says about the deadline, from the third argument on. Its number is read only once
/// the key is found, as in Redis: see [`deadline`].
pub(super) fn getex_deadline(call: &Call<'_>) -> Result<Option<Said>, Refusal> {
    let mut said = None;
    let mut position = 2;
    while let Some(word) = call.arguments.get(position) {
        if is_option(word, "PERSIST") && matches!(said, None | Some(Said::Remove)) {
            said = Some(Said::Remove);
        } else {
            said = Some(time_option(call, position, said)?);
            position += 1;
        }
        position += 1;
    }
    Ok(said)
}

/// An option with a time behind it; the same option may be repeated, others exclude each other.
fn time_option(call: &Call<'_>, position: usize, before: Option<Said>) -> Result<Said, Refusal> {
    let form = TimeForm::of_option(call.arguments.at(position)).ok_or(Refusal::SYNTAX)?;
    let goes_with = match before {
        None => true,
        Some(Said::Time { form: earlier, .. }) => earlier == form,
        Some(Said::Keep | Said::Remove) => false,
    };
    if !goes_with || call.arguments.get(position + 1).is_none() {
        return Err(Refusal::SYNTAX);
    }
    Ok(Said::Time { form, position: position + 1 })
}

/// Reads the number of what was said.
pub(super) fn deadline(
    call: &Call<'_>,
    said: Option<Said>,
    command: &'static str,
) -> Result<Deadline, Refusal> {
    Ok(match said {
        None => Deadline::Unsaid,
        Some(Said::Keep) => Deadline::Keep,
        Some(Said::Remove) => Deadline::Remove,
        Some(Said::Time { form, position }) => {
            let argument = call.arguments.at(position);
            Deadline::At(form.deadline_ms(argument, call.now.unix_ms, command)?)
        }
    })
}
