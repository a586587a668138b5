//! Frames in pieces, frames that cannot be, and what the others notice of it: nothing.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{ErrorKind, Read};
use std::net::{Shutdown, TcpStream};

use pretty_assertions::assert_eq;
use rand::Rng;
use rand::rngs::StdRng;
use support::seed::seeded;
use support::{
    Client, Server, Value, ask, decode_reply, figure, frame, read_reply, read_to_close, send, wait_for,
};

/// The reply OK.
const OK: &[u8] = b"\0\0\0\x07\x06\0\0\0\x02OK";

/// Lets the server's loop turn: whatever was sent before is read when this returns, since it was there before this request was.
fn turn(bystander: &mut Client) {
    for _ in 0..2 {
        assert_eq!(ask(bystander, "PING"), Value::Status("PONG".into()));
    }
}

/// Whether nothing came and the connection stays open.
fn is_silent(socket: &mut TcpStream) -> bool {
    socket.set_nonblocking(true).unwrap();
    let silent = matches!(socket.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
    socket.set_nonblocking(false).unwrap();
    silent
}

/// Replies until the server closes, decoded.
fn replies_to_close(socket: &mut TcpStream) -> Vec<Value> {
    let bytes = read_to_close(socket);
    let mut rest = &bytes[..];
    let mut replies = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (body, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        replies.push(decode_reply(body).unwrap());
        rest = after;
    }
    assert_eq!(rest, b"", "half a reply");
    replies
}

fn is_protocol_error(reply: Option<&Value>) -> bool {
    matches!(reply, Some(Value::Error(text)) if text.starts_with("PROTOCOL "))
}

#[test]
fn requests_may_be_split_at_every_byte_with_rounds_in_between() {
    let server = Server::start();
    let mut bystander = server.client();
    let requests =
        [frame(&["SET", "key", "\0\r\nvalue"]), frame(&["APPEND", "key", ""]), frame(&["GETDEL", "key"])];
    let ends = [requests[0].len(), requests[0].len() + requests[1].len()];
    let bytes = requests.concat();
    let mut socket = server.socket();
    for split in 1..bytes.len() {
        send(&mut socket, &bytes[..split]);
        turn(&mut bystander);
        let early = ends.iter().filter(|&&end| end <= split).count();
        let there = [OK, b"\0\0\0\x09\x03\0\0\0\0\0\0\0\x08"];
        for reply in &there[..early] {
            assert_eq!(read_reply(&mut socket), *reply, "split at {split}");
        }
        assert!(is_silent(&mut socket), "an answer to half a request, split at {split}");
        send(&mut socket, &bytes[split..]);
        for reply in &there[early..] {
            assert_eq!(read_reply(&mut socket), *reply, "split at {split}");
        }
        assert_eq!(read_reply(&mut socket), b"\0\0\0\x0d\x02\0\0\0\x08\0\r\nvalue", "split at {split}");
    }
}

#[test]
fn what_cannot_become_a_request_is_refused_at_the_byte_that_shows_it() {
    let server = Server::start_with(&["--max-body-bytes", "1000", "--max-arguments", "5"]);
    let mut bystander = server.client();
    for (bytes, what) in [
        (&b"\x08"[..], "too long for a frame"),
        (b"\0\0\x03\xe9", "a body above its limit"),
        (b"\0\0\0\0", "an empty body"),
        (b"\0\0\0\x07", "no room for an argument"),
        (b"\0\0\0\x08\0\0\0\0", "no arguments"),
        (b"\0\0\0\x0b\0\0\0\x02", "more arguments than fit"),
        (b"\0\0\0\xff\0\0\0\x06", "more arguments than allowed"),
        (b"\0\0\0\xff\xff\xff\xff\xff", "more arguments than can be"),
        (b"\0\0\0\x09\0\0\0\x01\0\0\0\x02", "an argument beyond the end"),
        (b"\0\0\0\x09\0\0\0\x01\xff\xff\xff\xff", "an argument far beyond the end"),
        (b"\0\0\0\x09\0\0\0\x01\0\0\0\0", "bytes left over"),
        (b"\0\0\0\x0d\0\0\0\x02\0\0\0\x02", "no room for the second"),
        (b"\0\0\0\x0e\0\0\0\x02\0\0\0\x01a\0\0\0\x02", "the second beyond the end"),
    ] {
        let mut socket = server.socket();
        send(&mut socket, &frame(&["SET", "greeting", what]));
        assert_eq!(read_reply(&mut socket), OK);
        send(&mut socket, &bytes[..bytes.len() - 1]);
        turn(&mut bystander);
        assert!(is_silent(&mut socket), "{what}: refused before it could be known");
        send(&mut socket, &bytes[bytes.len() - 1..]);
        let replies = replies_to_close(&mut socket);
        assert!(is_protocol_error(replies.first()) && replies.len() == 1, "{what}: {replies:?}");
        assert_eq!(ask(&mut bystander, "GET greeting"), Value::Bytes(what.into()));
    }
}

#[test]
fn the_largest_requests_are_taken_and_the_next_larger_refused() {
    let server = Server::start_with(&["--max-body-bytes", "1000", "--max-arguments", "5"]);
    let mut client = server.client();
    let echo = |bytes: usize| frame(&["ECHO".into(), vec![b'x'; bytes]]);
    assert_eq!(echo(984).len(), 4 + 1_000);
    let mut socket = server.socket();
    send(&mut socket, &echo(984));
    assert_eq!(read_reply(&mut socket).len(), 4 + 5 + 984);
    send(&mut socket, &echo(985));
    assert!(is_protocol_error(replies_to_close(&mut socket).first()));
    assert_eq!(ask(&mut client, "DEL a b c d"), Value::Integer(0));
    let mut socket = server.socket();
    send(&mut socket, &frame(&["DEL", "a", "b", "c", "d", "e"]));
    assert!(is_protocol_error(replies_to_close(&mut socket).first()));
}

#[test]
fn a_request_may_have_a_million_arguments_and_not_one_more_than_allowed() {
    const ARGUMENTS: usize = 1_048_576;
    let server = Server::start();
    let mut client = server.client();
    let mut words = vec!["EXISTS"; ARGUMENTS];
    assert_eq!(client.call(&words).unwrap(), Value::Integer(0));
    words.push("EXISTS");
    let mut socket = server.socket();
    // Refused from its first eight bytes on; the rest finds a closed connection.
    send(&mut socket, &frame(&words)[..8]);
    assert!(is_protocol_error(replies_to_close(&mut socket).first()));
}

#[test]
fn what_came_before_a_malformed_frame_is_answered_and_what_comes_behind_it_is_not_carried_out() {
    let server = Server::start();
    let mut socket = server.socket();
    let bytes = [frame(&["INCR", "n"]).repeat(2_000), b"\0\0\0\x04none".to_vec(), frame(&["INCR", "n"])];
    send(&mut socket, &bytes.concat());
    let replies = replies_to_close(&mut socket);
    assert_eq!(replies.len(), 2_001);
    assert_eq!(replies[1_999], Value::Integer(2_000));
    assert!(is_protocol_error(replies.last()));
    assert_eq!(ask(&mut server.client(), "GET n"), Value::Bytes("2000".into()));
}

#[test]
fn other_clients_notice_nothing_of_a_malformed_frame() {
    let server = Server::start();
    let mut bystander = server.client();
    let mut halfway = server.socket();
    let request = frame(&["SET", "halfway", "there"]);
    let mut waiting = server.client();
    waiting.send(&["BLPOP", "queue", "0"]).unwrap();
    waiting.flush().unwrap();
    wait_for("the pop to wait", || (figure(&mut bystander, "blocked_clients") == "1").then_some(()));
    for byte in &request {
        send(&mut halfway, &[*byte]);
        for bad in [&b"\xff"[..], b"\0\0\0\x01", b"*1\r\n", b"\0\0\0\x0a\0\0\0\x01\0\0\0\x09"] {
            let mut socket = server.socket();
            send(&mut socket, bad);
            assert!(!read_to_close(&mut socket).is_empty());
        }
        turn(&mut bystander);
    }
    assert_eq!(read_reply(&mut halfway), OK);
    assert_eq!(ask(&mut bystander, "RPUSH queue element"), Value::Integer(1));
    let pair = ["queue", "element"].map(|word| Value::Bytes(word.into())).to_vec();
    assert_eq!(waiting.receive().unwrap(), Value::Array(pair));
}

#[test]
fn an_announced_length_is_not_allocated() {
    const CLIENTS: usize = 100;
    let server = Server::start();
    let mut client = server.client();
    let resident = |client: &mut Client| figure(client, "used_memory_rss").parse::<i64>().unwrap();
    let before = resident(&mut client);
    // The largest body with one argument that fills it, and with as many arguments as there may be.
    let heads = [&b"\x07\xff\xff\xff\0\0\0\x01\x07\xff\xff\xf7"[..], b"\x07\xff\xff\xff\0\x10\0\0"];
    let mut sockets: Vec<TcpStream> = (0..CLIENTS).map(|_| server.socket()).collect();
    for (socket, head) in sockets.iter_mut().zip(heads.iter().cycle()) {
        send(socket, head);
    }
    turn(&mut client);
    assert!(sockets.iter_mut().all(is_silent));
    let grown = resident(&mut client) - before;
    assert!(grown < 64 << 20, "{CLIENTS} announcements took {grown} bytes");
}

#[test]
fn half_a_request_is_none_whatever_ends_the_connection() {
    let server = Server::start();
    let request = frame(&["SET", "half", "there"]);
    for end in [Shutdown::Write, Shutdown::Both] {
        for len in 0..request.len() {
            let mut socket = server.socket();
            send(&mut socket, &request[..len]);
            socket.shutdown(end).unwrap();
            assert_eq!(read_to_close(&mut socket), b"", "{len} bytes");
        }
    }
    assert_eq!(ask(&mut server.client(), "DBSIZE"), Value::Integer(0));
}

/// What a stream of frames is, told from the description of the protocol alone.
#[derive(Debug, PartialEq)]
enum End {
    /// The last frame is whole.
    Whole,
    /// More could follow.
    Unfinished,
    /// Nothing that follows could help.
    Malformed,
}

/// How many requests the bytes are, and how they end.
fn judge(mut bytes: &[u8]) -> (usize, End) {
    let mut requests = 0;
    while !bytes.is_empty() {
        match judge_one(bytes) {
            Ok(len) if len <= bytes.len() => bytes = &bytes[len..],
            Ok(_) => return (requests, End::Unfinished),
            Err(()) => return (requests, End::Malformed),
        }
        requests += 1;
    }
    (requests, End::Whole)
}

/// The length of the frame at the start; more than there is while that can still become one.
fn judge_one(bytes: &[u8]) -> Result<usize, ()> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().unwrap()) as usize);
    let unfinished = Ok(bytes.len() + 1);
    if bytes[0] > 7 {
        return Err(());
    }
    let Some(body) = number(0) else { return unfinished };
    if body < 8 {
        return Err(());
    }
    let Some(count) = number(4) else { return unfinished };
    if count == 0 || count > 1_048_576 || 4 + 4 * count > body {
        return Err(());
    }
    let (end, mut at) = (4 + body, 8);
    for left in (0..count).rev() {
        let Some(len) = number(at) else { return unfinished };
        at += 4 + len;
        if at + 4 * left > end || (left == 0 && at != end) {
            return Err(());
        }
    }
    Ok(end)
}

/// A few requests, some of their bytes changed, lost, doubled or put in.
fn damaged_requests(rng: &mut StdRng) -> Vec<u8> {
    let words = |rng: &mut StdRng| -> Vec<u8> {
        let mut words = vec![b"ECHO".to_vec()];
        words.extend((0..rng.random_range(0..4)).map(|_| vec![b'x'; rng.random_range(0..6)]));
        frame(&words)
    };
    let mut bytes: Vec<u8> = (0..rng.random_range(1..4)).flat_map(|_| words(rng)).collect();
    for _ in 0..rng.random_range(0..3) {
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random_range(0..12),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, rng.random_range(0..12)),
            4 => bytes.truncate(at.max(1)),
            _ => bytes.extend_from_within(at..),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    // The first byte of a connection may also choose another protocol, which is another test's.
    bytes[0] &= 7;
    bytes
}

#[test]
fn any_bytes_are_taken_for_what_the_protocol_says_they_are() {
    let mut rng = seeded();
    let server = Server::start();
    let mut bystander = server.client();
    let (mut malformed, mut unfinished) = (0, 0);
    for _ in 0..1_500 {
        let bytes = damaged_requests(&mut rng);
        let (requests, end) = judge(&bytes);
        let mut socket = server.socket();
        let cut = rng.random_range(0..bytes.len());
        send(&mut socket, &bytes[..cut]);
        turn(&mut bystander);
        // Damage that has shown already closes the connection under the rest.
        let _ = std::io::Write::write_all(&mut socket, &bytes[cut..]);
        if end != End::Malformed {
            socket.shutdown(Shutdown::Write).unwrap();
        }
        let replies = replies_to_close(&mut socket);
        let expected = requests + usize::from(end == End::Malformed);
        assert_eq!(replies.len(), expected, "{}: {end:?}", bytes.escape_ascii());
        assert_eq!(is_protocol_error(replies.last()), end == End::Malformed, "{}", bytes.escape_ascii());
        malformed += usize::from(end == End::Malformed);
        unfinished += usize::from(end == End::Unfinished);
    }
    assert!(malformed > 300 && unfinished > 100, "{malformed} malformed, {unfinished} unfinished");
    assert_eq!(ask(&mut bystander, "PING"), Value::Status("PONG".into()));
}
