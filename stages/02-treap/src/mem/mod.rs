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

/// Asks for large pages behind memory that is not written yet: a search in a large arena otherwise misses in the
/// table of pages about as often as in the caches. Costs at most one large page more; does nothing for less than two.
pub(crate) fn advise_large_pages<T>(spare: &mut [std::mem::MaybeUninit<T>]) {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        const LARGE_PAGE_BYTES: usize = 2 << 20;
        let start = (spare.as_ptr() as usize).next_multiple_of(LARGE_PAGE_BYTES);
        let end = spare.as_ptr_range().end as usize / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
        if start < end {
            // SAFETY: the whole pages from start to end lie inside the slice, whose bytes the advice does not change.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(any(miri, not(target_os = "linux")))]
    let _ = spare;
}
