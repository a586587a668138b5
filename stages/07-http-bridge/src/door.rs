//! The socket behind the guard, where nobody else can knock.

use std::collections::hash_map::RandomState;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// A Unix socket in a directory of mode 0700 with an unpredictable name.
///
/// A loopback port would be open to every program of this machine, and would let it past the guard. On Linux the
/// directory is removed at once and the socket reached through this process's own descriptor, so that nothing is left
/// behind, however the process ends. Elsewhere (not tried on macOS) it lasts until this is dropped, and is left in
/// TMPDIR by a process that is killed.
pub(crate) struct Door {
    dir: PathBuf,
    socket: PathBuf,
    /// Keeps the removed socket within reach.
    _held: Option<File>,
}

impl Door {
    pub(crate) fn open() -> io::Result<(UnixListener, Self)> {
        // Somebody who has made this name before us would make `create` fail, not let us in.
        let name = format!("heapwood-{:016x}", RandomState::new().build_hasher().finish());
        let dir = std::env::temp_dir().join(name);
        let explained =
            |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}; set TMPDIR", dir.display()));
        DirBuilder::new().mode(0o700).create(&dir).map_err(explained)?;
        #[cfg_attr(not(target_os = "linux"), allow(unused_mut))]
        let mut door = Self { socket: dir.join("http"), dir, _held: None };
        let listener = UnixListener::bind(&door.socket)?;
        #[cfg(target_os = "linux")]
        door.hide()?;
        Ok((listener, door))
    }

    #[cfg(target_os = "linux")]
    fn hide(&mut self) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        let held = File::options().read(true).custom_flags(libc::O_PATH).open(&self.socket)?;
        let hidden = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
        // /proc may be missing.
        if hidden.exists() {
            fs::remove_dir_all(&self.dir)?;
            (self.socket, self._held) = (hidden, Some(held));
        }
        Ok(())
    }

    /// Where to connect, for this process only.
    pub(crate) fn path(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // A tiny_http that was told to close still waits for one more connection.
        let _ = UnixStream::connect(&self.socket);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_connection_through_the_door_reaches_the_listener() {
        let (listener, door) = Door::open().unwrap();
        let _there = UnixStream::connect(door.path()).unwrap();
        listener.accept().unwrap();
    }

    #[test]
    fn only_the_owner_may_enter_and_nothing_is_left_behind() {
        let (_listener, door) = Door::open().unwrap();
        let dir = door.dir.clone();
        if cfg!(target_os = "linux") {
            assert!(!dir.exists(), "removed before anybody could be killed");
        } else {
            assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop(door);
        assert!(!dir.exists());
    }
}
