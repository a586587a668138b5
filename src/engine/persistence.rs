//! The engine's side of the log: commit once a round, and what happens while it cannot be
//! written.

use heapwood_aof::{CommitError, FsyncPolicy, Log, LogFigures, Recovery, Storage};
use heapwood_deques::{Value, ValueSnapshot};
use heapwood_poll_loop::{CommitFailed, Now};
use heapwood_ttl::Keyspace;

use super::store::Journal;

/// How long to leave a log alone that could not be written, before trying again.
const RETRY_MS: u64 = 100;

/// The log, if there is one, and what is known of its state.
pub struct Persistence<S: Storage> {
    log: Option<Log<S>>,
    policy: FsyncPolicy,
    recovery: Recovery,
    records: u64,
    rounds: u64,
    /// Whether something was recorded since the last commit.
    recorded: bool,
    next_try_mono_ms: u64,
    /// The operator has been told that the log cannot be written.
    told: bool,
    warn: fn(&str),
}

impl<S: Storage> Persistence<S> {
    /// No log: nothing survives the process.
    pub fn none() -> Self {
        Self::new(None, FsyncPolicy::No, Recovery::default())
    }

    /// An open log, and what opening it found.
    pub fn with_log(log: Log<S>, policy: FsyncPolicy, recovery: Recovery) -> Self {
        Self::new(Some(log), policy, recovery)
    }

    fn new(log: Option<Log<S>>, policy: FsyncPolicy, recovery: Recovery) -> Self {
        let warn = |text: &str| crate::complain(format_args!("heapwood: {text}"));
        Self {
            log,
            policy,
            recovery,
            records: 0,
            rounds: 0,
            recorded: false,
            next_try_mono_ms: 0,
            told: false,
            warn,
        }
    }

    /// Whether there is a log.
    pub fn is_enabled(&self) -> bool {
        self.log.is_some()
    }

    /// When rounds are forced to disk.
    pub fn policy(&self) -> FsyncPolicy {
        self.policy
    }

    /// What opening the log found.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Whether writes are taken.
    #[inline]
    pub fn is_sound(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.health().is_ok())
    }

    /// The error that commands that write get while the log cannot be written.
    pub fn refusal(&self) -> Option<String> {
        self.log.as_ref()?.health().as_ref().err().map(CommitError::refusal)
    }

    /// Sizes and counts.
    pub fn figures(&self) -> LogFigures {
        self.log.as_ref().map(Log::figures).unwrap_or_default()
    }

    /// Records written since the start, and the rounds they were in.
    pub fn written(&self) -> (u64, u64) {
        (self.records, self.rounds)
    }

    /// Writes the round, and syncs it where the policy asks for it. When no client wrote in it, it
    /// holds at most removals of expired keys: then a failure concerns no reply.
    ///
    /// # Errors
    ///
    /// The round, in which a client wrote, is not known to be on disk.
    pub fn commit(&mut self, now: Now, a_client_wrote: bool) -> Result<(), CommitFailed> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        self.rounds += u64::from(std::mem::take(&mut self.recorded));
        let Err(error) = log.commit(now.unix_ms) else {
            return Ok(());
        };
        let reason = format!("{error}; writes are refused until it can be written again");
        let told_before = std::mem::replace(&mut self.told, true);
        if !told_before {
            // Only the first failure: those that follow, of removals, must not put the repair off.
            self.next_try_mono_ms = now.mono_ms + RETRY_MS;
        }
        if a_client_wrote {
            // The loop tells the operator.
            return Err(CommitFailed { reason });
        }
        if !told_before {
            (self.warn)(&reason);
        }
        Ok(())
    }

    /// Tries to get a log that failed going again, now and then: the bytes that were kept once
    /// more after a failed write, a fresh file from memory after a failed sync. Says when it wants
    /// to be called next, in milliseconds from now; never while all is well.
    pub fn mend(&mut self, keys: &Keyspace<Value>, now: Now) -> Option<u64> {
        let log = self.log.as_mut()?;
        if let Some(warning) = log.warning() {
            (self.warn)(&warning);
        }
        if log.health().is_ok() {
            self.tell_that_all_is_well();
            return None;
        }
        if now.mono_ms >= self.next_try_mono_ms {
            self.next_try_mono_ms = now.mono_ms + RETRY_MS;
            // A failure shows in the health, and is tried again.
            let _ = log.mend(&mut ValueSnapshot::new(keys), now.unix_ms);
            if self.is_sound() {
                self.tell_that_all_is_well();
                return None;
            }
            self.tell_that_it_failed();
        }
        Some(self.next_try_mono_ms.saturating_sub(now.mono_ms))
    }

    /// A sync on the flusher's thread fails outside of any commit.
    fn tell_that_it_failed(&mut self) {
        if let Some(refusal) = self.refusal().filter(|_| !self.told) {
            self.told = true;
            (self.warn)(refusal.trim_start_matches("MISCONF "));
        }
    }

    fn tell_that_all_is_well(&mut self) {
        if std::mem::take(&mut self.told) {
            (self.warn)("the log can be written again; writes are taken");
        }
    }

    /// Clean shutdown: everything is on disk, and the log says so. When that fails, it is tried
    /// once more after a repair.
    ///
    /// # Errors
    ///
    /// What could not be written.
    pub fn close(&mut self, keys: &Keyspace<Value>, now: Now) -> Result<(), String> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let closed = log.close(now.unix_ms).or_else(|_| {
            log.mend(&mut ValueSnapshot::new(keys), now.unix_ms)?;
            log.close(now.unix_ms)
        });
        closed.map_err(|error| error.to_string())
    }
}

impl<S: Storage> Journal for Persistence<S> {
    #[inline]
    fn record(&mut self, arguments: &[&[u8]]) {
        if let Some(log) = &mut self.log {
            log.record(arguments);
            self.records += 1;
            self.recorded = true;
        }
    }
}
