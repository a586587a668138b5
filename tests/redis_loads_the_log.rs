//! The real redis-server loads the complete server's log, key for key: strings, deadlines and lists.
#![allow(clippy::unwrap_used)]

#[path = "../stages/04-aof/tests/redis_server/mod.rs"]
mod redis_server;
mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use heapwood_aof::LOG_NAME;
use pretty_assertions::assert_eq;
use redis_server::{RedisServer, Reply};
use support::dump::{Kept, State, deadline_ms, dump};
use support::seed::seeded;
use support::{Client, Server, Value, ask, script, wait_for};

/// Every command that writes, with what it needs in front of it; none may fail. The deadlines are far, and those that pass at once.
const EVERY_WRITE: &str = "SET plain 1|SET plain:nx 1 NX|SET plain 2 XX GET|SET plain 3 KEEPTTL|SET ex 1 EX 100000000|\
    SET px 1 PX 100000000000|SET exat 1 EXAT 4000000000|SET pxat 1 PXAT 4000000000000|SET pxat 2 KEEPTTL|SET gone 1 PXAT 1|\
    SETNX setnx 1|GETSET plain 4|GETDEL setnx|MSET m:1 1 m:2 2 m:3 3|APPEND m:1 11|INCR number|DECR number|INCRBY number 41|\
    DECRBY number -1|GETEX m:2 EX 100000000|GETEX m:2 PERSIST|GETEX m:3 PXAT 4000000000000|DEL m:1 nothing|UNLINK plain:nx|\
    SET old name|RENAME old new|LPUSH list a b c|RPUSH list d e f|LPOP list|RPOP list 2|BLPOP list 0|BRPOP other list 0|\
    RPUSH empty x|LPOP empty|EXPIRE list 100000000|PEXPIRE new 100000000000|EXPIREAT number 4000000000|\
    PEXPIREAT plain 4000000000000|PERSIST plain|SET passed 1|PEXPIREAT passed 1|RPUSH passed x|EXPIRE ex -1";

/// What redis-server holds.
fn dump_redis(redis: &mut RedisServer) -> State {
    let keys = redis.keys();
    let entry = |key: Vec<u8>| {
        let kept = match redis.call(&[b"TYPE", &key]).unwrap() {
            Reply::Status(kind) if kind == "string" => {
                Kept::Text(redis.call(&[b"GET", &key]).unwrap().bytes())
            }
            Reply::Status(kind) if kind == "list" => {
                let elements = redis.call(&[b"LRANGE", &key, b"0", b"-1"]).unwrap().elements();
                Kept::List(elements.into_iter().map(Reply::bytes).collect())
            }
            other => panic!("{}: {other:?}", key.escape_ascii()),
        };
        let Reply::Integer(left_ms) = redis.call(&[b"PTTL", &key]).unwrap() else {
            panic!("no time to live");
        };
        (String::from_utf8(key).unwrap(), (kept, deadline_ms(left_ms)))
    };
    keys.into_iter().map(entry).collect()
}

/// Starts redis-server on a copy of the server's log, as it is now.
fn redis_on(server: &Server, name: &str) -> Option<RedisServer> {
    RedisServer::start(&server.folder().path().join(name), &server.log())
}

fn write_everything(client: &mut Client) {
    for line in EVERY_WRITE.split('|') {
        let reply = ask(client, line.trim());
        assert!(!matches!(reply, Value::Error(_)), "{line}: {reply:?}");
    }
}

#[test]
fn redis_loads_what_every_command_writes() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    write_everything(&mut client);
    let ours = dump(&mut client);
    // As it is while the server runs, and as a clean shutdown leaves it.
    let Some(mut redis) = redis_on(&server, "running") else {
        return;
    };
    assert_eq!(dump_redis(&mut redis), ours);
    assert_eq!(server.stop().code(), Some(0));
    let mut redis = redis_on(&server, "stopped").unwrap();
    assert_eq!(dump_redis(&mut redis), ours);
    // Nothing was dropped on the way there.
    assert!(
        !redis.log().contains("Truncated") && !redis.log().contains("Bad file format"),
        "{}",
        redis.log()
    );
}

#[test]
fn redis_loads_what_random_commands_write_also_after_kills() {
    let mut rng = seeded();
    let mut server = Server::start_with(&["--fsync", "no"]);
    for life in 0..3 {
        let mut client = server.client();
        for _ in 0..700 {
            client.send(&script::write(&mut rng, 40)).unwrap();
        }
        client.flush().unwrap();
        for _ in 0..700 {
            client.receive().unwrap();
        }
        let ours = dump(&mut client);
        assert!(ours.len() > 10, "{}", ours.len());
        server.kill();
        let Some(mut redis) = redis_on(&server, &format!("redis-{life}")) else {
            return;
        };
        assert_eq!(dump_redis(&mut redis), ours);
        server.restart();
    }
}

#[test]
fn what_a_waiting_client_was_given_and_what_expired_is_gone_for_redis_too() {
    let server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    let mut waiter = server.client();
    waiter.send(&["BRPOP", "other", "queue", "0"]).unwrap();
    waiter.flush().unwrap();
    wait_for("the pop to wait", || (support::figure(&mut client, "blocked_clients") == "1").then_some(()));
    assert_eq!(ask(&mut client, "LPUSH queue first second third"), Value::Integer(3));
    waiter.receive().unwrap();
    assert_eq!(ask(&mut client, "SET short 1 PX 20"), Value::Status("OK".into()));
    wait_for("the deadline", || (ask(&mut client, "DBSIZE") == Value::Integer(1)).then_some(()));
    let ours = dump(&mut client);
    let Some(mut redis) = redis_on(&server, "redis") else {
        return;
    };
    assert_eq!(dump_redis(&mut redis), ours);
    let log = fs::read(server.log()).unwrap();
    let says = |words: &str| log.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(says("RPOP") && !says("BRPOP"), "a wait is no record");
    assert!(says("DEL\r\n$5\r\nshort"), "an expired key is a removal");
}

#[test]
fn keys_and_values_of_any_bytes_arrive_as_they_were() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    let all: Vec<u8> = (0..=255).collect();
    let strange: [&[u8]; 5] = [&all, b"", b"\r\n", b"#HW1 id=", &[0xff; 9_000]];
    for bytes in strange {
        client.call(&[b"SET", bytes, bytes]).unwrap();
        client.call(&[b"RPUSH", &[b"list:", bytes].concat()[..], bytes, b"x", bytes]).unwrap();
    }
    assert_eq!(server.stop().code(), Some(0));
    let Some(mut redis) = redis_on(&server, "redis") else {
        return;
    };
    assert_eq!(redis.call(&[b"DBSIZE"]).unwrap(), Reply::Integer(10));
    for bytes in strange {
        assert_eq!(redis.call(&[b"GET", bytes]).unwrap(), Reply::Bytes(bytes.to_vec()));
        let list = redis.call(&[b"LRANGE", &[b"list:", bytes].concat(), b"0", b"-1"]).unwrap();
        assert_eq!(list, Reply::Array([bytes, b"x", bytes].map(|part| Reply::Bytes(part.to_vec())).to_vec()));
    }
}

#[test]
fn what_redis_goes_on_to_write_comes_back_key_for_key() {
    let server = Server::start_with(&["--fsync", "always"]);
    write_everything(&mut server.client());
    let Some(mut redis) = redis_on(&server, "redis") else {
        return;
    };
    for line in ["SET theirs 1", "RPUSH list more", "EXPIREAT theirs 4000000000", "DEL number", "LPOP list"] {
        redis.call(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>()).unwrap();
    }
    let theirs = dump_redis(&mut redis);
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("data")).unwrap();
    let log = folder.path().join("data").join(LOG_NAME);
    fs::write(&log, log_of_redis(&server.folder().path().join("redis/appendonlydir"))).unwrap();
    let returned = Server::start_in(folder, &[] as &[&str]);
    assert_eq!(dump(&mut returned.client()), theirs);
}

/// Redis keeps its log in parts: what it was given, and what it wrote since. As one file that Redis alone wrote, without our lines.
fn log_of_redis(folder: &Path) -> Vec<u8> {
    let given = fs::read(folder.join("appendonly.aof")).unwrap();
    let since = fs::read(folder.join("appendonly.aof.1.incr.aof")).unwrap();
    let judged = support::rounds::judge(&given);
    let ours: Vec<u8> =
        judged.rounds.iter().flat_map(|round| given[round.records.clone()].to_vec()).collect();
    [ours, since].concat()
}
