//! From the pages of the book, as they are written, to those that mdBook renders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use heapwood_course::STAGES;
use mdbook_driver::book::{Book, BookItem, Chapter};

use crate::library::Library;
use crate::listing::{self, Excerpt};
use crate::page::{Kind, Page, repository_path};
use crate::{exercise, mutant, pictures, transcript};

/// The page below which those of the source files stand.
pub const SOURCES_PAGE: &str = "sources.md";

/// How an item is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In a listing, with prose.
    Walked,
    /// On a shelf, with a sentence.
    Shelved,
}

/// Something that a page shows.
#[derive(Clone, Debug)]
pub struct Showing {
    /// The page, and the line in it.
    pub page: String,
    /// From 1.
    pub line: usize,
    /// Of which item how much.
    pub excerpt: Excerpt,
    /// How.
    pub how: How,
}

/// What the pages ask for, found out while they were assembled.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Every page, in the book's order.
    pub pages: Vec<Page>,
    /// Every listing and shelved item, in the book's order.
    pub showings: Vec<Showing>,
    /// The files that are shown as a difference, with the page.
    pub glue: Vec<(String, String)>,
    /// How many pictures, and how many steps they have, by page.
    pub pictures: Vec<(String, usize)>,
    /// The exercises that a page has asked for so far.
    exercises: BTreeSet<String>,
    /// The files that something links to.
    linked: BTreeSet<String>,
    /// What is wrong, with page and line.
    pub errors: Vec<String>,
}

/// Replaces everything that pages ask for, and adds the pages of source files.
pub fn assemble(library: &mut Library, book: &mut Book) -> Ledger {
    let mut ledger = Ledger::default();
    in_order(&mut book.items, &mut |chapter| {
        let Some(path) = chapter.path.as_ref().and_then(|path| path.to_str()).map(str::to_owned) else {
            return;
        };
        match Page::parse(&path, &chapter.content) {
            Ok(page) => {
                chapter.content = ledger.render(library, &page);
                ledger.pages.push(page);
            }
            Err(errors) => ledger.errors.extend(errors),
        }
    });
    for stage in &library.stages {
        ledger.linked.extend(stage.library.iter().chain(&stage.glue).cloned());
    }
    add_sources(library, book, &mut ledger);
    ledger
}

/// Visits every chapter before those below it. (mdBook's own walk visits it after them.)
fn in_order(items: &mut [BookItem], visit: &mut dyn FnMut(&mut Chapter)) {
    for item in items {
        if let BookItem::Chapter(chapter) = item {
            visit(chapter);
            in_order(&mut chapter.sub_items, visit);
        }
    }
}

/// `../` for each folder that a page is in.
fn up_from(page: &str) -> String {
    "../".repeat(page.matches('/').count())
}

impl Ledger {
    fn render(&mut self, library: &mut Library, page: &Page) -> String {
        let up = up_from(&page.path);
        let (mut content, mut pictures) = (String::new(), 0);
        for piece in &page.pieces {
            let rendered = match &piece.kind {
                Kind::Text(text) => self.links(library, text, &up),
                Kind::Fence(text) => Ok(text.clone()),
                Kind::Console(block) => Ok(transcript::render(block)),
                Kind::Mutant(mutant) => Ok(mutant::render(mutant)),
                Kind::Picture { kind, body } => pictures::record(kind, body).map(|picture| {
                    pictures += 1;
                    self.pictures.push((page.path.clone(), picture.frames.len()));
                    pictures::render(&picture, &format!("picture-{pictures}"))
                }),
                Kind::Glue { path, against } => {
                    self.glue.push((path.clone(), page.path.clone()));
                    let before = against.clone().or_else(|| before(path));
                    before
                        .ok_or_else(|| format!("nothing comes before {path}; say against which file"))
                        .and_then(|before| {
                            self.linked.extend([path.clone(), before.clone()]);
                            listing::glue(library, path, &before, &up)
                        })
                }
                Kind::Item { path, names, part } => {
                    let made = listing::listing(library, path, names, *part, &up);
                    made.and_then(|(html, excerpts)| {
                        self.note(page, piece.line, excerpts, How::Walked);
                        self.fold(library, path, names, html)
                    })
                }
                Kind::Exercise(name) => exercise::render(library, name, &page.path).inspect(|_| {
                    self.exercises.insert(name.clone());
                }),
                Kind::Shelf { path, names } => {
                    listing::shelf(library, path, names, &up).map(|(html, excerpts)| {
                        self.note(page, piece.line, excerpts, How::Shelved);
                        html
                    })
                }
            };
            match rendered {
                Ok(text) => {
                    match (&piece.kind, exercise::explained(&content, &text)) {
                        (Kind::Text(_), Some(joined)) => content = joined,
                        _ => content.push_str(&text),
                    }
                    content.push('\n');
                }
                Err(error) => self.errors.push(format!("book/src/{}:{}: {error}", page.path, piece.line)),
            }
        }
        content
    }

    fn note(&mut self, page: &Page, line: usize, excerpts: Vec<Excerpt>, how: How) {
        for excerpt in excerpts {
            self.linked.insert(excerpt.path.clone());
            self.showings.push(Showing { page: page.path.clone(), line, excerpt, how });
        }
    }

    /// Folds the listing of what a reader is asked to write themselves.
    ///
    /// # Errors
    /// No page before it asks for that.
    fn fold(&self, library: &Library, path: &str, names: &[String], html: String) -> Result<String, String> {
        let Some(exercise) = names.iter().find_map(|name| exercise::that_asks_for(library, path, name))
        else {
            return Ok(html);
        };
        match self.exercises.contains(&exercise.name) {
            true => Ok(exercise::folded(exercise, &html)),
            false => Err(format!(
                "{} is what the exercise {} asks for; {{{{exercise {}}}}} must come before it",
                names.join(" "),
                exercise.name,
                exercise.name
            )),
        }
    }

    /// Replaces `src:PATH#ITEM` by links to the pages of source files.
    fn links(&mut self, library: &mut Library, text: &str, up: &str) -> Result<String, String> {
        let (mut linked, mut rest) = (String::new(), text);
        while let Some(at) = rest.find("](src:") {
            linked.push_str(&rest[..at + 2]);
            rest = &rest[at + 6..];
            let end = rest.find(')').ok_or("a link to source code is not closed")?;
            let (path, item) =
                rest[..end].split_once('#').map_or((&rest[..end], None), |(a, b)| (a, Some(b)));
            let path = repository_path(path);
            match item {
                Some(item) => drop(library.item(&path, item)?),
                None => drop(library.file(&path)?),
            }
            linked.push_str(&listing::source_link(up, &path, item));
            self.linked.insert(path);
            rest = &rest[end..];
        }
        linked.push_str(rest);
        Ok(linked)
    }
}

/// The file of the same name in the stage before.
fn before(path: &str) -> Option<String> {
    let (folder, rest) = path.strip_prefix("stages/")?.split_once('/')?;
    let number: usize = folder.get(..2)?.parse().ok()?;
    let earlier = STAGES.get(number.checked_sub(2)?)?;
    Some(format!("stages/{earlier}/{rest}"))
}

/// A page for each file that pages link to, below the last one of the book.
fn add_sources(library: &mut Library, book: &mut Book, ledger: &mut Ledger) {
    let is_sources = |item: &&mut BookItem| matches!(item, BookItem::Chapter(chapter) if chapter.path.as_deref() == Some(Path::new(SOURCES_PAGE)));
    let Some(BookItem::Chapter(parent)) = book.items.iter_mut().find(is_sources) else {
        ledger.errors.push(format!("book/src/SUMMARY.md: {SOURCES_PAGE} is missing"));
        return;
    };
    parent.content.push('\n');
    for path in &ledger.linked {
        match library.file(path) {
            Ok(file) => {
                let page = listing::source_page(path);
                parent.content.push_str(&format!("- [`{path}`]({page}.html)\n"));
                let names = vec![parent.name.clone()];
                let page = PathBuf::from(format!("{page}.md"));
                let mut chapter = Chapter::new(path, listing::whole(file), page, names);
                chapter.source_path = None;
                parent.sub_items.push(BookItem::Chapter(chapter));
            }
            Err(error) => ledger.errors.push(error),
        }
    }
}
