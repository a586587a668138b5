//! The copy that mutants are made on.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

/// What of the repository's root is not copied: history, what is built, a reader's own work, and servers' data.
const LEFT_OUT: [&str; 4] = [".git", "target", "mine", "data"];

/// Makes the copy's files those of the repository. Files that are the same are left alone, so that cargo, which goes by
/// their times, builds again only what changed.
pub(super) fn bring_up_to_date(repository: &Path, copy: &Path) -> io::Result<()> {
    bring_folder(repository, copy, &LEFT_OUT)
}

fn bring_folder(from: &Path, to: &Path, left_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if left_out.iter().any(|left_out| name == OsStr::new(left_out)) {
            continue;
        }
        let (from, to) = (from.join(&name), to.join(&name));
        names.insert(name);
        if from.is_dir() {
            bring_folder(&from, &to, &[])?;
        } else if from.is_file() {
            bring_file(&from, &to)?;
        }
    }
    remove_others(to, &names)
}

fn bring_file(from: &Path, to: &Path) -> io::Result<()> {
    if fs::read(to).ok() == Some(fs::read(from)?) {
        return Ok(());
    }
    fs::copy(from, to).map(|_| ())
}

/// Removes what the repository has no longer: a test that is gone would still be run.
fn remove_others(folder: &Path, names: &BTreeSet<std::ffi::OsString>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if names.contains(&entry.file_name()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn only_what_differs_is_written_and_what_is_gone_is_removed() {
        let (repository, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (from, to) = (repository.path(), copy.path());
        fs::create_dir_all(from.join("src")).unwrap();
        fs::create_dir_all(from.join("target")).unwrap();
        for name in ["a", "src/b", "target/c"] {
            fs::write(from.join(name), name).unwrap();
        }
        bring_up_to_date(from, to).unwrap();
        assert!(!to.join("target").exists());

        let written = |name: &str| fs::metadata(to.join(name)).unwrap().modified().unwrap();
        let before = written("a");
        fs::write(to.join("src/b"), "mutated").unwrap();
        fs::write(to.join("src/gone"), "").unwrap();
        bring_up_to_date(from, to).unwrap();
        assert_eq!(fs::read_to_string(to.join("src/b")).unwrap(), "src/b");
        assert_eq!(written("a"), before);
        assert!(!to.join("src/gone").exists());
    }
}
