//! What the server does with requests: changes the tree, records, commits, and refuses writes while it cannot.

use heapwood_aof::{
    CommitError, DiskStorage, Log, Replay, Snapshot, SortedRun, StringsSnapshot, load_strings,
};
use heapwood_poll_loop::{
    CommitFailed, FrameWire, Housekeeping, Now, Outcome, Request, Round, RoundId, Service,
};
use heapwood_sockets::Replies;
use heapwood_treap::{Packed, Treap, strings};
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

/// How long to wait before trying again to write a log that could not be written.
const RETRY_MS: u64 = 100;

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

/// Keys and strings.
pub(crate) struct Tree(pub(crate) Treap<Packed>);

impl Replay for Tree {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        Err(format!("unknown command '{}'", quote(args[0])))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        load_strings(&mut self.0, run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(StringsSnapshot::new(&self.0))
    }
}

/// The tree and its log, as a service.
pub(crate) struct Store {
    pub(crate) tree: Tree,
    pub(crate) log: Log<DiskStorage>,
}

impl Service for Store {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let mut wrote = false;
        round.reply(request.client(), |replies| wrote = self.execute(request, replies));
        if wrote {
            round.wrote(request.client());
        }
        Outcome::Done
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        let failed = |error: CommitError| CommitFailed { reason: error.to_string() };
        self.log.commit(now.unix_ms).map_err(failed)
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _: Duration) -> Housekeeping {
        let now = round.now().unix_ms;
        if let Some(warning) = self.log.warning() {
            let _ = writeln!(std::io::stderr(), "heapwood-aof: {warning}");
        }
        if self.log.health().is_ok() {
            return Housekeeping::default();
        }
        // What fails again shows in the log's health.
        let _ = self.log.mend(&mut *self.tree.snapshot(), now);
        Housekeeping { more: false, due_unix_ms: Some(now + RETRY_MS) }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        let _ = self.log.mend(&mut *self.tree.snapshot(), now.unix_ms);
        self.log.close(now.unix_ms).map_err(|error| error.to_string())
    }
}

impl Store {
    /// Runs one request, writes its reply, and says whether something changed.
    fn execute(&mut self, request: Request<'_>, replies: &mut dyn Replies) -> bool {
        let arguments: Vec<&[u8]> = request.args().collect();
        let name = request.arg(0).to_ascii_uppercase();
        let tree = &mut self.tree.0;
        let refusal = self.log.health().as_ref().err().map(CommitError::refusal);
        let reply = match (&name[..], &arguments[1..], refusal) {
            (b"SET", [_, _], Some(refusal)) | (b"DEL", [_, ..], Some(refusal)) => Err(refusal),
            (b"SET", [key, value], None) => {
                let found = tree.find(key);
                let set = strings::set(tree, found, key, value).map_err(|error| error.to_string());
                set.map(|_| replies.status("OK")).map(|()| true)
            }
            (b"DEL", keys @ [_, ..], None) => {
                let removed = keys.iter().filter(|key| tree.remove(key).is_some()).count();
                replies.integer(removed as i64);
                Ok(removed > 0)
            }
            (b"GET", [key], _) => {
                match strings::get(tree, tree.find(key)) {
                    Ok(Some(value)) => replies.bytes(value),
                    Ok(None) => replies.nil(),
                    Err(error) => replies.error(&error.to_string()),
                }
                Ok(false)
            }
            (b"SET" | b"GET" | b"DEL", ..) => {
                let name = quote(&name).to_lowercase();
                Err(format!("ERR wrong number of arguments for '{name}' command"))
            }
            _ => Err(format!("ERR unknown command '{}'", quote(request.arg(0)))),
        };
        let changed = reply.unwrap_or_else(|error| {
            replies.error(&error);
            false
        });
        if changed {
            self.log.record(&arguments);
        }
        changed
    }
}

/// What an error says of bytes that a client sent.
fn quote(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(QUOTED_BYTES)])
}
