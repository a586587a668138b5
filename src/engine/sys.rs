//! What the system knows of this process: memory and processor time.

use std::time::Duration;

/// Processor time used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CpuTime {
    /// In the program.
    pub(super) user: Duration,
    /// In the system on its behalf.
    pub(super) system: Duration,
}

/// Processor time of the whole process.
pub(super) fn process_cpu() -> CpuTime {
    cpu(libc::RUSAGE_SELF)
}

/// Processor time of the calling thread; of the process where the system does not tell threads
/// apart.
pub(super) fn thread_cpu() -> CpuTime {
    #[cfg(target_os = "linux")]
    return cpu(libc::RUSAGE_THREAD);
    #[cfg(not(target_os = "linux"))]
    process_cpu()
}

fn cpu(who: libc::c_int) -> CpuTime {
    // SAFETY: rusage is plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is valid for writes for the length of the call.
    if unsafe { libc::getrusage(who, &mut usage) } != 0 {
        return CpuTime::default();
    }
    CpuTime { user: duration(usage.ru_utime), system: duration(usage.ru_stime) }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// Milliseconds of a clock that nobody sets, a few of them late: precise enough to notice a command
/// that takes long, and cheap enough to read after each.
#[inline]
pub(super) fn coarse_ms() -> u64 {
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes for the length of the call.
    if unsafe { libc::clock_gettime(CLOCK, &mut time) } != 0 {
        return 0;
    }
    time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
}

/// Memory of this process that is in RAM, in bytes.
pub(super) fn resident_bytes() -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
        let resident: usize = pages.split_whitespace().nth(1)?.parse().ok()?;
        // SAFETY: sysconf takes a number and returns one.
        let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        Some(resident * usize::try_from(page_bytes).ok()?)
    }
    #[cfg(not(target_os = "linux"))]
    peak_resident_bytes()
}

/// The most memory that was in RAM so far. On macOS it stands for the present figure, which needs
/// Mach calls; not tried there.
#[cfg(not(target_os = "linux"))]
fn peak_resident_bytes() -> Option<usize> {
    // SAFETY: rusage is plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is valid for writes for the length of the call.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    usize::try_from(usage.ru_maxrss).ok().filter(|_| answer == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_has_memory_and_has_used_time() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 100_000));
        let (process, thread) = (process_cpu(), thread_cpu());
        assert!(process.user + process.system >= thread.user);
    }
}
