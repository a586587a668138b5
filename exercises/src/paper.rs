//! What is printed: 80 columns, with colour where the terminal has it and `NO_COLOR` is not set; no meaning by colour alone.

use std::fmt;
use std::io::{Write, stdout};

use console::{Style, measure_text_width, style, truncate_str};
use textwrap::WordSplitter;

/// Prints a line, as `println!` does, to a reader who may have gone: then the tool ends, as others in a pipe do.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {
        $crate::paper::print(format_args!($($text)*), true)
    };
}

/// Prints text, with a line end or without.
pub fn print(text: fmt::Arguments<'_>, with_line_end: bool) {
    let mut out = stdout().lock();
    let end = if with_line_end { "\n" } else { "" };
    if out.write_fmt(format_args!("{text}{end}")).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// How wide the output is.
pub const WIDTH: usize = 80;

/// Wraps prose, each line behind `indent` spaces.
pub fn prose(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&pad)
        .subsequent_indent(&pad)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Wraps prose behind a word that stands in the margin.
pub fn margin(word: &str, text: &str) -> String {
    const MARGIN: usize = 12;
    let pad = " ".repeat(MARGIN);
    let first = format!("  {word}{}", " ".repeat(MARGIN.saturating_sub(2 + measure_text_width(word)).max(1)));
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&first)
        .subsequent_indent(&pad)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let filled = textwrap::fill(text, options);
    filled.replacen(word, &bold(word), 1)
}

/// Markdown text for a terminal: paragraphs are wrapped, what is indented or fenced stays as it is.
pub fn markdown(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let (mut out, mut paragraph, mut fenced) = (Vec::new(), Vec::new(), false);
    for line in text.lines().chain([""]) {
        let is_fence = line.trim_start().starts_with("```");
        let is_item = line.starts_with("- ") || line.starts_with("* ");
        let ends = fenced || is_fence || line.trim().is_empty() || line.starts_with("    ") || is_item;
        if ends && !paragraph.is_empty() {
            out.push(prose(&paragraph.join(" "), indent));
            paragraph.clear();
        }
        match () {
            () if is_fence => fenced = !fenced,
            () if fenced || line.starts_with("    ") => out.push(format!("{pad}  {line}")),
            () if line.trim().is_empty() => out.push(String::new()),
            () => paragraph.push(line.trim()),
        }
    }
    out.join("\n").trim_end().to_owned()
}

/// As many characters as fit, with an ellipsis where some are missing.
pub fn cut(text: &str, width: usize) -> String {
    truncate_str(text, width, "…").into_owned()
}

/// A text filled up with spaces.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
}

/// Bold.
pub fn bold(text: &str) -> String {
    style(text).bold().to_string()
}

/// For what is good.
pub fn green(text: &str) -> String {
    style(text).green().to_string()
}

/// For what is not.
pub fn red(text: &str) -> String {
    style(text).red().to_string()
}

/// For what matters less.
pub fn faint(text: &str) -> String {
    style(text).dim().to_string()
}

/// A bar of `width` characters, filled for `done` of `all`.
pub fn bar(done: usize, all: usize, width: usize) -> String {
    let filled = (done * width).checked_div(all).unwrap_or(0);
    let plain = Style::new();
    format!(
        "{}{}",
        plain.clone().green().apply_to("█".repeat(filled)),
        plain.dim().apply_to("░".repeat(width - filled))
    )
}

/// Two texts of several lines, and how they differ, as pretty_assertions shows it.
pub fn difference(expected: &str, got: &str) -> String {
    let text = pretty_assertions::StrComparison::new(got, expected).to_string();
    match console::colors_enabled() {
        true => text,
        false => console::strip_ansi_codes(&text).into_owned(),
    }
}
