//! Stage 7's server: a price page over HTTP, before the engine of an earlier stage.
#![forbid(unsafe_code)]

mod prices;
mod site;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use heapwood_http_bridge::pool::unreachable;
use heapwood_http_bridge::{ApiError, CacheAside, Front, GuardLimits, Pool, respond};
use heapwood_poll_loop::stop_on_signals;
use heapwood_sockets::Client;
use prices::Prices;
use site::Site;

const HELP: &str = "\
heapwood-http-bridge: stage 7 of Heapwood, a price page: disk against memory, over HTTP.

usage: heapwood-http-bridge [--port PORT] [--engine ADDRESS] [--prices FILE]

  --port PORT       the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 8080]
  --engine ADDRESS  where the engine listens, such as stage 6's [default: 127.0.0.1:7379]
  --prices FILE     the disk-bound side, written when it is not there [default: prices.txt]
  --help            this text

Routes: GET /, GET /quotes/{ticker}?via=disk|cache, GET|PUT|DELETE /keys/{key} (the body is the value)
Start an engine first: cargo run -p heapwood-deques
Talk to it with: a browser, or curl 'http://127.0.0.1:PORT/quotes/T012345?via=cache'";

/// Requests answered at once.
const THREADS: usize = 4;
/// How long the engine may be silent while a reply is awaited.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

struct Options {
    port: u16,
    engine: String,
    prices: PathBuf,
}

/// The options, or `None` when help is asked for.
fn parse_options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { port: 8080, engine: "127.0.0.1:7379".into(), prices: "prices.txt".into() };
    while let Some(name) = args.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = args.next().ok_or(format!("{name} needs a value, or is no option; see --help"))?;
        match name.as_str() {
            "--port" => {
                options.port =
                    value.parse().map_err(|_| format!("--port {value:?} is not a number from 0 to 65535"))?
            }
            "--engine" => options.engine = value,
            "--prices" => options.prices = value.into(),
            _ => return Err(format!("there is no option {name}; see --help")),
        }
    }
    Ok(Some(options))
}

fn run(options: Options) -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port));
    let listener = listener.map_err(|error| {
        format!("cannot listen on 127.0.0.1:{}: {error}; choose another port with --port", options.port)
    })?;
    let port = listener.local_addr().map_err(text)?.port();
    let prices = Prices::open(&options.prices);
    let engine = options.engine.clone();
    let site = Site {
        cache: CacheAside::new(Pool::new(move || connect(&engine))),
        prices: prices.map_err(|error| format!("{}: {error}", options.prices.display()))?,
        hosts: ["localhost", "127.0.0.1"].map(|name| format!("{name}:{port}")).into(),
    };
    let front = Front::open(listener, GuardLimits::default(), Box::new(|_| Ok(()))).map_err(text)?;
    stop_on_signals(front.waker()).map_err(text)?;
    let (addr, engine) = (front.addr(), options.engine);
    println!(
        "heapwood-http-bridge: prices from disk and from the engine at {engine}; open in a browser: http://{addr}"
    );
    front.run(THREADS, |request| respond(request, |asked| site.answer(asked))).map_err(text)
}

/// A connection to the engine at this address, whose replies are not awaited for ever.
fn connect(engine: &str) -> Result<Client, ApiError> {
    let connected = Client::connect(engine).and_then(|mut client| {
        client.set_timeout(Some(REPLY_TIMEOUT))?;
        Ok(client)
    });
    connected.map_err(unreachable)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn main() -> ExitCode {
    let message = match parse_options(std::env::args().skip(1)).map(|options| options.map(run)) {
        Ok(None) => {
            // A reader that has seen enough, as in `--help | head -1`, is no failure.
            let _ = writeln!(std::io::stdout(), "{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(Ok(()))) => return ExitCode::SUCCESS,
        Ok(Some(Err(message))) | Err(message) => message,
    };
    eprintln!("heapwood-http-bridge: {message}");
    ExitCode::from(2)
}
