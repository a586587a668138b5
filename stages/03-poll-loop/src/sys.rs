//! The system calls that the standard library does not offer.

use std::io;
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
use libc::__errno_location as errno_location;
#[cfg(not(target_os = "linux"))]
use libc::__error as errno_location;

/// `poll(2)`: waits for `entries`, fills in their `revents` and returns how many are not zero.
/// A wait that a signal interrupted returns 0.
pub(crate) fn poll(entries: &mut [libc::pollfd], timeout: Option<Duration>) -> io::Result<usize> {
    // Rounded up: a wait that ends a little early would be followed by another, for nothing.
    let timeout_ms = timeout.map_or(-1, |timeout| {
        libc::c_int::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: the pointer and the length are those of one exclusively borrowed slice.
    let ready = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout_ms) };
    match usize::try_from(ready).map_err(|_| io::Error::last_os_error()) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        result => result,
    }
}

/// Lets `backlog` connections wait in a listener's queue, or as many as the system allows.
pub(crate) fn set_backlog(listener: RawFd, backlog: i32) -> io::Result<()> {
    // SAFETY: no memory is touched; a wrong descriptor is an error.
    match unsafe { libc::listen(listener, backlog) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

static SIGNAL_FD: AtomicI32 = AtomicI32::new(-1);

/// What a signal writes.
pub(crate) const SIGNAL_BYTE: u8 = b's';

/// From now on SIGINT and SIGTERM write [`SIGNAL_BYTE`] to `writer`, which stays open for ever.
pub(crate) fn write_on_signals(writer: impl IntoRawFd) -> io::Result<()> {
    SIGNAL_FD.store(writer.into_raw_fd(), Ordering::SeqCst);
    let handler: extern "C" fn(libc::c_int) = on_signal;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler has the right type and is async-signal-safe, see there. Linux and
        // macOS keep it installed after a signal.
        if unsafe { libc::signal(signal, handler as libc::sighandler_t) } == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Only what POSIX lists as async-signal-safe: an atomic and `write`, with `errno` put back.
extern "C" fn on_signal(_signal: libc::c_int) {
    // SAFETY: errno is a valid variable of this thread; one byte is written to a
    // descriptor that is never closed.
    unsafe {
        let errno = errno_location();
        let before = *errno;
        libc::write(SIGNAL_FD.load(Ordering::SeqCst), [SIGNAL_BYTE].as_ptr().cast(), 1);
        *errno = before;
    }
}

/// Raises the process's soft limit of open files to `wanted` as far as its hard limit allows,
/// and returns what it is now. Never lowers it.
pub fn raise_open_files(wanted: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a local rlimit.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 || limit.rlim_cur >= wanted {
        return limit.rlim_cur;
    }
    // macOS gives out no more than OPEN_MAX whatever the hard limit says.
    #[cfg(target_os = "macos")]
    let wanted = wanted.min(libc::OPEN_MAX as u64);
    let raised = libc::rlimit { rlim_cur: wanted.min(limit.rlim_max), ..limit };
    // SAFETY: the pointer is to a local rlimit.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) } {
        0 => raised.rlim_cur,
        _ => limit.rlim_cur,
    }
}
