/// Removes the first `done` bytes of a buffer if they are all of it, or if they are more than half
/// of it and more than [`KEEP_BUFFER_BYTES`]: so each byte moves at most once on average, and few
/// are not moved at all. A buffer that is empty then and larger than that gives its memory back.
/// Returns how many bytes it removed.
pub fn give_back(buffer: &mut Vec<u8>, done: usize) -> usize {
    if done == buffer.len() {
        buffer.clear();
        if buffer.capacity() > KEEP_BUFFER_BYTES {
            *buffer = Vec::new();
        }
        done
    } else if done >= KEEP_BUFFER_BYTES && done >= buffer.len() / 2 {
        buffer.drain(..done);
        done
    } else {
        0
    }
}
