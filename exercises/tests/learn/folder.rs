//! The learner's folder: what is theirs stays.

use std::fs;
use std::process::Command;

use crate::bench::{Learner, files};

#[test]
fn start_again_keeps_what_is_there_and_puts_back_what_is_missing() {
    let learner = Learner::started();
    learner.write_body("[1; 4]");
    let before = files(&learner.mine());
    assert_eq!(learner.learn(&["start"]).code, 0);
    assert_eq!(files(&learner.mine()), before);

    fs::remove_file(learner.file()).unwrap();
    let said = learner.learn(&["first-steps"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("cargo learn start"), "{}", said.err);
    assert_eq!(learner.learn(&["start"]).code, 0);
    assert!(learner.text().contains("todo!()"));
}

/// Makes the learner's folder look as if the course had had another starter when it was written.
fn pretend_that_the_starter_was(learner: &Learner, old: &str) {
    fs::write(learner.file(), old).unwrap();
    let path = learner.mine().join(".learn/written.json");
    let mut written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let place = "0-start/first-steps";
    written["files"][format!("{place}/src/lib.rs")] = heapwood_learn::hash::of(old.as_bytes()).into();
    written["exercises"][place]["the starter"] = "another one".into();
    written["exercises"][place]["the cases"] = "others".into();
    fs::write(path, written.to_string()).unwrap();
}

#[test]
fn a_starter_that_has_changed_since_counts_as_untouched_and_is_told_as_news() {
    let learner = Learner::started();
    pretend_that_the_starter_was(&learner, "// as it was once\n");
    let overview = learner.learn(&[]);
    assert!(overview.out.contains("cargo learn update"), "{}", overview.out);
    assert!(!overview.out.contains("edited"), "{}", overview.out);
}

#[test]
fn update_says_what_changed_and_rewrites_what_was_never_edited() {
    let learner = Learner::started();
    let new = learner.text();
    pretend_that_the_starter_was(&learner, "// as it was once\n");
    let said = learner.learn(&["update"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("first-steps: the cases changed"), "{}", said.out);
    assert!(said.out.contains("was never edited"), "{}", said.out);
    assert_eq!(learner.text(), new);
    assert!(learner.learn(&["update"]).out.contains("Nothing has changed"));
}

#[test]
fn update_leaves_what_was_edited_and_puts_the_new_starter_beside_it() {
    let learner = Learner::started();
    let new = learner.text();
    pretend_that_the_starter_was(&learner, "// as it was once\n");
    fs::write(learner.file(), "// my own\n").unwrap();
    let said = learner.learn(&["update"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("starter-new.rs"), "{}", said.out);
    assert_eq!(learner.text(), "// my own\n");
    let beside = learner.mine().join("0-start/first-steps/starter-new.rs");
    assert_eq!(fs::read_to_string(beside).unwrap(), new);
}

#[test]
fn the_command_works_inside_the_folder_too() {
    let learner = Learner::started();
    let listed = Command::new(env!("CARGO")).arg("--list").current_dir(learner.mine()).output().unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let alias = text.lines().find(|line| line.trim_start().starts_with("learn ")).unwrap();
    assert!(alias.contains("--manifest-path") && alias.contains("heapwood-learn"), "{alias}");
}

#[test]
fn reset_keeps_a_dated_backup_each_time() {
    let learner = Learner::started();
    let starter = learner.text();
    for body in ["[1; 4]", "[2; 4]"] {
        learner.write_body(body);
        let said = learner.learn(&["reset", "first-steps", "--yes"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(learner.text(), starter);
    }
    let kept = files(&learner.mine().join("0-start/first-steps"));
    let backups: Vec<_> =
        kept.iter().filter(|(path, _)| path.extension().is_some_and(|it| it == "bak")).collect();
    assert_eq!(backups.len(), 2);
    let has = |body: &str| backups.iter().any(|(_, content)| String::from_utf8_lossy(content).contains(body));
    assert!(has("[1; 4]") && has("[2; 4]"));
}

#[test]
fn a_folder_whose_every_file_is_broken_breaks_no_command() {
    let learner = Learner::started();
    for (path, _) in files(&learner.mine()) {
        fs::write(path, b"\xff{[( not anything\0").unwrap();
    }
    for command in [&[][..], &["list"], &["hint", "first-steps"], &["update"]] {
        assert_eq!(learner.learn(command).code, 0, "{command:?}");
    }
    assert_eq!(learner.learn(&["first-steps"]).code, 1);
    let doctor = learner.learn(&["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.out.contains("an editor cannot load it"), "{}", doctor.out);
    assert_eq!(learner.learn(&["reset", "first-steps", "--yes"]).code, 0);
    assert!(learner.text().contains("todo!()"));
}
