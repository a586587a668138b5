impl Block {
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
            (full.next_power_of_two().max(capacity).min(BLOCK_BYTES), 0)
        } else {
            return false;
        };
        let start = if end == End::Front { capacity - other_room - used } else { other_room };
        self.move_to(capacity, start);
        true
    }
}
