//! An exercise tried: what is right, what is wrong, and what does not come to an end.

use crate::bench::Learner;

#[test]
fn a_starter_is_red_and_says_where_code_goes() {
    let said = Learner::started().learn(&["first-steps"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("0 of 3 cases pass"), "{}", said.out);
    assert!(said.out.contains("todo!()"), "{}", said.out);
    assert!(said.out.contains("cargo learn hint first-steps"), "{}", said.out);
}

#[test]
fn a_wrong_answer_shows_what_was_given_expected_and_got_and_the_mistake_that_it_looks_like() {
    let learner = Learner::started();
    learner.write_body("[0, 0, 0, bytes.len() as u8]");
    let said = learner.learn(&["0.1"]);
    assert_eq!(said.code, 1);
    for part in
        ["given     515 bytes", "expected  [0, 0, 2, 3]", "got       [0, 0, 0, 3]", "only the lowest byte"]
    {
        assert!(said.out.contains(part), "{part:?} is not in\n{}", said.out);
    }
}

#[test]
fn a_right_answer_is_green_and_says_what_to_read_and_do_next() {
    let learner = Learner::started();
    learner.write_body("(bytes.len() as u32).to_be_bytes()");
    let said = learner.learn(&["first-steps"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.contains("All 3 cases pass"), "{}", said.out);
    assert!(said.out.contains("1-sockets/index."), "{}", said.out);
    // It is remembered: no case runs for the overview.
    let overview = learner.learn(&[]);
    assert_eq!(overview.code, 0);
    assert!(overview.out.contains("1 of "), "{}", overview.out);
}

#[test]
fn what_does_not_compile_is_cargos_own_message() {
    let learner = Learner::started();
    learner.write_body("bytes.len()");
    let said = learner.learn(&["first-steps"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("error[E0308]"), "{}", said.err);
    assert!(said.out.contains("does not compile"), "{}", said.out);
}

#[test]
fn a_case_that_does_not_end_by_itself_is_ended_and_named() {
    let ends = [
        ("loop {}", "loop"),
        (
            "fn deeper(n: u64) -> u64 { if n == u64::MAX { 0 } else { 1 + deeper(n + 1) } } [deeper(0) as u8; 4]",
            "stack overflowed",
        ),
        ("std::process::exit(7)", "exited with code 7"),
        ("std::process::abort()", "aborted"),
        ("let all: Vec<u8> = Vec::new(); [all[bytes.len()]; 4]", "index out of bounds"),
    ];
    let learner = Learner::started();
    for (body, how) in ends {
        learner.write_body(body);
        let said = learner.learn(&["first-steps"]);
        assert_eq!(said.code, 1, "{body}");
        assert!(said.out.contains(how), "{body}: {}", said.out);
        assert!(said.out.contains("An empty slice has the length 0"), "{body}: {}", said.out);
        assert!(!said.out.contains("looks like"), "{body}: {}", said.out);
        assert!(said.out.contains("given     an empty slice"), "{body}: {}", said.out);
    }
}

#[test]
fn what_the_code_prints_is_shown_and_a_flood_of_it_is_cut() {
    let learner = Learner::started();
    learner.write_body("for _ in 0..100_000 { println!(\"so far so good\"); } [9; 4]");
    let said = learner.learn(&["first-steps"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("so far so good"), "{}", said.out);
    assert!(said.out.len() < 10_000);
}
