//! An engine of one map, which knows no time and notes what it is asked.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};

use heapwood_poll_loop::{
    EventLoop, FrameWire, LoopOptions, Outcome, PollPoller, Request, Round, Service, SystemClock,
};

/// Behind the loop of stage 3.
struct Map {
    values: HashMap<Vec<u8>, Vec<u8>>,
    noted: Sender<String>,
}

impl Service for Map {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let arguments: Vec<&[u8]> = request.args().collect();
        let _ = self.noted.send(String::from_utf8_lossy(&arguments.join(&b' ')).into_owned());
        round.reply(request.client(), |replies| match arguments[..] {
            [b"GET", b"list"] => replies.error("WRONGTYPE it is a list"),
            [b"GET", key] => match self.values.get(key) {
                Some(value) => replies.bytes(value),
                None => replies.nil(),
            },
            [b"SET", key, value, ..] => {
                self.values.insert(key.to_vec(), value.to_vec());
                replies.status("OK");
            }
            [b"EXPIRE", _, _] => replies.integer(1),
            [b"DEL", key] => replies.integer(i64::from(self.values.remove(key).is_some())),
            _ => replies.error("ERR unknown command"),
        });
        Outcome::Done
    }
}

/// A running engine; it ends with the test's process.
pub(crate) struct Engine {
    pub(crate) address: String,
    #[allow(dead_code, reason = "not every test looks at them")]
    pub(crate) requests: Receiver<String>,
}

pub(crate) fn engine() -> Engine {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (noted, requests) = channel();
    std::thread::spawn(move || {
        let (poller, clock) = (PollPoller::new(), SystemClock::with_floor(0));
        let map = Map { values: HashMap::new(), noted };
        let engine = EventLoop::new(vec![listener], map, poller, clock, LoopOptions::default());
        engine.unwrap().run().map(drop).unwrap();
    });
    Engine { address, requests }
}
