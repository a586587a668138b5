//! The crate's unsafe code: [`packed`] records, and hints to the processor.

mod as_record;
pub(crate) mod header;
pub(crate) mod packed;

/// Asks the processor to fetch the cache line of an address. Any address will do: a wrong one changes nothing.
#[inline(always)]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: SSE is part of x86_64, and a prefetch never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: PRFM is a hint that never faults, and it changes neither registers nor memory.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = address;
}

/// Asks for large pages behind a vector of many megabytes: a search in a large arena otherwise misses in the table of
/// pages about as often as in the caches. The advice is for whole pages, also where they begin before the vector or end
/// behind it: so the allocation remains one mapping, which the system can move as it grows.
pub(crate) fn advise_large_pages<T>(vector: &Vec<T>) {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        const PAGE_BYTES: usize = 4096;
        const LEAST_BYTES: usize = 4 << 20;
        let (start, bytes) = (vector.as_ptr() as usize, vector.capacity() * size_of::<T>());
        let first = start / PAGE_BYTES * PAGE_BYTES;
        let end = (start + bytes).next_multiple_of(PAGE_BYTES);
        if bytes >= LEAST_BYTES {
            // SAFETY: the advice changes no byte of any page, whoever has a part of it.
            unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(any(miri, not(target_os = "linux")))]
    let _ = vector;
}
