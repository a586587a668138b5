//! A small WebDriver client (W3C WebDriver, over `chromedriver`): enough to open the page, act on it and look at it.
//!
//! Written here because the async drivers would double the number of crates that a test run builds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Long enough for a loaded two-core machine to start a browser.
const PATIENCE: Duration = Duration::from_secs(60);

/// A headless browser with one page.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// The browser's profile; gone with the test.
    _profile: tempfile::TempDir,
}

/// Why there is no browser to test with; `None` where there is one.
pub fn missing() -> Option<String> {
    for program in ["chromedriver", "chromium"] {
        let found =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_err() {
            return Some(format!(
                "{program} is not installed (Debian: apt-get install chromium chromium-driver)"
            ));
        }
    }
    None
}

impl Browser {
    /// Starts `chromedriver` on a free port and a headless Chromium behind it.
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let port = announced_port(&mut driver);
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", browser._profile.path().display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments, "binary": "/usr/bin/chromium"},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let created = browser.http("POST", "/session", Some(&wanted));
        browser.session =
            created["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {created}")).to_owned();
        browser
    }

    /// Opens `address` and waits until it is loaded.
    pub fn open(&self, address: &str) {
        self.session("POST", "/url", Some(&json!({"url": address})));
    }

    /// Runs a function body in the page and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.session("POST", "/execute/sync", Some(&json!({"script": script, "args": []})))
    }

    /// Waits until an expression of the page is true.
    pub fn wait_for(&self, what: &str, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            assert!(
                Instant::now() < end,
                "not within {PATIENCE:?}: {what} ({expression})\nconsole: {:?}",
                self.console()
            );
            // The page is asked again only after its next frame.
            self.session(
                "POST",
                "/execute/async",
                Some(&json!({"script": "const done = arguments[0]; setTimeout(done, 50)", "args": []})),
            );
        }
    }

    /// Clicks the first element that the selector names, as a person would.
    pub fn click(&self, selector: &str) {
        let id = self.element(selector);
        self.session("POST", &format!("/element/{id}/click"), Some(&json!({})));
    }

    /// Empties a field and types into it.
    pub fn fill(&self, selector: &str, text: &str) {
        let id = self.element(selector);
        self.session("POST", &format!("/element/{id}/clear"), Some(&json!({})));
        self.session("POST", &format!("/element/{id}/value"), Some(&json!({"text": text})));
    }

    /// Sends keys to whatever has the focus.
    pub fn press(&self, keys: &str) {
        let id = self.session("GET", "/element/active", None);
        let id = id
            .as_object()
            .and_then(|o| o.values().next())
            .and_then(Value::as_str)
            .expect("an active element")
            .to_owned();
        self.session("POST", &format!("/element/{id}/value"), Some(&json!({"text": keys})));
    }

    /// The text of the first element that the selector names.
    pub fn text(&self, selector: &str) -> String {
        let id = self.element(selector);
        self.session("GET", &format!("/element/{id}/text"), None).as_str().unwrap_or_default().to_owned()
    }

    /// A viewport so wide and so high, in light or in dark.
    pub fn look(&self, width: u32, height: u32, dark: bool) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
    }

    /// The whole page as a PNG, in base64.
    pub fn screenshot(&self) -> String {
        let shot =
            self.devtools("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
        shot["data"].as_str().unwrap_or_default().to_owned()
    }

    /// What the page wrote to the console since the last call, errors of loading included.
    pub fn console(&self) -> Vec<String> {
        let entries = self.session("POST", "/se/log", Some(&json!({"type": "browser"})));
        entries
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| format!("{} {}", entry["level"], entry["message"]))
            .collect()
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.session("POST", "/goog/cdp/execute", Some(&json!({"cmd": command, "params": parameters})))
    }

    fn element(&self, selector: &str) -> String {
        let found =
            self.session("POST", "/element", Some(&json!({"using": "css selector", "value": selector})));
        found
            .as_object()
            .and_then(|o| o.values().next())
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no element {selector}: {found}"))
            .to_owned()
    }

    fn session(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.http(method, &format!("/session/{}{path}", self.session), body)
    }

    fn http(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .expect("chromedriver reads");
        let answer: Value = serde_json::from_slice(&read_body(stream)).expect("chromedriver answers in JSON");
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{method} {path}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.session("DELETE", "", None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn announced_port(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("its output is piped");
    let mut lines = BufReader::new(output).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok())
        .expect("chromedriver prints its port");
    // Its later output must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    port
}

/// The body of an HTTP answer with a `Content-Length`.
fn read_body(stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header line");
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            }
        } else if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    body
}
