//! Cache-aside step by step: the stage's own cache and pool before an engine whose clock the block sets.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

use heapwood_http_bridge::aside::Found;
use heapwood_http_bridge::pool::unreachable;
use heapwood_http_bridge::{ApiError, CacheAside, Pool};
use heapwood_sockets::Client;

use super::count;
use super::engine::{Engine, Step};
use super::exchange::{Moment, draw};
use crate::pictures::script::Line;
use crate::pictures::{Frame, Script};

pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut recorder = Recorder::start()?;
    for line in &script.lines {
        recorder.carry_out(line)?;
    }
    let rows = recorder.moments.iter().map(|moment| moment.steps.len()).max().unwrap_or(0);
    Ok(recorder.moments.iter().map(|moment| draw(moment, rows)).collect())
}

/// Fields are dropped in order: the cache lets go of its connections before the engine ends.
struct Recorder {
    cache: CacheAside,
    engine: Engine,
    /// What the slow source says.
    prices: BTreeMap<String, String>,
    moments: Vec<Moment>,
}

impl Recorder {
    fn start() -> Result<Self, String> {
        let engine = Engine::start().map_err(|error| error.to_string())?;
        let address = engine.address.clone();
        let cache = CacheAside::new(Pool::new(move || Client::connect(&address).map_err(unreachable)));
        Ok(Self { cache, engine, prices: BTreeMap::new(), moments: Vec::new() })
    }

    fn carry_out(&mut self, line: &Line) -> Result<(), String> {
        match (line.verb.as_str(), &line.words().collect::<Vec<_>>()[..]) {
            ("price", [name, text]) => {
                self.prices.insert((*name).to_owned(), (*text).to_owned());
                Ok(())
            }
            ("ask", [name]) => self.ask(name),
            ("pass", [_]) => self.pass(line.number()?),
            ("together", [callers, name]) => {
                let callers = callers.parse().map_err(|_| format!("{callers:?} is no number"))?;
                self.together(callers, name)
            }
            _ => Err(format!("{} {} is not understood after price", line.verb, line.rest)),
        }
    }

    fn source(&self, name: &str) -> Result<String, String> {
        self.prices.get(name).cloned().ok_or_else(|| format!("there is no price of {name}"))
    }

    /// One caller: a frame for each thing that happens.
    fn ask(&mut self, name: &str) -> Result<(), String> {
        let says = self.source(name)?;
        let shared = &self.engine.shared;
        let source = || {
            shared.note(Step::Source { name: name.to_owned(), text: says.clone() });
            Ok(says.clone())
        };
        let found = self.cache.read(name, source).map_err(text)?;
        let steps = shared.take();
        for step in 1..=steps.len() {
            let caption = caption(&steps[..step], steps.len(), &found, &says);
            let mut moment = self.moment(caption, 1);
            moment.steps = steps[..step].to_vec();
            // The engine has its copy from the SET on.
            let is_stored = found.hit || step == steps.len();
            moment.copy = moment.copy.filter(|_| is_stored);
            self.moments.push(moment);
        }
        Ok(())
    }

    fn pass(&mut self, seconds: u64) -> Result<(), String> {
        self.engine.shared.now_ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
        let mut moment = self.moment(String::new(), 0);
        moment.caption = match moment.left_ms() {
            None => format!("{} pass; the engine has no copy.", count(seconds as usize, "second")),
            Some(0) => format!(
                "{} pass, and the copy's deadline has come: no GET finds it any more.",
                count(seconds as usize, "second")
            ),
            Some(ms) => format!(
                "{} pass: the copy has {} left.",
                count(seconds as usize, "second"),
                count(ms as usize / 1_000, "second")
            ),
        };
        self.moments.push(moment);
        Ok(())
    }

    /// Several callers at once: none leaves the source before all have come to it.
    fn together(&mut self, callers: usize, name: &str) -> Result<(), String> {
        let says = self.source(name)?;
        let (shared, all_read, found) =
            (&self.engine.shared, Barrier::new(callers), Mutex::new(Vec::<Result<Found, ApiError>>::new()));
        let source = || {
            shared.note(Step::Source { name: name.to_owned(), text: says.clone() });
            all_read.wait();
            Ok(says.clone())
        };
        thread::scope(|scope| {
            for _ in 0..callers {
                scope.spawn(|| {
                    let told = self.cache.read(name, source);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push(told);
                });
            }
        });
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        if found.iter().any(|told| told.as_ref().is_ok_and(|found| found.hit) || told.is_err()) {
            return Err(format!("not every caller missed: {found:?}"));
        }
        self.note_together(callers, name)
    }

    /// Which of the callers came first in each of the three things they did is chance, and leaves no trace: all did the
    /// same.
    fn note_together(&mut self, callers: usize, name: &str) -> Result<(), String> {
        let steps = self.engine.shared.take();
        let is = |step: &Step, wanted: &str| match step {
            Step::Engine { request, .. } => request.starts_with(wanted),
            Step::Source { .. } => wanted == "read",
        };
        let mut so_far = Vec::new();
        let captions = [
            (
                "GET",
                format!("{callers} callers ask for {name} at once: the engine has no copy for any of them."),
            ),
            ("read", format!("So the source is read {callers} times, for the same answer.")),
            ("SET", format!("And the engine stores the same copy {callers} times: a stampede.")),
        ];
        for (wanted, caption) in captions {
            let group: Vec<Step> = steps.iter().filter(|step| is(step, wanted)).cloned().collect();
            if group.len() != callers {
                return Err(format!("{callers} callers, but {wanted} happened {} times", group.len()));
            }
            so_far.extend(group);
            let mut moment = self.moment(caption, callers);
            moment.steps.clone_from(&so_far);
            moment.copy = moment.copy.filter(|_| wanted == "SET");
            self.moments.push(moment);
        }
        Ok(())
    }

    fn moment(&self, caption: String, fresh: usize) -> Moment {
        let shared = &self.engine.shared;
        let now_ms = shared.now_ms.load(Ordering::SeqCst);
        Moment { caption, now_ms, steps: Vec::new(), fresh, copy: shared.copy() }
    }
}

fn caption(steps: &[Step], in_all: usize, found: &Found, says: &str) -> String {
    match steps.last() {
        Some(Step::Engine { request, reply }) if found.hit => {
            let stale = match says == found.text {
                true => String::new(),
                false => format!(", though the source says {says} by now"),
            };
            format!("{request} is answered {reply}: a hit, and the source is left alone{stale}.")
        }
        Some(Step::Engine { request, reply }) if steps.len() < in_all => {
            format!("{request} is answered {reply}: a miss.")
        }
        Some(Step::Source { name, text }) => format!("So the slow source is read: {name} is {text}."),
        Some(Step::Engine { request, reply }) => {
            format!("{request} is answered {reply}: the next one finds a copy, for ten seconds (B5).")
        }
        None => "Nothing happened.".into(),
    }
}

fn text(error: ApiError) -> String {
    error.to_string()
}
