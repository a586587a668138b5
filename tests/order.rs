//! What only an ordered store can do: RANGE, PREFIX, RANK, AT, COUNT, TREE.
#![allow(clippy::unwrap_used)]

mod support;

use pretty_assertions::assert_eq;
use support::{Client, Server, Value, ask, wait_for};

fn keys(value: Value) -> String {
    let Value::Array(items) = value else {
        panic!("no array: {value:?}");
    };
    let text = |item: &Value| match item {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Nil => String::from("nil"),
        other => format!("{other:?}"),
    };
    items.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// A server with a, b, bb, c (a list) and d.
fn filled() -> (Server, Client) {
    let server = Server::start();
    let mut client = server.client();
    ask(&mut client, "MSET a 1 b 2 bb 3 d 4");
    ask(&mut client, "RPUSH c x y");
    (server, client)
}

#[test]
fn ranges_are_inclusive_open_at_empty_ends_and_limited_from_the_first_returned() {
    let (_server, mut client) = filled();
    for (line, wanted) in [
        ("RANGE a d", "a b bb c d"),
        ("RANGE b c", "b bb c"),
        ("RANGE ba cz", "bb c"),
        ("RANGE c b", ""),
        ("RANGE a d LIMIT 2", "a b"),
        ("RANGE a d REV LIMIT 2", "d c"),
        ("RANGE a d limit 2 rev", "d c"),
        ("RANGE b d REV", "d c bb b"),
        ("RANGE d a REV", ""),
        ("RANGE a d LIMIT 0", ""),
        ("RANGE a d LIMIT 99", "a b bb c d"),
        ("RANGE bb d WITHVALUES", "bb 3 c nil d 4"),
        ("RANGE bb d WITHVALUES REV LIMIT 2", "d 4 c nil"),
        ("PREFIX b", "b bb"),
        ("PREFIX b LIMIT 1 WITHVALUES", "b 2"),
        ("PREFIX c withvalues", "c nil"),
        ("PREFIX x", ""),
    ] {
        assert_eq!(keys(ask(&mut client, line)), wanted, "{line}");
    }
    let mut call = |words: &[&str]| keys(client.call(words).unwrap());
    assert_eq!(call(&["RANGE", "", ""]), "a b bb c d");
    assert_eq!(call(&["RANGE", "bb", ""]), "bb c d");
    assert_eq!(call(&["RANGE", "", "b", "REV"]), "b a");
    assert_eq!(call(&["PREFIX", ""]), "a b bb c d");
    assert_eq!(call(&["RANGE", "b\0", ""]), "bb c d", "after b comes b and a zero byte");
}

#[test]
fn a_prefix_of_the_highest_bytes_has_an_end_too() {
    let server = Server::start();
    let mut client = server.client();
    for key in [&b"\xfe"[..], b"\xff", b"\xff\x00", b"\xff\xff", b"\xff\xffz"] {
        client.call(&[b"SET", key, b"v"]).unwrap();
    }
    let mut count = |prefix: &[u8]| match client.call(&[b"PREFIX", prefix]).unwrap() {
        Value::Array(items) => items.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(count(b"\xff"), 4);
    assert_eq!(count(b"\xff\xff"), 2);
    assert_eq!(count(b"\xfe"), 1);
}

#[test]
fn positions_and_counts_agree_with_the_order() {
    let (_server, mut client) = filled();
    for (line, wanted) in [
        ("RANK a", Value::Integer(0)),
        ("RANK bb", Value::Integer(2)),
        ("RANK nothing", Value::Nil),
        ("AT 0", Value::Bytes(b"a".to_vec())),
        ("AT 4", Value::Bytes(b"d".to_vec())),
        ("AT 5", Value::Nil),
        ("AT -1", Value::Bytes(b"d".to_vec())),
        ("AT -5", Value::Bytes(b"a".to_vec())),
        ("AT -6", Value::Nil),
        ("AT -9223372036854775808", Value::Nil),
        ("AT 9223372036854775807", Value::Nil),
        ("COUNT a d", Value::Integer(5)),
        ("COUNT b c", Value::Integer(3)),
        ("COUNT c b", Value::Integer(0)),
    ] {
        assert_eq!(ask(&mut client, line), wanted, "{line}");
    }
    assert_eq!(client.call(&["COUNT", "", ""]).unwrap(), Value::Integer(5));
    assert_eq!(client.call(&["COUNT", "bb", ""]).unwrap(), Value::Integer(3));
}

#[test]
fn mistakes_in_ordered_commands_are_named() {
    let (_server, mut client) = filled();
    for (line, wanted) in [
        ("RANGE a", "ERR wrong number of arguments for 'range' command"),
        ("RANGE a b FOO", "ERR syntax error"),
        ("RANGE a b LIMIT", "ERR syntax error"),
        ("RANGE a b LIMIT x", "ERR value is out of range, must be positive"),
        ("RANGE a b LIMIT -1", "ERR value is out of range, must be positive"),
        ("PREFIX a REV", "ERR syntax error"),
        ("PREFIX", "ERR wrong number of arguments for 'prefix' command"),
        ("RANK", "ERR wrong number of arguments for 'rank' command"),
        ("AT x", "ERR value is not an integer or out of range"),
        ("COUNT a", "ERR wrong number of arguments for 'count' command"),
        ("TREE a b", "ERR syntax error"),
        ("TREE a DEPTH", "ERR syntax error"),
        ("TREE a DEPTH 17", "ERR DEPTH is at most 16"),
        ("TREE a DEPTH -1", "ERR value is out of range, must be positive"),
        ("TREE a DEPTH 1 2", "ERR syntax error"),
    ] {
        assert_eq!(ask(&mut client, line), Value::Error(wanted.into()), "{line}");
    }
}

/// A node of a TREE reply.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    key: String,
    priority: i64,
    size: i64,
    depth: i64,
}

fn nodes(value: Value) -> Vec<Node> {
    let Value::Array(items) = value else {
        panic!("no array: {value:?}");
    };
    items.into_iter().map(node).collect()
}

fn node(item: Value) -> Node {
    let Value::Map(pairs) = item else {
        panic!("no map: {item:?}");
    };
    let field = |name: &str| {
        let found = pairs.iter().find(|(key, _)| *key == Value::Bytes(name.into()));
        found.unwrap_or_else(|| panic!("no {name}")).1.clone()
    };
    let number = |name: &str| match field(name) {
        Value::Integer(number) => number,
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(pairs.len(), 4);
    let Value::Bytes(key) = field("key") else {
        panic!("a key is bytes");
    };
    Node {
        key: String::from_utf8(key).unwrap(),
        priority: number("priority"),
        size: number("size"),
        depth: number("depth"),
    }
}

#[test]
fn the_whole_tree_is_shown_in_preorder_as_a_heap_of_a_search_tree() {
    let server = Server::start_with(&["--seed", "7"]);
    let mut client = server.client();
    for number in 10..40 {
        ask(&mut client, &format!("SET k{number} v"));
    }
    let all = nodes(ask(&mut client, "TREE DEPTH 16"));
    assert_eq!(all.len(), 30);
    assert_eq!((all[0].depth, all[0].size), (0, 30));
    check(&all, None, None);
    let shallow = nodes(ask(&mut client, "TREE DEPTH 1"));
    let expected: Vec<Node> = all.iter().filter(|node| node.depth <= 1).cloned().collect();
    assert_eq!(shallow, expected);
    let default = nodes(ask(&mut client, "TREE"));
    let expected: Vec<Node> = all.iter().filter(|node| node.depth <= 4).cloned().collect();
    assert_eq!(default, expected);
}

/// Preorder, order of keys, heap order of priorities, sizes: a subtree begins with its root.
fn check(subtree: &[Node], low: Option<&str>, high: Option<&str>) {
    let Some((root, rest)) = subtree.split_first() else {
        return;
    };
    assert_eq!(root.size as usize, subtree.len());
    assert!(low.is_none_or(|low| *low < *root.key) && high.is_none_or(|high| *root.key < *high));
    assert!(rest.iter().all(|node| node.priority <= root.priority && node.depth > root.depth));
    let left_len = rest.iter().take_while(|node| node.key < root.key).count();
    check(&rest[..left_len], low, Some(&root.key));
    check(&rest[left_len..], Some(&root.key), high);
}

#[test]
fn a_keys_picture_is_its_path_and_then_its_own_subtree() {
    let server = Server::start_with(&["--seed", "7"]);
    let mut client = server.client();
    for number in 10..40 {
        ask(&mut client, &format!("SET k{number} v"));
    }
    let all = nodes(ask(&mut client, "TREE DEPTH 16"));
    let chosen = all.iter().find(|node| node.depth == 3 && node.size > 2).unwrap().clone();
    let picture = nodes(ask(&mut client, &format!("TREE {} DEPTH 1", chosen.key)));
    let depths: Vec<i64> = picture[..4].iter().map(|node| node.depth).collect();
    assert_eq!(depths, [0, 1, 2, 3]);
    assert_eq!(picture[3], chosen);
    let at = all.iter().position(|node| *node == chosen).unwrap();
    let below: Vec<Node> =
        all[at + 1..at + chosen.size as usize].iter().filter(|node| node.depth == 4).cloned().collect();
    assert_eq!(picture[4..], below);
    assert_eq!(ask(&mut client, "TREE nothing"), Value::Nil);
    assert_eq!(nodes(ask(&mut client, &format!("TREE {} DEPTH 0", chosen.key))).len(), 4);
    ask(&mut client, "FLUSHALL");
    assert_eq!(ask(&mut client, "TREE"), Value::Array(vec![]));
}

#[test]
fn no_reply_names_an_expired_key() {
    // A key that has expired and was not removed yet counts, but is not named.
    let server = Server::start();
    let mut client = server.client();
    let pipeline = [
        "SET gone v PXAT 1",
        "SET here v",
        "DBSIZE",
        "COUNT a z",
        "RANGE a z",
        "PREFIX g",
        "KEYS *",
        "SCAN 0",
        "RANGE a z LIMIT 1",
        "AT 0",
        "DBSIZE",
        "SET gone v PXAT 1",
        "RANK gone",
        "DBSIZE",
        "SET gone v PXAT 1",
        "TREE",
        "DBSIZE",
        "SET gone v PXAT 1",
        "TREE gone",
        "RANK here",
        "EXISTS gone",
    ];
    // In one write, so that no housekeeping comes between.
    for line in pipeline {
        client.send(&line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    client.flush().unwrap();
    let replies: Vec<Value> = pipeline.iter().map(|_| client.receive().unwrap()).collect();
    let shown = replies.iter().map(|reply| format!("{reply:?}")).collect::<Vec<_>>().join("\n");
    let gone = format!("{:?}", Value::Bytes(b"gone".to_vec()));
    assert!(!shown.contains(&gone), "{shown}");
    assert_eq!(replies[2], Value::Integer(2), "stored keys count");
    assert_eq!(replies[3], Value::Integer(2), "stored keys count");
    assert_eq!(keys(replies[8].clone()), "here", "an expired key does not count against LIMIT");
    assert_eq!(replies[9], Value::Bytes(b"here".to_vec()));
    assert_eq!(replies[10], Value::Integer(1), "AT removed what it met");
    assert_eq!((&replies[12], &replies[13]), (&Value::Nil, &Value::Integer(1)));
    assert_eq!(replies[16], Value::Integer(1), "TREE removed what it met");
    assert_eq!((&replies[18], &replies[19]), (&Value::Nil, &Value::Integer(0)));
}

#[test]
fn a_scan_returns_every_key_that_is_there_throughout() {
    let server = Server::start();
    let mut client = server.client();
    for number in 0..3_000 {
        client.send(&["SET", &format!("stays:{number}"), "v"]).unwrap();
        client.send(&["SET", &format!("goes:{number}"), "v"]).unwrap();
    }
    client.flush().unwrap();
    (0..6_000).for_each(|_| drop(client.receive().unwrap()));
    let mut seen = std::collections::HashSet::new();
    let mut cursor = String::from("0");
    let mut victim = 0;
    loop {
        let reply = client.call(&["SCAN", &cursor, "COUNT", "50", "MATCH", "stays:*"]).unwrap();
        let Value::Array(parts) = reply else { panic!("{reply:?}") };
        let [Value::Bytes(next), Value::Array(found)] = &parts[..] else { panic!("{parts:?}") };
        seen.extend(found.iter().map(|key| format!("{key:?}")));
        cursor = String::from_utf8(next.clone()).unwrap();
        if cursor == "0" {
            break;
        }
        for _ in 0..60 {
            ask(&mut client, &format!("DEL goes:{victim}"));
            victim += 1;
        }
        ask(&mut client, &format!("SET new:{victim} v"));
    }
    assert_eq!(seen.len(), 3_000);
    assert_eq!(
        ask(&mut client, "SCAN 0 COUNT 100000 TYPE list"),
        Value::Array(vec![Value::Bytes(b"0".to_vec()), Value::Array(vec![])])
    );
}

#[test]
fn housekeeping_removes_keys_whose_time_has_come() {
    let server = Server::start();
    let mut client = server.client();
    for number in 0..1_000 {
        ask(&mut client, &format!("SET k{number} v PX 20"));
    }
    wait_for("the keys to go", || (ask(&mut client, "DBSIZE") == Value::Integer(0)).then_some(()));
}

/// One request must not hold up everybody for minutes.
#[test]
fn a_pattern_that_would_take_its_length_times_that_of_a_key_is_refused() {
    let server = Server::start();
    let mut client = server.client();
    client.call(&["SET", &"a".repeat(1_000_000), ""]).unwrap();
    let costly = format!("*{}b", "a".repeat(1_000));
    let long = "a".repeat(1_025);
    for request in [&["KEYS", &costly][..], &["SCAN", "0", "MATCH", &costly], &["KEYS", &long]] {
        let reply = client.call(request).unwrap();
        assert!(
            matches!(&reply, Value::Error(text) if text.starts_with("ERR") && text.contains("pattern")),
            "{reply:?}"
        );
    }
    let Value::Array(found) = client.call(&["KEYS", "*aa*"]).unwrap() else { panic!("no array") };
    assert_eq!(found.len(), 1);
}
