//! The system calls that the standard library does not offer.

use std::io::{self, PipeWriter};
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};
use std::time::Duration;

/// `poll(2)`: waits for `entries`, fills in their `revents` and returns how many are not zero.
/// A wait that a signal interrupted returns 0.
pub(crate) fn poll(entries: &mut [libc::pollfd], timeout: Option<Duration>) -> io::Result<usize> {
    // SAFETY: the pointer and the length are those of one exclusively borrowed slice.
    let ready =
        unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout_ms(timeout)) };
    match usize::try_from(ready) {
        Ok(ready) => Ok(ready),
        Err(_) => nothing_if_interrupted(io::Error::last_os_error()),
    }
}

/// Rounded up: a wait that ends a little early would be followed by another, for nothing.
fn timeout_ms(timeout: Option<Duration>) -> libc::c_int {
    match timeout {
        None => -1,
        Some(timeout) => {
            let ms = timeout.as_nanos().div_ceil(1_000_000);
            libc::c_int::try_from(ms).unwrap_or(libc::c_int::MAX)
        }
    }
}

fn nothing_if_interrupted(error: io::Error) -> io::Result<usize> {
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(0),
        _ => Err(error),
    }
}

/// Sets O_NONBLOCK on a descriptor that the caller owns.
pub(crate) fn set_nonblocking(fd: RawFd) -> io::Result<()> {
    // SAFETY: F_GETFL and F_SETFL touch no memory of ours; a wrong descriptor is an error.
    let done = unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        flags >= 0 && libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) >= 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
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
static SIGNAL_BYTE: AtomicU8 = AtomicU8::new(0);

/// From now on SIGINT and SIGTERM write `byte` to `writer`, which stays open for ever.
pub(crate) fn write_on_signals(writer: PipeWriter, byte: u8) -> io::Result<()> {
    SIGNAL_BYTE.store(byte, Ordering::SeqCst);
    SIGNAL_FD.store(writer.into_raw_fd(), Ordering::SeqCst);
    let handler: extern "C" fn(libc::c_int) = on_signal;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler has the right type and is async-signal-safe, see there. Linux and
        // macOS keep it installed after a signal.
        let before = unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        if before == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Only what POSIX lists as async-signal-safe: atomics and `write`, with `errno` put back.
extern "C" fn on_signal(_signal: libc::c_int) {
    let saved = io::Error::last_os_error().raw_os_error().unwrap_or(0);
    let byte = SIGNAL_BYTE.load(Ordering::SeqCst);
    // SAFETY: one byte on this stack is written to a descriptor that is never closed.
    unsafe {
        libc::write(SIGNAL_FD.load(Ordering::SeqCst), (&raw const byte).cast(), 1);
        set_errno(saved);
    }
}

/// # Safety
/// None beyond what the platform promises: `errno` is a variable of this thread.
unsafe fn set_errno(value: libc::c_int) {
    // SAFETY: both functions return a valid pointer to the calling thread's errno.
    unsafe {
        #[cfg(target_os = "linux")]
        let errno = libc::__errno_location();
        #[cfg(not(target_os = "linux"))]
        let errno = libc::__error();
        *errno = value;
    }
}

/// Raises the soft RLIMIT_NOFILE towards `wanted`, at most to the hard limit; what it is now.
pub(crate) fn raise_open_files(wanted: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a local rlimit.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return 0;
    }
    let before = limit.rlim_cur;
    if before >= wanted {
        return before;
    }
    limit.rlim_cur = wanted.min(limit.rlim_max);
    // macOS gives out no more than OPEN_MAX whatever the hard limit says.
    #[cfg(target_os = "macos")]
    {
        limit.rlim_cur = limit.rlim_cur.min(libc::OPEN_MAX as u64);
    }
    // SAFETY: the pointer is to a local rlimit.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } {
        0 => limit.rlim_cur,
        _ => before,
    }
}
