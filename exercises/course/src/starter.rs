//! What a learner begins with: the solution without what they are to write.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::manifest::Manifest;
use crate::source::SourceFile;

/// What stands in a function that is to be written.
const HOLE: &str = "todo!()";

/// Replaces the bodies of the functions to write, and leaves out what the manifest says.
///
/// # Errors
/// The solution is no Rust, or has no function or item of a name.
pub fn generate(solution: &str, manifest: &Manifest) -> Result<String, String> {
    let file = SourceFile::parse("solution.rs", solution)?;
    let parsed = syn::parse_file(solution).map_err(|error| error.to_string())?;
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    for name in &manifest.write {
        let Place { body, .. } = place_in(solution, &file, &parsed, name)?;
        let last_line = solution[..body.end].rsplit('\n').next().unwrap_or_default();
        let indent = &last_line[..last_line.len() - last_line.trim_start().len()];
        changes.push((body, format!("{{\n{indent}    {HOLE}\n{indent}}}")));
    }
    for name in &manifest.omit {
        let lines = file.item(name)?.lines.clone();
        let offset = |line: usize| file.lines[..line].iter().map(|text| text.len() + 1).sum::<usize>();
        // With the empty line behind it.
        let is_empty_below = file.lines.get(lines.end).is_some_and(|line| line.trim().is_empty());
        let end = lines.end + usize::from(is_empty_below);
        changes.push((offset(lines.start)..offset(end).min(solution.len()), String::new()));
    }
    changes.sort_by_key(|change| change.0.start);
    let mut starter = solution.to_owned();
    for (place, text) in changes.into_iter().rev() {
        starter.replace_range(place, &text);
    }
    Ok(starter)
}

/// Where a function is in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From its `fn` (or `const`) on, to the end of its body: without documentation, attributes and visibility.
    pub function: Range<usize>,
    /// Its body, braces included.
    pub body: Range<usize>,
}

/// Where the function of this name is in a text.
///
/// # Errors
/// The text is no Rust, or has no function of this name.
pub fn place(text: &str, name: &str) -> Result<Place, String> {
    let parsed = syn::parse_file(text).map_err(|error| error.to_string())?;
    place_in(text, &SourceFile::parse("the_file.rs", text)?, &parsed, name)
}

/// The same, of a text that was parsed already.
fn place_in(text: &str, file: &SourceFile, parsed: &syn::File, name: &str) -> Result<Place, String> {
    let lines = file.item(name)?.lines.clone();
    let mut functions = Functions { lines, found: None };
    functions.visit_file(parsed);
    let (function, body) = functions.found.ok_or_else(|| format!("{name} is no function with a body"))?;
    let body = offset(text, body.start())..offset(text, body.end());
    Ok(Place { function: offset(text, function.start())..body.end, body })
}

/// The byte at a line (from 1) and column (in characters).
fn offset(text: &str, at: proc_macro2::LineColumn) -> usize {
    let line: usize = text.split_inclusive('\n').take(at.line - 1).map(str::len).sum();
    let columns: usize = text[line..].chars().take(at.column).map(char::len_utf8).sum();
    line + columns
}

struct Functions {
    lines: Range<usize>,
    found: Option<(proc_macro2::Span, proc_macro2::Span)>,
}

impl Functions {
    fn meet(&mut self, function: proc_macro2::Span, block: &syn::Block) -> bool {
        let is_it = self.lines.contains(&(function.start().line - 1)) && self.found.is_none();
        if is_it {
            self.found = Some((function, block.brace_token.span.join()));
        }
        is_it
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !self.meet(function.sig.span(), &function.block) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !self.meet(function.sig.span(), &function.block) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    const SOLUTION: &str = "\
//! Doubles.

/// A helper: gone.
fn twice(it: u32) -> u32 {
    it + it
}

struct Doubler;

impl Doubler {
    /// Twice – as much.
    pub fn double(&self, it: u32) -> u32 {
        twice(it)
    }
}
";

    fn manifest(more: &str) -> Manifest {
        let start = "title = 'a'\nnumber = 1\nkind = 'transfer'\nminutes = 10\npage = 'a'\nnext = 'a'\n";
        toml::from_str(&format!("{start}{more}")).unwrap()
    }

    #[test]
    fn bodies_become_holes_and_what_is_left_out_leaves_no_trace() {
        let starter = generate(SOLUTION, &manifest("write = ['Doubler::double']\nomit = ['twice']")).unwrap();
        assert_eq!(
            starter,
            "//! Doubles.\n\nstruct Doubler;\n\nimpl Doubler {\n    /// Twice – as much.\n    pub fn double(&self, it: u32) -> u32 {\n        todo!()\n    }\n}\n"
        );
    }

    #[test]
    fn a_name_that_the_solution_lacks_is_refused() {
        let error = generate(SOLUTION, &manifest("write = ['Doubler::dubble']")).unwrap_err();
        assert!(error.contains("Doubler::double"), "{error}");
    }
}
