/// `SWAP a b`: exchanges what two keys hold, and answers how many of them held something.
fn swap(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let (a, b) = (args[1], args[2]);
    let present = [a, b].iter().filter(|key| store.find(key).is_some()).count();
    if a == b || present == 0 {
        replies.integer(0);
        return Ok(());
    }
    let deadline_ms =
        |key: &[u8]| store.keys.tree().find(key).and_then(|slot| store.keys.tree().record(slot).stamp());
    let deadlines_ms = [deadline_ms(b), deadline_ms(a)];
    let (from_a, from_b) = (store.keys.remove(a), store.keys.remove(b));
    for ((record, key), deadline_ms) in [(from_a, b), (from_b, a)].into_iter().zip(deadlines_ms) {
        if let Some(mut record) = record {
            record.set_stamp(deadline_ms);
            store.keys.put(record.renamed(key)).expect("as many were taken out as are put in");
        }
    }
    // One record, so that no crash can leave half of it. It means the same at every replay: the DELs of what expired
    // stand before it, so that it finds what it found here.
    store.record(&[b"SWAP", a, b]);
    replies.integer(present as i64);
    Ok(())
}
