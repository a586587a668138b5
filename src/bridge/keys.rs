//! `/api/keys` and `/api/keys/{key}`: the keys in order, and one of them.

use heapwood_http_bridge::{Answer, ApiError};
use heapwood_sockets::Value;
use serde_json::{Value as Json, json};

use super::engine::Engine;
use super::parameters::{Body, Encoding, Query, bad};
use super::replies::{byte_strings, integer, to_json, unexpected};

/// Keys in one answer unless told otherwise.
const DEFAULT_LIMIT: u64 = 100;
/// Keys in one answer at most: each costs the engine three lookups.
const MAX_LIMIT: u64 = 1_000;
/// Elements of a list in one answer; more can be asked for with LRANGE.
const MAX_ELEMENTS: usize = 1_000;
/// A value that changes its kind while it is read is read again, so often.
const TRIES: usize = 3;

/// `GET /api/keys?prefix=&after=&limit=`.
pub(crate) fn list(engine: &Engine, query: &Query) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let limit = query.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)? as usize;
    let prefix = encoding.read(query.get("prefix").unwrap_or(""))?;
    let after = query.get("after").map(|text| encoding.read(text)).transpose()?;
    let start = first_to_list(&prefix, after);
    let end = first_after_prefix(&prefix);

    let wanted = (limit + 1).to_string();
    let range = [b"RANGE", &start[..], &end[..], b"LIMIT", wanted.as_bytes()];
    let mut keys = byte_strings(engine.call(&range)?)?;
    // An end is inclusive, and the first key after the prefix may be there.
    keys.retain(|key| key.starts_with(&prefix));
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(|key| encoding.write(key)).transpose()?;

    let ask = |key| [vec![&b"TYPE"[..], key], vec![b"PTTL", key]];
    let requests: Vec<_> = keys.iter().flat_map(|key| ask(key)).collect();
    let replies = engine.pipeline(&requests)?;
    let mut entries = Vec::with_capacity(keys.len());
    for (key, answers) in keys.iter().zip(replies.chunks(2)) {
        let [kind, ttl] = answers else { break };
        // A key may have vanished since it was listed.
        if let Some(kind) = kind_of(kind)? {
            let ttl = remaining_ms(ttl)?;
            entries.push(json!({"key": encoding.write(key)?, "type": kind, "ttl_ms": ttl}));
        }
    }
    Ok(Answer::json(200, &json!({"keys": entries, "next": next})))
}

/// The smallest key that may be listed. The successor of a key is that key with a zero byte.
fn first_to_list(prefix: &[u8], after: Option<Vec<u8>>) -> Vec<u8> {
    let Some(mut successor) = after else {
        return prefix.to_vec();
    };
    successor.push(0);
    successor.max(prefix.to_vec())
}

/// The smallest key that is larger than all with this prefix; empty, which is open, when there is none.
fn first_after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while end.last() == Some(&0xff) {
        end.pop();
    }
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

/// `GET /api/keys/{key}`.
pub(crate) fn get(engine: &Engine, query: &Query, key: &str) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let key = encoding.read_path(key)?;
    for _ in 0..TRIES {
        let head = engine.pipeline(&[vec![b"TYPE", &key], vec![b"PTTL", &key]])?;
        let [kind, ttl] = &head[..] else { continue };
        let Some(kind) = kind_of(kind)? else {
            return Err(no_such_key());
        };
        let elements = (MAX_ELEMENTS - 1).to_string();
        let requests = match kind {
            "string" => vec![vec![&b"GET"[..], &key]],
            "list" => vec![vec![&b"LRANGE"[..], &key, b"0", elements.as_bytes()], vec![b"LLEN", &key]],
            other => {
                return Err(ApiError::new(502, "UNEXPECTED_REPLY", format!("a key of the kind {other:?}")));
            }
        };
        let replies = engine.pipeline(&requests)?;
        let value = match &replies[..] {
            [Value::Error(reply), ..] if reply.starts_with("WRONGTYPE") => continue,
            [Value::Nil, ..] => continue,
            [value, ..] => value,
            [] => continue,
        };
        if let Value::Error(_) = value {
            return Err(unexpected(value));
        }
        let mut answer = json!({
            "key": encoding.write(&key)?,
            "type": kind,
            "value": to_json(value, encoding)?,
            "ttl_ms": remaining_ms(ttl)?,
        });
        if let Some(Value::Integer(length)) = replies.get(1) {
            answer["length"] = json!(length);
        }
        return Ok(Answer::json(200, &answer));
    }
    Err(no_such_key())
}

/// `PUT /api/keys/{key}`: sets a string, whatever was there before.
pub(crate) fn put(engine: &Engine, query: &Query, key: &str, body: &Body) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let key = encoding.read_path(key)?;
    let value = encoding.read(body.text("value")?)?;
    let ttl = body.number("ttl_ms", 1..=i64::MAX as u64)?.map(|ms| ms.to_string());
    let mut request = vec![&b"SET"[..], &key, &value];
    if let Some(ttl) = &ttl {
        request.extend([&b"PX"[..], ttl.as_bytes()]);
    }
    match engine.call(&request)? {
        Value::Status(_) => Ok(Answer::no_content()),
        other => Err(unexpected(&other)),
    }
}

/// `DELETE /api/keys/{key}`.
pub(crate) fn delete(engine: &Engine, query: &Query, key: &str) -> Result<Answer, ApiError> {
    let key = Encoding::of(query)?.read_path(key)?;
    match integer(engine.call(&[b"DEL", &key[..]])?)? {
        0 => Err(no_such_key()),
        _ => Ok(Answer::no_content()),
    }
}

/// Which end of a list is meant.
#[derive(Clone, Copy)]
enum End {
    Left,
    Right,
}

fn end_of(body: &Body) -> Result<End, ApiError> {
    match body.text("end")? {
        "left" => Ok(End::Left),
        "right" => Ok(End::Right),
        other => Err(bad(format!("\"end\" is \"left\" or \"right\", not {other:?}"))),
    }
}

/// `POST /api/lists/{key}/push`.
pub(crate) fn push(engine: &Engine, query: &Query, key: &str, body: &Body) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let key = encoding.read_path(key)?;
    let values = body.texts("values")?.into_iter().map(|text| encoding.read(text));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let command: &[u8] = match end_of(body)? {
        End::Left => b"LPUSH",
        End::Right => b"RPUSH",
    };
    let mut request = vec![command, &key];
    request.extend(values.iter().map(Vec::as_slice));
    let length = integer(engine.call(&request)?)?;
    Ok(Answer::json(200, &json!({"length": length})))
}

/// `POST /api/lists/{key}/pop`: an empty list is one that is not there, so nothing to pop is no error.
pub(crate) fn pop(engine: &Engine, query: &Query, key: &str, body: &Body) -> Result<Answer, ApiError> {
    let encoding = Encoding::of(query)?;
    let key = encoding.read_path(key)?;
    let count = body.number("count", 1..=MAX_LIMIT)?.unwrap_or(1).to_string();
    let command: &[u8] = match end_of(body)? {
        End::Left => b"LPOP",
        End::Right => b"RPOP",
    };
    // Bytes that cannot be said must be found out before the elements are gone.
    if encoding == Encoding::Text {
        let (first, last) = match end_of(body)? {
            End::Left => ("0".to_owned(), format!("{}", count.parse::<i64>().unwrap_or(1) - 1)),
            End::Right => (format!("-{count}"), "-1".to_owned()),
        };
        let look = [b"LRANGE", &key[..], first.as_bytes(), last.as_bytes()];
        said(&byte_strings(engine.call(&look)?)?, encoding)?;
    }
    let values = byte_strings(engine.call(&[command, &key[..], count.as_bytes()])?)?;
    Ok(Answer::json(200, &json!({"values": said(&values, encoding)?})))
}

fn said(values: &[Vec<u8>], encoding: Encoding) -> Result<Vec<Json>, ApiError> {
    values.iter().map(|v| encoding.write(v).map(Json::from)).collect()
}

/// The kind of a key's value; none when there is no such key.
fn kind_of(reply: &Value) -> Result<Option<&str>, ApiError> {
    match reply {
        Value::Status(kind) if kind == "none" => Ok(None),
        Value::Status(kind) => Ok(Some(kind)),
        other => Err(unexpected(other)),
    }
}

/// The remaining milliseconds; null without a deadline.
fn remaining_ms(reply: &Value) -> Result<Json, ApiError> {
    match reply {
        Value::Integer(ms) if *ms >= 0 => Ok(json!(ms)),
        Value::Integer(_) => Ok(Json::Null),
        other => Err(unexpected(other)),
    }
}

fn no_such_key() -> ApiError {
    ApiError::new(404, "NO_SUCH_KEY", "there is no such key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        assert_eq!(first_after_prefix(b"ab"), b"ac");
        assert_eq!(first_after_prefix(b"a\xff\xff"), b"b");
        assert_eq!(first_after_prefix(b"\xff"), b"");
        assert_eq!(first_after_prefix(b""), b"");
    }

    #[test]
    fn a_listing_goes_on_right_behind_the_last_key() {
        assert_eq!(first_to_list(b"ab", None), b"ab");
        assert_eq!(first_to_list(b"ab", Some(b"abc".to_vec())), b"abc\0");
        assert_eq!(first_to_list(b"ab", Some(b"aa".to_vec())), b"ab");
        assert_eq!(first_to_list(b"", Some(Vec::new())), b"\0");
    }
}
