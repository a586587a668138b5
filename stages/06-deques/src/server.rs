//! The service behind stage 6's loop: stage 5's, and clients that wait for elements.

use crate::commands::{self, Store, text, unknown};
use crate::list_commands;
use heapwood_aof::{DiskStorage, Log, Replay, Snapshot, SortedRun};
use heapwood_deques::graveyard::UNITS_PER_ROUND;
use heapwood_deques::{Delivery, End, Graveyard, Served, Value, ValueSnapshot, Waiters, lists, timeout};
use heapwood_poll_loop::{
    ClientId, CommitFailed, FrameWire, Housekeeping, Now, Outcome, Request, Round, RoundId, Service,
};
use heapwood_sockets::{FrameReplies, Replies};
use heapwood_ttl::{EXPIRED_PER_ROUND, Keyspace};
use std::io::Write;
use std::time::Duration;

/// How long to wait before trying again to write a log that could not be written.
const RETRY_MS: u64 = 100;

/// What a log is loaded into.
pub(crate) struct Loader<'a> {
    pub(crate) keys: &'a mut Keyspace<Value>,
    pub(crate) now_ms: u64,
}

impl Replay for Loader<'_> {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        // What is in the log already is not logged again.
        let graves = &mut Graveyard::new();
        let mut store = Store { keys: self.keys, graves, now_ms: self.now_ms, record: &mut |_| () };
        store.execute(args, &mut FrameReplies::new(&mut Vec::new()))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.keys.load_run(run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(ValueSnapshot::new(self.keys))
    }
}

/// The keys and their log, as the loop drives them.
pub(crate) struct Server {
    pub(crate) keys: Keyspace<Value>,
    pub(crate) graves: Graveyard,
    pub(crate) waiters: Waiters<ClientId>,
    pub(crate) log: Log<DiskStorage>,
    pub(crate) next_mend_mono_ms: u64,
}

impl Service for Server {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let (client, mut args) = (request.client(), request.args().collect::<Vec<_>>());
        let name = args[0].to_ascii_uppercase();
        args[0] = &name;
        if commands::writes(&name)
            && let Err(failure) = self.log.health()
        {
            round.reply(client, |replies| replies.error(&failure.refusal()));
            return Outcome::Done;
        }
        if !matches!(&name[..], b"BLPOP" | b"BRPOP") {
            self.execute(round, client, &args);
            self.serve(round);
            return Outcome::Done;
        }
        match self.wait(client, &args, round.now()) {
            Err(error) => {
                round.reply(client, |replies| replies.error(&error));
                Outcome::Done
            }
            Ok(deadline_mono_ms) => {
                self.serve(round);
                let waits = self.waiters.contains(client);
                if waits { Outcome::Park { deadline_mono_ms } } else { Outcome::Done }
            }
        }
    }

    fn timed_out(&mut self, round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.waiters.remove(client);
        round.reply(client, |replies| replies.nil_array());
    }

    fn gone(&mut self, _round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.waiters.remove(client);
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        self.log.commit(now.unix_ms).map_err(|error| CommitFailed { reason: text(error) })
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _: Duration) -> Housekeeping {
        let now = round.now();
        self.mend(now);
        let expired = self.keys.expire_due(now.unix_ms, EXPIRED_PER_ROUND);
        self.keys.drain_expired(|gone| {
            self.log.record(&[b"DEL", gone.key()]);
            self.graves.bury(gone);
        });
        let freed = self.graves.step(UNITS_PER_ROUND);
        Housekeeping { more: expired > 0 || !freed, due_unix_ms: self.keys.next_deadline() }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        self.next_mend_mono_ms = 0;
        self.mend(now);
        self.log.close(now.unix_ms).map_err(text)
    }
}

impl Server {
    /// A command that does not wait.
    fn execute(&mut self, round: &mut Round<'_, FrameWire>, client: ClientId, args: &[&[u8]]) {
        let mut wrote = false;
        let (now_ms, log) = (round.now().unix_ms, &mut self.log);
        let record = &mut |args: &[&[u8]]| {
            log.record(args);
            wrote = true;
        };
        let (keys, graves) = (&mut self.keys, &mut self.graves);
        let mut store = Store { keys, graves, now_ms, record };
        round.reply(client, |replies| {
            if let Err(error) = store.execute(args, replies) {
                replies.error(&error);
            }
        });
        if wrote {
            round.wrote(client);
        }
        if let [b"LPUSH" | b"RPUSH", key, ..] = args {
            self.waiters.key_ready(key);
        }
    }

    /// BLPOP and BRPOP. When to give up, on the monotonic clock.
    fn wait(&mut self, client: ClientId, args: &[&[u8]], now: Now) -> Result<Option<u64>, String> {
        let [name, keys @ .., seconds] = args else {
            return Err(unknown(args[0]));
        };
        if keys.is_empty() {
            return Err(unknown(args[0]));
        }
        let deadline_mono_ms = timeout::deadline_ms(seconds, now.mono_ms).map_err(text)?;
        let end = list_commands::end(name);
        for key in keys {
            // A string is refused only where it comes before the list that would serve this client at once.
            let found = self.keys.find(key, None, now.unix_ms);
            if !lists::deque(&self.keys, found).map_err(text)?.is_empty() {
                break;
            }
        }
        self.waiters.add(client, end, keys.iter().copied());
        keys.iter().for_each(|key| self.waiters.key_ready(key));
        Ok(deadline_mono_ms)
    }

    /// Gives waiters what has come for them: to be called after each command.
    fn serve(&mut self, round: &mut Round<'_, FrameWire>) {
        let now_ms = round.now().unix_ms;
        self.waiters.serve(&mut self.keys, now_ms, |served| {
            let mut delivery = Delivery::Refused;
            round.reply(served.client, |replies| delivery = deliver(&served, replies));
            if delivery == Delivery::Taken {
                let pop: &[u8] = if served.end == End::Front { b"LPOP" } else { b"RPOP" };
                self.log.record(&[pop, served.key]);
                round.wrote(served.client);
            }
            round.wake(served.client);
            delivery
        });
    }

    /// While the log is broken, tries to mend it every now and then; says what a person should know.
    fn mend(&mut self, now: Now) {
        if let Some(warning) = self.log.warning() {
            let _ = writeln!(std::io::stderr(), "heapwood-deques: {warning}");
        }
        if self.log.health().is_ok() || now.mono_ms < self.next_mend_mono_ms {
            return;
        }
        self.next_mend_mono_ms = now.mono_ms + RETRY_MS;
        let mended = self.log.mend(&mut ValueSnapshot::new(&self.keys), now.unix_ms);
        if let Err(error) = mended {
            let _ = writeln!(std::io::stderr(), "heapwood-deques: {error}");
        }
    }
}

/// Replies with key and element, or with an error when they do not fit into one reply.
fn deliver(served: &Served<'_, ClientId>, replies: &mut dyn Replies) -> Delivery {
    if !replies.fits(served.key.len() + served.element.len(), 3) {
        replies.error(lists::TOO_BIG);
        return Delivery::Refused;
    }
    replies.array(2);
    replies.bytes(served.key);
    replies.bytes(served.element);
    Delivery::Taken
}
