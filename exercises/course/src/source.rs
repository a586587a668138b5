//! The items of a source file, found by parsing, never by line numbers.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A source file and what is in it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path from the repository's root.
    pub path: String,
    /// Its lines, without line ends.
    pub lines: Vec<String>,
    /// Its items in order, tests left out; the methods of a trait behind their trait.
    pub items: Vec<Item>,
    /// The modules that it declares in other files, tests left out.
    pub modules: Vec<String>,
    /// Where the test modules are that are written out in it.
    pub tests: Vec<Range<usize>>,
    /// Lines before which something can be cut, and how deep they are.
    seams: Vec<(usize, usize)>,
}

/// Something that a page can ask for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `function`, `Type`, `Type::method`, `<Type as Trait>::method`, `Trait::method`; a second one of the same name, as
    /// for another system, has `#2` behind it.
    pub name: String,
    /// Its lines, from 0, with the comments and attributes above it.
    pub lines: Range<usize>,
    /// Lines before which it can be cut, and how deep inside it they are.
    pub seams: Vec<(usize, usize)>,
    /// Whether it is shown with its trait, and so need not be shown by itself.
    pub is_part_of_trait: bool,
}

impl SourceFile {
    /// Reads and parses the file at `path`, below `root`.
    ///
    /// # Errors
    /// It cannot be read, or is no Rust.
    pub fn read(root: &Path, path: &str) -> Result<Self, String> {
        let text = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        Self::parse(path, &text)
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// It is no Rust.
    pub fn parse(path: &str, text: &str) -> Result<Self, String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut file = Self {
            path: path.to_owned(),
            lines,
            items: Vec::new(),
            modules: Vec::new(),
            tests: Vec::new(),
            seams: Vec::new(),
        };
        if path.ends_with(".rs") {
            let parsed = syn::parse_file(text)
                .map_err(|error| format!("{path}:{}: {error}", error.span().start().line))?;
            let mut seams = Seams::default();
            seams.visit_file(&parsed);
            file.seams = seams.found.iter().map(|(line, depth)| (file.above(*line), *depth)).collect();
            file.seams.sort_unstable();
            file.seams.dedup_by_key(|seam| seam.0);
            parsed.items.iter().for_each(|item| file.add(item));
            file.number_namesakes();
        }
        Ok(file)
    }

    /// The item of this name.
    ///
    /// # Errors
    /// There is none; says which names come nearest.
    pub fn item(&self, name: &str) -> Result<&Item, String> {
        self.items.iter().find(|item| item.name == name).ok_or_else(|| {
            let mut near: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
            near.sort_by(|a, b| likeness(b, name).total_cmp(&likeness(a, name)));
            near.truncate(3);
            format!("{} has no item {name:?}; the nearest are {}", self.path, near.join(", "))
        })
    }

    fn add(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Mod(module) if is_test(&module.attrs) => {
                self.tests.extend(module.content.is_some().then(|| span_lines(module)));
            }
            syn::Item::Mod(module) if module.content.is_none() => self.modules.push(module.ident.to_string()),
            syn::Item::Mod(module) => self.push(module.ident.to_string(), module, false),
            syn::Item::Fn(function) if is_test(&function.attrs) => {}
            syn::Item::Fn(function) => self.push(function.sig.ident.to_string(), function, false),
            syn::Item::Struct(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Enum(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Union(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Const(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Static(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Type(it) => self.push(it.ident.to_string(), it, false),
            syn::Item::Macro(it) => {
                let name = it.ident.as_ref().or_else(|| it.mac.path.get_ident());
                self.push(name.map_or_else(|| "macro".into(), ToString::to_string), it, false);
            }
            syn::Item::Trait(it) => self.add_trait(it),
            syn::Item::Impl(it) => self.add_impl(it),
            _ => {}
        }
    }

    fn add_trait(&mut self, it: &syn::ItemTrait) {
        self.push(it.ident.to_string(), it, false);
        for member in &it.items {
            if let syn::TraitItem::Fn(function) = member {
                self.push(format!("{}::{}", it.ident, function.sig.ident), member, true);
            }
        }
    }

    fn add_impl(&mut self, it: &syn::ItemImpl) {
        let of = type_name(&it.self_ty);
        let owner = match &it.trait_ {
            Some((_, path, _)) => {
                let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                format!("<{of} as {name}>")
            }
            None => of,
        };
        let before = self.items.len();
        for member in &it.items {
            match member {
                syn::ImplItem::Fn(function) if is_test(&function.attrs) => {}
                syn::ImplItem::Fn(function) => {
                    self.push(format!("{owner}::{}", function.sig.ident), member, false);
                }
                syn::ImplItem::Const(constant) => {
                    self.push(format!("{owner}::{}", constant.ident), member, false)
                }
                // An associated type says nothing by itself: it goes with the impl's methods.
                _ => {}
            }
        }
        if self.items.len() == before && it.trait_.is_some() {
            self.push(owner, it, false);
        }
    }

    fn push(&mut self, name: String, item: &impl Spanned, is_part_of_trait: bool) {
        let mut lines = span_lines(item);
        // Comments that are no documentation belong to what stands below them, too.
        lines.start = self.above(lines.start);
        let inside = |seam: &&(usize, usize)| seam.0 > lines.start && seam.0 < lines.end;
        let mut seams: Vec<_> = self.seams.iter().filter(inside).copied().collect();
        let outermost = seams.iter().map(|seam| seam.1).min().unwrap_or(0);
        seams.iter_mut().for_each(|seam| seam.1 -= outermost);
        self.items.push(Item { name, lines, seams, is_part_of_trait });
    }

    /// The first of the comment and attribute lines directly above a line.
    fn above(&self, mut line: usize) -> usize {
        let goes_along = |text: &str| {
            let text = text.trim_start();
            text.starts_with("//") && !text.starts_with("//!") || text.starts_with("#[")
        };
        while line > 0 && goes_along(&self.lines[line - 1]) {
            line -= 1;
        }
        line
    }

    fn number_namesakes(&mut self) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for item in &mut self.items {
            let count = seen.entry(item.name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                item.name = format!("{}#{count}", item.name);
            }
        }
    }
}

/// How like each other two names are; a name without its type counts too.
fn likeness(candidate: &str, wanted: &str) -> f64 {
    let last = |name: &str| name.rsplit("::").next().unwrap_or_default().to_owned();
    strsim::jaro_winkler(candidate, wanted).max(0.95 * strsim::jaro_winkler(&last(candidate), &last(wanted)))
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

/// The lines of something, from 0.
fn span_lines(item: &impl Spanned) -> Range<usize> {
    let span = item.span();
    span.start().line - 1..span.end().line
}

fn type_name(of: &syn::Type) -> String {
    match of {
        syn::Type::Path(path) => path.path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default(),
        syn::Type::Reference(reference) => type_name(&reference.elem),
        _ => "impl".into(),
    }
}

/// Collects where items can be cut: before statements, arms, fields, variants and methods, each with its depth.
#[derive(Default)]
struct Seams {
    depth: usize,
    found: Vec<(usize, usize)>,
}

impl Seams {
    fn note(&mut self, at: &impl Spanned) {
        self.found.push((at.span().start().line - 1, self.depth));
    }
}

impl<'ast> Visit<'ast> for Seams {
    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.depth += 1;
        for statement in &block.stmts {
            self.note(statement);
        }
        visit::visit_block(self, block);
        self.depth -= 1;
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.depth += 1;
        self.note(arm);
        visit::visit_arm(self, arm);
        self.depth -= 1;
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.note(field);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        self.depth += 2;
        self.note(field);
        visit::visit_field_value(self, field);
        self.depth -= 2;
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.note(variant);
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        self.note(item);
        visit::visit_trait_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        self.note(item);
        visit::visit_impl_item(self, item);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.note(item);
        visit::visit_item(self, item);
    }
}

/// The source files of a crate that can be reached from one of its roots by `mod`.
///
/// # Errors
/// One cannot be read or parsed.
pub fn reachable(root: &Path, from: &str) -> Result<Vec<SourceFile>, String> {
    let mut files = vec![SourceFile::read(root, from)?];
    let mut next = 0;
    while next < files.len() {
        let path = PathBuf::from(&files[next].path);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let mut folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        if !matches!(stem, "lib" | "main" | "mod") {
            folder.push(stem);
        }
        for module in files[next].modules.clone() {
            let flat = folder.join(format!("{module}.rs"));
            let nested = folder.join(&module).join("mod.rs");
            let found = if root.join(&flat).exists() { flat } else { nested };
            files.push(SourceFile::read(root, &found.to_string_lossy())?);
        }
        next += 1;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    const TEXT: &str = "\
//! A file.

/// How many.
const MOST: usize = 3; // of them

mod elsewhere;

/// A shape.
pub struct Shape<T>(T);

// Why this is here.
#[allow(unused)]
impl<T> Shape<T> {
    /// Its side.
    pub fn side(&self) -> usize {
        let a = 1;
        // Twice.
        let b = 2;
        a + b
    }
}

impl<T> Drop for Shape<T> {
    fn drop(&mut self) {}
}

impl<T> Copy for Shape<T> {}

#[cfg(unix)]
fn system() {}

#[cfg(not(unix))]
fn system() {}

pub trait Draw {
    fn draw(&self);
}

#[cfg(test)]
mod tests {
    fn hidden() {}
}
";

    fn file() -> SourceFile {
        SourceFile::parse("shape.rs", TEXT).unwrap()
    }

    #[test]
    fn items_have_names_by_which_a_page_can_ask_for_them() {
        let names: Vec<String> = file().items.into_iter().map(|item| item.name).collect();
        let expected = [
            "MOST",
            "Shape",
            "Shape::side",
            "<Shape as Drop>::drop",
            "<Shape as Copy>",
            "system",
            "system#2",
            "Draw",
            "Draw::draw",
        ];
        assert_eq!(names, expected);
        assert_eq!(file().modules, ["elsewhere"]);
    }

    #[test]
    fn an_item_begins_with_its_comments_and_attributes() {
        let file = file();
        let text = |name: &str| file.lines[file.item(name).unwrap().lines.clone()].join("\n");
        assert_eq!(text("MOST"), "/// How many.\nconst MOST: usize = 3; // of them");
        assert_eq!(text("system#2"), "#[cfg(not(unix))]\nfn system() {}");
    }

    #[test]
    fn an_item_can_be_cut_before_a_statement_and_its_comment() {
        let file = file();
        let side = file.item("Shape::side").unwrap();
        let cuts: Vec<&str> = side.seams.iter().map(|seam| file.lines[seam.0].trim()).collect();
        assert_eq!(cuts, ["let a = 1;", "// Twice.", "a + b"]);
    }

    #[test]
    fn a_missing_item_is_refused_with_the_nearest_names() {
        let error = file().item("Shape::sides").unwrap_err();
        assert!(
            error.starts_with("shape.rs has no item \"Shape::sides\"; the nearest are Shape::side,"),
            "{error}"
        );
    }
}
