//! The blocking server and the client over a real socket.
#![allow(clippy::unwrap_used)]

use heapwood_sockets::{Client, ClientError, Flow, Replies, RequestLimits, Value, serve};
use pretty_assertions::assert_eq;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn echo(request: &[&[u8]], replies: &mut dyn Replies) -> Flow {
    if request == [b"QUIT"] {
        replies.status("BYE");
        return Flow::Close;
    }
    if request == [b"SILENCE"] {
        return Flow::Continue;
    }
    replies.array(request.len());
    request.iter().for_each(|argument| replies.bytes(argument));
    Flow::Continue
}

fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let limits = RequestLimits { max_body_bytes: 4 * 1024 * 1024, max_arguments: 10 };
    thread::spawn(move || serve(&listener, limits, echo));
    address
}

fn connect(address: SocketAddr) -> Client {
    let mut client = Client::connect(address).unwrap();
    client.set_timeout(Some(PATIENCE)).unwrap();
    client
}

fn bytes(text: &[u8]) -> Value {
    Value::Bytes(text.to_vec())
}

#[test]
fn a_request_gets_its_reply() {
    let mut client = connect(start());
    let reply = client.call(&["a", "\0\r\n"]).unwrap();
    assert_eq!(reply, Value::Array(vec![bytes(b"a"), bytes(b"\0\r\n")]));
}

#[test]
fn pipelined_requests_are_answered_in_order_and_a_request_without_reply_gets_none() {
    let mut client = connect(start());
    for number in 0..10_000 {
        client.send(&[format!("{number}")]).unwrap();
        client.send(&["SILENCE"]).unwrap();
    }
    client.flush().unwrap();
    for number in 0..10_000 {
        let expected = Value::Array(vec![bytes(format!("{number}").as_bytes())]);
        assert_eq!(client.receive().unwrap(), expected);
    }
}

#[test]
fn a_large_argument_goes_there_and_back() {
    let mut client = connect(start());
    let large = vec![7; 3 * 1024 * 1024];
    assert_eq!(client.call(&[&large]).unwrap(), Value::Array(vec![Value::Bytes(large)]));
}

#[test]
fn a_closed_connection_is_said_to_be_closed_and_the_next_client_is_served() {
    let address = start();
    let mut client = connect(address);
    assert_eq!(client.call(&["QUIT"]).unwrap(), Value::Status("BYE".to_owned()));
    assert!(matches!(client.receive(), Err(ClientError::Closed)));
    assert!(connect(address).call(&["a"]).is_ok());
}

#[test]
fn a_malformed_request_is_answered_with_what_is_wrong_and_its_connection_closed() {
    let address = start();
    let after = vec![0; 100_000];
    for (request, text) in [
        (&b"hello"[..], "PROTOCOL the first byte is 0x68; a frame begins with at most 0x07"),
        (b"\0\0\0\x08\0\0\0\0", "PROTOCOL a request without arguments"),
        (b"\0\x50\0\0", "PROTOCOL a body of 5242880 bytes is above the limit of 4194304"),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"\0\0\0\x09\0\0\0\x01\0\0\0\x01a").unwrap();
        stream.write_all(request).unwrap();
        stream.write_all(&after).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        let first = b"\0\0\0\x0b\x05\0\0\0\x01\x02\0\0\0\x01a";
        let error =
            [&[0, 0, 0, text.len() as u8 + 5, 1, 0, 0, 0, text.len() as u8], text.as_bytes()].concat();
        assert_eq!(received, [&first[..], &error].concat(), "S5: the error comes last, and it comes");
    }
    assert!(connect(address).call(&["still there"]).is_ok());
}

#[test]
fn a_client_whose_request_is_refused_before_all_of_it_is_sent_is_told_why() {
    // S5: the server has closed the connection long before the client's last byte is written.
    let mut client = connect(start());
    let large = vec![0; 32 * 1024 * 1024];
    let text = "PROTOCOL a body of 33554440 bytes is above the limit of 4194304";
    assert_eq!(client.call(&[&large]).unwrap(), Value::Error(text.to_owned()));
    assert!(client.call(&["a"]).is_err(), "its connection is closed");
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_request_does_not_stop_the_server() {
    let address = start();
    for cut in 0..13 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&b"\0\0\0\x09\0\0\0\x01\0\0\0\x01a"[..cut]).unwrap();
    }
    assert!(connect(address).call(&["a"]).is_ok());
}

/// A server that sends `answer` to whoever connects and then waits for the end of the connection.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(answer).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}

#[test]
fn an_answer_that_is_no_frame_is_quoted() {
    let mut client = connect(answering(b"-ERR unknown command\r\n"));
    let error = client.call(&["PING"]).unwrap_err().to_string();
    assert!(error.contains("does not answer in frames; it said \"-ERR"), "{error}");
}

#[test]
fn an_announced_reply_of_the_largest_size_takes_no_memory_before_it_comes() {
    // S2: the reply says 128 MiB, and five bytes of it come.
    let mut client = Client::connect(answering(b"\x07\xff\xff\xff\x02")).unwrap();
    client.set_timeout(Some(Duration::from_millis(20))).unwrap();
    assert!(matches!(client.receive(), Err(ClientError::Io(_))));
}

#[test]
fn after_a_time_out_a_reply_can_be_waited_for_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = Client::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"\0\0\0\x06\x06\0\0").unwrap();
    client.set_timeout(Some(Duration::from_millis(20))).unwrap();
    assert!(matches!(client.receive(), Err(ClientError::Io(_))));
    server.write_all(b"\0\x01K").unwrap();
    client.set_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(client.receive().unwrap(), Value::Status("K".to_owned()));
}

#[test]
fn nobody_at_the_address_is_an_error_with_the_address() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Client::connect(address).unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
