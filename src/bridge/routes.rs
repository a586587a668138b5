//! The one table of routes: what is served, with which methods, by which threads.

use super::lanes::Lane;
use super::pages::{self, Page};

/// Everything that is served.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each is documented by its row in ROUTES")]
pub(crate) enum Target {
    Symbols,
    Quote,
    History,
    Statistics,
    Race,
    Keys,
    Key,
    Push,
    Pop,
    Command,
    Stats,
    Health,
    Metrics,
    OpenApi,
    Page(&'static Page),
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// What answers it.
    pub(crate) target: Target,
    /// Its path, with `{name}` for a part that varies.
    pub(crate) template: &'static str,
    /// Its methods besides `HEAD` (where there is `GET`) and `OPTIONS`.
    pub(crate) methods: &'static [&'static str],
    lane: LaneOf,
}

/// Which threads answer: what waits for different things must not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LaneOf {
    /// Nothing to wait for.
    Local,
    /// The engine.
    Engine,
    /// The engine, asked by those who want to know whether it is there.
    Watch,
    /// The disk, as the system caches it.
    Disk,
    /// The disk, dropped from memory first: one at a time, whoever asks.
    Cold,
}

/// The lanes in the order of [`LaneOf`]. A request that waits costs descriptors; those that wait for the slowest are few,
/// so that they cannot take the connections of all others. A thread that waits for the engine has a connection to it.
pub(crate) fn lanes(engine_connections: usize) -> [Lane; 5] {
    [
        Lane { threads: 2, queue: 64 },
        Lane { threads: engine_connections.max(1), queue: 256 },
        Lane { threads: 2, queue: 16 },
        Lane { threads: 4, queue: 128 },
        Lane { threads: 1, queue: 16 },
    ]
}

const fn route(
    target: Target,
    template: &'static str,
    methods: &'static [&'static str],
    lane: LaneOf,
) -> Route {
    Route { target, template, methods, lane }
}

/// Every route but the files of the page.
#[rustfmt::skip]
pub(crate) static ROUTES: &[Route] = &[
    route(Target::Symbols, "/api/symbols", &["GET"], LaneOf::Local),
    route(Target::Quote, "/api/quotes/{symbol}", &["GET"], LaneOf::Disk),
    route(Target::History, "/api/history/{symbol}", &["GET"], LaneOf::Disk),
    route(Target::Statistics, "/api/statistics/{symbol}", &["GET"], LaneOf::Disk),
    route(Target::Race, "/api/race", &["GET", "PUT"], LaneOf::Local),
    route(Target::Keys, "/api/keys", &["GET"], LaneOf::Engine),
    route(Target::Key, "/api/keys/{key}", &["GET", "PUT", "DELETE"], LaneOf::Engine),
    route(Target::Push, "/api/lists/{key}/push", &["POST"], LaneOf::Engine),
    route(Target::Pop, "/api/lists/{key}/pop", &["POST"], LaneOf::Engine),
    route(Target::Command, "/api/command", &["POST"], LaneOf::Engine),
    route(Target::Stats, "/api/stats", &["GET"], LaneOf::Watch),
    route(Target::Health, "/healthz", &["GET"], LaneOf::Watch),
    route(Target::Metrics, "/metrics", &["GET"], LaneOf::Watch),
    route(Target::OpenApi, "/openapi.json", &["GET"], LaneOf::Local),
];

impl Route {
    /// The `Allow` header's value.
    pub(crate) fn allow(&self) -> String {
        let mut methods = self.methods.to_vec();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.join(", ")
    }

    /// The method that answers: `HEAD` is a `GET` whose body is left out later. None for one that is not served.
    pub(crate) fn method(&self, asked: &str) -> Option<&'static str> {
        let meant = if asked == "HEAD" { "GET" } else { asked };
        self.methods.iter().find(|m| **m == meant).copied()
    }

    /// What `{name}` stands for in `path`, still encoded; none when the path is another one's. A route without a name
    /// has the empty string.
    fn matches<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut varying = "";
        let (mut wanted, mut given) = (self.template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(varying),
                (Some(name), Some(part)) if name.starts_with('{') => varying = part,
                (Some(name), Some(part)) if name == part => {}
                _ => return None,
            }
        }
    }
}

/// The route of a path, and the part of it that varies, still encoded.
pub(crate) fn find(path: &str) -> Option<(Route, &str)> {
    let page = |page| (route(Target::Page(page), page.path, &["GET"], LaneOf::Local), "");
    let matching = |route: &Route| Some((*route, route.matches(path)?));
    ROUTES.iter().find_map(matching).or_else(|| pages::find(path).map(page))
}

/// The lane of a request.
pub(crate) fn lane(path: &str, query: &str) -> usize {
    let lane = match find(path) {
        Some((Route { target: Target::Quote, .. }, _)) if query.contains("via=disk-cold") => LaneOf::Cold,
        Some((Route { target: Target::Quote, .. }, _)) if query.contains("via=memory") => LaneOf::Engine,
        Some((route, _)) => route.lane,
        None => LaneOf::Local,
    };
    lane as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn template(path: &str) -> Option<(&'static str, &str)> {
        find(path).map(|(route, varying)| (route.template, varying))
    }

    #[test]
    fn a_path_finds_its_route_and_keeps_what_varies_encoded() {
        assert_eq!(template("/api/keys"), Some(("/api/keys", "")));
        assert_eq!(template("/api/keys/"), Some(("/api/keys/{key}", "")));
        assert_eq!(template("/api/keys/a%2Fb"), Some(("/api/keys/{key}", "a%2Fb")));
        assert_eq!(template("/api/lists/q/pop"), Some(("/api/lists/{key}/pop", "q")));
        assert_eq!(template("/"), Some(("/", "")));
        for unknown in
            ["", "*", "/api", "/api/keys/a/b", "/api/lists/q", "/index.html", "//", "/../Cargo.toml"]
        {
            assert_eq!(template(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_waits_for_different_things_has_different_threads() {
        assert_eq!(lane("/api/quotes/ABC", "via=disk-cold"), LaneOf::Cold as usize);
        assert_eq!(lane("/api/quotes/ABC", ""), LaneOf::Disk as usize);
        assert_eq!(lane("/", ""), LaneOf::Local as usize);
        assert_eq!(lane("/nowhere", ""), LaneOf::Local as usize);
        assert_eq!(lanes(8).len(), LaneOf::Cold as usize + 1);
    }

    #[test]
    fn head_goes_with_get_and_allow_tells_all() {
        let (route, _) = find("/api/keys/a").unwrap();
        assert_eq!(route.allow(), "GET, PUT, DELETE, HEAD, OPTIONS");
        assert_eq!(route.method("HEAD"), Some("GET"));
        assert_eq!(route.method("get"), None);
        assert_eq!(find("/api/command").unwrap().0.method("HEAD"), None);
    }
}
