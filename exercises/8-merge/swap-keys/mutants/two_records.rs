use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_deques::{End, Value, lists};
use heapwood_sockets::{FrameReplies, Replies};
use heapwood_treap::{Slot, StringValue, strings};
use heapwood_ttl::{Keyspace, expiry};

/// `SWAP a b`: exchanges what two keys hold, and answers how many of them held something.
fn swap(store: &mut Store, args: &[&[u8]], replies: &mut dyn Replies) -> Result<(), String> {
    let (a, b) = (args[1], args[2]);
    let present = [a, b].iter().filter(|key| store.find(key).is_some()).count();
    if a == b || present == 0 {
        replies.integer(0);
        return Ok(());
    }
    let (from_a, from_b) = (store.keys.remove(a), store.keys.remove(b));
    for (record, key) in [(from_a, b), (from_b, a)] {
        if let Some(record) = record {
            store.keys.put(record.renamed(key)).expect("as many were taken out as are put in");
        }
    }
    // One record, so that no crash can leave half of it. It means the same at every replay: the DELs of what expired
    // stand before it, so that it finds what it found here.
    let string = |key: &[u8]| {
        let record = store.keys.tree().record(store.keys.tree().find(key)?);
        Some((record.as_string()?.to_vec(), record.stamp()))
    };
    let Some((of_a, of_b)) = string(a).zip(string(b)) else {
        store.record(&[b"SWAP", a, b]);
        replies.integer(present as i64);
        return Ok(());
    };
    for (key, (value, deadline_ms)) in [a, b].into_iter().zip([of_a, of_b]) {
        store.record(&[b"SET", key, &value]);
        if let Some(deadline_ms) = deadline_ms {
            store.record(&[b"PEXPIREAT", key, deadline_ms.to_string().as_bytes()]);
        }
    }
    replies.integer(present as i64);
    Ok(())
}
