use heapwood_treap::Record;
pub const NIL: u32 = u32::MAX;
pub struct Node<R> {
    pub record: Option<R>,
}

impl<R> Node<R> {
    pub fn live(&self) -> &R {
        self.record.as_ref().expect("a node in the tree has a record")
    }
}
pub struct Arena<R> {
    pub nodes: Vec<Node<R>>,
}

impl<R> Arena<R> {
    pub fn get(&self, link: u32) -> Option<&Node<R>> {
        self.nodes.get(link as usize)
    }
}
pub const MAX_SKIP: usize = 255;
pub type Bounds = [u32; 2];
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window(pub u64);

impl Window {
    pub fn new(key: &[u8], skip: usize) -> Self {
        let bytes = big_endian(key.get(skip..).unwrap_or_default());
        Self(bytes & !0xff | skip as u64)
    }
}
pub fn big_endian(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let present = bytes.len().min(8);
    word[..present].copy_from_slice(&bytes[..present]);
    u64::from_be_bytes(word)
}
#[inline]
pub fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
    let (left_words, right_words) = (left.as_chunks::<8>().0, right.as_chunks::<8>().0);
    let mut shared = 0;
    for (left, right) in left_words.iter().zip(right_words) {
        let differing = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if differing != 0 {
            return shared + differing.trailing_zeros() as usize / 8;
        }
        shared += 8;
    }
    let rest = left[shared..].iter().zip(&right[shared..]);
    shared + rest.take_while(|(left, right)| left == right).count()
}
pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
    let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
        return Window::new(key, 0);
    };
    let [low, high] = [low, high].map(|node| node.live().key());
    Window::new(key, shared_prefix(low, high))
}
