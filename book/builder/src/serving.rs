//! The book on loopback, built again when something it is made from changes.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use heapwood_http_bridge::percent::decode;
use tiny_http::{Header, Request, Response, Server};

use crate::building::build;

/// How often the files are looked at.
const LOOK_AROUND: Duration = Duration::from_millis(500);

/// What the book is made from, below the repository's root.
const MADE_FROM: [&str; 6] = ["book/src", "book/theme", "book/book.toml", "stages", "src", "tests"];

/// Builds the book, serves it on 127.0.0.1 and builds it again on each change, until the process ends. `port` 0 chooses a free one.
///
/// # Errors
/// The port cannot be listened on, or the first build fails for a reason that no edit of the book mends.
pub fn serve(root: &Path, port: u16) -> Result<(), String> {
    let server = Server::http((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        format!("cannot listen on 127.0.0.1:{port}: {error}; choose another port with --port")
    })?;
    let address = server.server_addr();
    let into = root.join("target/book");
    build_and_say(root);
    println!("the book is at http://{address}/ and is built again when you save a file; Ctrl-C ends it");
    let watched = root.to_owned();
    thread::spawn(move || watch(&watched));
    for request in server.incoming_requests() {
        // A reader that went away concerns nobody else.
        let _ = answer(request, &into);
    }
    Ok(())
}

fn build_and_say(root: &Path) {
    match build(root) {
        Ok((_, ledger)) => println!("built {} pages", ledger.pages.len()),
        Err(errors) => eprintln!("not built:\n{errors}"),
    }
}

fn watch(root: &Path) -> ! {
    let mut seen = newest(root);
    loop {
        thread::sleep(LOOK_AROUND);
        let now = newest(root);
        if now != seen {
            seen = now;
            build_and_say(root);
        }
    }
}

/// The latest change of anything that the book is made from, and how many files there are.
fn newest(root: &Path) -> (SystemTime, usize) {
    let mut waiting: Vec<PathBuf> = MADE_FROM.iter().map(|part| root.join(part)).collect();
    let mut newest = (SystemTime::UNIX_EPOCH, 0);
    while let Some(path) = waiting.pop() {
        if let Ok(entries) = fs::read_dir(&path) {
            waiting.extend(entries.flatten().map(|entry| entry.path()));
        } else if let Ok(changed) = fs::metadata(&path).and_then(|it| it.modified()) {
            newest = (newest.0.max(changed), newest.1 + 1);
        }
    }
    newest
}

fn answer(request: Request, built: &Path) -> io::Result<()> {
    let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
    let Some(path) = decode(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return request.respond(no_such_page());
    };
    let wanted = Path::new(&path);
    // Nothing but names: no way leads out of the book.
    let inside = wanted.components().all(|part| matches!(part, Component::Normal(_)));
    let mut file = built.join(wanted);
    if file.is_dir() {
        file.push("index.html");
    }
    match File::open(&file) {
        Ok(opened) if inside => {
            let kind =
                Header::from_bytes("Content-Type", content_type(&file)).expect("a header of plain ASCII");
            request.respond(Response::from_file(opened).with_header(kind))
        }
        _ => request.respond(no_such_page()),
    }
}

fn no_such_page() -> Response<Cursor<Vec<u8>>> {
    Response::from_string("there is no such page\n").with_status_code(404)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
