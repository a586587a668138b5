//! An engine that knows GET and SET with EX: stage 1's frames, stage 3's loop, stage 5's keys, and a clock that a picture
//! sets.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use heapwood_poll_loop::{
    Clock, EventLoop, FrameWire, LoopOptions, Now, Outcome, PollPoller, Request, Round, Service, Waker,
};
use heapwood_treap::{Packed, strings};
use heapwood_ttl::{Expires, Keyspace, TimeForm};

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The engine was asked, and replied.
    Engine { request: String, reply: String },
    /// The source was read.
    Source { name: String, text: String },
}

/// What the engine holds of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) value: String,
    pub(super) deadline_ms: Option<u64>,
}

/// What engine and picture share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) now_ms: AtomicU64,
    steps: Mutex<Vec<Step>>,
    /// What the engine last stored.
    copy: Mutex<Option<Copy>>,
}

impl Shared {
    pub(super) fn note(&self, step: Step) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }

    /// The steps since the last call.
    pub(super) fn take(&self) -> Vec<Step> {
        std::mem::take(&mut self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn copy(&self) -> Option<Copy> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct SetClock(Arc<Shared>);

impl Clock for SetClock {
    fn now(&mut self) -> Now {
        let now_ms = self.0.now_ms.load(Ordering::SeqCst);
        Now { unix_ms: now_ms, mono_ms: now_ms }
    }
}

struct Keys {
    keys: Keyspace<Packed>,
    shared: Arc<Shared>,
}

impl Keys {
    fn execute(&mut self, args: &[&[u8]], now_ms: u64) -> Result<Option<String>, String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match args {
            [b"GET", key] => {
                let found = self.keys.find(key, None, now_ms);
                let value = strings::get(self.keys.tree(), found).map_err(|error| error.to_string())?;
                Ok(value.map(text))
            }
            [b"SET", key, value, option, time] => {
                let form = TimeForm::of_option(option).ok_or("ERR syntax error")?;
                let deadline_ms = form.deadline_ms(time, now_ms, "set").map_err(|error| error.to_string())?;
                let found = self.keys.find(key, None, now_ms);
                let slot = strings::set(self.keys.tree_mut(), found, key, value)
                    .map_err(|error| error.to_string())?;
                self.keys.set_deadline(slot, Some(deadline_ms));
                Ok(Some("OK".into()))
            }
            _ => Err("ERR unknown command".into()),
        }
    }

    /// The copy under this key, looked at without the expiry of a lookup.
    fn copy(&self, key: &[u8]) -> Option<Copy> {
        let record = self.keys.tree().record(self.keys.tree().find(key)?);
        let value = strings::get(self.keys.tree(), self.keys.tree().find(key)).ok()??;
        let value = String::from_utf8_lossy(value).into_owned();
        Some(Copy { value, deadline_ms: record.deadline_ms() })
    }
}

impl Service for Keys {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let args: Vec<&[u8]> = request.args().collect();
        let told = self.execute(&args, round.now().unix_ms);
        let copy = args.get(1).and_then(|key| self.copy(key));
        *self.shared.copy.lock().unwrap_or_else(PoisonError::into_inner) = copy;
        let request_text = String::from_utf8_lossy(&args.join(&b' ')).into_owned();
        let reply = match &told {
            Ok(value) => value.clone().unwrap_or("nil".into()),
            Err(error) => error.clone(),
        };
        self.shared.note(Step::Engine { request: request_text, reply });
        round.reply(request.client(), |replies| match &told {
            Ok(None) => replies.nil(),
            Ok(Some(text)) if args[0] == b"SET" => replies.status(text),
            Ok(Some(text)) => replies.bytes(text.as_bytes()),
            Err(error) => replies.error(error),
        });
        Outcome::Done
    }
}

/// A running engine.
pub(super) struct Engine {
    pub(super) address: String,
    pub(super) shared: Arc<Shared>,
    waker: Waker,
    running: Option<JoinHandle<()>>,
}

impl Engine {
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::<Shared>::default();
        let keys = Keys { keys: Keyspace::with_seed(7), shared: Arc::clone(&shared) };
        let (clock, options) = (SetClock(Arc::clone(&shared)), LoopOptions::default());
        let turning = EventLoop::new(vec![listener], keys, PollPoller::new(), clock, options)?;
        let waker = turning.waker();
        let running = thread::spawn(move || drop(turning.run()));
        Ok(Self { address, shared, waker, running: Some(running) })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.waker.shut_down();
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}
