//! The other commands, and what they refuse.

use std::fs;

use crate::bench::{Learner, root};

#[test]
fn bad_use_ends_with_2_and_says_what_to_do() {
    let learner = Learner::new();
    let cases: [(&[&str], &str); 5] = [
        (&["first-steps"], "cargo learn start"),
        (&["first-stes"], "first-steps"),
        (&["hint", "--level", "4"], "1..=3"),
        (&["run", "9"], "1 to 7"),
        (&["measure", "first-steps"], "has no workload"),
    ];
    for (arguments, says) in cases {
        let said = learner.learn(arguments);
        assert_eq!(said.code, 2, "{arguments:?}");
        assert!(said.err.contains(says), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn what_would_ask_does_nothing_without_a_terminal_and_names_yes() {
    let learner = Learner::started();
    learner.write_body("[1; 4]");
    for arguments in [["solution", "first-steps"], ["reset", "first-steps"]] {
        let said = learner.learn(&arguments);
        assert_eq!(said.code, 2, "{arguments:?}");
        assert!(said.err.contains("--yes"), "{}", said.err);
        assert!(said.out.is_empty(), "{}", said.out);
    }
    assert!(learner.text().contains("[1; 4]"));
    let shown = learner.learn(&["solution", "first-steps", "--yes"]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("+    (bytes.len() as u32).to_be_bytes()"), "{}", shown.out);
}

#[test]
fn each_hint_is_the_next_one() {
    let learner = Learner::started();
    for number in ["1", "2", "3", "3"] {
        let said = learner.learn(&["hint", "first-steps"]);
        assert_eq!(said.code, 0);
        assert!(said.out.contains(&format!("hint {number} of 3")), "{}", said.out);
    }
}

#[test]
fn the_report_has_what_a_teacher_needs() {
    let learner = Learner::started();
    learner.write_body("[0, 0, 0, bytes.len() as u8]");
    let said = learner.learn(&["report", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let row = &report["exercises"][0];
    assert_eq!(row["exercise"], "first-steps");
    assert_eq!((row["cases"].as_u64(), row["cases_passed"].as_u64()), (Some(3), Some(2)));
    assert_eq!(row["failing"], serde_json::json!(["a_long_one"]));
    assert_eq!(row["state"], "red");
    for hash in [&report["course_hash"], &row["work_hash"], &row["exercise_hash"]] {
        assert_eq!(hash.as_str().unwrap().len(), 64);
    }
    assert!(report["course_version"].is_string());
}

#[test]
fn a_stage_is_built_with_the_learners_functions_helpers_and_imports_in_it() {
    let learner = Learner::started();
    let place = learner.mine().join("1-sockets/frame-header/src/lib.rs");
    let solution = fs::read_to_string(root().join("exercises/1-sockets/frame-header/solution.rs")).unwrap();
    // Their own way: an import of their own, and a function that the starter does not have.
    let wanted = "fn read_u32(input: &[u8], offset: usize) -> Option<usize> {";
    let at = solution.find(wanted).expect("the exercise has read_u32");
    let end = at + solution[at..].find("\n}\n").unwrap() + 3;
    let own = format!(
        "{wanted}\n    widen(input.get(offset..)?.first_chunk().copied())\n}}\n\nfn widen(bytes: Option<[u8; 4]>) -> Option<usize> {{\n    bytes.map(|bytes| usize::from_num(bytes))\n}}\n\ntrait FromNum {{\n    fn from_num(bytes: [u8; 4]) -> Self;\n}}\n\nimpl FromNum for usize {{\n    fn from_num(bytes: [u8; 4]) -> Self {{\n        u32::from_be_bytes(bytes) as usize\n    }}\n}}\n"
    );
    fs::write(&place, format!("{}{own}{}", &solution[..at], &solution[end..])).unwrap();
    let tried = learner.learn(&["frame-header"]);
    assert_eq!(tried.code, 0, "{}{}", tried.out, tried.err);
    let built = learner.learn(&["run", "1", "--build"]);
    assert_eq!(built.code, 0, "{}{}", built.out, built.err);
    assert!(built.out.contains("read_u32 in 01-sockets/src/frame.rs"), "{}", built.out);
}

#[test]
fn what_is_green_is_measured_beside_the_reference_and_the_standard_library() {
    let learner = Learner::started();
    let red = learner.learn(&["measure", "ring-buffer"]);
    assert_eq!(red.code, 1);
    assert!(red.out.contains("is not green yet"), "{}", red.out);
    let solution = root().join("exercises/6-deques/ring-buffer/solution.rs");
    fs::copy(solution, learner.mine().join("6-deques/ring-buffer/src/lib.rs")).unwrap();
    let said = learner.learn(&["measure", "ring-buffer", "--rounds", "3"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for row in ["  yours ", "  the reference ", "  std ", " 1.00×", "Medians of 3 runs"] {
        assert!(said.out.contains(row), "{row:?} is not in\n{}", said.out);
    }
}

#[test]
fn of_a_log_with_any_damage_exactly_what_may_survive_does() {
    let said = Learner::new().learn(&["crash", "--reference", "--rounds", "3"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("exactly what may survive does"), "{}", said.out);
}
