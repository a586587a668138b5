//! What answers: who may ask, which route it is, and the headers that every answer has.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heapwood_http_bridge::{Answer, ApiError, Incoming};

use super::counters::{self, Counters};
use super::engine::Engine;
use super::hosts::Hosts;
use super::parameters::{Body, Query};
use super::routes::{self, Route, Target};
use super::stats::{self, EngineFigures};
use super::{command, keys, openapi, prices};
use crate::race::Race;

/// Nothing but this server's own files, in nobody else's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// How long the engine may be silent while a reply is awaited.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// An engine that is silent for so long counts as not there, when that is the question.
const WATCH_TIMEOUT: Duration = Duration::from_secs(2);

/// The HTTP interface.
pub(crate) struct Api {
    engine: Engine,
    /// Connections for questions about the engine's health, so that they do not queue behind work.
    watch: Engine,
    race: Arc<Race>,
    hosts: Hosts,
    counters: Counters,
}

impl Api {
    pub(crate) fn new(
        address: SocketAddr,
        password: Option<String>,
        race: Arc<Race>,
        hosts: Hosts,
        counters: Counters,
    ) -> Self {
        let engine = Engine::new(address, password.clone(), REPLY_TIMEOUT);
        let watch = Engine::new(address, password, WATCH_TIMEOUT);
        Self { engine, watch, race, hosts, counters }
    }

    fn route(&self, request: &Incoming) -> (&'static str, Answer) {
        if let Err(error) = self.hosts.check(request) {
            return ("", error.into());
        }
        if request.method == "OPTIONS" && request.path == "*" {
            let allow = "GET, HEAD, PUT, POST, DELETE, OPTIONS";
            return ("*", Answer::no_content().with("Allow", allow));
        }
        let Some((route, varying)) = routes::find(&request.path) else {
            let message = format!("nothing is served at {:.200?}; see /openapi.json", request.path);
            return ("", ApiError::new(404, "NO_SUCH_PATH", message).into());
        };
        let answer = match route.method(&request.method) {
            Some(method) => self.act(&route, method, request, varying).unwrap_or_else(Answer::from),
            None if request.method == "OPTIONS" => Answer::no_content().with("Allow", route.allow()),
            None => {
                let allow = route.allow();
                let message = format!("{} takes {allow}", route.template);
                let error = ApiError::new(405, "METHOD_NOT_ALLOWED", message);
                Answer::from(error).with("Allow", allow)
            }
        };
        (route.template, answer)
    }

    fn act(
        &self,
        route: &Route,
        method: &str,
        request: &Incoming,
        varying: &str,
    ) -> Result<Answer, ApiError> {
        let (engine, race) = (&self.engine, self.race.as_ref());
        let query = &Query::parse(&request.query)?;
        let body = || Body::parse(request);
        match (route.target, method) {
            (Target::Symbols, _) => Ok(prices::symbols(race)),
            (Target::Quote, _) => prices::quote(race, query, varying),
            (Target::History, _) => prices::history(race, query, varying),
            (Target::Statistics, _) => prices::statistics(race, varying),
            (Target::Race, "PUT") => prices::control(race, request),
            (Target::Race, _) => prices::look(race, query),
            (Target::Keys, _) => keys::list(engine, query),
            (Target::Key, "PUT") => keys::put(engine, query, varying, &body()?),
            (Target::Key, "DELETE") => keys::delete(engine, query, varying),
            (Target::Key, _) => keys::get(engine, query, varying),
            (Target::Push, _) => keys::push(engine, query, varying, &body()?),
            (Target::Pop, _) => keys::pop(engine, query, varying, &body()?),
            (Target::Command, _) => command::run(engine, query, &body()?),
            (Target::Stats, _) => Ok(stats::stats(&self.figures(), race, &self.counters)),
            (Target::Health, _) => Ok(stats::health(&self.figures(), race)),
            (Target::Metrics, _) => Ok(counters::metrics(&self.counters, &self.figures(), &race.status())),
            (Target::OpenApi, _) => Ok(openapi::answer()),
            (Target::Page(page), _) => {
                // Somebody looks: there should be something to see.
                race.watch();
                Ok(page.answer(request))
            }
        }
    }

    fn figures(&self) -> EngineFigures {
        EngineFigures::ask(&self.watch)
    }

    /// Answers one request.
    pub(crate) fn answer(&self, request: &Incoming) -> Answer {
        let started = Instant::now();
        let (route, answer) = self.route(request);
        self.counters.count(route, answer.status, started.elapsed());
        let cached = answer.headers.iter().any(|(name, _)| *name == "Cache-Control");
        let answer = answer
            .with("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            .with("X-Content-Type-Options", "nosniff")
            .with("Referrer-Policy", "no-referrer")
            .with("Cross-Origin-Resource-Policy", "same-origin");
        if cached { answer } else { answer.with("Cache-Control", "no-store") }
    }
}
