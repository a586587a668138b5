//! A learner with a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

pub(crate) struct Learner {
    folder: PathBuf,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The exercise that all of this is tried with: it uses no stage, so it is built quickly.
pub(crate) const FIRST: &str = "first-steps";

impl Learner {
    /// Somebody who has not begun.
    pub(crate) fn new() -> Self {
        // The same folder in every run, so that what is built for it is built once.
        let test = heapwood_learn::hash::of(thread::current().name().unwrap_or("main").as_bytes());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&test[..4]);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// Somebody who has.
    pub(crate) fn started() -> Self {
        let learner = Self::new();
        assert_eq!(learner.learn(&["start"]).code, 0);
        learner
    }

    pub(crate) fn mine(&self) -> PathBuf {
        self.folder.join("mine")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.mine().join("0-start").join(FIRST).join("src/lib.rs")
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Puts code in the place of the function that the first exercise asks for.
    pub(crate) fn write_body(&self, body: &str) {
        let text = self.text();
        let at = text.find("pub fn length_prefix").unwrap();
        fs::write(
            self.file(),
            format!("{}pub fn length_prefix(bytes: &[u8]) -> [u8; 4] {{ {body} }}\n", &text[..at]),
        )
        .unwrap();
    }

    /// Runs the command; nobody is at a terminal.
    pub(crate) fn learn(&self, arguments: &[&str]) -> Said {
        self.command(arguments, &[])
    }

    /// Runs the command with nobody to read what it says.
    pub(crate) fn cut_short(&self, arguments: &[&str]) -> Said {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_heapwood-learn"));
        command.env("HEAPWOOD_MINE", self.mine()).args(arguments).stdin(Stdio::null()).stdout(writer);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        Said { code: output.status.code().unwrap(), out: String::new(), err }
    }

    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heapwood-learn"));
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        command.env("HEAPWOOD_MINE", self.mine()).args(arguments).stdin(Stdio::null());
        let output = command.output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file in a folder, with its content.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push((entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    found.sort();
    found
}
