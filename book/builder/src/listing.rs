//! Source code as a page shows it: listings, the shelf, differences of glue, whole files.

use std::fmt::Write;

use similar::TextDiff;

use crate::library::Library;
use crate::parts::{MAX_LISTING_LINES, code_lines, divide, shown};
use crate::pictures::svg::escape;
use heapwood_course::source::SourceFile;

/// A fence that no source file has.
const FENCE: &str = "`````";

/// Lines around a change that a difference shows.
const DIFF_CONTEXT: usize = 2;

/// What was shown of an item, and how much code that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file.
    pub path: String,
    /// The item.
    pub name: String,
    /// Which part of how many.
    pub part: Option<(usize, usize)>,
    /// Lines of code.
    pub lines: usize,
}

/// A listing of some items of one file, or of a part of one.
///
/// # Errors
/// There is no such item, it cannot be divided, or the listing is too long.
pub fn listing(
    library: &mut Library,
    path: &str,
    names: &[String],
    part: Option<(usize, usize)>,
    up: &str,
) -> Result<(String, Vec<Excerpt>), String> {
    let (mut code, mut excerpts) = (Vec::new(), Vec::new());
    for name in names {
        let (file, item) = library.item(path, name)?;
        let lines = match part {
            None => item.lines.clone(),
            Some((part, parts)) => divide(file, item, parts)?.swap_remove(part - 1),
        };
        let count = code_lines(file, lines.clone());
        code.push(shown(file, lines).join("\n"));
        excerpts.push(Excerpt { path: path.to_owned(), name: name.clone(), part, lines: count });
    }
    let total: usize = excerpts.iter().map(|excerpt| excerpt.lines).sum();
    if total > MAX_LISTING_LINES {
        return Err(format!(
            "a listing of {total} lines of code; at most {MAX_LISTING_LINES}: {}",
            advice(names, total)
        ));
    }
    let what = part.map_or_else(String::new, |(part, parts)| format!(" · part {part} of {parts}"));
    let titles: Vec<String> = names.iter().map(|name| format!("<code>{}</code>", escape(name))).collect();
    let link = source_link(up, path, names.first().map(String::as_str));
    let html = format!(
        "<div class=\"listing\">\n<div class=\"listing-head\">{}{what}<a class=\"listing-path\" href=\"{link}\">{path}</a></div>\n\n{FENCE}rust,noplayground\n{}\n{FENCE}\n\n</div>\n",
        titles.join(" "),
        code.join("\n\n"),
    );
    Ok((html, excerpts))
}

fn advice(names: &[String], total: usize) -> String {
    match names {
        [name] => format!("show it in parts, {name} 1/{} and so on", total.div_ceil(MAX_LISTING_LINES)),
        _ => "show fewer items together".into(),
    }
}

/// Items on the shelf: folded, each with an anchor.
///
/// # Errors
/// There is no such item.
pub fn shelf(
    library: &mut Library,
    path: &str,
    names: &[String],
    up: &str,
) -> Result<(String, Vec<Excerpt>), String> {
    let (mut html, mut excerpts) = (String::new(), Vec::new());
    for name in names {
        let (file, item) = library.item(path, name)?;
        let lines = code_lines(file, item.lines.clone());
        let _ = write!(
            html,
            "<details class=\"shelved\" id=\"{}\"><summary><code>{}</code> <span class=\"listing-lines\">{lines} {}</span><a class=\"listing-path\" href=\"{}\">{path}</a></summary>\n\n{FENCE}rust,noplayground\n{}\n{FENCE}\n\n</details>\n\n",
            anchor(name),
            escape(name),
            if lines == 1 { "line" } else { "lines" },
            source_link(up, path, Some(name)),
            shown(file, item.lines.clone()).join("\n"),
        );
        excerpts.push(Excerpt { path: path.to_owned(), name: name.clone(), part: None, lines });
    }
    Ok((html, excerpts))
}

/// A file as its difference to another one.
///
/// # Errors
/// One of the files cannot be read.
pub fn glue(library: &mut Library, path: &str, against: &str, up: &str) -> Result<String, String> {
    let old = library.file(against)?.lines.join("\n") + "\n";
    let new = library.file(path)?.lines.join("\n") + "\n";
    let difference = TextDiff::from_lines(&old, &new);
    let text = difference.unified_diff().context_radius(DIFF_CONTEXT).to_string();
    let (link, other) = (source_link(up, path, None), source_link(up, against, None));
    Ok(format!(
        "<div class=\"listing glue\">\n<div class=\"listing-head\"><a href=\"{link}\">{path}</a> as a change to <a href=\"{other}\">{against}</a></div>\n\n{FENCE}diff\n{}\n{FENCE}\n\n</div>\n",
        text.trim_end()
    ))
}

/// A whole file as a page, with an anchor at each item.
pub fn whole(file: &SourceFile) -> String {
    let mut page = format!("<div class=\"source-page\">\n\n# `{}`\n\n", file.path);
    let language = match file.path.rsplit('.').next() {
        Some("rs") => "rust,noplayground",
        Some(other) if other.len() <= 4 => other,
        _ => "text",
    };
    let mut written = 0;
    let mut write_to = |page: &mut String, end: usize| {
        let lines = &file.lines[written..end];
        if lines.iter().any(|line| !line.trim().is_empty()) {
            let _ = write!(page, "{FENCE}{language}\n{}\n{FENCE}\n\n", lines.join("\n").trim_end());
        }
        written = end;
    };
    for item in &file.items {
        // A trait is not cut at its methods.
        if !item.is_part_of_trait {
            write_to(&mut page, item.lines.start);
        }
        let _ = write!(page, "<a id=\"{}\"></a>\n\n", anchor(&item.name));
    }
    write_to(&mut page, file.lines.len());
    page.push_str("</div>\n");
    page
}

/// The page of a source file, from the book's root.
pub fn source_page(path: &str) -> String {
    format!("sources/{path}")
}

/// A link to a file's page, or to an item on it, from a page that is `up` below the book's root.
pub fn source_link(up: &str, path: &str, item: Option<&str>) -> String {
    let anchor = item.map_or_else(String::new, |item| format!("#{}", anchor(item)));
    format!("{up}{}.html{anchor}", source_page(path))
}

/// An item's name as an anchor.
pub fn anchor(name: &str) -> String {
    let plain: String =
        name.chars().map(|it| if it.is_ascii_alphanumeric() || it == '_' { it } else { '-' }).collect();
    format!("item-{}", plain.trim_matches('-').replace("--", "-"))
}
