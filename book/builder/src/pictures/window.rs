//! Key windows, and searches side by side.
//!
//! - `seed N`: the treap's seed; 1 without this line.
//! - `insert KEY …`: puts keys in, without a step of the picture.
//! - `tree`: what each node's window skips and holds.
//! - `add KEY`: the tree before and after one more key, with the windows that changed.
//! - `find KEY`: a search, node by node, and what each window says to it.
//! - `batch KEY …`: searches side by side, turn by turn.
//!
//! A treap does not show its windows. So they are worked out from the keys and the links that it shows: a window skips
//! what the bounds of its node's interval share. [`Treap::check`] says that those in the nodes are the same, and what
//! [`Treap::find`] and [`Treap::find_batch`] answer says that the searches end where the drawn ones do.

mod draw;
mod lanes;
mod rows;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use heapwood_treap::{Packed, Treap};

use super::{Frame, Line, Script};
use draw::Scene;
use rows::{Row, Verdict};

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut treap = Treap::with_seed(1);
    let (mut scenes, mut frames) = (Vec::new(), Vec::new());
    for line in &script.lines {
        match line.verb.as_str() {
            "seed" => treap = Treap::with_seed(line.number()?),
            "insert" => line.words().try_for_each(|key| insert(&mut treap, key))?,
            "tree" => scenes.push(Scene::of(rows::recorded(&treap)?, look(&treap)?)),
            "add" => add(&mut treap, one_key(line)?, &mut scenes)?,
            "find" => find(&treap, one_key(line)?, &mut scenes)?,
            "batch" => {
                let keys: Vec<&str> = line.words().collect();
                frames.extend(lanes::record(&treap, &keys)?);
            }
            other => return Err(format!("a picture of windows has no verb {other:?}")),
        }
    }
    let mut drawn = draw::draw(&scenes)?;
    drawn.append(&mut frames);
    Ok(drawn)
}

fn one_key(line: &Line) -> Result<&str, String> {
    let mut words = line.words();
    match (words.next(), words.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(format!("{} takes one key", line.verb)),
    }
}

fn insert(treap: &mut Treap<Packed>, key: &str) -> Result<(), String> {
    match treap.insert(Packed::string(key.as_bytes(), b"")) {
        Ok((_, None)) => Ok(()),
        Ok(_) => Err(format!("{key} is there already")),
        Err(full) => Err(full.to_string()),
    }
}

/// What there is to see in a tree at rest.
fn look(treap: &Treap<Packed>) -> Result<String, String> {
    let rows = rows::recorded(treap)?;
    let deepest = rows.iter().max_by_key(|row| row.skip).ok_or("there is no key yet")?;
    Ok(match deepest.skip {
        0 => format!("{} keys; no window skips anything.", rows.len()),
        skip => format!(
            "{} keys: the window of {} skips {skip} bytes, because the bounds of its interval share them.",
            rows.len(),
            deepest.key
        ),
    })
}

/// The tree before and after one more key.
fn add(treap: &mut Treap<Packed>, key: &str, scenes: &mut Vec<Scene>) -> Result<(), String> {
    let before = rows::recorded(treap)?;
    scenes.push(Scene::of(before.clone(), format!("{} keys, before {key} goes in.", before.len())));
    insert(treap, key)?;
    let after = rows::recorded(treap)?;
    let mut moved: Vec<&Row> =
        after.iter().filter(|row| !before.iter().any(|old| old.has_window_of(row))).collect();
    moved.sort_by_key(|row| row.key != key);
    let changes: Vec<String> = moved
        .iter()
        .map(|row| match before.iter().find(|old| old.key == row.key) {
            Some(old) => format!("that of {} skips {} bytes instead of {}", row.key, row.skip, old.skip),
            None => format!("its window skips {} bytes", row.skip),
        })
        .collect();
    let rest = after.len() - moved.len();
    let caption =
        format!("{key} is in: {}. The other {rest} windows are what they were.", changes.join(", and "));
    let marks = moved.iter().map(|row| row.key.clone()).collect();
    scenes.push(Scene { marks, ..Scene::of(after.clone(), caption) });
    Ok(())
}

/// A search, one step for each node.
fn find(treap: &Treap<Packed>, key: &str, scenes: &mut Vec<Scene>) -> Result<(), String> {
    let rows = rows::recorded(treap)?;
    let (mut at, mut path) = (treap.root(), Vec::new());
    while let Some(row) = rows.iter().find(|row| Some(row.slot) == at) {
        path.push(row.key.clone());
        let (verdict, order) = (row.verdict(key), key.cmp(row.key.as_str()));
        let way = match order {
            Ordering::Less => "is smaller: the search goes left",
            Ordering::Greater => "is larger: the search goes right",
            Ordering::Equal => "is the same: found",
        };
        let caption = match verdict {
            Verdict::Differs => format!(
                "At {}: after {} skipped bytes the windows differ, and {key} {way}.",
                row.key, row.skip
            ),
            Verdict::Equal => format!(
                "At {}: the windows are equal and say nothing, so the record is read; its key {}.",
                row.key,
                record_says(order)
            ),
        };
        let sought = Some((key.to_owned(), row.skip));
        scenes.push(Scene { path: path.clone(), sought, ..Scene::of(rows.clone(), caption) });
        at = match order {
            Ordering::Less => row.children[0],
            Ordering::Greater => row.children[1],
            Ordering::Equal => break,
        };
    }
    if at.is_none() {
        let caption = format!("There is no node where the search would go on: {key} is not in the tree.");
        let sought = scenes.last().and_then(|scene| scene.sought.clone());
        scenes.push(Scene { path, sought, ..Scene::of(rows, caption) });
    }
    if at == treap.find(key.as_bytes()) {
        Ok(())
    } else {
        Err(format!("the drawn search for {key} went astray"))
    }
}

fn record_says(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "is larger than the one sought, and the search goes left",
        Ordering::Greater => "is smaller than the one sought, and the search goes right",
        Ordering::Equal => "is the one sought",
    }
}
