//! How it looks: 80 columns, colour only where it is wanted, every command explained.

use std::process::Command;

use heapwood_course::Course;

use crate::bench::{Learner, root};

fn assert_narrow(what: &str, text: &str) {
    for line in text.lines() {
        let width = console::measure_text_width(line);
        assert!(width <= 80, "{what}: {width} columns: {line}");
    }
}

#[test]
fn nothing_is_wider_than_80_columns_and_nothing_has_colour_where_nobody_looks() {
    let learner = Learner::started();
    let commands: [&[&str]; 9] = [
        &[],
        &["list"],
        &["--help"],
        &["start"],
        &["update"],
        &["first-steps"],
        &["doctor"],
        &["measure"],
        &["hint", "first-steps"],
    ];
    for arguments in commands {
        let said = learner.learn(arguments);
        assert_narrow(&format!("{arguments:?}"), &said.out);
        assert!(!said.out.contains('\x1b'), "{arguments:?}");
    }
    let course = Course::read(root()).unwrap();
    for exercise in course.exercises() {
        for level in ["1", "2", "3"] {
            let said = learner.learn(&["hint", &exercise.name, "--level", level]);
            assert_narrow(&exercise.name, &said.out);
        }
    }
}

#[test]
fn colour_is_there_when_asked_for_unless_no_color_is_set() {
    let learner = Learner::started();
    let colourful = [("CLICOLOR_FORCE", "1")];
    let said = learner.command(&["first-steps"], &colourful);
    assert!(said.out.contains("\x1b["), "{}", said.out);
    assert_narrow("in colour", &said.out);
    let said = learner.command(&["first-steps"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert!(!said.out.contains("\x1b["), "{}", said.out);
}

#[test]
fn a_reader_who_goes_away_ends_the_output_quietly() {
    let learner = Learner::started();
    let said = learner.cut_short(&["list"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn no_command_changes_what_git_tracks() {
    let status = || {
        let output =
            Command::new("git").arg("-C").arg(root()).args(["status", "--porcelain", "exercises"]).output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let before = status();
    let learner = Learner::started();
    for arguments in [&["first-steps"][..], &["list"], &["doctor"], &["update"], &["hint"]] {
        learner.learn(arguments);
    }
    assert_eq!(status(), before);
}
