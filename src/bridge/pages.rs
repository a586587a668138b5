//! The dashboard's files, embedded in the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use heapwood_http_bridge::{Answer, Incoming};

/// One file of the page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path on this server.
    pub(crate) path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! page {
    ($path:literal, $type:ident) => {
        page!($path, $type, $path)
    };
    ($path:literal, $type:ident, $file:literal) => {
        Page { path: $path, content_type: $type, text: include_str!(concat!("../../web", $file)) }
    };
}

/// Every file that is served. A test compares this list with the folder.
pub(crate) static PAGES: &[Page] = &[
    page!("/", HTML, "/index.html"),
    page!("/style.css", CSS),
    page!("/icon.svg", SVG),
    page!("/api.js", SCRIPT),
    page!("/app.js", SCRIPT),
    page!("/chart.js", SCRIPT),
    page!("/console.js", SCRIPT),
    page!("/engine.js", SCRIPT),
    page!("/keys.js", SCRIPT),
    page!("/queues.js", SCRIPT),
    page!("/quote.js", SCRIPT),
    page!("/race.js", SCRIPT),
    page!("/text.js", SCRIPT),
    page!("/tree.js", SCRIPT),
    page!("/ways.js", SCRIPT),
];

/// The file at a path.
pub(crate) fn find(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

impl Page {
    /// The file, or 304 for a browser that has it: files change only with the program, and then the tag does too.
    pub(crate) fn answer(&self, request: &Incoming) -> Answer {
        let tag = self.tag();
        let known = request
            .header("If-None-Match")
            .flat_map(|tags| tags.split(','))
            .any(|known| known.trim().trim_start_matches("W/") == tag);
        let answer = if known {
            Answer { status: 304, headers: Vec::new(), body: Vec::new() }
        } else {
            Answer::new(200, self.content_type, self.text)
        };
        answer.with("Cache-Control", "no-cache").with("ETag", tag)
    }

    fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        format!("\"{:016x}\"", hasher.finish())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_nothing_else() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("/{}", entry.unwrap().file_name().to_string_lossy()))
            .filter(|name| !name.ends_with(".md"))
            .map(|name| if name == "/index.html" { "/".to_owned() } else { name })
            .collect();
        files.sort();
        let mut served: Vec<&str> = PAGES.iter().map(|page| page.path).collect();
        served.sort_unstable();
        assert_eq!(files, served);
    }

    #[test]
    fn nothing_is_loaded_from_other_hosts() {
        for page in PAGES {
            let text = page.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("https://"), "{}", page.path);
            assert!(!text.contains("http://"), "{}", page.path);
        }
    }

    #[test]
    fn a_browser_that_has_the_file_hears_that_it_did_not_change() {
        let page = find("/").unwrap();
        let tag = page.tag();
        let asked = |tag: &str| Incoming {
            headers: vec![("If-None-Match".to_owned(), tag.to_owned())],
            ..Incoming::default()
        };
        assert_eq!(page.answer(&asked(&tag)).status, 304);
        assert_eq!(page.answer(&asked(&format!("\"x\", W/{tag}"))).status, 304);
        assert_eq!(page.answer(&asked("\"x\"")).status, 200);
    }
}
