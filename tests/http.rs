//! The HTTP interface from outside: every route, its errors, and the engine going away and coming back.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};

use heapwood::bridge::{BridgeOptions, RunningBridge, run};
use heapwood::race::MarketSize;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use support::{Client, PATIENCE, Server, heapwood, wait_for};

/// An engine, a bridge before it, and a small market.
struct Site {
    /// Held until the site ends.
    _engine: Option<Server>,
    bridge: Option<RunningBridge>,
    _market: tempfile::TempDir,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn code(&self) -> String {
        let error = &self.json()["error"];
        assert!(error["message"].is_string(), "{self:?}");
        error["code"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let line = self
            .head
            .lines()
            .find(|line| line.split_once(": ").is_some_and(|(n, _)| n.eq_ignore_ascii_case(name)));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }
}

impl Site {
    fn start() -> Self {
        Self::start_with(Server::start(), |_| {})
    }

    fn start_with(engine: Server, change: impl FnOnce(&mut BridgeOptions)) -> Self {
        let mut site = Self::before(engine.addr(), change);
        site._engine = Some(engine);
        site
    }

    /// A site before an engine that somebody else starts.
    fn before(engine: SocketAddr, change: impl FnOnce(&mut BridgeOptions)) -> Self {
        let market = tempfile::tempdir().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let mut options = BridgeOptions::new(listen, engine, market.path().to_owned());
        options.market = MarketSize { symbols: 12, days: 60 };
        // Tests come from one address, and in a hurry.
        options.limits.http_rate = 1_000_000;
        change(&mut options);
        let bridge = Some(run(options).unwrap());
        Self { _engine: None, bridge, _market: market }
    }

    fn port(&self) -> u16 {
        self.bridge.as_ref().unwrap().addr().port()
    }

    fn raw(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, text) = response.split_once("\r\n\r\n").unwrap();
        let status = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
        Reply { status, head: head.to_owned(), text: text.to_owned() }
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let (port, length) = (self.port(), body.len());
        let reply = self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ));
        assert_eq!(reply.header("X-Content-Type-Options"), Some("nosniff"));
        reply
    }

    fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", "")
    }

    fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, "", &body.to_string())
    }

    fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, "", &body.to_string())
    }

    fn command(&self, words: &str) -> Reply {
        let words: Vec<&str> = words.split(' ').collect();
        self.post("/api/command", json!({"command": words}))
    }

    fn wait_until_healthy(&self) {
        wait_for("a healthy bridge", || (self.get("/healthz").status == 200).then_some(()));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(bridge) = self.bridge.take() {
            bridge.shut_down();
            bridge.join();
        }
    }
}

/// An engine on a port that it can have again after it was stopped.
struct EngineAt(Child);

impl EngineAt {
    fn start(addr: SocketAddr, folder: &Path) -> Self {
        let port = addr.port().to_string();
        let mut command = heapwood();
        command.args(["server", "--fsync", "always", "--port", &port]);
        command.arg("--dir").arg(folder).stdout(Stdio::null());
        let engine = Self(command.spawn().unwrap());
        wait_for("the engine", || Client::connect(addr).ok());
        engine
    }
}

impl Drop for EngineAt {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A free port below those that the system gives to clients, so that no client takes it while it is free.
fn quiet_address() -> SocketAddr {
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    let mut ports = (first..30_000).chain(20_000..first);
    let free = ports.find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    free.unwrap().local_addr().unwrap()
}

#[test]
fn a_string_is_put_got_and_deleted() {
    let site = Site::start();
    let path = "/api/keys/string%20one";
    assert_eq!(site.get(path).status, 404);
    assert_eq!(site.get(path).code(), "NO_SUCH_KEY");
    let put = site.put(path, json!({"value": "grüße"}));
    assert_eq!((put.status, put.text.as_str()), (204, ""));
    let expected = json!({"key": "string one", "type": "string", "value": "grüße", "ttl_ms": null});
    assert_eq!(site.get(path).json(), expected);
    assert_eq!(site.put(path, json!({"value": "b", "ttl_ms": 60_000})).status, 204);
    let ttl = site.get(path).json()["ttl_ms"].as_i64().unwrap();
    assert!((1..=60_000).contains(&ttl), "{ttl}");
    assert_eq!(site.put(path, json!({"value": "c", "ttl_ms": null})).status, 204);
    assert_eq!(site.get(path).json()["ttl_ms"], Value::Null);
    assert_eq!(site.send("DELETE", path, "", "").status, 204);
    let again = site.send("DELETE", path, "", "");
    assert_eq!((again.status, again.code().as_str()), (404, "NO_SUCH_KEY"));
}

#[test]
fn a_put_that_makes_no_sense_changes_nothing() {
    let site = Site::start();
    for body in [
        "",
        "nonsense",
        "[]",
        "{}",
        "{\"value\": 1}",
        "{\"value\": null}",
        "{\"value\": [\"a\"]}",
        "{\"value\": \"a\", \"ttl_ms\": 0}",
        "{\"value\": \"a\", \"ttl_ms\": -1}",
        "{\"value\": \"a\", \"ttl_ms\": \"5\"}",
        "{\"value\": \"a\", \"ttl_ms\": 1.5}",
        "{\"value\": \"a\", \"ttl_ms\": 9223372036854775807}",
        "{\"value\": \"a\", \"ttl_ms\": 99999999999999999999}",
    ] {
        let reply = site.send("PUT", "/api/keys/senseless", "", body);
        assert_eq!(reply.status, 400, "{body}: {reply:?}");
        reply.code();
    }
    assert_eq!(site.get("/api/keys/senseless").status, 404);
}

#[test]
fn keys_are_listed_in_order_page_by_page() {
    let site = Site::start();
    for key in ["page:b", "page:a", "page:c", "page;", "page:"] {
        assert_eq!(site.put(&format!("/api/keys/{key}"), json!({"value": "v"})).status, 204);
    }
    site.post("/api/lists/page:d/push", json!({"values": ["x"], "end": "left"}));
    let all = site.get("/api/keys?prefix=page:").json();
    let names: Vec<&str> =
        all["keys"].as_array().unwrap().iter().map(|k| k["key"].as_str().unwrap()).collect();
    assert_eq!(names, ["page:", "page:a", "page:b", "page:c", "page:d"]);
    assert_eq!(all["next"], Value::Null);
    assert_eq!(all["keys"][4], json!({"key": "page:d", "type": "list", "ttl_ms": null}));
    let mut after = String::new();
    let mut seen = Vec::new();
    loop {
        let page = site.get(&format!("/api/keys?prefix=page:&limit=2{after}")).json();
        for key in page["keys"].as_array().unwrap() {
            seen.push(key["key"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, names);
    assert_eq!(site.get("/api/keys?prefix=page:&after=page:d").json(), json!({"keys": [], "next": null}));
    assert_eq!(site.get("/api/keys?prefix=page:&after=a&limit=1").json()["keys"][0]["key"], "page:");
    for wrong in ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "encoding=hex", "prefix=%"] {
        let reply = site.get(&format!("/api/keys?{wrong}"));
        assert_eq!((reply.status, reply.code().as_str()), (400, "BAD_PARAMETER"), "{wrong}");
    }
}

#[test]
fn a_list_is_a_queue_with_two_ends() {
    let site = Site::start();
    let push =
        |values: Value, end: &str| site.post("/api/lists/queue/push", json!({"values": values, "end": end}));
    assert_eq!(push(json!(["b", "a"]), "left").json(), json!({"length": 2}));
    assert_eq!(push(json!(["c"]), "right").json(), json!({"length": 3}));
    let list = site.get("/api/keys/queue").json();
    assert_eq!(
        list,
        json!({"key": "queue", "type": "list", "value": ["a", "b", "c"], "length": 3, "ttl_ms": null})
    );
    let pop = |body: Value| site.post("/api/lists/queue/pop", body);
    assert_eq!(pop(json!({"end": "right"})).json(), json!({"values": ["c"]}));
    assert_eq!(pop(json!({"end": "left", "count": 5})).json(), json!({"values": ["a", "b"]}));
    assert_eq!(pop(json!({"end": "left", "count": 5})).json(), json!({"values": []}));
    for wrong in [
        json!({}),
        json!({"end": "middle"}),
        json!({"end": "left", "count": 0}),
        json!({"end": "left", "count": 1001}),
    ] {
        assert_eq!(pop(wrong.clone()).status, 400, "{wrong}");
    }
    for wrong in [json!([]), json!("a"), json!([1]), json!(null)] {
        assert_eq!(push(wrong.clone(), "left").status, 400, "{wrong}");
    }
    assert_eq!(site.get("/api/keys/queue").status, 404);
}

#[test]
fn a_long_list_shows_its_first_thousand_and_its_length() {
    let site = Site::start();
    let values: Vec<String> = (0..1_500).map(|i| i.to_string()).collect();
    site.post("/api/lists/long/push", json!({"values": values, "end": "right"}));
    let list = site.get("/api/keys/long").json();
    assert_eq!(list["length"], 1_500);
    let shown = list["value"].as_array().unwrap();
    assert_eq!((shown.len(), &shown[999]), (1_000, &json!("999")));
}

#[test]
fn the_wrong_kind_of_value_is_a_conflict() {
    let site = Site::start();
    site.put("/api/keys/kind", json!({"value": "a string"}));
    for verb in ["push", "pop"] {
        let body = json!({"values": ["a"], "end": "left", "count": 1});
        let reply = site.post(&format!("/api/lists/kind/{verb}"), body);
        assert_eq!((reply.status, reply.code().as_str()), (409, "WRONGTYPE"));
    }
    let reply = site.command("LLEN kind");
    assert_eq!((reply.status, reply.code().as_str()), (400, "WRONGTYPE"));
}

#[test]
fn base64_carries_any_bytes_and_text_says_what_it_cannot() {
    let site = Site::start();
    // The key is FF 00 FE, "_wD-" in base64url.
    let put = site.put("/api/keys/_wD-?encoding=base64", json!({"value": "AP8="}));
    assert_eq!(put.status, 204, "{put:?}");
    let key = site.get("/api/keys/_wD-?encoding=base64").json();
    assert_eq!(key, json!({"key": "/wD+", "type": "string", "value": "AP8=", "ttl_ms": null}));
    for path in ["/api/keys/%FF%00%FE", "/api/keys?after=zzz"] {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (422, "NOT_UTF8"), "{path}");
    }
    let listed = site.get("/api/keys?encoding=base64&prefix=/w%3D%3D").json();
    assert_eq!(listed["keys"][0]["key"], "/wD+");
    let reply = site.post("/api/command?encoding=base64", json!({"command": ["R0VU", "/wD+"]}));
    assert_eq!(reply.json(), json!({"reply": "AP8="}));
    site.put("/api/keys/bytes?encoding=base64", json!({"value": "AP8="}));
    let text_key =
        site.post("/api/command?encoding=base64", json!({"command": ["U0VU", "dGV4dA==", "/w=="]}));
    assert_eq!(text_key.json(), json!({"reply": "T0s="}));
    let reply = site.get("/api/keys/text");
    assert_eq!((reply.status, reply.code().as_str()), (422, "NOT_UTF8"));
    assert_eq!(site.command("GET text").code(), "NOT_UTF8");
    site.post(
        "/api/lists/cXE?encoding=base64/push"
            .replace("?encoding=base64/push", "/push?encoding=base64")
            .as_str(),
        json!({"values": ["/w=="], "end": "left"}),
    );
    // Nothing is taken that could not be told.
    assert_eq!(site.post("/api/lists/qq/pop", json!({"end": "left"})).code(), "NOT_UTF8");
    let popped = site.post("/api/lists/cXE/pop?encoding=base64", json!({"end": "left"}));
    assert_eq!(popped.json(), json!({"values": ["/w=="]}));
    for wrong in ["/api/keys/a?encoding=base64", "/api/keys/*?encoding=base64", "/api/keys/%zz"] {
        assert_eq!(site.get(wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_command_answers_in_json_and_errors_keep_the_engines_code() {
    let site = Site::start();
    assert_eq!(site.command("SET com:a 1").json(), json!({"reply": "OK"}));
    assert_eq!(site.command("INCR com:a").json(), json!({"reply": 2}));
    assert_eq!(site.command("get com:none").json(), json!({"reply": null}));
    assert_eq!(site.command("MGET com:a com:none").json(), json!({"reply": ["2", null]}));
    assert_eq!(site.command("PING").json(), json!({"reply": "PONG"}));
    let tree = site.command("TREE com:a DEPTH 1").json();
    assert!(tree["reply"][0]["priority"].is_i64() || tree["reply"][0]["priority"].is_u64(), "{tree}");
    let reply = site.command("INCR");
    assert_eq!((reply.status, reply.code().as_str()), (400, "ERR"));
    assert_eq!(site.command("NO-SUCH-COMMAND").status, 400);
    for refused in ["BLPOP a 0", "brpop a 0", "AUTH x", "QUIT"] {
        let reply = site.command(refused);
        assert_eq!((reply.status, reply.code().as_str()), (403, "REFUSED"), "{refused}");
    }
    for body in
        [json!({}), json!({"command": []}), json!({"command": "GET a"}), json!({"command": ["GET", 1]})]
    {
        assert_eq!(site.post("/api/command", body.clone()).status, 400, "{body}");
    }
}

#[test]
fn quotes_come_by_four_ways() {
    let site = Site::start();
    site.wait_until_healthy();
    let symbols = site.get("/api/symbols").json();
    assert_eq!(symbols.as_array().unwrap().len(), 12);
    let symbol = symbols[0]["symbol"].as_str().unwrap();
    for (via, hit) in [("memory", json!(true)), ("disk-warm", Value::Null), ("disk-cold", Value::Null)] {
        let reply = site.get(&format!("/api/quotes/{symbol}?via={via}"));
        if via == "disk-cold" && reply.status == 503 {
            assert_eq!(reply.code(), "COLD_UNAVAILABLE");
            continue;
        }
        let quote = reply.json();
        assert_eq!(
            (&quote["symbol"], &quote["via"], &quote["hit"]),
            (&json!(symbol), &json!(via), &hit),
            "{quote}"
        );
        assert!(quote["price"].is_number() && quote["latency_us"].as_f64().unwrap() > 0.0, "{quote}");
    }
    assert_eq!(site.get(&format!("/api/quotes/{symbol}")).json()["via"], "cache-aside");
    let history = site.get(&format!("/api/history/{symbol}?days=5")).json();
    assert_eq!(history["bars"].as_array().unwrap().len(), 5);
    assert_eq!(site.get(&format!("/api/statistics/{symbol}")).json()["days"], 30);
    for path in ["/api/quotes/NOSUCH", "/api/history/NOSUCH", "/api/statistics/NOSUCH", "/api/quotes/%FF"] {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (404, "UNKNOWN_SYMBOL"), "{path}");
    }
    // A bad parameter is told before the ticker is looked up.
    for path in ["/api/quotes/NOSUCH?via=pigeon", "/api/history/NOSUCH?days=0", "/api/quotes/%zz"] {
        assert_eq!(site.get(path).status, 400, "{path}");
    }
}

#[test]
fn the_race_runs_and_is_controlled() {
    let site = Site::start();
    site.wait_until_healthy();
    let race =
        site.put("/api/race", json!({"running": true, "rate": 200, "symbols": 3, "distribution": "skewed"}));
    let controls = json!({"rate": 200, "symbols": 3, "distribution": "skewed"});
    assert_eq!((race.status, &race.json()["controls"]), (200, &controls));
    wait_for("queries", || {
        let race = site.get("/api/race?since=0").json();
        let ways = race["ways"].as_array().unwrap();
        assert_eq!(ways.len(), 4);
        ways.iter().all(|way| way["available"] == false || way["count"].as_u64() > Some(0)).then_some(())
    });
    assert_eq!(site.put("/api/race", json!({"running": false})).json()["running"], false);
    for wrong in [
        json!({"rate": 10_001}),
        json!({"rate": -1}),
        json!({"rate": "fast"}),
        json!({"symbols": 0}),
        json!({"symbols": 13}),
        json!({"distribution": "normal"}),
        json!({"running": 1}),
        json!([]),
    ] {
        assert_eq!(site.put("/api/race", wrong.clone()).status, 400, "{wrong}");
    }
    assert_eq!(site.get("/api/race?since=x").status, 400);
    assert_eq!(site.get("/api/race").json()["controls"], controls);
}

#[test]
fn figures_are_told_in_json_and_for_prometheus() {
    let site = Site::start();
    site.wait_until_healthy();
    assert_eq!(site.get("/healthz").json(), json!({"status": "ok"}));
    let stats = site.get("/api/stats").json();
    assert_eq!((&stats["engine"]["connected"], &stats["engine"]["error"]), (&json!(true), &Value::Null));
    for field in
        ["keys", "clients", "memory_bytes", "uptime_s", "commands_total", "commands_per_second", "log_bytes"]
    {
        assert!(stats["engine"][field].is_number(), "{field}: {stats}");
    }
    for field in ["version", "log_policy", "poller", "address"] {
        assert!(stats["engine"][field].is_string(), "{field}: {stats}");
    }
    assert_eq!(stats["market"]["state"], "ready");
    assert!(stats["bridge"]["requests_total"].as_u64() > Some(0));
    let metrics = site.get("/metrics");
    assert!(metrics.header("Content-Type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(metrics.text.contains("\nheapwood_engine_up 1\n"), "{}", metrics.text);
    let mut families = std::collections::HashSet::new();
    for line in metrics.text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            families.insert(rest.split(' ').next().unwrap().to_owned());
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(families.contains(name.split('{').next().unwrap()), "{line}");
        }
    }
}

#[test]
fn every_route_takes_its_methods_and_no_other() {
    let site = Site::start();
    let document = site.get("/openapi.json").json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let served = path.replace("{symbol}", "NOSUCH").replace("{key}", "methods");
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "get"] {
            let reply = site.send(method, &served, "", "");
            if item.get(method.to_lowercase()).is_some() && method != "get" {
                let operation = &item[method.to_lowercase()];
                let told = operation["responses"].get(reply.status.to_string());
                assert!(
                    told.is_some(),
                    "{method} {path} gave {} and the description does not say so",
                    reply.status
                );
            } else {
                assert_eq!(reply.status, 405, "{method} {path}");
                if method != "HEAD" {
                    assert_eq!(reply.code(), "METHOD_NOT_ALLOWED");
                }
                let allow = reply.header("Allow").unwrap();
                let allowed = |m: &str| item.get(m.to_lowercase()).is_some();
                assert!(allow.split(", ").all(allowed), "{path}: {allow}");
            }
        }
        let options = site.send("OPTIONS", &served, "", "");
        assert_eq!(options.status, 204);
        assert!(options.header("Allow").is_some());
    }
    for path in ["/nowhere", "/api", "/api/", "/api/keys/a/b", "/index.html", "/..", "/api/quotes"] {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (404, "NO_SUCH_PATH"), "{path}");
    }
    assert_eq!(site.send("OPTIONS", "*", "", "").status, 204);
}

#[test]
fn the_page_is_served_with_types_tags_and_a_policy() {
    let site = Site::start();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(kind)));
        let policy = reply.header("Content-Security-Policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        let tag = reply.header("ETag").unwrap().to_owned();
        let again = site.send("GET", path, &format!("If-None-Match: {tag}\r\n"), "");
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        let head = site.send("HEAD", path, "", "");
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        assert_eq!(head.header("Content-Length"), reply.header("Content-Length"));
    }
    assert_eq!(site.get("/api/stats").header("Cache-Control"), Some("no-store"));
}

#[test]
fn foreign_names_and_foreign_pages_are_refused() {
    let site = Site::start();
    let port = site.port();
    let host = |host: &str| site.raw(&format!("GET /api/symbols HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for ours in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        assert_eq!(host(&ours).status, 200, "{ours}");
    }
    for foreign in ["evil.example", "localhost", "127.0.0.1:1"] {
        assert_eq!((host(foreign).status, host(foreign).code().as_str()), (421, "FOREIGN_HOST"), "{foreign}");
    }
    assert_eq!(site.raw("GET / HTTP/1.0\r\n\r\n").status, 400);
    let from = |origin: &str| {
        site.send("PUT", "/api/keys/origin", &format!("Origin: {origin}\r\n"), "{\"value\":\"a\"}")
    };
    assert_eq!(from(&format!("http://localhost:{port}")).status, 204);
    for foreign in ["http://evil.example", "null", "http://localhost:1"] {
        assert_eq!(
            (from(foreign).status, from(foreign).code().as_str()),
            (403, "FOREIGN_ORIGIN"),
            "{foreign}"
        );
    }
}

#[test]
fn bodies_and_rates_have_limits() {
    let site = Site::start_with(Server::start(), |options| {
        options.limits.http_body_bytes = 1_000;
        options.limits.http_rate = 20;
    });
    let large = format!("{{\"value\": \"{}\"}}", "a".repeat(1_000));
    assert_eq!(site.send("PUT", "/api/keys/a", "", &large).code(), "BODY_TOO_LARGE");
    let statuses: Vec<u16> = (0..200).map(|_| site.get("/api/symbols").status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    let refused = wait_for("a refusal", || Some(site.get("/")).filter(|r| r.status == 429));
    assert_eq!((refused.code().as_str(), refused.header("Retry-After")), ("RATE_LIMITED", Some("1")));
    let stats = wait_for("an answer", || Some(site.get("/api/stats")).filter(|r| r.status == 200));
    assert!(stats.json()["bridge"]["rate_limited_total"].as_u64() > Some(0));
}

#[test]
fn the_engine_may_go_away_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let addr = quiet_address();
    let engine = EngineAt::start(addr, folder.path());
    let site = Site::before(addr, |_| {});
    site.wait_until_healthy();
    site.put("/api/keys/stays", json!({"value": "here"}));
    drop(engine);
    for reply in [
        site.get("/api/keys"),
        site.get("/api/keys/stays"),
        site.put("/api/keys/b", json!({"value": "c"})),
        site.command("PING"),
        site.get("/healthz"),
    ] {
        assert_eq!((reply.status, reply.code().as_str()), (503, "ENGINE_UNREACHABLE"));
    }
    let symbol = site.get("/api/symbols").json()[0]["symbol"].as_str().unwrap().to_owned();
    assert_eq!(site.get(&format!("/api/quotes/{symbol}?via=memory")).status, 503);
    assert_eq!(site.get(&format!("/api/quotes/{symbol}?via=disk-warm")).status, 200);
    let stats = site.get("/api/stats").json();
    assert_eq!(stats["engine"]["connected"], false);
    assert!(stats["engine"]["error"].is_string() && stats["engine"]["keys"].is_null(), "{stats}");
    assert!(site.get("/metrics").text.contains("\nheapwood_engine_up 0\n"));
    assert_eq!(site.get("/").status, 200);
    let _engine = EngineAt::start(addr, folder.path());
    assert_eq!(site.get("/api/keys/stays").json()["value"], "here");
    site.wait_until_healthy();
}

#[test]
fn a_password_is_given_to_the_engine_and_a_wrong_one_is_told() {
    let engine = || Server::start_with(&["--requirepass", "secret"]);
    let site = Site::start_with(engine(), |options| options.password = Some("secret".to_owned()));
    assert_eq!(site.command("PING").status, 200);
    let site = Site::start_with(engine(), |options| options.password = Some("wrong".to_owned()));
    let reply = site.command("PING");
    assert_eq!((reply.status, reply.code().as_str()), (503, "ENGINE_REFUSED"));
    let site = Site::start_with(engine(), |_| {});
    assert_eq!(site.command("GET a").status, 400);
    assert_eq!(site.get("/api/keys/a").code(), "NOAUTH");
    assert_eq!(site.get("/healthz").status, 503);
}

#[test]
fn an_address_that_others_reach_needs_a_name() {
    let market = tempfile::tempdir().unwrap();
    let listen = "0.0.0.0:0".parse().unwrap();
    let engine = "127.0.0.1:1".parse().unwrap();
    let options = BridgeOptions::new(listen, engine, market.path().to_owned());
    let error = run(options).err().unwrap().to_string();
    assert!(error.contains("--allow-host"), "{error}");
}
