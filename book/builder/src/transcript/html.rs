//! Transcripts as HTML.

use super::lines::{ANY_LINES, Part, parts};
use super::steps::{Key, Line, lines};
use super::{Block, Info};
use crate::pictures::svg::escape;

/// The block as a `div` of the class `console`. It stands in Markdown, so it has no blank line, which would end it.
///
/// Prompts, commands, keys and varying text have classes of their own. The attribute `data-copy` holds what a reader
/// types, for a button that copies it.
pub fn render(block: &Block) -> String {
    // The check tells of an info string that says nothing; the page shows the block all the same.
    let info = Info::parse(&block.info).unwrap_or_default();
    let name = info.terminal.map_or("Terminal".to_owned(), |name| format!("Terminal: {}", escape(name)));
    let note = match info.is_measured {
        true => "<span class=\"note\">measured, not run by the tests</span>",
        false => "",
    };
    let shown: Vec<String> = lines(&block.body).map(show).collect();
    format!(
        "<div class=\"console\"{}>\n<div class=\"console-head\"><span class=\"console-name\">{name}</span>{note}</div>\n\
         <pre>{}</pre>\n</div>\n",
        copied(block),
        shown.join("\n")
    )
}

/// The attribute with what is typed; empty where nothing is.
fn copied(block: &Block) -> String {
    let typed = lines(&block.body).filter_map(|line| match line {
        Line::Command { text, .. } | Line::Input { text, .. } => Some(escape(text)),
        Line::Key { .. } | Line::Output(_) => None,
    });
    let typed: Vec<String> = typed.filter(|text| !text.is_empty()).collect();
    match typed.is_empty() {
        true => String::new(),
        false => format!(" data-copy=\"{}\"", typed.join("&#10;")),
    }
}

fn show(line: Line<'_>) -> String {
    match line {
        Line::Command { prompt, text } | Line::Input { prompt, text } => {
            format!("{}<span class=\"cmd\">{}</span>", show_prompt(prompt), escape(text))
        }
        Line::Key { prompt, key: Key::Interrupt } => show_prompt(prompt) + "<kbd>Ctrl-C</kbd>",
        Line::Key { prompt, key: Key::EndOfInput } => show_prompt(prompt) + "<kbd>Ctrl-D</kbd>",
        Line::Output(ANY_LINES) => {
            format!("<span class=\"varies\" title=\"lines left out\">{ANY_LINES}</span>")
        }
        // Not empty, for it would end the HTML.
        Line::Output(text) if text.trim().is_empty() => "<span></span>".into(),
        Line::Output(text) => parts(text).into_iter().map(show_part).collect(),
    }
}

fn show_prompt(prompt: &str) -> String {
    match prompt {
        "" => String::new(),
        prompt => format!("<span class=\"prompt\">{}</span>", escape(prompt)),
    }
}

fn show_part(part: Part<'_>) -> String {
    match part {
        Part::Same(text) => escape(text),
        Part::Varies(text) => {
            format!("<span class=\"varies\" title=\"differs on your machine\">{}</span>", escape(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn block(info: &str, body: &str) -> Block {
        Block { info: info.into(), body: body.into(), ..Block::default() }
    }

    #[test]
    fn what_is_typed_differs_from_what_is_shown() {
        let html = render(&block(
            "console stays=a&b",
            "$ cat <f\n\ncut ‹118› bytes\n…\n127.0.0.1:7402> GET a\n127.0.0.1:7402> ^D\n^C",
        ));
        assert_eq!(
            html,
            "<div class=\"console\" data-copy=\"cat &lt;f&#10;GET a\">\n\
             <div class=\"console-head\"><span class=\"console-name\">Terminal: a&amp;b</span></div>\n\
             <pre><span class=\"prompt\">$ </span><span class=\"cmd\">cat &lt;f</span>\n\
             <span></span>\n\
             cut <span class=\"varies\" title=\"differs on your machine\">118</span> bytes\n\
             <span class=\"varies\" title=\"lines left out\">…</span>\n\
             <span class=\"prompt\">127.0.0.1:7402&gt; </span><span class=\"cmd\">GET a</span>\n\
             <span class=\"prompt\">127.0.0.1:7402&gt; </span><kbd>Ctrl-D</kbd>\n\
             <kbd>Ctrl-C</kbd></pre>\n\
             </div>\n"
        );
        assert!(!html.contains("\n\n"));
    }

    #[test]
    fn a_block_that_is_not_run_says_so() {
        let html = render(&block("console measured", "late"));
        assert!(html.contains(">Terminal</span><span class=\"note\">measured, not run by the tests</span>"));
        assert!(!html.contains("data-copy"));
    }
}
