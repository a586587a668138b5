//! Sends bytes as they are, and shows what comes back.
//!
//! `cargo run -q -p heapwood-sockets --example wire -- --port PORT GROUP...` connects to 127.0.0.1 and sends each group of
//! hexadecimal bytes, such as `'00 00 00 0c'`, with a write of its own. After each it waits half a second for an answer.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// How long no byte must come for an answer to count as ended.
const SILENCE: Duration = Duration::from_millis(500);

const USAGE: &str = "usage: wire --port PORT GROUP..., with groups of bytes such as '00 00 00 0c'";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wire: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("--port") {
        return Err(USAGE.into());
    }
    let port = arguments.next().ok_or(USAGE)?;
    let port: u16 = port.parse().map_err(|_| format!("'{port}' is no port; {USAGE}"))?;
    let groups: Vec<Vec<u8>> = arguments.map(|group| parse(&group)).collect::<Result<_, _>>()?;
    if groups.is_empty() {
        return Err(USAGE.into());
    }
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    for bytes in groups {
        show("sent", &bytes);
        stream.write_all(&bytes)?;
        if hear(&mut stream)? {
            println!("the server closed the connection");
            break;
        }
    }
    Ok(())
}

/// The bytes of a group, two digits each.
fn parse(group: &str) -> Result<Vec<u8>, String> {
    let byte = |digits: &str| match u8::from_str_radix(digits, 16) {
        Ok(byte) if digits.len() == 2 => Ok(byte),
        _ => Err(format!("'{digits}' is no byte; write each as two digits from 0 to f, with spaces between")),
    };
    group.split_whitespace().map(byte).collect()
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
