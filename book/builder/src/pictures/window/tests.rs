use super::*;

fn frames(body: &str) -> Result<Vec<Frame>, String> {
    record(&Script::parse(&format!("title A test\n{body}"))?)
}

fn captions(body: &str) -> Vec<String> {
    let frames = frames(body).unwrap_or_else(|error| panic!("{error}"));
    frames.into_iter().map(|frame| frame.caption).collect()
}

const USERS: &str = "insert user:1000:name user:1000:mail user:1001:name user:1000:plan user:1000:seen\n";

#[test]
fn a_tree_says_what_its_windows_skip() {
    let captions = captions(&format!("{USERS}tree"));
    assert!(captions[0].contains("bytes, because the bounds of its interval share them"), "{captions:?}");
}

#[test]
fn one_more_key_moves_few_windows() {
    let captions = captions(&format!("{USERS}add user:1000:page"));
    assert_eq!(captions.len(), 2);
    assert!(captions[1].starts_with("user:1000:page is in: "), "{captions:?}");
}

#[test]
fn a_search_ends_at_its_key_or_at_nothing() {
    let found = captions(&format!("{USERS}find user:1000:plan"));
    assert!(found.last().is_some_and(|last| last.ends_with("its key is the one sought.")), "{found:?}");
    let missed = captions(&format!("{USERS}find user:1000:post"));
    assert!(missed.last().is_some_and(|last| last.contains("is not in the tree")), "{missed:?}");
}

#[test]
fn a_batch_takes_as_many_turns_as_its_longest_search() {
    let captions = captions("insert fig apple mango pear plum\nbatch fig kiwi plum");
    let last = captions.last().cloned().unwrap_or_default();
    assert!(last.contains(&format!("The batch took {} turns", captions.len() - 1)), "{captions:?}");
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    for body in ["jump", "tree", "insert a a", "find", "find a b", "batch a", "insert a\nbatch", "seed x"] {
        assert!(frames(body).is_err(), "{body}");
    }
}
