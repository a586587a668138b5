impl Output {
    /// The bytes that may leave now: those before the first round that is not durable (P3).
    pub fn sendable(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }
}
