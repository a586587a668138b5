/// Passes on a log that keeps the promises of [`Log`], and fails on any other.
pub fn test<L: Log>() {
    let disk = Disk::default();
    let (log, found) = L::open(disk.clone());
    assert_eq!(found, [""; 0], "a new disk has no records");
    let trial = Disk::default();
    let (mut one, _) = L::open(trial.clone());
    one.record("one");
    one.commit();
    assert!(L::open(trial.after_power_cut(0)).1.is_empty(), "the power cut works");
    go_on(&disk, log, &mut vec![], true);
}
