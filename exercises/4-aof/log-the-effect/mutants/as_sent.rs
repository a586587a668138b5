/// Carries out one command on `store`, and appends its effect to `log`. The commands, in capitals:
///
/// - `SET key value`, with `NX` behind it only if there is no such key, with `XX` only if there is one. `Ok`, or `Nil` where
///   the option forbids it.
/// - `INCR key` adds 1 to a value that is a decimal `i64`; a key that is not there counts as 0. Gives the new number. An error
///   if the value is no such number, or the largest.
/// - `APPEND key tail` puts `tail` at the value's end; a key that is not there counts as an empty value, and is there
///   afterwards. Gives the new length in bytes.
/// - `DEL key…`, one key or more. Gives how many were removed.
///
/// Everything else is an error.
pub fn execute(store: &mut Store, args: &[&str], log: &mut Log) -> Reply {
    match *args {
        ["SET", key, value] => {
            put(store, key, value.into(), log);
            Reply::Ok
        }
        ["SET", key, value, option @ ("NX" | "XX")] => {
            if store.contains_key(key) != (option == "XX") {
                return Reply::Nil;
            }
            put(store, key, value.into(), log);
            Reply::Ok
        }
        ["INCR", key] => {
            let old = store.get(key).map_or("0", String::as_str);
            let Some(new) = old.parse().ok().and_then(|old: i64| old.checked_add(1)) else {
                return Reply::Error(format!("{old:?} is no integer, or too large"));
            };
            store.insert(key.into(), new.to_string());
            log.push(args.iter().map(|arg| arg.to_string()).collect());
            Reply::Integer(new)
        }
        ["APPEND", key, tail] => {
            let new = store.get(key).cloned().unwrap_or_default() + tail;
            let bytes = new.len() as i64;
            if store.get(key) != Some(&new) {
                store.insert(key.into(), new);
                log.push(args.iter().map(|arg| arg.to_string()).collect());
            }
            Reply::Integer(bytes)
        }
        ["DEL", ref keys @ ..] if !keys.is_empty() => {
            let removed = keys.iter().filter(|key| store.remove(**key).is_some());
            let removed: Vec<String> = removed.map(|key| key.to_string()).collect();
            let count = removed.len() as i64;
            if count > 0 {
                log.push([vec!["DEL".to_owned()], removed].concat());
            }
            Reply::Integer(count)
        }
        _ => Reply::Error("unknown command, or not with these arguments".into()),
    }
}
