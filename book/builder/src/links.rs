//! Links: those of the built book lead somewhere inside it, those of the repository's READMEs to files that are there, and no
//! page loads anything from another host.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Attributes that make a browser load something.
const LOADING: [&str; 2] = ["src", "data-src"];

/// What is wrong with the links below `built`, and how many were looked at.
///
/// # Errors
/// A page cannot be read.
pub fn check(built: &Path) -> Result<(usize, Vec<String>), String> {
    let (mut pages, mut folders) = (HashMap::new(), vec![built.to_owned()]);
    while let Some(folder) = folders.pop() {
        let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let html = fs::read_to_string(&path).map_err(wrong)?;
                pages.insert(path, html);
            }
        }
    }
    let anchors: HashMap<&PathBuf, HashSet<&str>> =
        pages.iter().map(|(path, html)| (path, attributes(html, "id").collect())).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for (page, html) in &pages {
        let name = page.strip_prefix(built).unwrap_or(page).display();
        // The page for printing has all chapters in one, and mdBook's own page of contents is only a frame.
        if matches!(page.file_name().and_then(|name| name.to_str()), Some("print.html" | "toc.html")) {
            continue;
        }
        for link in attributes(html, "href") {
            count += 1;
            if let Err(what) = follow(page, link, &anchors) {
                wrong.push(format!("{name}: {link}: {what}"));
            }
        }
        for loaded in
            LOADING.iter().flat_map(|attribute| attributes(html, attribute)).chain(stylesheets(html))
        {
            if is_elsewhere(loaded) {
                wrong.push(format!("{name}: loads {loaded} from another host"));
            }
        }
    }
    wrong.sort();
    Ok((count, wrong))
}

fn follow(page: &Path, link: &str, anchors: &HashMap<&PathBuf, HashSet<&str>>) -> Result<(), String> {
    if is_elsewhere(link) || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = match path {
        "" => page.to_owned(),
        path => plain(&page.parent().unwrap_or(page).join(path)),
    };
    if !target.exists() {
        return Err("no such file".into());
    }
    match anchor.filter(|anchor| !anchor.is_empty()) {
        Some(anchor) if !anchors.get(&target).is_some_and(|ids| ids.contains(anchor)) => Err(format!(
            "{} has no anchor {anchor:?}",
            target.file_name().unwrap_or_default().to_string_lossy()
        )),
        _ => Ok(()),
    }
}

fn is_elsewhere(link: &str) -> bool {
    link.starts_with("http://") || link.starts_with("https://") || link.starts_with("//")
}

/// A path without `..` in the middle.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What is wrong with the links of the repository's own Markdown, such as its README: those to files that are not there.
///
/// # Errors
/// A file cannot be read.
pub fn check_repository(root: &Path) -> Result<(usize, Vec<String>), String> {
    let (mut count, mut wrong) = (0, Vec::new());
    for name in ["README.md", "stages/README.md", "exercises/README.md"] {
        let path = root.join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            count += 1;
            if !is_elsewhere(link) && !path.with_file_name("").join(file).exists() {
                wrong.push(format!("{name}: {link}: no such file"));
            }
        }
    }
    Ok((count, wrong))
}

/// The values of an attribute in a page that mdBook wrote, which puts them between double quotes.
fn attributes<'h>(html: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    let mark = format!(" {name}=\"");
    let starts: Vec<usize> = html.match_indices(&mark).map(|(at, mark)| at + mark.len()).collect();
    starts.into_iter().filter_map(move |start| html[start..].split('"').next())
}

/// What `<link>` elements load.
fn stylesheets(html: &str) -> impl Iterator<Item = &str> {
    let links = html.match_indices("<link ").filter_map(|(at, _)| html[at..].split('>').next());
    links.filter_map(|link| attributes(link, "href").next())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_readme_that_leads_nowhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        for part in ["stages", "exercises"] {
            fs::create_dir(folder.path().join(part)).unwrap();
            fs::write(folder.path().join(part).join("README.md"), "[up](../README.md#top)").unwrap();
        }
        fs::write(
            folder.path().join("README.md"),
            "[there](stages/) [not](stage/a.rs) <https://example.org>",
        )
        .unwrap();
        let (count, wrong) = check_repository(folder.path()).unwrap();
        assert_eq!((count, wrong), (4, vec!["README.md: stage/a.rs: no such file".to_owned()]));
    }

    #[test]
    fn a_dead_link_a_missing_anchor_and_a_foreign_script_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("b.html"), "<h1 id=\"top\">").unwrap();
        let page = "<a href=\"../b.html#top\"><a href=\"../b.html#end\"><a href=\"c.html\"><a href=\"https://example.org\"><script src=\"https://example.org/x.js\">";
        fs::write(folder.path().join("a/index.html"), page).unwrap();
        let (count, wrong) = check(folder.path()).unwrap();
        assert_eq!(count, 4);
        assert_eq!(
            wrong,
            [
                "a/index.html: ../b.html#end: b.html has no anchor \"end\"",
                "a/index.html: c.html: no such file",
                "a/index.html: loads https://example.org/x.js from another host",
            ]
        );
    }
}
