pub fn enter<R: Record>(arena: &Arena<R>, root: u32, bound: Bound<&[u8]>, end: usize) -> Vec<u32> {
    let (key, with_it) = match bound {
        Bound::Unbounded => (None, true),
        Bound::Included(key) => (Some(key), true),
        Bound::Excluded(key) => (Some(key), false),
    };
    let mut probe = key.map(Probe::new);
    let inside = [Ordering::Less, Ordering::Greater][end];
    let (mut at, mut waiting) = (root, Vec::new());
    while let Some(node) = arena.get(at) {
        let is_inside = probe.as_mut().is_none_or(|probe| match probe.compare(node) {
            Ordering::Equal => with_it,
            order => order == inside,
        });
        if is_inside {
            waiting.push(at);
        }
        at = node.children[usize::from(!is_inside)];
    }
    waiting
}
