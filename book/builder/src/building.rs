//! Building the book: inside this process, or as mdBook's own preprocessor.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mdbook_driver::MDBook;
use mdbook_driver::book::Book;
use mdbook_driver::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::assemble::{Ledger, assemble};
use crate::library::Library;

/// The name in `book.toml`.
const NAME: &str = "heapwood";

/// What stands between the written pages and mdBook's renderer.
#[derive(Clone, Debug, Default)]
struct Builder {
    /// What was found out in the last run.
    ledger: Arc<Mutex<Ledger>>,
}

impl Preprocessor for Builder {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let root = context.root.join("..");
        let mut library = Library::read(&root).map_err(Error::msg)?;
        let ledger = assemble(&mut library, &mut book);
        let errors = ledger.errors.join("\n");
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = ledger;
        if errors.is_empty() { Ok(book) } else { Err(Error::msg(errors)) }
    }
}

/// Builds the book of the repository at `root`, and says where it is and what it shows.
///
/// # Errors
/// What a page asks for is not there, or mdBook fails; a line for each error.
pub fn build(root: &Path) -> std::result::Result<(PathBuf, Ledger), String> {
    let builder = Builder::default();
    let ledger = Arc::clone(&builder.ledger);
    let text = |error: Error| format!("{error:#}");
    let mut book = MDBook::load(root.join("book")).map_err(text)?;
    // In the place of the command of the same name, which would run this program once more.
    book.with_preprocessor(builder);
    book.build().map_err(|error| error.root_cause().to_string())?;
    let into = book.build_dir_for("html");
    let into = into.canonicalize().unwrap_or(into);
    let ledger = std::mem::take(&mut *ledger.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((into, ledger))
}

/// Only finds out what the pages ask for, errors included.
///
/// # Errors
/// The book or a stage cannot be read.
pub fn take_stock(root: &Path) -> std::result::Result<(Library, Ledger), String> {
    let mut library = Library::read(root)?;
    let mut book = MDBook::load(root.join("book")).map_err(|error| format!("{error:#}"))?.book;
    let ledger = assemble(&mut library, &mut book);
    Ok((library, ledger))
}

/// Serves mdBook's protocol for preprocessors: the book from standard input, as JSON, and the assembled one to standard output.
///
/// # Errors
/// As for [`build`].
pub fn preprocess() -> std::result::Result<(), String> {
    let (context, book) =
        mdbook_preprocessor::parse_input(io::stdin()).map_err(|error| format!("{error:#}"))?;
    let book = Builder::default().run(&context, book).map_err(|error| format!("{error:#}"))?;
    serde_json::to_writer(io::stdout(), &book).map_err(|error| error.to_string())
}
