//! The repository's source files, read once each, and the stages that they belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use heapwood_course::source::{Item, SourceFile, reachable};
use heapwood_course::{Course, STAGES};

/// The files of a stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// From 1.
    pub number: u32,
    /// Its folder, from the repository's root.
    pub folder: String,
    /// The paths of its library's files.
    pub library: Vec<String>,
    /// The paths of the files that only its binary has.
    pub glue: Vec<String>,
}

/// All files that pages can show.
#[derive(Clone, Debug)]
pub struct Library {
    root: PathBuf,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// The exercises.
    pub course: Course,
    files: BTreeMap<String, SourceFile>,
}

impl Library {
    /// Reads the stages of the repository at `root`.
    ///
    /// # Errors
    /// A file cannot be read, or is no Rust.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut library = Self {
            root: root.to_owned(),
            stages: Vec::new(),
            course: Course::read(root)?,
            files: BTreeMap::new(),
        };
        for (number, folder) in (1..).zip(STAGES.map(|stage| format!("stages/{stage}"))) {
            let mut own = |from: &str| -> Result<Vec<String>, String> {
                let files = reachable(root, &format!("{folder}/src/{from}"))?;
                let paths = files.iter().map(|file| file.path.clone()).collect();
                library.files.extend(files.into_iter().map(|file| (file.path.clone(), file)));
                Ok(paths)
            };
            let (files, glue) = (own("lib.rs")?, own("main.rs")?);
            library.stages.push(Stage { number, folder, library: files, glue });
        }
        Ok(library)
    }

    /// Where the repository is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file, read now if it has not been.
    ///
    /// # Errors
    /// There is none at this path, or it is no Rust.
    pub fn file(&mut self, path: &str) -> Result<&SourceFile, String> {
        if !self.files.contains_key(path) {
            let file = SourceFile::read(&self.root, path).map_err(|error| self.with_nearest(path, error))?;
            self.files.insert(path.to_owned(), file);
        }
        Ok(&self.files[path])
    }

    /// A file that was read already.
    pub fn known(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(path)
    }

    /// An item, with its file.
    ///
    /// # Errors
    /// There is no such file or item; says which are nearest.
    pub fn item(&mut self, path: &str, name: &str) -> Result<(&SourceFile, &Item), String> {
        let file = self.file(path)?;
        Ok((file, file.item(name)?))
    }

    fn with_nearest(&self, path: &str, error: String) -> String {
        let likeness = |other: &String| strsim::jaro_winkler(other, path);
        let nearest = self.files.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        nearest.map_or_else(|| error.clone(), |nearest| format!("{error}; the nearest file is {nearest}"))
    }
}
