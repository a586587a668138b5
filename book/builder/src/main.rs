//! `cargo book`: builds, serves or checks the book.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use heapwood_book::building::{build, preprocess};
use heapwood_book::check::{Scope, check};
use heapwood_book::serving::serve;

/// Builds the book into target/book, and says where it is.
#[derive(Parser)]
#[command(name = "cargo book", bin_name = "cargo book", after_help = AFTER_HELP)]
struct Options {
    /// Serve it on loopback, and build it again when a file changes.
    #[arg(long, conflicts_with = "check")]
    serve: bool,
    /// The port to serve on; 0 chooses a free one.
    #[arg(long, requires = "serve", default_value_t = 3000)]
    port: u16,
    /// Check everything that must hold between book and code, and print the figures.
    #[arg(long)]
    check: bool,
    /// Check one chapter only, by its number.
    #[arg(long, requires = "check", value_name = "CHAPTER")]
    only: Option<u32>,
    /// Leave out what builds and runs the stages: transcripts and mutants.
    #[arg(long, requires = "check")]
    quick: bool,
    #[command(subcommand)]
    command: Option<Inner>,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 the book is not as it must be, 2 bad use.

Stock mdBook builds the same: mdbook build book";

#[derive(Subcommand)]
enum Inner {
    /// What mdBook calls by itself.
    #[command(hide = true)]
    Preprocess {
        /// `supports RENDERER`: every renderer is.
        supports: Vec<String>,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let root = root();
    let done = match options {
        Options { command: Some(Inner::Preprocess { supports }), .. } if supports.is_empty() => preprocess(),
        Options { command: Some(_), .. } => Ok(()),
        Options { serve: true, port, .. } => serve(&root, port),
        Options { check: true, only, quick, .. } => {
            check(&root, Scope { chapter: only, quick }).and_then(|wrong| match wrong.is_empty() {
                true => Ok(()),
                false => Err(format!("{}\n{} of these", wrong.join("\n"), wrong.len())),
            })
        }
        Options { .. } => build(&root).map(|(built, ledger)| {
            let first = built.join("index.html");
            println!("{} pages; open {}", ledger.pages.len(), first.display());
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository that this program was built from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
