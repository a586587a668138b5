use heapwood_deques::{Delivery, End, Value, lists};
use heapwood_kit::{Given, given};
use heapwood_ttl::Keyspace;

use super::subject::Waiters;

/// Lists, and clients with names that wait for them.
struct Broker {
    keyspace: Keyspace<Value>,
    waiters: Waiters<&'static str>,
    now_ms: u64,
    /// A client that refuses what it is offered.
    unwilling: &'static str,
}

impl Broker {
    /// No lists. Each of these clients waits: its name, its end, its keys.
    fn new(waiting: &[(&'static str, End, &[&str])]) -> Self {
        let mut broker =
            Self { keyspace: Keyspace::with_seed(6), waiters: Waiters::default(), now_ms: 0, unwilling: "" };
        for (client, end, keys) in waiting {
            broker.waiters.add(*client, *end, keys.iter().map(|key| key.as_bytes()));
        }
        broker
    }

    /// RPUSH, and nobody is served yet.
    fn push(&mut self, key: &str, elements: &[&str]) {
        let found = self.keyspace.find(key.as_bytes(), None, self.now_ms);
        let elements = elements.iter().map(|element| element.as_bytes());
        lists::push(&mut self.keyspace, found, key.as_bytes(), End::Back, elements).unwrap();
        self.waiters.key_ready(key.as_bytes());
    }

    /// Who was offered what, in order.
    fn serve(&mut self, given: &Given) -> Vec<String> {
        let (mut offers, unwilling) = (Vec::new(), self.unwilling);
        self.waiters.serve(&mut self.keyspace, self.now_ms, |served| {
            let text = String::from_utf8_lossy;
            let offer = format!("{}: {} from {}", served.client, text(served.element), text(served.key));
            given.holds(offers.len() < 20, "serve comes to an end", format!("the 20th offer is {offer:?}"));
            offers.push(offer);
            if served.client == unwilling { Delivery::Refused } else { Delivery::Taken }
        });
        offers
    }

    /// What is in a list.
    fn list(&self, key: &str) -> Vec<String> {
        let found = self.keyspace.peek(key.as_bytes(), 0);
        let list = lists::deque(&self.keyspace, found).unwrap();
        list.iter().map(|element| String::from_utf8_lossy(element).into_owned()).collect()
    }
}

/// An element wakes the client that waits for it, and then the list, which is empty, is gone (D5).
pub fn one_waiter() {
    let mut broker = Broker::new(&[("ann", End::Front, &["jobs"])]);
    let given = given("ann waits for jobs; RPUSH jobs a");
    broker.push("jobs", &["a"]);
    given.expect(vec!["ann: a from jobs"], broker.serve(&given));
    given.expect(("keys in the keyspace", 0), ("keys in the keyspace", broker.keyspace.len()));
}

/// One element wakes exactly one waiter, the one that came first (D4).
pub fn exactly_one() {
    let mut broker = Broker::new(&[("ann", End::Back, &["jobs"]), ("bob", End::Back, &["jobs"])]);
    let given = given("ann and then bob wait for jobs; RPUSH jobs a");
    broker.push("jobs", &["a"]);
    given.expect(vec!["ann: a from jobs"], broker.serve(&given));
    given.expect(("who waits", vec!["bob"]), ("who waits", broker.waiters.queue(b"jobs")));
}

/// A push of several elements serves as many waiters, each from the end that it wants; what is left stays in the list.
pub fn each_from_its_end() {
    let mut broker = Broker::new(&[("ann", End::Back, &["jobs"]), ("bob", End::Front, &["jobs"])]);
    let given = given("ann waits for jobs with BRPOP, bob with BLPOP; RPUSH jobs a b c d");
    broker.push("jobs", &["a", "b", "c", "d"]);
    given.expect(vec!["ann: d from jobs", "bob: a from jobs"], broker.serve(&given));
    given.expect(("jobs", vec!["b".to_owned(), "c".to_owned()]), ("jobs", broker.list("jobs")));
}

/// A client that waits for two keys and is served from one waits for neither any more (D3).
pub fn two_keys() {
    let mut broker = Broker::new(&[("ann", End::Front, &["urgent", "jobs"]), ("bob", End::Front, &["jobs"])]);
    let given =
        given("ann waits for urgent and jobs, bob for jobs; RPUSH urgent fire, and then RPUSH jobs a");
    broker.push("urgent", &["fire"]);
    given.expect(vec!["ann: fire from urgent"], broker.serve(&given));
    given.expect(("who waits for jobs", vec!["bob"]), ("who waits for jobs", broker.waiters.queue(b"jobs")));
    broker.push("jobs", &["a"]);
    given.expect(vec!["bob: a from jobs"], broker.serve(&given));
}

/// A client that goes leaves every queue, and the others keep their order; a queue without anybody goes, too (D3).
pub fn somebody_goes() {
    let mut broker = Broker::new(&[
        ("ann", End::Front, &["jobs"]),
        ("bob", End::Front, &["jobs", "mail"]),
        ("cid", End::Front, &["jobs"]),
    ]);
    let given = given("ann, bob and cid wait for jobs, bob for mail as well; bob goes, and goes once more");
    let went = (broker.waiters.remove("bob"), broker.waiters.remove("bob"));
    given.expect(("remove", true, false), ("remove", went.0, went.1));
    given.expect(("who waits", vec!["ann", "cid"]), ("who waits", broker.waiters.queue(b"jobs")));
    given.expect(
        ("queues, empty ones among them", 1),
        ("queues, empty ones among them", broker.waiters.queues()),
    );
}

/// Who refused an element waits no more, and nobody asks again (D4).
pub fn refused_by_all() {
    let mut broker = Broker::new(&[("ann", End::Front, &["jobs"])]);
    broker.unwilling = "ann";
    let given = given("ann alone waits for jobs, and cannot take anything; RPUSH jobs a");
    broker.push("jobs", &["a"]);
    given.expect(vec!["ann: a from jobs"], broker.serve(&given));
    given.expect(("ann waits", false), ("ann waits", broker.waiters.contains("ann")));
}

/// An element that was refused stays in its list (D5).
pub fn what_was_refused() {
    let mut broker = Broker::new(&[("ann", End::Front, &["jobs"])]);
    broker.unwilling = "ann";
    let given = given("ann alone waits for jobs, and cannot take anything; RPUSH jobs a");
    broker.push("jobs", &["a"]);
    broker.serve(&given);
    given.expect(("jobs", vec!["a".to_owned()]), ("jobs", broker.list("jobs")));
}

/// An element that was refused is offered to the next one (D4).
pub fn refused_by_the_first() {
    let mut broker = Broker::new(&[("ann", End::Front, &["jobs"]), ("bob", End::Front, &["jobs"])]);
    broker.unwilling = "ann";
    let given = given("ann and then bob wait for jobs, and ann cannot take anything; RPUSH jobs a b");
    broker.push("jobs", &["a", "b"]);
    given.expect(vec!["ann: a from jobs", "bob: a from jobs"], broker.serve(&given));
    given.expect(("jobs", vec!["b".to_owned()]), ("jobs", broker.list("jobs")));
}

/// Several keys that became ready are served in that order. One with a string serves nobody, nor one whose list has expired.
pub fn keys_in_order() {
    let mut broker = Broker::new(&[
        ("ann", End::Front, &["jobs", "mail"]),
        ("bob", End::Front, &["mail"]),
        ("cid", End::Front, &["name"]),
    ]);
    let given = given(
        "ann waits for jobs and mail, bob for mail, cid for name; RPUSH jobs a, RPUSH mail b c, and name is a string",
    );
    broker.push("jobs", &["a"]);
    broker.push("mail", &["b", "c"]);
    broker.keyspace.put(Value::string(b"name", b"text")).unwrap();
    broker.waiters.key_ready(b"name");
    given.expect(vec!["ann: a from jobs", "bob: b from mail"], broker.serve(&given));
    given.expect(("who waits for name", vec!["cid"]), ("who waits for name", broker.waiters.queue(b"name")));
    given.expect(("mail", vec!["c".to_owned()]), ("mail", broker.list("mail")));

    let mut broker = Broker::new(&[("ann", End::Front, &["jobs"])]);
    broker.push("jobs", &["a"]);
    let slot = broker.keyspace.find(b"jobs", None, 0).unwrap();
    broker.keyspace.set_deadline(slot, Some(100));
    broker.now_ms = 100;
    let given = self::given(
        "ann waits for jobs; RPUSH jobs a, with the deadline 100; serve at 100, when it is gone (E2)",
    );
    given.expect(Vec::<String>::new(), broker.serve(&given));
    given.expect(("who waits for jobs", vec!["ann"]), ("who waits for jobs", broker.waiters.queue(b"jobs")));
}
