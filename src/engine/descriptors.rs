//! As many clients as this process may have open files for.

use heapwood_poll_loop::raise_open_files;

/// Descriptors that are not for clients: listeners, the log, what else the process opens.
const RESERVED: u64 = 64;

/// Raises the limit of open files for `wanted` clients. Where the system allows fewer, says so and returns how many.
pub fn fit(wanted: usize) -> usize {
    let files = wanted as u64 + RESERVED;
    let allowed = raise_open_files(files);
    if allowed >= files {
        return wanted;
    }
    let clients = usize::try_from(allowed.saturating_sub(RESERVED)).map_or(wanted, |clients| clients.max(1));
    crate::complain(format_args!(
        "heapwood: RLIMIT_NOFILE allows {allowed} open files: serving at most {clients} clients, not {wanted}. \
         Raise it (ulimit -n {files}) or ask for fewer clients (HEAPWOOD_MAX_CLIENTS)"
    ));
    clients
}
