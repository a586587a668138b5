pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
    let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
        return Window::new(key, 0);
    };
    let [low, high] = [low, high].map(|node| node.live().key());
    Window::new(key, shared_prefix(low, high))
}
