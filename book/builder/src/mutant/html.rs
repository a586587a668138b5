//! Mutants as HTML.

use super::Mutant;
use crate::pictures::svg::escape;

/// The mutant as a `div` of the class `mutant`: what changes, where, what finds it, and what that says. It stands in
/// Markdown, so it has no blank line, which would end it.
pub fn render(mutant: &Mutant) -> String {
    let margin = margin(mutant);
    let removed = mutant.old.iter().map(|line| marked("del", '-', line, margin));
    let added = mutant.new.iter().map(|line| marked("ins", '+', line, margin));
    let change: String = removed.chain(added).collect();
    format!(
        "<div class=\"mutant\">\n\
         <div class=\"mutant-head\"><code class=\"mutant-item\">{}</code> <span class=\"listing-path\">{}</span></div>\n\
         <pre class=\"mutant-change\">{}</pre>\n\
         <div class=\"mutant-test\"><code>{}</code> then fails with</div>\n\
         <pre class=\"mutant-fails\">{}</pre>\n\
         </div>\n",
        escape(&mutant.item),
        escape(&mutant.path),
        change,
        escape(&mutant.test),
        escape(&mutant.fails)
    )
}

/// Blanks in front of every line of the change, which the page can do without.
fn margin(mutant: &Mutant) -> usize {
    let lines = mutant.old.iter().chain(&mutant.new).filter(|line| !line.trim().is_empty());
    lines.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0)
}

fn marked(element: &str, sign: char, line: &str, margin: usize) -> String {
    // The line's end is inside, where it shows no second time when the style sheet makes the elements blocks.
    format!("<{element}>{sign} {}\n</{element}>", escape(line.get(margin..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_by_signs_and_elements() {
        let mutant = Mutant {
            path: "02-treap/src/treap.rs".into(),
            item: "Treap::rise".into(),
            old: vec!["    if a < b {".into(), "        rise();".into()],
            new: vec!["    if a > b {".into(), String::new()],
            test: "cargo test -q".into(),
            fails: "T2: a & b".into(),
            ..Mutant::default()
        };
        let html = render(&mutant);
        assert!(html.contains(
            "<pre class=\"mutant-change\"><del>- if a &lt; b {\n</del><del>-     rise();\n</del>\
             <ins>+ if a &gt; b {\n</ins><ins>+ \n</ins></pre>"
        ));
        assert!(html.contains("<code class=\"mutant-item\">Treap::rise</code>"));
        assert!(html.contains("<pre class=\"mutant-fails\">T2: a &amp; b</pre>"));
        assert!(!html.contains("\n\n"));
    }
}
