impl<'a> FrameReplies<'a> {
    /// The beginning of `count` items, as four bytes behind the `tag`, which are `values` values: a map's item is two.
    fn aggregate(&mut self, tag: u8, _count: usize, values: usize) {
        self.value(tag, (values as u32).to_be_bytes(), &[], values);
    }
}
