//! The dashboard in a headless Chromium: the race runs, keys can be made and seen, nothing is written to the console.
//!
//! With `HEAPWOOD_SCREENSHOTS=<folder>` each view is kept there as a picture, to be looked at.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heapwood::bridge::{BridgeOptions, RunningBridge, run};
use heapwood::race::MarketSize;
use pretty_assertions::assert_eq;
use support::webdriver::{Browser, missing};
use support::{Server, Value, ask};

/// Enough for every part of the page to have something to show.
const MARKET: MarketSize = MarketSize { symbols: 40, days: 400 };

/// An engine, a bridge with a small market, and a browser that looks at it.
struct Site {
    browser: Browser,
    bridge: Option<RunningBridge>,
    engine: Server,
    _market: tempfile::TempDir,
}

impl Site {
    /// `None` where there is no browser: then the test says so, and where CI=true it fails.
    fn open() -> Option<Self> {
        if let Some(reason) = missing() {
            assert!(std::env::var_os("CI").is_none(), "the page was not tested: {reason}");
            support::say_aloud(&format!("SKIPPED, the page was not tested: {reason}"));
            return None;
        }
        let engine = Server::start();
        let market = tempfile::tempdir().unwrap();
        let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut options = BridgeOptions::new(listen, engine.addr(), market.path().to_owned());
        options.market = MARKET;
        let bridge = run(options).unwrap();
        let browser = Browser::start();
        browser.open(&format!("http://{}/", bridge.addr()));
        let site = Self { browser, bridge: Some(bridge), engine, _market: market };
        site.browser.wait_for(
            "the market to be ready",
            "document.querySelector('#lamp-market').dataset.state === 'good'",
        );
        Some(site)
    }

    /// Nothing on the console, and no wider than the window.
    fn assert_clean(&self) {
        assert_eq!(self.browser.console(), Vec::<String>::new());
        assert!(
            self.browser
                .run("return document.documentElement.scrollWidth <= window.innerWidth")
                .as_bool()
                .unwrap(),
            "the page is wider than its window"
        );
    }

    /// Keeps a picture of the page where somebody asked for pictures.
    fn keep(&self, name: &str) {
        if let Some(folder) = std::env::var_os("HEAPWOOD_SCREENSHOTS") {
            std::fs::create_dir_all(&folder).unwrap();
            let picture = STANDARD.decode(self.browser.screenshot()).unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
        }
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

#[test]
fn a_slider_stays_where_it_is_being_moved_and_the_last_choice_counts() {
    let Some(site) = Site::open() else { return };
    let page = &site.browser;
    let told = |rate: u32| {
        let ask = "fetch('/api/race').then((r) => r.json()).then((r) => { window.told = r.controls.rate; })";
        format!("({ask}, window.told === {rate})")
    };
    let move_to = |place: u32, let_go: bool| {
        let events = if let_go { "['input', 'change']" } else { "['input']" };
        page.run(&format!(
            "const rate = document.querySelector('#rate'); rate.value = {place}; \
             for (const name of {events}) rate.dispatchEvent(new Event(name))"
        ));
    };
    move_to(3, true);
    move_to(0, false);
    page.wait_for("the first choice to be told", &told(10));
    page.wait_for("figures of after that", &told(10));
    assert_eq!(page.run("return document.querySelector('#rate').value"), "0");
    for place in [6, 2, 4, 1] {
        move_to(place, true);
    }
    page.wait_for("the last choice to be told", &told(2));
    page.wait_for("the slider to say so", "document.querySelector('#rate-out').textContent === '2'");
}

#[test]
fn the_race_runs_and_its_figures_move() {
    let Some(site) = Site::open() else { return };
    let page = &site.browser;
    page.wait_for(
        "a verdict",
        "/times (faster|slower)|as fast as/.test(document.querySelector('#verdict').textContent)",
    );
    page.wait_for(
        "memory to be asked",
        "/[µm]s/.test(document.querySelector('#way-memory .big').textContent)",
    );
    page.wait_for(
        "the warm disk to be asked",
        "/[µm]s/.test(document.querySelector('#way-disk-warm .big').textContent)",
    );
    page.run("window.before = document.querySelector('#ways').textContent");
    page.wait_for("the figures to move", "document.querySelector('#ways').textContent !== window.before");
    let cold = "const way = document.querySelector('#way-disk-cold'); return way.dataset.off === 'true' ? way.querySelector('.why').textContent : way.querySelector('.big').textContent";
    page.wait_for(
        "the cold disk to answer, or to say why not",
        &format!("!['', '–'].includes((() => {{ {cold} }})())"),
    );

    page.click("#run");
    page.wait_for("the race to pause", "document.querySelector('#run').textContent === 'Run the race'");
    page.click("#run");
    page.wait_for("the race to go on", "document.querySelector('#run').textContent === 'Pause'");
    for (width, height, dark, name) in [
        (1440, 900, false, "wide-light"),
        (1440, 900, true, "wide-dark"),
        (360, 800, false, "narrow-light"),
        (360, 800, true, "narrow-dark"),
    ] {
        page.look(width, height, dark);
        page.wait_for(
            "the theme",
            &format!("(document.documentElement.dataset.theme === 'dark') === {dark}"),
        );
        site.assert_clean();
        site.keep(name);
    }
}

#[test]
fn a_key_can_be_made_seen_found_in_the_treap_and_deleted() {
    let Some(mut site) = Site::open() else { return };
    let page = &site.browser;
    page.click("#tab-keys");
    page.fill("#key-name", "page:\\xff\\x00key");
    page.fill("#key-value", "first line");
    page.fill("#key-ttl", "500");
    page.click("#key-save");
    page.wait_for("the key to be saved", "document.querySelector('#key-message').textContent === 'Saved.'");
    let mut client = site.engine.client();
    let got = client.call(&[&b"GET"[..], b"page:\xff\0key"]).unwrap();
    assert_eq!(got, Value::Bytes(b"first line".to_vec()));

    page.fill("#keys-prefix", "page:");
    page.press("\u{e007}");
    page.wait_for(
        "the key in the list",
        "document.querySelector('#keys-table tbody').textContent.includes('page:\\\\xff\\\\x00key')",
    );
    page.wait_for(
        "its time to live to count down",
        "/^(8|7) min$/.test(document.querySelector('#keys-table tbody .num').textContent)",
    );
    site.keep("keys");
    page.click("#keys-table tbody button");
    page.click("#key-tree");
    page.wait_for("the key in the treap", "document.querySelector('#tree .here') !== null");
    site.keep("treap");
    site.assert_clean();

    page.click("#tab-keys");
    page.click("#key-delete");
    page.wait_for(
        "the key to be deleted",
        "document.querySelector('#key-message').textContent === 'Deleted.'",
    );
    assert_eq!(ask(&mut client, "PREFIX page:"), Value::Array(Vec::new()));
    site.engine.kill();
    page.wait_for(
        "the page to say that the engine is gone",
        "document.querySelector('#alert').textContent.includes('does not answer')",
    );
    site.keep("engine-gone");
}

#[test]
fn queues_figures_prices_and_the_console_work_and_tabs_follow_the_keyboard() {
    let Some(site) = Site::open() else { return };
    let page = &site.browser;
    page.wait_for("the price page", "document.querySelectorAll('#quote-table tbody tr').length === 4 && !document.querySelector('#history').hidden");
    site.keep("prices");
    page.click("#tab-queues");
    page.fill("#push-values", "one\ntwo");
    page.click("#push-form button[value=right]");
    page.wait_for("two elements", "document.querySelectorAll('#queue-items li').length === 2");
    page.click("#pop-form button[value=left]");
    page.wait_for(
        "the popped element",
        "document.querySelector('#queue-message').textContent.includes('one')",
    );
    site.keep("queues");

    page.click("#tab-queues");
    page.press("\u{e014}");
    page.wait_for(
        "the engine's tab by arrow key",
        "!document.querySelector('#panel-engine').hidden && document.activeElement.id === 'tab-engine'",
    );
    page.wait_for("its figures", "document.querySelector('#engine-info').textContent.includes('version')");
    site.keep("engine");

    page.click("#tab-console");
    for (line, reply) in [
        ("SET greeting \"a b\"", "\"OK\""),
        ("GET greeting", "\"a b\""),
        ("NOPE", "(error) ERR unknown command"),
        ("BLPOP q 0", "(error)"),
    ] {
        page.fill("#console-in", line);
        page.press("\u{e007}");
        page.wait_for(
            line,
            &format!(
                "document.querySelector('#console-out').lastElementChild?.textContent.startsWith({reply:?})"
            ),
        );
    }
    site.keep("console");
}
