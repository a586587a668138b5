/// Gives a key its value, and logs that if it had another.
fn put(store: &mut Store, key: &str, value: String, log: &mut Log) {
    log.push(vec!["SET".into(), key.into(), value.clone()]);
    store.insert(key.into(), value);
}
