//! The service behind stage 5's loop: commands, their log, and what is due.

use crate::commands::{self, Store, text};
use heapwood_aof::{DiskStorage, Log, Replay, Snapshot, SortedRun};
use heapwood_poll_loop::{
    CommitFailed, FrameWire, Housekeeping, Now, Outcome, Request, Round, RoundId, Service,
};
use heapwood_sockets::FrameReplies;
use heapwood_treap::Packed;
use heapwood_ttl::{EXPIRED_PER_ROUND, Keyspace, KeyspaceSnapshot};
use std::io::Write;
use std::time::Duration;

/// How long to wait before trying again to write a log that could not be written.
const RETRY_MS: u64 = 100;

/// What a log is loaded into.
pub(crate) struct Loader<'a> {
    pub(crate) keys: &'a mut Keyspace<Packed>,
    pub(crate) now_ms: u64,
}

impl Replay for Loader<'_> {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        // What is in the log already is not logged again.
        let mut store = Store { keys: self.keys, now_ms: self.now_ms, record: &mut |_| () };
        store.execute(args, &mut FrameReplies::new(&mut Vec::new()))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.keys.load_run(run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(KeyspaceSnapshot::new(self.keys))
    }
}

/// The keys and their log, as the loop drives them.
pub(crate) struct Server {
    pub(crate) keys: Keyspace<Packed>,
    pub(crate) log: Log<DiskStorage>,
    pub(crate) next_mend_mono_ms: u64,
}

impl Service for Server {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let (client, args) = (request.client(), request.args().collect::<Vec<_>>());
        if commands::writes(args[0])
            && let Err(failure) = self.log.health()
        {
            round.reply(client, |replies| replies.error(&failure.refusal()));
            return Outcome::Done;
        }
        let mut wrote = false;
        let (now_ms, keys, log) = (round.now().unix_ms, &mut self.keys, &mut self.log);
        round.reply(client, |replies| {
            let mut store = Store {
                keys,
                now_ms,
                record: &mut |args| {
                    log.record(args);
                    wrote = true;
                },
            };
            if let Err(error) = store.execute(&args, replies) {
                replies.error(&error);
            }
        });
        if wrote {
            round.wrote(client);
        }
        Outcome::Done
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        self.log.commit(now.unix_ms).map_err(|error| CommitFailed { reason: text(error) })
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _: Duration) -> Housekeeping {
        let now = round.now();
        self.mend(now);
        let expired = self.keys.expire_due(now.unix_ms, EXPIRED_PER_ROUND);
        self.keys.drain_expired(|gone| self.log.record(&[b"DEL", gone.key()]));
        Housekeeping { more: expired > 0, due_unix_ms: self.keys.next_deadline() }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        self.next_mend_mono_ms = 0;
        self.mend(now);
        self.log.close(now.unix_ms).map_err(text)
    }
}

impl Server {
    /// While the log is broken, tries to mend it every now and then; says what a person should know.
    fn mend(&mut self, now: Now) {
        if let Some(warning) = self.log.warning() {
            let _ = writeln!(std::io::stderr(), "heapwood-ttl: {warning}");
        }
        if self.log.health().is_ok() || now.mono_ms < self.next_mend_mono_ms {
            return;
        }
        self.next_mend_mono_ms = now.mono_ms + RETRY_MS;
        let mended = self.log.mend(&mut KeyspaceSnapshot::new(&self.keys), now.unix_ms);
        if let Err(error) = mended {
            let _ = writeln!(std::io::stderr(), "heapwood-ttl: {error}");
        }
    }
}
