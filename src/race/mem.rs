//! Which pages of a file the system holds in memory, and advice to let them go.
//!
//! `posix_fadvise(POSIX_FADV_DONTNEED)` is advice: dirty or mapped pages stay, and some file systems (tmpfs) keep
//! everything. So nobody believes it here: [`resident_pages`] asks `mincore` afterwards, and [`cached_pages`] asks
//! `cachestat` about what `mincore` does not show, pages whose reading ahead is still under way.

use std::fs::File;
use std::io;

/// Advises the system to drop every page of `file` from its page cache. Clean pages go at once on Linux.
#[cfg(target_os = "linux")]
pub(crate) fn drop_pages(file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the call takes numbers only; the descriptor is open as long as `file` lives. Length 0 is "to the end".
    let code = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub(crate) fn drop_pages(_file: &File) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no posix_fadvise"))
}

/// How many pages of `file` are in memory. Reads none: the file is mapped without being touched, and `mincore` looks
/// it up. Costs a byte a page.
#[cfg(target_os = "linux")]
pub(crate) fn resident_pages(file: &File) -> io::Result<usize> {
    use std::os::fd::AsRawFd;
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    if length == 0 {
        return Ok(0);
    }
    // SAFETY: a new private read-only mapping at an address of the system's choice; it overlaps nothing of ours.
    let address = unsafe {
        libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
    };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let mut resident = vec![0_u8; length.div_ceil(page_bytes())];
    // SAFETY: `address` and `length` are the mapping made above, and the vector has one byte for each of its pages.
    let code = unsafe { libc::mincore(address, length, resident.as_mut_ptr()) };
    let outcome = if code == 0 {
        // Only the lowest bit of each byte has a meaning.
        Ok(resident.iter().filter(|&&page| page & 1 == 1).count())
    } else {
        Err(io::Error::last_os_error())
    };
    // SAFETY: the mapping made above, never handed out; nothing refers to it any more.
    unsafe { libc::munmap(address, length) };
    outcome
}

/// How many pages of `file` the page cache has places for, also such as are only being read. `None` where the system
/// does not say (`cachestat` came with Linux 6.5, and a container may forbid it).
#[cfg(target_os = "linux")]
pub(crate) fn cached_pages(file: &File) -> Option<usize> {
    use std::os::fd::AsRawFd;
    /// The same number on every architecture that Rust runs on.
    const SYS_CACHESTAT: libc::c_long = 451;
    // Offset and length; length 0 is "to the end".
    let range: [u64; 2] = [0, 0];
    // Pages cached, dirty, under write-back, evicted, recently evicted.
    let mut counts = [0_u64; 5];
    // SAFETY: both structures are arrays of u64 in the kernel's interface, of these lengths, and live across the call.
    let code =
        unsafe { libc::syscall(SYS_CACHESTAT, file.as_raw_fd(), range.as_ptr(), counts.as_mut_ptr(), 0) };
    (code == 0).then(|| usize::try_from(counts[0]).unwrap_or(usize::MAX))
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub(crate) fn cached_pages(_file: &File) -> Option<usize> {
    None
}

/// Elsewhere there is nothing to drop, so nobody asks.
#[cfg(not(target_os = "linux"))]
pub(crate) fn resident_pages(_file: &File) -> io::Result<usize> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "pages are counted on Linux only"))
}

#[cfg(target_os = "linux")]
fn page_bytes() -> usize {
    // SAFETY: takes a number, returns a number.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}
