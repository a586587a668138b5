use std::time::Duration;

use heapwood_kit::given;
use heapwood_poll_loop::{LoopOptions, Now, RequestLimits};

use super::subject::{Connection, Output, Phase};

/// Small limits: 1,000 bytes of replies, 500 of input, 100 a read; 10 s stalled, and no end of being idle.
fn options() -> LoopOptions {
    LoopOptions {
        soft_output_bytes: 1_000,
        input_bytes: 500,
        read_bytes_per_round: 100,
        stall_timeout: Duration::from_secs(10),
        idle_timeout: None,
        ..LoopOptions::default()
    }
}

/// An open client with nothing in its buffers, and a moment at which it last did something.
fn client() -> Connection {
    Connection {
        limits: RequestLimits { max_body_bytes: 1_000, ..RequestLimits::default() },
        phase: Phase::Open,
        input: Vec::new(),
        executed: 0,
        unparsed: false,
        output: Output::default(),
        parked_until_ms: None,
        rests: false,
        last_io_mono_ms: 50_000,
    }
}

/// A moment, so long after the client last did something.
fn after_ms(quiet_ms: u64) -> Now {
    Now { unix_ms: 1_700_000_000_000, mono_ms: 50_000 + quiet_ms }
}

/// An open client's requests are executed until more than the soft limit of its replies wait (P4); a parked one's, a resting
/// one's and a closing one's are not.
pub fn who_has_to_wait() {
    for (waiting, expected) in [(0, true), (999, true), (1_000, true), (1_001, false)] {
        let client = Connection { output: Output::of(waiting), ..client() };
        given(format!(
            "an open client, {waiting} bytes of replies wait, the soft limit is 1,000: may it execute?"
        ))
        .expect(expected, client.may_execute(&options()));
    }
    let parked = Connection { parked_until_ms: Some(u64::MAX), ..client() };
    given("a parked client: may it execute?").expect(false, parked.may_execute(&options()));
    let resting = Connection { rests: true, ..client() };
    given("a client that rests: may it execute?").expect(false, resting.may_execute(&options()));
    for phase in [Phase::Closing, Phase::Lingering, Phase::Ended] {
        let leaving = Connection { phase, ..client() };
        given(format!("a client in the phase {phase:?}: may it execute?"))
            .expect(false, leaving.may_execute(&options()));
    }
}

/// A client has a part in the next round if it may have a whole request left, and that may be executed.
pub fn who_goes_on() {
    given("an open client without unparsed input: does it go on?")
        .expect(false, client().goes_on(&options()));
    let more = Connection { unparsed: true, ..client() };
    given("an open client with unparsed input: does it go on?").expect(true, more.goes_on(&options()));
    let parked = Connection { unparsed: true, parked_until_ms: Some(60_000), ..client() };
    given("a parked client with unparsed input: does it go on?").expect(false, parked.goes_on(&options()));
    let resting = Connection { unparsed: true, rests: true, ..client() };
    given("a client that rests, with unparsed input: does it go on?")
        .expect(false, resting.goes_on(&options()));
    let closing = Connection { unparsed: true, phase: Phase::Closing, ..client() };
    given("a closing client with unparsed input: does it go on?").expect(false, closing.goes_on(&options()));
    let blocked = Connection { unparsed: true, output: Output::of(1_001), ..client() };
    given("a client above the soft limit with unparsed input: does it go on?")
        .expect(false, blocked.goes_on(&options()));
}

/// An input is full when it has reached the smaller one of its two limits (P4).
pub fn when_an_input_is_full() {
    let inputs = [(0, false), (499, false), (500, true), (700, true)];
    for (len, expected) in inputs {
        let client = Connection { input: vec![b'r'; len], ..client() };
        given(format!("{len} bytes of input, none of them executed, the limit is 500: is it full?"))
            .expect(expected, client.is_full(&options()));
    }
    for (len, expected) in [(119, false), (120, true)] {
        let limits = RequestLimits { max_body_bytes: 10, ..RequestLimits::default() };
        let client = Connection { input: vec![b'r'; len + 1], executed: 1, limits, ..client() };
        given(format!(
            "{len} bytes of input wait; room for two bodies of 10 bytes and a read of 100: is it full?"
        ))
        .expect(expected, client.is_full(&options()));
    }
}

/// What is executed of an input does not count (P4).
pub fn what_is_executed_does_not_count() {
    for (executed, expected) in [(100, true), (199, true), (201, false), (700, false)] {
        let client = Connection { input: vec![b'r'; 700], executed, ..client() };
        given(format!("700 bytes of input, {executed} of them executed, the limit is 500: is it full?"))
            .expect(expected, client.is_full(&options()));
    }
}

/// A limit may be the largest number there is.
pub fn an_input_without_limits() {
    let limits = RequestLimits { max_body_bytes: usize::MAX, ..RequestLimits::default() };
    let client = Connection { limits, input: vec![b'r'; 499], ..client() };
    given("499 bytes of input, max_body_bytes is usize::MAX, input_bytes is 500: is it full?")
        .expect(false, client.is_full(&options()));
    let limitless = LoopOptions { input_bytes: usize::MAX, read_bytes_per_round: usize::MAX, ..options() };
    given("499 bytes of input, and every limit is usize::MAX: is it full?")
        .expect(false, client.is_full(&limitless));
}

/// Who sends a pipeline first and reads later is not dropped while there is room for its input.
pub fn an_honest_pipeline() {
    let client = Connection { output: Output::of(5_000), input: vec![b'r'; 499], ..client() };
    given(
        "an open client: 5,000 bytes of replies wait, 499 of 500 of input, quiet for an hour: is it overdue?",
    )
    .expect(false, client.is_overdue(after_ms(3_600_000), &options()));
}

/// A blocked client, or one on its way out, is overdue if it was quiet for longer than its situation allows, and not before.
pub fn who_is_quiet_for_too_long() {
    let full = || Connection { input: vec![b'r'; 500], ..client() };
    let blocked = Connection { output: Output::of(1_001), ..full() };
    let parked = Connection { parked_until_ms: Some(u64::MAX), output: Output::of(1_001), ..full() };
    let closing = Connection { phase: Phase::Closing, ..client() };
    let lingering = Connection { phase: Phase::Lingering, ..client() };
    let ended = Connection { phase: Phase::Ended, ..client() };
    for (who, client, limit_ms) in [
        ("an open client above the soft limit with a full input", blocked, 10_000),
        ("a parked client above the soft limit with a full input", parked, 10_000),
        ("a closing client", closing, 10_000),
        ("a lingering client", lingering, 2_000),
        ("a client that has ended", ended, 2_000),
    ] {
        for (quiet_ms, expected) in [(0, false), (limit_ms, false), (limit_ms + 1, true)] {
            given(format!("{who}, quiet for {quiet_ms} ms: is it overdue?"))
                .expect(expected, client.is_overdue(after_ms(quiet_ms), &options()));
        }
    }
    given("an open client with a full input and exactly the soft limit of replies, quiet for an hour: is it overdue?").expect(
        false,
        Connection { output: Output::of(1_000), ..full() }
            .is_overdue(after_ms(3_600_000), &options()),
    );
}

/// An idle client is overdue only if there is an idle time-out; a parked one is not idle.
pub fn who_is_idle_and_who_is_parked() {
    given("an open client, quiet for an hour, no idle time-out: is it overdue?")
        .expect(false, client().is_overdue(after_ms(3_600_000), &options()));
    let idle = LoopOptions { idle_timeout: Some(Duration::from_secs(60)), ..options() };
    for (quiet_ms, expected) in [(60_000, false), (60_001, true)] {
        given(format!("an open client, quiet for {quiet_ms} ms, an idle time-out of 60 s: is it overdue?"))
            .expect(expected, client().is_overdue(after_ms(quiet_ms), &idle));
    }
    let parked = Connection { parked_until_ms: Some(u64::MAX), ..client() };
    given("a parked client, quiet for an hour, an idle time-out of 60 s: is it overdue?")
        .expect(false, parked.is_overdue(after_ms(3_600_000), &idle));
}
