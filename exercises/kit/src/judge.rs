use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};

use crate::outcome::{Mismatch, Panic, begin, is_assertion, is_hole, last_panic};

/// What is not longer than this many characters is shown on one line.
const SHORT: usize = 66;

/// What a case gives to the learner's code.
#[derive(Clone, Debug)]
pub struct Given(String);

/// Begins a check: what the learner's code is given, in words that show it to somebody who does not see the case, as
/// `"the bytes [0, 0, 0, 5], one at a time"`.
pub fn given(input: impl Into<String>) -> Given {
    let input = input.into();
    begin(&input);
    Given(input)
}

impl Given {
    /// Ends the case where the two differ.
    pub fn expect<E: Debug, G: Debug + PartialEq<E>>(&self, expected: E, got: G) {
        if got != expected {
            // Bytes are shown as text with escapes, which Debug would escape once more.
            let plain = |text: String| text.replace(r"\\", r"\");
            let (short, own) = (plain(format!("{expected:?}")), plain(format!("{got:?}")));
            let is_short = |text: &str| text.chars().count() <= SHORT;
            match is_short(&short) && is_short(&own) {
                true => self.fail(short, own),
                false => self.fail(plain(format!("{expected:#?}")), plain(format!("{got:#?}"))),
            }
        }
    }

    /// Ends the case where something does not hold; `expected` and `got` are in words.
    pub fn holds(&self, is_so: bool, expected: impl Into<String>, got: impl Into<String>) {
        if !is_so {
            self.fail(expected.into(), got.into());
        }
    }

    fn fail(&self, expected: String, got: String) -> ! {
        panic_any(Mismatch { input: self.0.clone(), expected, got })
    }
}

/// The learner's test must pass on something that is correct. `what` says what that is, and why it is correct.
pub fn accepts(what: &str, test: impl FnOnce()) {
    begin(what);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(test)) {
        let panic = last_panic();
        if is_hole(&panic.message) || payload.is::<Mismatch>() {
            resume_unwind(payload);
        }
        let how = if is_assertion(&panic.message) { "fails" } else { "ends by a panic that is no assertion" };
        let got = format!("your test {how}{}: {}", place(&panic), panic.message);
        given(format!("a correct one: {what}")).holds(false, "your test passes", got);
    }
}

/// The learner's test must fail, by an assertion, on something that is broken. `what` says how.
pub fn refuses(what: &str, test: impl FnOnce()) {
    let given = given(format!("a broken one: {what}"));
    let expected = "your test fails, by an assertion of its own";
    match catch_unwind(AssertUnwindSafe(test)) {
        Ok(()) => given.holds(false, expected, "your test passes: it does not notice"),
        Err(payload) => {
            let panic = last_panic();
            if is_hole(&panic.message) {
                resume_unwind(payload);
            }
            let got = format!("it ends by a panic that is no assertion{}: {}", place(&panic), panic.message);
            given.holds(is_assertion(&panic.message), expected, got);
        }
    }
}

/// Where a panic was: a line of the learner's file, or code that it called.
fn place(panic: &Panic) -> String {
    let file = panic.file.rsplit('/').next().unwrap_or_default();
    match file {
        // Anything else lies in the standard library or in a stage.
        "lib.rs" | "solution.rs" if !panic.file.starts_with("/rustc/") => format!(" at line {}", panic.line),
        _ => format!(" inside {file}, which your code called"),
    }
}
