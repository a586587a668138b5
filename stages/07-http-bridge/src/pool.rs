//! A few connections to the engine, shared by the threads that answer.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use heapwood_sockets::{Client, ClientError, Value};

use crate::errors::ApiError;

/// Blocking connections, each used by one thread at a time: there are never more than threads that ask.
///
/// - **B4, clean**: a connection on which anything failed is dropped, never lent again: what still arrives on it answers
///   somebody else's question.
///
/// There is no thread that mends anything; the next request connects anew, so the engine may go and come back.
pub struct Pool {
    connect: Box<dyn Fn() -> Result<Client, ApiError> + Send + Sync>,
    /// Those that nobody uses. The last one put back is the first one lent.
    idle: Mutex<Vec<Client>>,
}

impl Pool {
    /// A pool of what `connect` makes when no connection is idle.
    pub fn new(connect: impl Fn() -> Result<Client, ApiError> + Send + Sync + 'static) -> Self {
        Self { connect: Box::new(connect), idle: Mutex::default() }
    }

    /// Sends one command and waits for its reply.
    ///
    /// # Errors
    /// As [`Pool::with`]; an error reply of the engine is `Ok(Value::Error)`.
    pub fn call<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<Value, ApiError> {
        self.with(|client| client.call(arguments))
    }

    /// As [`Pool::call`], but an error reply of the engine is an error here too.
    ///
    /// # Errors
    /// As [`Pool::with`], and those of [`ApiError::from_engine`].
    pub fn ask<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<Value, ApiError> {
        match self.call(arguments)? {
            Value::Error(reply) => Err(ApiError::from_engine(&reply)),
            reply => Ok(reply),
        }
    }

    /// Talks to the engine over a connection of one's own: the idle one that was put back last, if the engine has not closed
    /// it meanwhile, or a new one. Nobody else waits while it talks.
    ///
    /// # Errors
    /// 503 when the engine cannot be reached, or the connection broke: whether it acted is then unknown.
    pub fn with<T>(&self, talk: impl FnOnce(&mut Client) -> Result<T, ClientError>) -> Result<T, ApiError> {
        let idle = self.idle().pop();
        let mut client = idle.filter(is_alive).map_or_else(&self.connect, Ok)?;
        // B4: on an error the client is dropped here, and its connection closed.
        let told = talk(&mut client).map_err(unreachable)?;
        self.idle().push(client);
        Ok(told)
    }

    /// A panic elsewhere cannot leave the list half changed, so a poisoned lock is as good as any.
    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine does not answer.
pub fn unreachable(error: ClientError) -> ApiError {
    ApiError::new(503, "ENGINE_UNREACHABLE", format!("the engine does not answer: {error}"))
}

/// Whether an idle connection is still open and silent, by a look that does not wait.
fn is_alive(client: &Client) -> bool {
    let stream = client.stream();
    let look = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    let silent = matches!(look, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    silent && stream.set_nonblocking(false).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use heapwood_sockets::{Flow, FrameReplies, Replies, RequestLimits, serve};
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    fn pool(address: String) -> Pool {
        Pool::new(move || Client::connect(&address).map_err(unreachable))
    }

    /// An engine that answers PING with how many requests it has seen, and hangs up on anything else.
    fn engine() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let mut seen = 0;
            serve(&listener, RequestLimits::default(), |arguments, replies| {
                if arguments[0] != b"PING" {
                    return Flow::Close;
                }
                seen += 1;
                replies.integer(seen);
                Flow::Continue
            })
        });
        address
    }

    #[test]
    fn a_connection_is_put_back_and_used_again() {
        let (address, connections) = (engine(), Arc::new(AtomicUsize::new(0)));
        let counting = Arc::clone(&connections);
        let pool = Pool::new(move || {
            counting.fetch_add(1, Ordering::SeqCst);
            Client::connect(&address).map_err(unreachable)
        });
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(1)));
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(2)));
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    /// Reads one request and returns it, or nothing at the end of the connection.
    fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut body).ok()?;
        // Its only argument, behind the count and its length.
        Some(body.split_off(8))
    }

    fn reply(stream: &mut TcpStream, status: &[u8]) {
        let mut bytes = Vec::new();
        let mut replies = FrameReplies::new(&mut bytes);
        replies.bytes(status);
        replies.finish();
        stream.write_all(&bytes).unwrap();
    }

    /// An engine whose reply to LATE comes only when the next request is there already.
    fn late_engine() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut owed) = (stream.unwrap(), None);
                while let Some(name) = read_request(&mut stream) {
                    if let Some(late) = owed.take() {
                        reply(&mut stream, late);
                    }
                    match &name[..] {
                        b"LATE" => owed = Some(b"the reply to LATE"),
                        other => reply(&mut stream, other),
                    }
                }
            }
        });
        address
    }

    #[test]
    fn a_reply_that_came_too_late_is_nobody_elses() {
        let address = late_engine();
        let pool = Pool::new(move || {
            let mut client = Client::connect(&address).map_err(unreachable)?;
            client.set_timeout(Some(Duration::from_millis(50))).map_err(unreachable)?;
            Ok(client)
        });
        assert_eq!(pool.call(&["LATE"]).unwrap_err().code, "ENGINE_UNREACHABLE");
        let told = pool.call(&["NEXT"]);
        assert_eq!(told, Ok(Value::Bytes(b"NEXT".to_vec())), "B4: a connection that failed was lent again");
    }

    #[test]
    fn a_connection_that_failed_is_not_put_back() {
        let pool = pool(engine());
        assert_eq!(pool.call(&["QUIT"]).unwrap_err().code, "ENGINE_UNREACHABLE");
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(1)));
    }

    #[test]
    fn an_idle_connection_that_the_engine_has_closed_is_not_lent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pool = pool(listener.local_addr().unwrap().to_string());
        // An engine that hangs up after each reply, as one does that is stopped and started between two requests.
        thread::spawn(move || {
            for mut stream in listener.incoming().map(Result::unwrap) {
                if let Some(name) = read_request(&mut stream) {
                    reply(&mut stream, &name);
                }
            }
        });
        assert_eq!(pool.call(&["ONE"]), Ok(Value::Bytes(b"ONE".to_vec())));
        let end = pool.idle()[0].stream().peek(&mut [0]).unwrap();
        assert_eq!(end, 0, "waits until the end of the stream has come");
        let told = pool.call(&["TWO"]);
        assert_eq!(
            told,
            Ok(Value::Bytes(b"TWO".to_vec())),
            "a connection that the engine had closed was lent"
        );
    }

    #[test]
    fn an_engine_that_is_not_there_is_said_so_and_may_come_later() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let pool = pool(address);
        for _ in 0..3 {
            assert_eq!(pool.call(&["PING"]).unwrap_err().code, "ENGINE_UNREACHABLE");
        }
    }
}
