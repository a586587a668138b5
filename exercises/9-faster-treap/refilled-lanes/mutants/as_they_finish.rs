pub fn find_batch<T: Table>(table: &T, keys: &[u64]) -> Vec<Option<usize>> {
    let mut places = Vec::with_capacity(keys.len());
    let mut next = keys.len().min(MAX_LANES);
    let mut lanes: Vec<Lane> = (0..next).map(|index| Lane::start(table, index)).collect();
    let mut turn = 0;
    while !lanes.is_empty() {
        if turn >= lanes.len() {
            turn = 0;
        }
        let lane = &mut lanes[turn];
        let Step::Done(place) = lane.step(table, keys[lane.index]) else {
            turn += 1;
            continue;
        };
        places.push(place);
        if next < keys.len() {
            *lane = Lane::start(table, next);
            next += 1;
            turn += 1;
        } else {
            // Those behind it move up, so that they keep their turns.
            lanes.remove(turn);
        }
    }
    places
}
