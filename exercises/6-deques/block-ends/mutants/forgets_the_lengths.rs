use heapwood_deques::End;

pub const BLOCK_BYTES: usize = 4096;

#[derive(Debug)]
pub struct Block {
    bytes: Box<[u8]>,
    start: u32,
    end: u32,
    count: u32,
}

impl Block {
    pub fn with_room(before: usize, behind: usize) -> Self {
        let place = before as u32;
        Self { bytes: vec![0; before + behind].into(), start: place, end: place, count: 0 }
    }

    pub fn count(&self) -> usize {
        self.count as usize
    }

    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    pub fn room(&self) -> (usize, usize) {
        (self.start as usize, self.capacity() - self.end as usize)
    }

    pub fn run(&self) -> &[u8] {
        &self.bytes[self.start as usize..self.end as usize]
    }

    pub fn push(&mut self, end: End, element: &[u8]) -> Option<usize> {
        let (need, before) = (encoded_len(element.len()), self.capacity());
        if !self.make_room(end, need) {
            return None;
        }
        if end == End::Front {
            self.start -= need as u32;
            write_element(&mut self.bytes[self.start as usize..][..need], element);
        } else {
            write_element(&mut self.bytes[self.end as usize..][..need], element);
            self.end += need as u32;
        }
        self.count += 1;
        Some(self.capacity() - before)
    }

    fn make_room(&mut self, end: End, need: usize) -> bool {
        let (capacity, used) = (self.capacity(), self.run().len());
        let room = if end == End::Front { self.start as usize } else { capacity - self.end as usize };
        if need <= room {
            return true;
        }
        let full = used + need;
        let (capacity, other_room) = if full <= capacity / 2 {
            (capacity, (capacity - full) / 2)
        } else if capacity < BLOCK_BYTES && full <= BLOCK_BYTES {
            (full.next_power_of_two().max(2 * capacity).min(BLOCK_BYTES), 0)
        } else {
            return false;
        };
        let start = if end == End::Front { capacity - other_room - used } else { other_room };
        self.move_to(capacity, start);
        true
    }

    fn move_to(&mut self, capacity: usize, start: usize) {
        let end = start + self.run().len();
        let mut bytes: Box<[u8]> = vec![0; capacity].into();
        bytes[start..end].copy_from_slice(self.run());
        (self.bytes, self.start, self.end) = (bytes, start as u32, end as u32);
    }

    pub fn discard(&mut self, end: End) -> Option<usize> {
        let (element, _) = split(self.run(), end)?;
        let (len, taken) = (element.len(), element.len() as u32);
        match end {
            End::Front => self.start += taken,
            End::Back => self.end -= taken,
        }
        self.count -= 1;
        Some(len)
    }
}

pub fn split(run: &[u8], end: End) -> Option<(&[u8], &[u8])> {
    let (len, digits) = match end {
        End::Front => read_length(run.iter()),
        End::Back => read_length(run.iter().rev()),
    }?;
    let (encoded, rest) = match end {
        End::Front => run.split_at_checked(len + 2 * digits)?,
        End::Back => {
            let (rest, encoded) = run.split_at_checked(run.len().checked_sub(len + 2 * digits)?)?;
            (encoded, rest)
        }
    };
    Some((&encoded[digits..digits + len], rest))
}

pub fn encoded_len(len: usize) -> usize {
    let digits = (len | 1).ilog2() / 7 + 1;
    len + 2 * digits as usize
}

fn write_element(out: &mut [u8], element: &[u8]) {
    let digits = (out.len() - element.len()) / 2;
    let last = out.len() - 1;
    let mut rest = element.len();
    for place in 0..digits {
        let more = if place + 1 < digits { 0x80 } else { 0 };
        let digit = (rest & 0x7f) as u8 | more;
        out[place] = digit;
        out[last - place] = digit;
        rest >>= 7;
    }
    out[digits..digits + element.len()].copy_from_slice(element);
}

fn read_length<'a>(bytes: impl Iterator<Item = &'a u8>) -> Option<(usize, usize)> {
    let mut len = 0;
    for (place, &byte) in bytes.enumerate().take(usize::BITS as usize / 7) {
        len |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((len, place + 1));
        }
    }
    None
}
