use heapwood_kit::given;

use super::subject::{TimeError, TimeForm};

/// A moment of the year 2023.
const NOW_MS: u64 = 1_700_000_000_000;

const EXPIRE: TimeForm = TimeForm { seconds: true, relative: true };
const PEXPIRE: TimeForm = TimeForm { seconds: false, relative: true };
const EXPIREAT: TimeForm = TimeForm { seconds: true, relative: false };
const PEXPIREAT: TimeForm = TimeForm { seconds: false, relative: false };

/// Commands as clients write them, and the moments that they mean.
fn each_means(cases: &[(TimeForm, &str, &str, Option<i64>)]) {
    for &(form, name, argument, expected) in cases {
        given(format!("{name} key {argument}, at {NOW_MS}")).expect(
            expected.ok_or(TimeError::Invalid { command: "expire" }),
            form.unix_ms(argument.as_bytes(), NOW_MS, "expire"),
        );
    }
}

/// Seconds and milliseconds from now are added to now (E5).
pub fn from_now() {
    each_means(&[
        (PEXPIRE, "PEXPIRE", "500", Some(1_700_000_000_500)),
        (EXPIRE, "EXPIRE", "5", Some(1_700_000_005_000)),
    ]);
}

/// Seconds and milliseconds since 1970 are a moment already, whatever time it is.
pub fn since_1970() {
    each_means(&[
        (PEXPIREAT, "PEXPIREAT", "500", Some(500)),
        (EXPIREAT, "EXPIREAT", "5", Some(5000)),
        (EXPIREAT, "EXPIREAT", "1800000000", Some(1_800_000_000_000)),
    ]);
}

/// EXPIRE may name the past, and even a time before 1970.
pub fn the_past() {
    each_means(&[
        (EXPIRE, "EXPIRE", "0", Some(1_700_000_000_000)),
        (EXPIRE, "EXPIRE", "-1", Some(1_699_999_999_000)),
        (PEXPIREAT, "PEXPIREAT", "-5", Some(-5)),
        (PEXPIRE, "PEXPIRE", "-1700000000001", Some(-1)),
        (PEXPIREAT, "PEXPIREAT", "-9223372036854775808", Some(i64::MIN)),
    ]);
}

/// What is no whole number of 64 bits is refused as that.
pub fn no_number() {
    for argument in ["", "1.5", "soon", "9223372036854775808"] {
        let given = given(format!("the time {argument:?}"));
        let refused = EXPIRE.unix_ms(argument.as_bytes(), NOW_MS, "expire");
        given.expect(("EXPIRE", Err(TimeError::NotAnInteger)), ("EXPIRE", refused));
        let refused = EXPIRE.deadline_ms(argument.as_bytes(), NOW_MS, "set");
        given.expect(("SET … EX", Err(TimeError::NotAnInteger)), ("SET … EX", refused));
    }
}

/// A number of seconds that is too large in milliseconds is refused, at either end.
pub fn too_many_seconds() {
    each_means(&[
        (EXPIREAT, "EXPIREAT", "9223372036854775", Some(9_223_372_036_854_775_000)),
        (EXPIREAT, "EXPIREAT", "9223372036854776", None),
        (EXPIREAT, "EXPIREAT", "-9223372036854776", None),
        (EXPIREAT, "EXPIREAT", "9223372036854775807", None),
    ]);
}

/// A sum with now that does not fit is refused; one that fits by a millisecond is not.
pub fn too_far_from_now() {
    each_means(&[
        (PEXPIRE, "PEXPIRE", "9223370336854775807", Some(i64::MAX)),
        (PEXPIRE, "PEXPIRE", "9223370336854775808", None),
        (EXPIRE, "EXPIRE", "9223372036854775", None),
    ]);
    given(format!("PEXPIRE key 1, at {}, which is more than 63 bits hold", u64::MAX))
        .expect(Err(TimeError::Invalid { command: "pexpire" }), PEXPIRE.unix_ms(b"1", u64::MAX, "pexpire"));
}

/// The options of SET refuse zero and less, in every form, and name the command.
pub fn set_wants_more_than_zero() {
    for (form, option) in [(EXPIRE, "EX"), (PEXPIRE, "PX"), (EXPIREAT, "EXAT"), (PEXPIREAT, "PXAT")] {
        for argument in ["0", "-1"] {
            given(format!("SET key value {option} {argument}, at {NOW_MS}")).expect(
                Err(TimeError::Invalid { command: "set" }),
                form.deadline_ms(argument.as_bytes(), NOW_MS, "set"),
            );
        }
    }
}

/// The options of SET give a deadline, also one that has passed, and refuse what does not fit.
pub fn set_gets_a_deadline() {
    let cases = [
        (EXPIRE, "EX", "2", Some(1_700_000_002_000)),
        (PEXPIRE, "PX", "1", Some(1_700_000_000_001)),
        (EXPIREAT, "EXAT", "1", Some(1000)),
        (EXPIRE, "EX", "9223372036854775807", None),
    ];
    for (form, option, argument, expected) in cases {
        given(format!("SET key value {option} {argument}, at {NOW_MS}")).expect(
            expected.ok_or(TimeError::Invalid { command: "set" }),
            form.deadline_ms(argument.as_bytes(), NOW_MS, "set"),
        );
    }
}
