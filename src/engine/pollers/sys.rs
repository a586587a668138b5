//! The three system calls of epoll.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// What `epoll_ctl` is to do with a descriptor.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    Add = libc::EPOLL_CTL_ADD as isize,
    Change = libc::EPOLL_CTL_MOD as isize,
    Remove = libc::EPOLL_CTL_DEL as isize,
}

/// A new epoll instance, closed in child processes.
pub(super) fn create() -> io::Result<OwnedFd> {
    // SAFETY: no pointers are passed.
    let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Changes what is watched of `fd`.
pub(super) fn control(
    epoll: &OwnedFd,
    operation: Operation,
    fd: RawFd,
    events: u32,
    token: u64,
) -> io::Result<()> {
    let mut event = libc::epoll_event { events, u64: token };
    // SAFETY: the pointer is to a local event, which the kernel only reads during the call.
    let result = unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation as libc::c_int, fd, &mut event) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits, fills the beginning of `ready` and returns how many it filled; 0 when a signal interrupted the wait.
pub(super) fn wait(
    epoll: &OwnedFd,
    ready: &mut [libc::epoll_event],
    timeout: Option<Duration>,
) -> io::Result<usize> {
    // Rounded up: a wait that ends a little early would be followed by another, for nothing.
    let timeout_ms = timeout.map_or(-1, |timeout| {
        let ms = timeout.as_nanos().div_ceil(1_000_000);
        libc::c_int::try_from(ms).unwrap_or(libc::c_int::MAX)
    });
    let room = libc::c_int::try_from(ready.len()).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the length are those of one exclusively borrowed slice.
    let count = unsafe { libc::epoll_wait(epoll.as_raw_fd(), ready.as_mut_ptr(), room, timeout_ms) };
    usize::try_from(count).or_else(|_| match io::Error::last_os_error() {
        error if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        error => Err(error),
    })
}
