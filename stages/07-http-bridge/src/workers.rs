//! The threads that answer.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tiny_http::{Method, Request};

use crate::errors::ApiError;
use crate::front::named;
use crate::message::{Answer, Incoming};

/// What answers requests, on several threads at once.
pub trait Application: Send + Sync + 'static {
    /// Answers one request. A panic becomes a 500.
    fn answer(&self, request: &Incoming) -> Answer;
}

/// Some threads and the requests that wait for them. They end after it is dropped.
pub struct Workers(SyncSender<Request>);

impl Workers {
    /// Starts `threads` threads; `queue` requests may wait for them.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(threads: usize, queue: usize, application: Arc<dyn Application>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let (receiver, application) = (Arc::clone(&receiver), Arc::clone(&application));
            named("http worker", move || work(&receiver, application.as_ref()))?;
        }
        Ok(Self(sender))
    }

    /// Takes a request, or tells it to come back later when too many wait.
    pub fn take(&self, request: Request) {
        if let Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) =
            self.0.try_send(request)
        {
            let message = "too many requests of this kind are waiting; try again";
            reply(request, &ApiError::new(503, "BUSY", message).into());
        }
    }
}

fn work(requests: &Mutex<Receiver<Request>>, application: &dyn Application) {
    loop {
        let next = requests.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut request) = next else {
            return;
        };
        let answer = answer(&mut request, application);
        reply(request, &answer);
    }
}

fn answer(request: &mut Request, application: &dyn Application) -> Answer {
    let incoming = match Incoming::read(request) {
        Ok(incoming) => incoming,
        Err(error) => return ApiError::new(400, "BAD_REQUEST", error.to_string()).into(),
    };
    let answered = catch_unwind(AssertUnwindSafe(|| application.answer(&incoming)));
    answered.unwrap_or_else(|_| ApiError::new(500, "INTERNAL", "the bridge has a defect; it goes on").into())
}

fn reply(request: Request, answer: &Answer) {
    let head_only = *request.method() == Method::Head;
    // An error here is a client that has gone, and nobody is left to be told.
    let _ = answer.write(head_only, &mut request.into_writer());
}
