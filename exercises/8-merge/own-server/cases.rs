use heapwood_kit::given;
use heapwood_sockets::{Value, decode_reply, encode_request};

use super::subject::{Reaction, Server};

/// A request as a frame; its words are separated by blanks.
fn frame(line: &str) -> Vec<u8> {
    let words: Vec<&str> = line.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
    let mut bytes = Vec::new();
    encode_request(&words, &mut bytes).expect("a small request");
    bytes
}

/// The replies in what a server sends, as the client prints them.
fn replies(mut sent: &[u8]) -> Vec<String> {
    let mut replies = Vec::new();
    while let Some((length, rest)) = sent.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some(body) = rest.get(..length) else { break };
        replies.push(decode_reply(body).map_or_else(|error| error.to_string(), |value| shown(&value)));
        sent = &rest[length..];
    }
    if !sent.is_empty() {
        replies.push(format!("the bytes {sent:?}, which are no reply"));
    }
    replies
}

fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "(nil)".into(),
        Value::Error(text) => format!("(error) {}", text.split(' ').next().unwrap_or_default()),
        Value::Status(text) => text.clone(),
        Value::Integer(number) => format!("(integer) {number}"),
        Value::Bytes(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => format!("{other:?}"),
    }
}

/// Sends requests one after the other, each in one piece, and compares the replies. Of an error only the code counts.
fn converse(server: &mut Server, client: usize, lines: &[(&str, &str)]) {
    let mut before = Vec::new();
    for (line, expected) in lines {
        let Reaction { send, close } = server.receive(client, &frame(line));
        let said = match &before[..] {
            [] => line.to_string(),
            before => format!("{line}, after {}", before.join(", ")),
        };
        given(&said).expect(vec![expected.to_string()], replies(&send));
        given(&said).expect(format!("close: {}", *line == "QUIT"), format!("close: {close}"));
        before.push(*line);
    }
}

/// Milestone 1: each command is answered, what is no command too, and only QUIT closes the connection.
pub fn commands_are_answered() {
    let mut server = Server::new();
    let client = server.connect();
    converse(
        &mut server,
        client,
        &[
            ("PING", "PONG"),
            ("ECHO hello", "\"hello\""),
            ("GET apple", "(nil)"),
            ("SET apple red", "OK"),
            ("get apple", "\"red\""),
            ("SET apple ''", "OK"),
            ("GET apple", "\"\""),
            ("EXISTS apple apple fig", "(integer) 2"),
            ("NOSUCH apple", "(error) ERR"),
            ("SET apple", "(error) ERR"),
            ("DEL apple apple fig", "(integer) 1"),
            ("GET apple", "(nil)"),
            ("QUIT", "OK"),
        ],
    );
}

/// Requests that arrive in one piece are answered each, in their order (S1).
pub fn several_in_one_piece() {
    let mut server = Server::new();
    let client = server.connect();
    let lines = ["SET apple red", "GET apple", "DEL apple", "GET apple"];
    let piece: Vec<u8> = lines.iter().flat_map(|line| frame(line)).collect();
    let got = replies(&server.receive(client, &piece).send);
    given(format!("{} in one piece", lines.join(", ")))
        .expect(vec!["OK", "\"red\"", "(integer) 1", "(nil)"], got);
}

/// Wherever a request is cut, it means the same, and is answered when its last byte is there (S1).
pub fn cut_anywhere() {
    let whole = [frame("SET apple red"), frame("GET apple")].concat();
    let first = frame("SET apple red").len();
    for cut in 1..whole.len() {
        let mut server = Server::new();
        let client = server.connect();
        let before = replies(&server.receive(client, &whole[..cut]).send);
        let after = replies(&server.receive(client, &whole[cut..]).send);
        let given = given(format!("SET apple red and GET apple, {} bytes, cut after {cut}", whole.len()));
        given.expect(vec!["OK"; usize::from(cut >= first)], before);
        given.expect(if cut >= first { vec!["\"red\""] } else { vec!["OK", "\"red\""] }, after);
    }
}

/// The halves of two clients' requests are not mixed up, and one that leaves takes its half with it.
pub fn two_clients() {
    let mut server = Server::new();
    let (a, b, c) = (server.connect(), server.connect(), server.connect());
    let (red, green, blue) = (frame("SET apple red"), frame("SET pear green"), frame("SET apple blue"));
    server.receive(c, &blue[..15]);
    server.leave(c);
    server.receive(a, &red[..10]);
    server.receive(b, &green[..20]);
    let first = replies(&server.receive(a, &red[10..]).send);
    let second = replies(&server.receive(b, &green[20..]).send);
    let given = given(
        "half of SET apple blue by c, who leaves; halves of SET apple red by a and SET pear green by b in turn",
    );
    given.expect(vec!["OK", "OK"], [first, second].concat());
    converse(&mut server, a, &[("GET pear", "\"green\"")]);
    converse(&mut server, b, &[("GET apple", "\"red\"")]);
}

/// After a malformed request comes one error, then the end: nothing that the client sends is taken for a request (S5).
pub fn the_last_word() {
    let mut server = Server::new();
    let (client, other) = (server.connect(), server.connect());
    let malformed = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let piece = [frame("SET apple red"), malformed.to_vec(), frame("SET apple green")].concat();
    let reaction = server.receive(client, &piece);
    let given = given("SET apple red, a request without arguments, SET apple green, in one piece");
    given.expect(vec!["OK", "(error) PROTOCOL"], replies(&reaction.send));
    given.holds(reaction.close, "the connection is closed", "it stays open");
    server.receive(client, &frame("SET apple blue"));
    converse(&mut server, other, &[("GET apple", "\"red\"")]);
}

/// What can be no request is refused as soon as that can be known, not when the rest of it is there (S3).
pub fn refused_as_soon_as_known() {
    let start: [(&str, &[u8]); 6] = [
        ("a body of 7 bytes, too short for any argument", &[0, 0, 0, 7]),
        ("a body of 128 MiB, one byte above the limit", &[8, 0, 0, 0]),
        ("no arguments", &[0, 0, 1, 0, 0, 0, 0, 0]),
        ("4 million arguments in a body of 12 bytes", &[0, 0, 0, 12, 0, 64, 0, 0]),
        (
            "a first argument of 9 bytes and a second one, in a body of 20 bytes",
            &[0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 9],
        ),
        ("a last argument of 3 bytes where 4 are left", &[0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 3]),
    ];
    for (what, bytes) in start {
        let mut server = Server::new();
        let client = server.connect();
        let reaction = server.receive(client, bytes);
        let given = given(format!("the beginning of a request, {bytes:?}: {what}"));
        given.expect(vec!["(error) PROTOCOL"], replies(&reaction.send));
        given.holds(reaction.close, "the connection is closed", "it stays open");
    }
}

/// Milestone 2: RANGE, RANK and AT know the keys in the order of their bytes (T1).
pub fn keys_in_order() {
    let mut server = Server::new();
    let client = server.connect();
    converse(
        &mut server,
        client,
        &[
            ("SET pear 1", "OK"),
            ("SET apple 2", "OK"),
            ("SET fig 3", "OK"),
            ("RANGE '' ''", "\"apple\", \"fig\", \"pear\""),
            ("RANGE b pear", "\"fig\", \"pear\""),
            ("RANGE pear fig", ""),
            ("RANK fig", "(integer) 1"),
            ("RANK kiwi", "(nil)"),
            ("AT 0", "\"apple\""),
            ("AT -1", "\"pear\""),
            ("AT 3", "(nil)"),
            ("AT one", "(error) ERR"),
        ],
    );
}
