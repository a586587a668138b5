//! The one system call that the standard library does not offer.

/// Makes a write beyond `RLIMIT_FSIZE` fail with `EFBIG` instead of ending the process: the log then refuses writes and goes on answering reads.
pub(crate) fn ignore_file_size_signal() {
    // SAFETY: SIG_IGN is a valid disposition for SIGXFSZ, and no handler of ours is replaced by it.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
