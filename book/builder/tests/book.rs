//! The book itself: that it shows all of the stages, that what it prints happens, and that it cannot be built otherwise.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use heapwood_book::building::{build, take_stock};
use heapwood_book::check::{Scope, check_pages, check_transcripts};
use heapwood_book::links;
use mdbook_driver::MDBook;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A repository whose book has one page, with this text in it; the stages are the real ones.
fn repository(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    symlink(root().join("stages"), folder.path().join("stages")).unwrap();
    fs::create_dir_all(folder.path().join("book/src/2-treap")).unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join("book").join(path), text).unwrap();
    write(
        "book.toml",
        "[book]\ntitle = \"x\"\n[build]\nbuild-dir = \"../built\"\n[preprocessor.heapwood]\ncommand = \"false\"\n",
    );
    write("src/SUMMARY.md", "# x\n\n- [Treap](2-treap/index.md)\n\n[The sources](sources.md)\n");
    write("src/sources.md", "# The sources\n");
    write("src/2-treap/index.md", page);
    folder
}

#[test]
fn every_item_of_every_stage_is_walked_through_or_on_a_shelf_and_no_page_is_too_much() {
    let (library, ledger) = take_stock(&root()).unwrap();
    assert_eq!(ledger.errors, [""; 0]);
    let wrong = check_pages(&library, &ledger, Scope::default()).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_consoles_show_is_what_happens() {
    let (_, ledger) = take_stock(&root()).unwrap();
    let wrong = check_transcripts(&root(), &ledger, Scope::default()).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn stock_mdbook_builds_it_and_no_link_leads_nowhere() {
    let mut book = MDBook::load(root().join("book")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    book.config.build.build_dir = folder.path().to_owned();
    book.build().unwrap();
    let (count, wrong) = links::check(folder.path()).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 100, "{count} links");
    assert_eq!(links::check_repository(&root()).unwrap().1, [""; 0]);
}

#[test]
fn an_item_that_is_not_there_fails_the_build_with_page_line_and_the_nearest_names() {
    let folder = repository("# Treap\n\nWords.\n\n{{item 02-treap/src/treap.rs Treap::rotat}}\n");
    let error = build(folder.path()).unwrap_err();
    assert!(error.contains("book/src/2-treap/index.md:5: "), "{error}");
    assert!(error.contains("no item \"Treap::rotat\"; the nearest are Treap::rotate,"), "{error}");
}

#[test]
fn a_file_that_is_not_there_fails_the_build_too() {
    let folder = repository("# Treap\n\nSee [it](src:02-treap/src/trep.rs).\n");
    let error = build(folder.path()).unwrap_err();
    assert!(error.contains("stages/02-treap/src/trep.rs"), "{error}");
    assert!(error.contains("the nearest file is stages/02-treap/src/treap.rs"), "{error}");
}

#[test]
fn a_listing_is_the_items_text() {
    let folder = repository("# Treap\n\n{{item 02-treap/src/record.rs Record}}\n");
    let (built, ledger) = build(folder.path()).unwrap();
    assert_eq!(ledger.showings.len(), 1);
    let html = fs::read_to_string(built.join("2-treap/index.html")).unwrap();
    assert!(html.contains("pub trait Record {"), "{html}");
    assert!(built.join("sources/stages/02-treap/src/record.rs.html").exists());
}
