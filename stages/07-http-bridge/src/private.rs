//! The socket behind the guard: in a directory that no other user can enter.

use std::collections::hash_map::RandomState;
use std::fs::DirBuilder;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A directory of mode 0700 with an unpredictable name, removed with what is in it when dropped.
///
/// A loopback port would be open to every program of this machine, and would let it past the guard.
#[derive(Debug)]
pub(crate) struct PrivateDir(PathBuf);

impl PrivateDir {
    pub(crate) fn new() -> io::Result<Self> {
        // Somebody who has made this name before us would make `create` fail, not let us in.
        let name = format!("heapwood-{:016x}", RandomState::new().build_hasher().finish());
        let path = std::env::temp_dir().join(name);
        let explained =
            |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}; set TMPDIR", path.display()));
        DirBuilder::new().mode(0o700).create(&path).map_err(explained)?;
        Ok(Self(path))
    }

    /// Where the socket is.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join("http")
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_enter_and_nothing_is_left_behind() {
        let dir = PrivateDir::new().unwrap();
        let path = dir.path().to_owned();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::write(dir.socket(), "").unwrap();
        drop(dir);
        assert!(!path.exists());
    }
}
