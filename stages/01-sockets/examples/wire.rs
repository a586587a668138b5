//! Sends bytes as they are, and shows what comes back.
//!
//! `cargo run -q -p heapwood-sockets --example wire -- PORT GROUP...` connects to 127.0.0.1 and sends each group of
//! hexadecimal bytes, such as `'00 00 00 0c'`, with a write of its own. After each it waits half a second for an answer.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// How long no byte must come for an answer to count as ended.
const SILENCE: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("usage: wire PORT GROUP...")?.parse()?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    for group in arguments {
        let bytes = group.split_whitespace().map(|byte| u8::from_str_radix(byte, 16));
        let bytes = bytes.collect::<Result<Vec<u8>, _>>()?;
        show("sent", &bytes);
        stream.write_all(&bytes)?;
        if hear(&mut stream)? {
            println!("the server closed the connection");
            break;
        }
    }
    Ok(())
}

/// Shows what comes until nothing does; says whether the server will send no more.
fn hear(stream: &mut TcpStream) -> std::io::Result<bool> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    let closed = loop {
        match stream.read(&mut piece) {
            Ok(0) => break true,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break false,
            Err(error) => return Err(error),
        }
    };
    show("back", &answer);
    Ok(closed)
}

/// Prints bytes as numbers and as text, sixteen a line.
fn show(way: &str, bytes: &[u8]) {
    if bytes.is_empty() {
        println!("{way}  nothing");
    }
    for (index, row) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String =
            row.iter().map(|&byte| if matches!(byte, b' '..=b'~') { byte.into() } else { '.' }).collect();
        println!("{:<4}  {:<47}  {text}", if index == 0 { way } else { "" }, hex.join(" "));
    }
}
