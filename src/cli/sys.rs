//! Ctrl-C while a command waits: noted here, asked for between two waits.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_interrupt(_signal: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// From now on Ctrl-C no longer ends the process; [`take_interrupt`] tells it.
pub(super) fn catch_interrupts() {
    let handler: extern "C" fn(libc::c_int) = note_interrupt;
    // SAFETY: the handler only stores to an atomic, which is allowed in a signal handler.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}

/// Whether Ctrl-C was pressed since the last call.
pub(super) fn take_interrupt() -> bool {
    INTERRUPTED.swap(false, Ordering::Relaxed)
}
