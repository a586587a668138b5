/// Lets the power fail with each number of bytes that may survive, and looks at what is left.
fn cut_anywhere<L: Log>(disk: &Disk, rounds: &[Vec<String>], acknowledged: usize, again: bool) {
    for kept in [disk.unsynced()] {
        let left = disk.after_power_cut(kept);
        let (log, found) = L::open(left.clone());
        let whole = (0..=rounds.len()).find(|&count| rounds[..count].concat() == found);
        assert!(whole.is_some(), "L1: {found:?} are no whole rounds of {rounds:?}");
        assert!(found.len() >= acknowledged, "L3: {acknowledged} were acknowledged, {found:?} are left");
        if again {
            let mut rounds = rounds[..whole.unwrap_or(0)].to_vec();
            go_on(&left, log, &mut rounds, false);
        }
    }
}
