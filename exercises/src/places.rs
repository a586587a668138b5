//! Where everything is.

use std::path::{Path, PathBuf};

use heapwood_course::Exercise;

/// The folders that the tool works in.
#[derive(Clone, Debug)]
pub struct Places {
    /// The repository.
    pub root: PathBuf,
    /// The learner's folder.
    pub mine: PathBuf,
    /// What the tool builds: its own folder, so that it never waits for an editor's build.
    pub target: PathBuf,
}

impl Places {
    /// The repository that this tool was built from, and the learner's folder, which is `mine/` in it unless said otherwise.
    pub fn new(mine: Option<PathBuf>) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().unwrap_or(here).to_owned();
        let target = root.join("target/learn");
        let mine = mine.map_or_else(|| root.join("mine"), |mine| std::path::absolute(&mine).unwrap_or(mine));
        Self { root, mine, target }
    }

    /// The learner's folder of an exercise.
    pub fn work(&self, exercise: &Exercise) -> PathBuf {
        self.mine.join(exercise.place())
    }

    /// The learner's file of an exercise.
    pub fn file(&self, exercise: &Exercise) -> PathBuf {
        self.work(exercise).join("src/lib.rs")
    }

    /// What the tool remembers, inside the learner's folder.
    pub fn memory(&self, file: &str) -> PathBuf {
        self.mine.join(".learn").join(file)
    }

    /// A folder for what is built for this learner's folder.
    pub fn build(&self, what: &str) -> PathBuf {
        self.target.join(format!("{what}{}", self.tag()))
    }

    /// What is built for another folder than the usual one has this behind its name, so that the two never meet.
    pub fn tag(&self) -> String {
        match self.mine == self.root.join("mine") {
            true => String::new(),
            false => format!("-{}", &crate::hash::of(self.mine.as_os_str().as_encoded_bytes())[..8]),
        }
    }

    /// A path as a person would type it, from the current folder or the repository.
    pub fn shown(&self, path: &Path) -> String {
        let current = std::env::current_dir().unwrap_or_default();
        let short = path.strip_prefix(&current).or_else(|_| path.strip_prefix(&self.root)).unwrap_or(path);
        short.display().to_string()
    }
}
