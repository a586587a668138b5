use super::*;
use pretty_assertions::assert_eq;
use tempfile::TempDir;

const SOURCE: &str = "
pub fn larger(a: u8, b: u8) -> u8 {
    if a > b { a } else { b }
}
pub fn smaller(a: u8, b: u8) -> u8 {
    if a > b { b } else { a }
}
#[test]
fn larger_is_larger() {
    assert_eq!(larger(1, 2), 2, \"M1: order\");
}
";

fn parsed(body: &str) -> Mutant {
    parse("1-a/index.md", 3, "src/lib.rs larger", body).unwrap()
}

/// The whole file but its test is the item.
fn span_of(_: &str, _: &str) -> Result<Range<usize>, String> {
    Ok(1..7)
}

#[test]
fn a_block_is_taken_apart() {
    let mutant = parsed("-    if a > b {\n+    if a >= b {\ntest cargo test -q\nfails M1: order");
    assert_eq!(
        mutant,
        Mutant {
            page: "1-a/index.md".into(),
            line: 3,
            path: "src/lib.rs".into(),
            item: "larger".into(),
            old: vec!["    if a > b {".into()],
            new: vec!["    if a >= b {".into()],
            test: "cargo test -q".into(),
            fails: "M1: order".into(),
        }
    );
    let named = parse("p", 1, "02-treap/src/a.rs <A as B>::c", "-a\ntest t\nfails f").unwrap();
    assert_eq!((named.path.as_str(), named.item.as_str()), ("stages/02-treap/src/a.rs", "<A as B>::c"));
}

#[test]
fn a_block_without_a_part_is_refused() {
    for (place, body, reason) in [
        ("a.rs", "-a", "a mutant names a file and an item"),
        ("a.rs b", "-a\ntest t", "a mutant has lines that begin with -"),
        ("a.rs b", "a", "\"a\" begins with none of -, +, test and fails"),
    ] {
        let told = parse("p", 1, place, body).unwrap_err();
        assert!(told.starts_with(reason), "{told}");
    }
}

#[test]
fn the_lines_that_go_stand_once_in_the_item() {
    let mistake = |body: &str| with_mistake(SOURCE, 1..7, &parsed(&format!("{body}\ntest t\nfails f")));
    let mutated = mistake("-if a > b { a } else { b }\n+    a").unwrap();
    assert_eq!(mutated, SOURCE.replace("if a > b { a } else { b }", "a"));
    assert!(mistake("-}").unwrap_err().starts_with("its - lines stand 2 times"));
    assert!(mistake("-#[test]").unwrap_err().starts_with("its - lines stand 0 times"));
}

#[test]
fn mistakes_are_found_by_failed_tests_only() {
    let (repository, workshop) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let root = repository.path();
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("src/lib.rs"), SOURCE).unwrap();
    fs::write(root.join("Cargo.toml"), "[package]\nname = \"mutated\"\nedition = \"2024\"\n\n[workspace]\n")
        .unwrap();
    let block = |new: &str, test: &str, fails: &str| {
        parsed(&format!("-    if a > b {{ a }} else {{ b }}\n+    {new}\ntest cargo {test}\nfails {fails}"))
    };
    let mutants = [
        block("if a < b { a } else { b }", "test -q --lib", "M1: order"),
        block("if a < b { a } else { b }", "test -q --lib", "M2: size"),
        block("if a >= b { a } else { b }", "test -q --lib", "M1: order"),
        block("a +", "test -q --lib", "M1: order"),
        block("a", "test -q --no-such-option", "M1: order"),
    ];
    let results = run(&mutants, root, workshop.path(), &span_of);
    assert_eq!(results[0], Ok(()));
    for (result, reason) in results[1..].iter().zip([
        "`cargo test -q --lib` fails without saying \"M2: size\"",
        "`cargo test -q --lib` passes all the same",
        "it does not compile",
        "`cargo test -q --no-such-option` fails without it; mend that first",
    ]) {
        let told = result.clone().unwrap_err();
        assert!(told.starts_with("book/src/1-a/index.md:3: the mutant of larger in src/lib.rs: "), "{told}");
        assert!(told.contains(reason), "{told}");
    }
    assert_eq!(fs::read_to_string(workshop.path().join("copy/src/lib.rs")).unwrap(), SOURCE);
}
