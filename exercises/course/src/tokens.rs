//! Code compared without comments and layout.

use proc_macro2::{TokenStream, TokenTree};

/// The tokens of some code, its documentation left out.
///
/// # Errors
/// It cannot be taken apart.
pub fn of(code: &str) -> Result<Vec<String>, String> {
    let stream: TokenStream = code.parse().map_err(|error: proc_macro2::LexError| error.to_string())?;
    let mut found = Vec::new();
    flatten(stream, &mut found);
    Ok(found)
}

fn flatten(stream: TokenStream, found: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                found.push(open.into());
                flatten(group.stream(), found);
                found.push(close.into());
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let is_doc = matches!(trees.peek(), Some(TokenTree::Group(group))
                    if group.stream().to_string().starts_with("doc"));
                match is_doc {
                    true => drop(trees.next()),
                    false => found.push("#".into()),
                }
            }
            other => found.push(other.to_string()),
        }
    }
}

/// Whether `part` stands in `whole`, token by token.
pub fn contain(whole: &[String], part: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

/// The tokens of a function without what is before `fn` (its visibility and attributes).
pub fn from_fn(tokens: &[String]) -> &[String] {
    let at = tokens.iter().position(|token| token == "fn").unwrap_or(0);
    let at = if at > 0 && tokens[at - 1] == "const" { at - 1 } else { at };
    &tokens[at..]
}
