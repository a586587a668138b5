//! Many requests in flight: their replies are those of one at a time, in order, whoever else is there.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::Shutdown;

use pretty_assertions::assert_eq;
use rand::Rng;
use support::dump::dump;
use support::seed::seeded;
use support::{Client, Server, Value, ask, frame, read_to_close, script, send};

fn ok() -> Value {
    Value::Status("OK".into())
}

/// Lookups of a round are started together, before its first command; none of that may show.
#[test]
fn a_pipeline_gets_the_replies_that_one_request_at_a_time_gets() {
    let mut rng = seeded();
    let servers = [Server::start(), Server::start()];
    let [mut patient, mut hasty] = servers.each_ref().map(Server::client);
    for _ in 0..60 {
        let requests: Vec<_> = (0..rng.random_range(1..120)).map(|_| script::any(&mut rng, 12)).collect();
        requests.iter().for_each(|request| hasty.send(request).unwrap());
        hasty.flush().unwrap();
        for request in &requests {
            let shown: Vec<String> = request.iter().map(|word| word.escape_ascii().to_string()).collect();
            let expected = patient.call(request).unwrap();
            assert_eq!(hasty.receive().unwrap(), expected, "{shown:?}");
        }
    }
    assert_eq!(dump(&mut hasty), dump(&mut patient));
}

#[test]
fn pipelines_of_many_clients_are_answered_each_in_its_own_order() {
    const CLIENTS: usize = 50;
    const REQUESTS: usize = 400;
    let server = Server::start();
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.client()).collect();
    for request in 0..REQUESTS {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&["INCR", "all"]).unwrap();
            client.send(&["APPEND", &format!("own:{number}"), "x"]).unwrap();
            client.send(&["ECHO", &format!("{number}:{request}")]).unwrap();
            if request % 100 == 99 {
                client.flush().unwrap();
            }
        }
    }
    for (number, client) in clients.iter_mut().enumerate() {
        let mut last = 0;
        for request in 0..REQUESTS {
            let Value::Integer(all) = client.receive().unwrap() else {
                panic!("no number");
            };
            assert!(last < all, "{last} < {all}");
            last = all;
            assert_eq!(client.receive().unwrap(), Value::Integer(request as i64 + 1));
            assert_eq!(client.receive().unwrap(), Value::Bytes(format!("{number}:{request}").into()));
        }
    }
    let all = (CLIENTS * REQUESTS).to_string();
    assert_eq!(ask(&mut server.client(), "GET all"), Value::Bytes(all.into()));
}

#[test]
fn who_stops_sending_still_gets_every_reply() {
    let server = Server::start();
    let mut socket = server.socket();
    let request = frame(&["RPUSH", "list", "element"]);
    send(&mut socket, &request.repeat(5_000));
    send(&mut socket, &request[..request.len() - 1]);
    socket.shutdown(Shutdown::Write).unwrap();
    let replies = read_to_close(&mut socket);
    let one = [&b"\0\0\0\x09\x03"[..], &5_000_u64.to_be_bytes()].concat();
    assert_eq!(replies.len(), 5_000 * one.len());
    assert_eq!(replies[replies.len() - one.len()..], one);
    assert_eq!(ask(&mut server.client(), "LLEN list"), Value::Integer(5_000), "half a request is none");
}

#[test]
fn replies_far_above_the_soft_limit_wait_for_their_reader_and_for_nobody_else() {
    const REQUESTS: usize = 64;
    let server = Server::start();
    let mut reader = server.client();
    let mut other = server.client();
    let value = vec![b'v'; 1_000_000];
    assert_eq!(other.call(&[b"SET", &b"large"[..], &value]).unwrap(), ok());
    for number in 0..REQUESTS {
        reader.send(&["GET", "large"]).unwrap();
        reader.send(&["INCR", "reached"]).unwrap();
        reader.send(&["ECHO", &number.to_string()]).unwrap();
    }
    reader.flush().unwrap();
    for _ in 0..100 {
        assert_eq!(ask(&mut other, "PING"), Value::Status("PONG".into()));
    }
    let reached = ask(&mut other, "GET reached");
    assert_ne!(reached, Value::Bytes(REQUESTS.to_string().into()), "it ran ahead of its reader");
    for number in 0..REQUESTS {
        assert!(reader.receive().unwrap() == Value::Bytes(value.clone()), "reply {number}");
        assert_eq!(reader.receive().unwrap(), Value::Integer(number as i64 + 1));
        assert_eq!(reader.receive().unwrap(), Value::Bytes(number.to_string().into()));
    }
}

#[test]
fn a_long_pipeline_lets_others_in_between() {
    const REQUESTS: usize = 200_000;
    let server = Server::start();
    let mut busy = server.client();
    let mut other = server.client();
    for _ in 0..REQUESTS {
        busy.send(&["INCR", "progress"]).unwrap();
    }
    busy.flush().unwrap();
    let mut seen = Vec::new();
    loop {
        let progress = match ask(&mut other, "GET progress") {
            Value::Bytes(bytes) => String::from_utf8(bytes).unwrap().parse().unwrap(),
            _ => 0,
        };
        seen.push(progress);
        if progress == REQUESTS {
            break;
        }
    }
    assert!(seen.is_sorted(), "{seen:?}");
    let between = seen.iter().filter(|&&progress| progress > 0 && progress < REQUESTS).count();
    assert!(between > 0, "nobody was let in: {seen:?}");
    for number in 1..=REQUESTS {
        assert_eq!(busy.receive().unwrap(), Value::Integer(number as i64));
    }
}

#[test]
fn what_stands_behind_quit_is_not_carried_out() {
    let server = Server::start();
    let mut socket = server.socket();
    let requests = [frame(&["SET", "before", "1"]), frame(&["QUIT"]), frame(&["SET", "behind", "1"])];
    send(&mut socket, &requests.concat());
    assert_eq!(read_to_close(&mut socket), b"\0\0\0\x07\x06\0\0\0\x02OK".repeat(2));
    let mut client = server.client();
    assert_eq!(ask(&mut client, "EXISTS before"), Value::Integer(1));
    assert_eq!(ask(&mut client, "EXISTS behind"), Value::Integer(0));
}

#[test]
fn an_error_in_a_pipeline_is_one_reply_and_stops_nothing() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..500 {
        for line in ["RPUSH list x", "INCR list", "NONSENSE", "GET", "SET list 1 NX XX", "LLEN list"] {
            client.send(&line.split(' ').collect::<Vec<_>>()).unwrap();
        }
    }
    client.flush().unwrap();
    for length in 1..=500 {
        assert_eq!(client.receive().unwrap(), Value::Integer(length));
        for start in ["WRONGTYPE ", "ERR unknown command", "ERR wrong number", "ERR syntax error"] {
            let reply = client.receive().unwrap();
            assert!(matches!(&reply, Value::Error(text) if text.starts_with(start)), "{reply:?}");
        }
        assert_eq!(client.receive().unwrap(), Value::Integer(length));
    }
}

/// Not a matter of time but of order: whoever asks while slow commands are in progress is answered
/// before the last of them.
#[test]
fn a_pipeline_of_slow_commands_lets_others_have_their_turn() {
    const SLOW: usize = 40;
    let server = Server::start();
    let mut writer = server.client();
    for key in 0..60_000 {
        writer.send(&["SET", &format!("key:{key:08}"), ""]).unwrap();
    }
    writer.flush().unwrap();
    (0..60_000).for_each(|_| assert_eq!(writer.receive().unwrap(), ok()));
    let (mut slow, mut other) = (server.client(), server.client());
    for _ in 0..SLOW {
        slow.send(&["KEYS", "*0*1*2*3*4*5*6*7*8*9*"]).unwrap();
        slow.send(&["INCR", "done"]).unwrap();
    }
    slow.flush().unwrap();
    let mut seen = Vec::new();
    while seen.last() != Some(&(SLOW as i64)) {
        if let Value::Bytes(done) = other.call(&["GET", "done"]).unwrap() {
            seen.push(String::from_utf8(done).unwrap().parse().unwrap());
        }
        seen.dedup();
    }
    assert!(seen.len() > 2, "{seen:?}");
    for done in 1..=SLOW as i64 {
        assert_eq!(slow.receive().unwrap(), Value::Array(vec![]));
        assert_eq!(slow.receive().unwrap(), Value::Integer(done));
    }
}
