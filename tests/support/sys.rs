//! System calls of the tests.

use std::io;

/// Lets no file of a process grow beyond `bytes`; `None` lifts the limit again.
pub fn limit_file_size(pid: u32, bytes: Option<u64>) -> io::Result<()> {
    let limit =
        libc::rlimit { rlim_cur: bytes.unwrap_or(libc::RLIM_INFINITY), rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` lives across the call, which only reads it; a null pointer asks for no old limit.
    let failed = unsafe {
        libc::prlimit(pid as libc::pid_t, libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut())
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
