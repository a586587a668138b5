//! Replies that leave in pieces.
//!
//! Every client has an `Output`: one vector of bytes with the encoded replies that it has not taken yet. The socket takes
//! as many bytes as it has room for, so a reply may leave in pieces, over several rounds. And a reply must not leave before
//! the round that wrote it is durable (P3); marks in the output say where the replies of such rounds begin.
//!
//! Write four functions:
//!
//! - `sendable`: the bytes that may be handed to the socket now.
//! - `release`: the current round is over, and every round up to `durable`, itself included, is durable.
//! - `advance`: the socket has taken `count` bytes of what `sendable` gave.
//! - `give_back`: removes from the front of a buffer what is done with, if that is all of it, or more than half of it and more
//!   than 16 KiB; and gives memory back. `advance` uses it; so do the clients' inputs.
//!
//! What must hold:
//!
//! - Each byte leaves once, in order, whatever the sizes of the pieces.
//! - P3, commit first: nothing behind the first mark is sendable.
//! - A round in which nothing was written for this client keeps nothing back: when it is over, it leaves no mark.
//! - P4, bounded: a buffer that is empty has room for at most `KEEP_BUFFER_BYTES`. A small one is kept as it is.
//!
//! Given are the struct and what the loop does with it before a round's end. `RoundId(7)` is the seventh round; they can be
//! compared. Run `cargo learn partial-write`.

use std::collections::VecDeque;

use heapwood_poll_loop::RoundId;

/// A buffer that is empty may keep up to this much room; thousands of idle clients keep it too.
pub const KEEP_BUFFER_BYTES: usize = 16 * 1024;

/// ```text
/// bytes: | sent | may leave | of a round not yet durable | of a later one … |
///        0      sent        marks[0]                     marks[1]           len
/// ```
#[derive(Default)]
pub struct Output {
    /// Encoded replies. Those of the current round are appended here.
    pub bytes: Vec<u8>,
    sent: usize,
    /// Where the replies of each round begin that may not leave yet, the current one included.
    marks: VecDeque<(RoundId, usize)>,
}

impl Output {
    /// Bytes not yet sent, whether they may leave or not.
    pub fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// The bytes that may leave now: those before the first round that is not durable (P3).
    pub fn sendable(&self) -> &[u8] {
        let end = self.marks.front().map_or(self.bytes.len(), |mark| mark.1);
        &self.bytes[self.sent..end]
    }

    /// Whether replies wait for a commit.
    pub fn is_withheld(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Replies from here on belong to `round`.
    pub fn begin_round(&mut self, round: RoundId) {
        self.marks.push_back((round, self.bytes.len()));
    }

    /// The current round is over: lets every reply leave up to the `durable` round. If the current round is not durable and
    /// has written nothing here, its mark goes as well.
    pub fn release(&mut self, durable: RoundId) {
        while self.marks.front().is_some_and(|mark| mark.0 <= durable) {
            self.marks.pop_front();
        }
        // A round without replies keeps nothing back.
        self.marks.pop_back_if(|mark| mark.1 == self.bytes.len());
    }

    /// `count` bytes have been sent: at most as many as are sendable. Bytes that `give_back` removes from the front are gone
    /// from `bytes`, and every place in `bytes` that is kept elsewhere is then that much nearer to the front.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        debug_assert!(
            self.marks.front().is_none_or(|mark| self.sent <= mark.1),
            "P3: a reply left before its commit"
        );
        let removed = give_back(&mut self.bytes, self.sent);
        self.sent -= removed;
        for mark in &mut self.marks {
            mark.1 -= removed;
        }
    }
}

/// Removes the first `done` bytes of a buffer if they are all of it, or if they are more than half
/// of it and more than [`KEEP_BUFFER_BYTES`]: so each byte moves at most once on average, and few
/// are not moved at all. A buffer that is empty then, and whose capacity is larger than that, gives
/// memory back; a smaller one keeps its own. Returns how many bytes it removed.
pub fn give_back(buffer: &mut Vec<u8>, done: usize) -> usize {
    if done == buffer.len() {
        buffer.clear();
        if buffer.capacity() > KEEP_BUFFER_BYTES {
            *buffer = Vec::new();
        }
        done
    } else if done > KEEP_BUFFER_BYTES && done > buffer.len() / 2 {
        buffer.drain(..done);
        done
    } else {
        0
    }
}
