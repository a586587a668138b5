impl Lane {
    pub fn step<T: Table>(&mut self, table: &T, key: u64) -> Step {
        let Some(middle) = self.middle() else {
            return Step::Done(None);
        };
        let entry = table.read(middle);
        if entry == key {
            return Step::Done(Some(middle));
        }
        if entry < key {
            self.low = middle + 1;
        } else {
            self.high = middle;
        }
        Step::Goes
    }
}
