//! The cases of an exercise: the public functions of its `cases.rs` that take nothing.

use syn::spanned::Spanned;

use crate::invariants::named;

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The function's name.
    pub name: String,
    /// What must hold, in plain words: the first paragraph of its documentation.
    pub says: String,
    /// The invariant that it is about, where its documentation names one.
    pub invariant: Option<String>,
}

/// Finds the cases in the text of a file, in order.
///
/// # Errors
/// It is no Rust, or a case has no documentation: begins with the line.
pub fn find(text: &str) -> Result<Vec<Case>, String> {
    let file = syn::parse_file(text).map_err(|error| format!("{}: {error}", error.span().start().line))?;
    let mut cases = Vec::new();
    for item in &file.items {
        let syn::Item::Fn(function) = item else { continue };
        if !matches!(function.vis, syn::Visibility::Public(_)) || !function.sig.inputs.is_empty() {
            continue;
        }
        let says = documentation(&function.attrs);
        if says.is_empty() {
            let line = function.sig.span().start().line;
            return Err(format!("{line}: {} does not say what must hold", function.sig.ident));
        }
        let name = function.sig.ident.to_string();
        cases.push(Case { name, invariant: named(&says), says });
    }
    Ok(cases)
}

/// The first paragraph of documentation comments, on one line.
fn documentation(attributes: &[syn::Attribute]) -> String {
    let mut words: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let syn::Meta::NameValue(pair) = &attribute.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value else { continue };
        let line = line.value();
        if line.trim().is_empty() && !words.is_empty() {
            break;
        }
        words.extend(line.split_whitespace().map(str::to_owned));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn public_functions_that_take_nothing_are_cases_with_what_they_say() {
        let text = "fn helper() {}\n/// A cut\n/// frame waits (S1).\n///\n/// More.\npub fn cut() {}\npub fn with(a: u8) {}\n";
        let case =
            Case { name: "cut".into(), says: "A cut frame waits (S1).".into(), invariant: Some("S1".into()) };
        assert_eq!(find(text).unwrap(), [case]);
    }

    #[test]
    fn a_case_that_says_nothing_is_refused_with_its_line() {
        assert_eq!(find("\npub fn cut() {}\n").unwrap_err(), "2: cut does not say what must hold");
    }
}
