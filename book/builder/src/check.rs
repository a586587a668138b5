//! Everything that must hold between book and code, checked, with figures.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::assemble::Ledger;
use crate::building::{build, take_stock};
use crate::library::Library;
use crate::mutant::{self, Mutant};
use crate::page::{Kind, Page, number_of};
use crate::transcript::{self, Block};
use crate::{coverage, invariants, links};

/// Pictures of the whole book at least.
const MIN_PICTURES: usize = 20;

/// What a check looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// One chapter only, by its number.
    pub chapter: Option<u32>,
    /// Neither transcripts nor mutants: what needs no building of the stages.
    pub quick: bool,
}

impl Scope {
    fn has(self, number: u32) -> bool {
        self.chapter.is_none_or(|chapter| chapter == number)
    }

    fn has_page(self, page: &Page) -> bool {
        self.has(number_of(page.chapter()))
    }
}

/// Runs every check of the book at `root`, prints figures as it goes, and gives what is wrong.
///
/// # Errors
/// Something that is checked cannot be read or started at all.
pub fn check(root: &Path, scope: Scope) -> Result<Vec<String>, String> {
    let (library, ledger) = take_stock(root)?;
    let mut wrong = ledger.errors.clone();
    wrong.extend(check_pages(&library, &ledger, scope)?);
    let (count, dead) = links::check_repository(root)?;
    println!("links of the READMEs: {count}, {} lead nowhere", dead.len());
    wrong.extend(dead);
    if ledger.errors.is_empty() {
        let (built, _) = build(root)?;
        let (count, dead) = links::check(&built)?;
        println!("links: {count} followed, {} lead nowhere or load from elsewhere", dead.len());
        wrong.extend(dead);
    }
    if !scope.quick {
        wrong.extend(check_transcripts(root, &ledger, scope)?);
        wrong.extend(check_mutants(root, library, &ledger, scope));
    }
    Ok(wrong)
}

/// Checks what can be seen without running anything: coverage, sizes, invariants, pictures.
///
/// # Errors
/// A test cannot be read.
pub fn check_pages(library: &Library, ledger: &Ledger, scope: Scope) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let (sizes, too_much) = coverage::of_pages(ledger, &|page| scope.has_page(page));
    print!("{sizes}");
    wrong.extend(too_much);
    let mut figures = Vec::new();
    for stage in library.stages.iter().filter(|stage| scope.has(stage.number)) {
        let of_stage = coverage::of_stage(library, ledger, stage);
        let missing = of_stage.missing.iter();
        wrong.extend(missing.map(|directive| format!("{}: not in the book: {directive}", stage.folder)));
        figures.push((stage.number, of_stage));
    }
    print!("{}", coverage::table(&figures));
    let (found, broken) = invariants::check(library, ledger, &|stage| scope.has(stage))?;
    println!("invariants: {}", found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(" "));
    wrong.extend(broken);
    let steps: usize = ledger.pictures.iter().map(|(_, steps)| steps).sum();
    println!("pictures: {}, with {steps} steps", ledger.pictures.len());
    if scope.chapter.is_none() && ledger.pictures.len() < MIN_PICTURES {
        wrong.push(format!("{} pictures; at least {MIN_PICTURES}", ledger.pictures.len()));
    }
    Ok(wrong)
}

/// Executes the transcripts of each chapter against binaries that are built now.
///
/// # Errors
/// They cannot be built.
pub fn check_transcripts(root: &Path, ledger: &Ledger, scope: Scope) -> Result<Vec<String>, String> {
    let mut chapters: BTreeMap<&str, Vec<Block>> = BTreeMap::new();
    for page in ledger.pages.iter().filter(|page| scope.has_page(page)) {
        for piece in &page.pieces {
            if let Kind::Console(block) = &piece.kind {
                chapters.entry(page.chapter()).or_default().push(block.clone());
            }
        }
    }
    let binaries = binaries(root)?;
    let mut wrong = Vec::new();
    // Chapters share neither ports nor folders, and mostly wait.
    thread::scope(|scope| {
        let run = |blocks| transcript::run_chapter(blocks, &binaries);
        let running: Vec<_> =
            chapters.iter().map(|(chapter, blocks)| (chapter, scope.spawn(move || run(blocks)))).collect();
        for (chapter, running) in running {
            match running.join() {
                Ok(Ok(figures)) => println!("transcripts of {}: {figures}", shown(chapter)),
                Ok(Err(failure)) => wrong.push(failure.to_string()),
                Err(_) => {
                    wrong.push(format!("the transcripts of {} could not be run to their end", shown(chapter)))
                }
            }
        }
    });
    Ok(wrong)
}

/// What stands outside of all chapters has a name too.
fn shown(chapter: &str) -> &str {
    if chapter.is_empty() { "the first pages" } else { chapter }
}

/// Builds the programs that transcripts run, and says where they are.
fn binaries(root: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(&cargo)
        .args(["build", "--quiet", "--bins", "--examples"])
        .current_dir(root)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !built.success() {
        return Err("the programs that transcripts run do not build".into());
    }
    let metadata = Command::new(&cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let target = metadata["target_directory"].as_str().ok_or("cargo metadata names no target directory")?;
    Ok(Path::new(target).join("debug"))
}

/// Puts each mutant into a copy of the repository, and sees that its test finds it.
fn check_mutants(root: &Path, mut library: Library, ledger: &Ledger, scope: Scope) -> Vec<String> {
    let pages = ledger.pages.iter().filter(|page| scope.has_page(page));
    let mutants: Vec<Mutant> = pages
        .flat_map(|page| &page.pieces)
        .filter_map(|piece| match &piece.kind {
            Kind::Mutant(mutant) => Some(mutant.clone()),
            _ => None,
        })
        .collect();
    let library = std::cell::RefCell::new(&mut library);
    let span_of =
        |path: &str, item: &str| library.borrow_mut().item(path, item).map(|(_, item)| item.lines.clone());
    let results = mutant::run(&mutants, root, &root.join("target/book-mutants"), &span_of);
    let wrong: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    println!("mutants: {}, of which {} were not found by their tests", mutants.len(), wrong.len());
    wrong
}
