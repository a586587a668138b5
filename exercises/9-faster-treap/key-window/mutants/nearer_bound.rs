pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
    let bounds = bounds.iter().filter_map(|bound| arena.get(*bound));
    let shared = bounds.map(|node| shared_prefix(key, node.live().key()).min(MAX_SKIP)).max();
    Window::new(key, shared.unwrap_or(0))
}
