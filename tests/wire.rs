//! What the first byte decides, malformed frames, pipelines, and replies byte by byte.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;

use pretty_assertions::assert_eq;
use support::{Server, Value, ask, frame, read_reply, read_to_close, send, wait_for};

const RESP_REFUSAL: &[u8] = b"-ERR RESP is not spoken yet; use frames (heapwood cli)\r\n";

#[test]
fn resp_and_inline_commands_are_told_so_and_closed() {
    let server = Server::start();
    let http = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for bytes in [&b"*1\r\n$4\r\nPING\r\n"[..], b"PING\r\n", b"\r\n", b"\n", b" ", http] {
        let mut socket = server.socket();
        send(&mut socket, bytes);
        assert_eq!(read_to_close(&mut socket), RESP_REFUSAL, "{bytes:?}");
    }
}

#[test]
fn other_first_bytes_get_an_error_frame_and_are_closed() {
    let server = Server::start();
    for first in [0x08, 0x16, 0x1f, 0x80, 0xff] {
        let mut socket = server.socket();
        send(&mut socket, &[first, 3, 1]);
        let reply = read_to_close(&mut socket);
        let text =
            format!("PROTOCOL the first byte 0x{first:02x} begins neither a frame (up to 0x07) nor RESP");
        assert_eq!(reply, error_frame(&text));
    }
}

fn error_frame(text: &str) -> Vec<u8> {
    let mut frame = (text.len() as u32 + 5).to_be_bytes().to_vec();
    frame.push(1);
    frame.extend((text.len() as u32).to_be_bytes());
    frame.extend(text.bytes());
    frame
}

#[test]
fn replies_are_these_bytes() {
    let server = Server::start();
    let mut socket = server.socket();
    for (line, reply) in [
        ("PING", &b"\0\0\0\x09\x06\0\0\0\x04PONG"[..]),
        ("SET a 1", b"\0\0\0\x07\x06\0\0\0\x02OK"),
        ("GET a", b"\0\0\0\x06\x02\0\0\0\x011"),
        ("GET b", b"\0\0\0\x01\0"),
        ("INCR a", b"\0\0\0\x09\x03\0\0\0\0\0\0\0\x02"),
        ("MGET a b", b"\0\0\0\x0c\x05\0\0\0\x02\x02\0\0\0\x012\0"),
        ("KEYS x", b"\0\0\0\x05\x05\0\0\0\0"),
        ("BLPOP x 0.001", b"\0\0\0\x01\0"),
        ("CONFIG GET databases", b"\0\0\0\x19\x07\0\0\0\x01\x02\0\0\0\x09databases\x02\0\0\0\x011"),
    ] {
        send(&mut socket, &frame(&line.split(' ').collect::<Vec<_>>()));
        assert_eq!(read_reply(&mut socket), reply, "{line}");
    }
    send(&mut socket, &frame(&["GET"]));
    let text = "ERR wrong number of arguments for 'get' command";
    assert_eq!(read_reply(&mut socket), error_frame(text));
    send(&mut socket, &frame(&[&b"\x00\xffcmd\n"[..], b"x\r\ny"]));
    let text = "ERR unknown command '\\x00\\xffcmd\\n', with args beginning with: 'x\\r\\ny' ";
    assert_eq!(read_reply(&mut socket), error_frame(text));
}

#[test]
fn a_frame_may_be_split_at_every_byte() {
    let server = Server::start();
    let mut socket = server.socket();
    socket.set_nodelay(true).unwrap();
    let request = frame(&["ECHO", "split at every byte"]);
    for split in 1..request.len() {
        socket.write_all(&request[..split]).unwrap();
        socket.write_all(&request[split..]).unwrap();
        assert!(read_reply(&mut socket).ends_with(b"split at every byte"));
    }
    for byte in &request {
        socket.write_all(&[*byte]).unwrap();
    }
    assert!(read_reply(&mut socket).ends_with(b"split at every byte"));
}

#[test]
fn a_malformed_frame_closes_its_connection_and_no_other() {
    let server = Server::start();
    let mut bystander = server.client();
    let malformed: &[(&[u8], &str)] = &[
        (b"\0\0\0\x04\0\0\0\0", "no arguments"),
        (b"\0\0\0\x0a\0\0\0\x01\0\0\0\x09", "an argument longer than its body"),
        (b"\0\0\0\x0a\0\0\0\x01\0\0\0\x01ab", "bytes left over"),
        (b"\x07\xff\xff\xff\xff\xff\xff\xff", "too many arguments"),
        (b"\0\0\0\x02", "a body too short for its count"),
    ];
    for (bytes, what) in malformed {
        let mut socket = server.socket();
        send(&mut socket, bytes);
        let reply = String::from_utf8_lossy(&read_to_close(&mut socket)).into_owned();
        assert!(reply.contains("PROTOCOL"), "{what}: {reply:?}");
        assert_eq!(ask(&mut bystander, "PING"), Value::Status("PONG".into()));
    }
}

#[test]
fn a_web_page_cannot_speak_to_the_engine_in_frames_either() {
    let server = Server::start();
    for name in ["POST", "post", "Host:", "HOST:"] {
        let mut socket = server.socket();
        send(&mut socket, &frame(&[name, "/"]));
        send(&mut socket, &frame(&["SET", "stolen", "yes"]));
        assert_eq!(read_to_close(&mut socket), b"", "{name}");
    }
    let mut client = server.client();
    assert_eq!(ask(&mut client, "GET stolen"), Value::Nil);
    let Value::Bytes(info) = ask(&mut client, "INFO stats") else {
        panic!("no text");
    };
    assert!(String::from_utf8(info).unwrap().contains("\r\ncross_protocol_closed:4\r\n"));
}

#[test]
fn a_hundred_thousand_requests_may_be_sent_before_one_reply_is_read() {
    const REQUESTS: usize = 100_000;
    let server = Server::start();
    let mut client = server.client();
    for number in 0..REQUESTS {
        client.send(&["SET", &format!("key{}", number % 1_000), &number.to_string()]).unwrap();
        client.send(&["GET", &format!("key{}", number % 1_000)]).unwrap();
    }
    client.flush().unwrap();
    for number in 0..REQUESTS {
        assert_eq!(client.receive().unwrap(), Value::Status("OK".into()));
        assert_eq!(client.receive().unwrap(), Value::Bytes(number.to_string().into_bytes()));
    }
}

#[test]
fn a_blocked_client_is_served_in_order_of_arrival() {
    let server = Server::start();
    let mut pusher = server.client();
    let mut waiting: Vec<_> = (0..3).map(|_| server.client()).collect();
    for (place, client) in waiting.iter_mut().enumerate() {
        client.send(&["BRPOP", "other", "queue", "0"]).unwrap();
        client.send(&["ECHO", "after"]).unwrap();
        client.flush().unwrap();
        wait_for("the client to wait", || {
            let Value::Bytes(info) = ask(&mut pusher, "INFO clients") else {
                return None;
            };
            let line = format!("blocked_clients:{}\r\n", place + 1);
            String::from_utf8(info).unwrap().contains(&line).then_some(())
        });
    }
    assert_eq!(ask(&mut pusher, "LPUSH queue first second"), Value::Integer(2));
    for (client, element) in waiting.iter_mut().zip(["first", "second"]) {
        let pair = [&b"queue"[..], element.as_bytes()].map(|bytes| Value::Bytes(bytes.to_vec()));
        assert_eq!(client.receive().unwrap(), Value::Array(pair.to_vec()));
        assert_eq!(client.receive().unwrap(), Value::Bytes(b"after".to_vec()));
    }
    assert_eq!(ask(&mut pusher, "EXISTS queue"), Value::Integer(0));
    assert_eq!(ask(&mut pusher, "RPUSH made x"), Value::Integer(1));
    assert_eq!(ask(&mut pusher, "RENAME made queue"), Value::Status("OK".into()));
    let pair = [&b"queue"[..], b"x"].map(|bytes| Value::Bytes(bytes.to_vec()));
    assert_eq!(waiting[2].receive().unwrap(), Value::Array(pair.to_vec()));
}

#[test]
fn commands_that_tell_about_the_server_answer() {
    let server = Server::start();
    let mut client = server.client();
    let Value::Bytes(info) = ask(&mut client, "INFO") else {
        panic!("no text");
    };
    let info = String::from_utf8(info).unwrap();
    for section in ["Server", "Clients", "Memory", "Persistence", "Stats", "Keyspace"] {
        assert!(info.contains(&format!("# {section}\r\n")), "{section}");
    }
    assert!(info.contains(&format!("tcp_port:{}\r\n", server.addr().port())));
    let Value::Integer(count) = ask(&mut client, "COMMAND COUNT") else {
        panic!("no count");
    };
    let Value::Array(names) = ask(&mut client, "COMMAND LIST") else {
        panic!("no list");
    };
    assert_eq!(names.len() as i64, count);
    let filtered = ask(&mut client, "COMMAND LIST FILTERBY PATTERN *RANGE");
    assert_eq!(filtered, Value::Array(["lrange", "range"].map(|name| Value::Bytes(name.into())).to_vec()));
    for line in ["COMMAND", "COMMAND INFO get", "COMMAND INFO nothing", "COMMAND DOCS"] {
        assert!(!matches!(ask(&mut client, line), Value::Error(_)), "{line}");
    }
    let Value::Map(pairs) = ask(&mut client, "CONFIG GET *") else {
        panic!("no map");
    };
    assert!(pairs.len() > 10);
    assert!(!format!("{pairs:?}").contains("requirepass"));
}
