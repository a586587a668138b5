//! The allocator, counted: how many bytes the program has asked for and not given back.
//!
//! The C library's own account (`mallinfo2`) walks its free lists: after many deletions one look took tens of
//! milliseconds, in which a one-threaded server serves nobody. Two additions a block of memory are cheaper.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator, and a sum.
struct Counting;

/// Bytes that the program holds, without what the allocator adds to each block. O(1).
pub(crate) fn allocated_bytes() -> usize {
    ALLOCATED.load(Relaxed)
}

// SAFETY: every call goes on to the system's allocator as it came, and its answer back.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same there.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            ALLOCATED.fetch_add(layout.size(), Relaxed);
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            ALLOCATED.fetch_add(layout.size(), Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `alloc` above with this layout, so the system's allocator knows it.
        unsafe { System.dealloc(block, layout) };
        ALLOCATED.fetch_sub(layout.size(), Relaxed);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            // Wraps when the block shrinks, as the sum does: the two cancel.
            ALLOCATED.fetch_add(new_size.wrapping_sub(layout.size()), Relaxed);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_counted_and_what_is_given_back_is_taken_off() {
        // Far more than other tests hold beside this one.
        const BLOCK: usize = 1 << 30;
        let before = allocated_bytes();
        let mut block: Vec<u8> = Vec::with_capacity(BLOCK);
        assert!(allocated_bytes() >= before + BLOCK / 2);
        block.push(1);
        block.shrink_to_fit();
        assert!(allocated_bytes() < before + BLOCK / 2);
    }
}
