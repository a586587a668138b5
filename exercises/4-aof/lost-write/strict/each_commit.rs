/// Adds rounds to a log, and lets the power fail before and after each commit. `rounds` is what the log has. With `again` the log
/// that is left after each cut is put to the same test.
fn go_on<L: Log>(disk: &Disk, mut log: L, rounds: &mut Vec<Vec<String>>, again: bool) {
    let mut acknowledged = rounds.concat().len();
    for size in [1, 3, 2, 1] {
        let first = rounds.concat().len();
        let round: Vec<String> = (first..first + size).map(|number| format!("record {number}")).collect();
        for record in &round {
            log.record(record);
            cut_anywhere::<L>(disk, rounds, acknowledged, again);
        }
        rounds.push(round);
        let now = log.commit();
        assert_eq!(now, rounds.concat().len(), "a commit acknowledges");
        acknowledged = now;
        cut_anywhere::<L>(disk, rounds, acknowledged, again);
    }
    assert_eq!(log.flush(), rounds.concat().len(), "after a flush all is acknowledged");
    cut_anywhere::<L>(disk, rounds, rounds.concat().len(), again);
}
