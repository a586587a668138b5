impl Lane {
    pub fn start<T: Table>(table: &T, index: usize) -> Self {
        let lane = Self { index, low: 0, high: table.count().saturating_sub(1) };
        lane.request(table);
        lane
    }
}
