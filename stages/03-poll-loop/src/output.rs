//! The replies that wait for one client: encoded, and not yet sent.

use std::collections::VecDeque;

use crate::service::RoundId;

/// A buffer keeps this much when it is empty; thousands of idle clients keep it too.
const KEEP_BUFFER_BYTES: usize = 16 * 1024;

/// ```text
/// bytes: | sent | may leave | of a round not yet durable | of a later one … |
///        0      sent        marks[0]                     marks[1]           len
/// ```
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    sent: usize,
    /// Where the replies of each round begin that may not leave yet, the current one included.
    marks: VecDeque<(RoundId, usize)>,
}

impl Output {
    /// Bytes not yet sent, whether they may leave or not.
    #[inline]
    pub(crate) fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// The bytes that may leave now: those before the first round that is not durable (P3).
    pub(crate) fn sendable(&self) -> &[u8] {
        let end = self.marks.front().map_or(self.bytes.len(), |mark| mark.1);
        &self.bytes[self.sent..end]
    }

    /// Whether replies wait for a commit.
    pub(crate) fn is_withheld(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Replies from here on belong to `round`.
    pub(crate) fn begin_round(&mut self, round: RoundId) {
        self.marks.push_back((round, self.bytes.len()));
    }

    /// Takes the current round's replies back.
    pub(crate) fn discard_round(&mut self) {
        if let Some((_, start)) = self.marks.pop_back() {
            self.bytes.truncate(start);
        }
    }

    /// The current round is over: lets every reply leave up to the `durable` round.
    pub(crate) fn release(&mut self, durable: RoundId) {
        while self.marks.front().is_some_and(|mark| mark.0 <= durable) {
            self.marks.pop_front();
        }
        // A round without replies keeps nothing back.
        self.marks.pop_back_if(|mark| mark.1 == self.bytes.len());
    }

    /// `count` bytes have been sent.
    pub(crate) fn advance(&mut self, count: usize) {
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
/// are not moved at all. A buffer that is empty then and larger than that gives its memory back.
/// Returns how many bytes it removed.
pub(crate) fn give_back(buffer: &mut Vec<u8>, done: usize) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_with_leaves_a_buffer_when_it_is_all_or_much() {
        let mut buffer = vec![7; 100];
        assert_eq!((give_back(&mut buffer, 99), buffer.len()), (0, 100));
        assert_eq!((give_back(&mut buffer, 100), buffer.len()), (100, 0));
        assert!(buffer.capacity() > 0, "a small one is kept");
        let mut buffer = vec![7; 100_000];
        assert_eq!((give_back(&mut buffer, 50_000), buffer.len()), (0, 100_000));
        assert_eq!((give_back(&mut buffer, 50_001), buffer.len()), (50_001, 49_999));
        give_back(&mut buffer, 49_999);
        assert_eq!(buffer.capacity(), 0, "a large one is given back");
    }

    fn round(output: &mut Output, bytes: &[u8], round: u64, durable: u64) {
        output.begin_round(RoundId(round));
        output.bytes.extend_from_slice(bytes);
        output.release(RoundId(durable));
    }

    #[test]
    fn replies_leave_up_to_the_durable_round() {
        let mut output = Output::default();
        round(&mut output, b"one", 1, 0);
        round(&mut output, b"two", 2, 0);
        assert_eq!(output.sendable(), b"");
        round(&mut output, b"three", 3, 1);
        assert_eq!(output.sendable(), b"one");
        output.advance(2);
        round(&mut output, b"", 4, 2);
        assert_eq!(output.sendable(), b"etwo");
        assert!(output.is_withheld());
        round(&mut output, b"", 5, 5);
        assert_eq!(output.sendable(), b"etwothree");
        assert!(!output.is_withheld());
    }

    #[test]
    fn a_discarded_round_leaves_earlier_replies_alone() {
        let mut output = Output::default();
        round(&mut output, b"kept", 1, 1);
        output.begin_round(RoundId(2));
        output.bytes.extend_from_slice(b"lost");
        output.discard_round();
        output.release(RoundId(2));
        assert_eq!(output.sendable(), b"kept");
    }

    #[test]
    fn sending_in_small_pieces_moves_no_mark_and_gives_the_memory_back() {
        let mut output = Output::default();
        let half = vec![b'a'; 300_000];
        round(&mut output, &half, 1, 1);
        round(&mut output, &vec![b'b'; 200_000], 2, 1);
        let mut received = Vec::new();
        while !output.sendable().is_empty() {
            let count = output.sendable().len().min(7_001);
            received.extend_from_slice(&output.sendable()[..count]);
            output.advance(count);
        }
        assert_eq!(received, half);
        assert_eq!(output.pending(), 200_000);
        round(&mut output, b"not yet", 3, 2);
        assert_eq!(output.sendable(), vec![b'b'; 200_000]);
        output.advance(200_000);
        round(&mut output, b"", 4, 4);
        output.advance(7);
        assert_eq!((output.pending(), output.bytes.capacity()), (0, 0));
    }
}
