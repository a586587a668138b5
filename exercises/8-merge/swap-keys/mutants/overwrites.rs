/// `SWAP a b`: exchanges what two keys hold, and answers how many of them held something.
fn swap(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let (a, b) = (args[1], args[2]);
    let present = [a, b].iter().filter(|key| store.find(key).is_some()).count();
    if present == 0 {
        replies.integer(0);
        return Ok(());
    }
    for (from, to) in [(a, b), (b, a)] {
        if let Some(record) = store.keys.remove(from) {
            store.keys.put(record.renamed(to)).expect("there is room for what was taken out");
        }
    }
    // One record, so that no crash can leave half of it. It means the same at every replay: the DELs of what expired
    // stand before it, so that it finds what it found here.
    store.record(&[b"SWAP", a, b]);
    replies.integer(present as i64);
    Ok(())
}
