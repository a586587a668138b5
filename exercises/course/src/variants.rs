//! A mistake as its file has it: the items in which it differs from the solution; and the whole file that comes of the two.

use std::ops::Range;

use syn::spanned::Spanned;

use crate::source::{Item, SourceFile};

/// Puts the items of `variant` into `solution`: those of the same name in the place of the solution's, a new method behind its
/// type's others, anything else at the end. If `variant` imports anything, its imports stand for all of the solution's.
///
/// # Errors
/// One of the two is no Rust.
pub fn assemble(solution: &str, variant: &str) -> Result<String, String> {
    let (whole, own) =
        (SourceFile::parse("solution.rs", solution)?, SourceFile::parse("variant.rs", variant)?);
    let mut changes: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    let mut behind: Vec<String> = Vec::new();
    for item in own.items.iter().filter(|item| !item.is_part_of_trait) {
        let text = own.lines[item.lines.clone()].to_vec();
        if let Some(old) = whole.items.iter().find(|old| old.name == item.name) {
            changes.push((old.lines.clone(), text));
        } else if let Some(last) = last_of(&whole, owner(item)) {
            changes.push((last.lines.end..last.lines.end, [vec![String::new()], text].concat()));
        } else if owner(item).is_none() {
            behind.extend([vec![String::new()], text].concat());
        }
    }
    // An implementation that the solution lacks comes whole.
    for (names, lines) in implementations(variant)? {
        if names.is_empty() || !names.iter().any(|name| last_of(&whole, Some(name)).is_none()) {
            continue;
        }
        behind.extend([vec![String::new()], own.lines[lines].to_vec()].concat());
    }
    let (old, new) = (imports(solution)?, imports(variant)?);
    if !new.is_empty() {
        let new: Vec<String> = new.into_iter().flat_map(|lines| own.lines[lines].to_vec()).collect();
        let first = old.first().map_or_else(|| first_item(&whole), |lines| lines.start);
        changes.extend(old.into_iter().map(|lines| (lines, Vec::new())));
        changes.push((first..first, new));
    }
    changes.sort_by_key(|(lines, _)| (lines.start, lines.end));
    let mut lines = whole.lines.clone();
    for (place, text) in changes.into_iter().rev() {
        lines.splice(place, text);
    }
    lines.extend(behind);
    Ok(lines.join("\n") + "\n")
}

/// What a method belongs to: `Type`, or `<Type as Trait>`.
fn owner(item: &Item) -> Option<&str> {
    match item.name.strip_prefix('<') {
        Some(_) => item.name.find('>').map(|end| &item.name[..=end]),
        None => item.name.rsplit_once("::").map(|(owner, _)| owner),
    }
}

/// The last method of a type.
fn last_of<'a>(file: &'a SourceFile, of: Option<&str>) -> Option<&'a Item> {
    let of = of?;
    file.items.iter().rev().find(|item| !item.is_part_of_trait && owner(item) == Some(of))
}

/// Whose methods an implementation has, and its lines.
type Implementation = (Vec<String>, Range<usize>);

/// The implementations in a text.
fn implementations(text: &str) -> Result<Vec<Implementation>, String> {
    let named = SourceFile::parse("variant.rs", text)?;
    let with_owners = implementation_lines(text)?.into_iter().map(|lines| {
        let inside = |item: &&Item| lines.contains(&(item.lines.end - 1)) && !item.is_part_of_trait;
        let owners = named.items.iter().filter(inside).filter_map(|item| owner(item).map(str::to_owned));
        (owners.collect(), lines.clone())
    });
    Ok(with_owners.collect())
}

/// The lines of each import in a text, from 0.
///
/// # Errors
/// It is no Rust.
pub fn imports(text: &str) -> Result<Vec<Range<usize>>, String> {
    lines_of(text, |item| matches!(item, syn::Item::Use(_)))
}

/// The lines of each implementation in a text, from 0.
///
/// # Errors
/// It is no Rust.
pub fn implementation_lines(text: &str) -> Result<Vec<Range<usize>>, String> {
    lines_of(text, |item| matches!(item, syn::Item::Impl(_)))
}

fn lines_of(text: &str, is_wanted: impl Fn(&syn::Item) -> bool) -> Result<Vec<Range<usize>>, String> {
    let file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let wanted = file.items.iter().filter(|item| is_wanted(item));
    Ok(wanted.map(|item| item.span().start().line - 1..item.span().end().line).collect())
}

/// Where the first item begins.
fn first_item(file: &SourceFile) -> usize {
    file.items.first().map_or(file.lines.len(), |item| item.lines.start)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    const SOLUTION: &str = "\
//! Task.

use std::fmt;
use std::mem;

/// A shape.
pub struct Shape(u32);

impl Shape {
    /// Its side.
    pub fn side(&self) -> u32 {
        self.0
    }

    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

fn last() {}
";

    #[test]
    fn items_of_the_same_name_are_replaced_and_new_ones_find_their_place() {
        let variant = "impl Shape {\n    pub fn side(&self) -> u32 {\n        self.half()\n    }\n\n    fn half(&self) -> u32 {\n        1\n    }\n}\n\nconst MORE: u32 = 2;\n\nimpl Clone for Shape {\n    fn clone(&self) -> Self {\n        Self(0)\n    }\n}\n";
        let expected = "\
//! Task.

use std::fmt;
use std::mem;

/// A shape.
pub struct Shape(u32);

impl Shape {
    pub fn side(&self) -> u32 {
        self.half()
    }

    fn area(&self) -> u32 {
        self.0 * self.0
    }

    fn half(&self) -> u32 {
        1
    }
}

fn last() {}

const MORE: u32 = 2;

impl Clone for Shape {
    fn clone(&self) -> Self {
        Self(0)
    }
}
";
        assert_eq!(assemble(SOLUTION, variant).unwrap(), expected);
    }

    #[test]
    fn imports_stand_for_all_imports() {
        let made = assemble(SOLUTION, "use std::{fmt, ptr};\n").unwrap();
        assert_eq!(made, SOLUTION.replace("use std::fmt;\nuse std::mem;\n", "use std::{fmt, ptr};\n"));
        assert_eq!(assemble(SOLUTION, SOLUTION).unwrap(), SOLUTION);
    }
}
