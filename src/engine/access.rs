//! Who may do what: the password, and who has given it.

use std::collections::HashSet;

use heapwood_poll_loop::ClientId;
use heapwood_sockets::RequestLimits;

use super::secret::Secret;
use super::table::{Command, Id};

/// The clients that have given the password, where one is wanted.
#[derive(Debug)]
pub struct Access {
    secret: Option<Secret>,
    authenticated: HashSet<ClientId>,
    /// The last client admitted: a pipeline asks for the same one again and again.
    last: Option<ClientId>,
    /// A request's limits once its client is admitted.
    limits: RequestLimits,
    /// Wrong passwords given.
    pub failures: u64,
}

/// What an AUTH comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right,
    /// It is not.
    Wrong,
    /// There is none to give.
    NoneWanted,
}

impl Access {
    /// Access with `secret`, or for everybody.
    pub fn new(secret: Option<Secret>, limits: RequestLimits) -> Self {
        Self { secret, authenticated: HashSet::new(), last: None, limits, failures: 0 }
    }

    /// Whether a password is wanted.
    pub fn wants_password(&self) -> bool {
        self.secret.is_some()
    }

    /// The limits of an admitted client's requests.
    pub fn limits(&self) -> RequestLimits {
        self.limits
    }

    /// Whether the client may run the command.
    #[inline]
    pub fn admits(&mut self, client: ClientId, command: &Command) -> bool {
        self.secret.is_none()
            || self.last == Some(client)
            || self.is_authenticated(client)
            || matches!(command.id, Id::Auth | Id::Quit)
    }

    /// Whether the client has given the password.
    pub fn is_authenticated(&mut self, client: ClientId) -> bool {
        let authenticated = self.authenticated.contains(&client);
        if authenticated {
            self.last = Some(client);
        }
        authenticated
    }

    /// Judges a password. The only user is `default`.
    pub fn authenticate(&mut self, client: ClientId, user: &[u8], password: &[u8]) -> Verdict {
        let Some(secret) = &self.secret else {
            return Verdict::NoneWanted;
        };
        // Both are judged whatever the other is, so that the time tells nothing.
        let (is_user, is_password) = (user == b"default", secret.is(password));
        if is_user & is_password {
            self.authenticated.insert(client);
            return Verdict::Right;
        }
        self.failures += 1;
        Verdict::Wrong
    }

    /// Forgets a client.
    pub fn gone(&mut self, client: ClientId) {
        if self.secret.is_some() {
            self.authenticated.remove(&client);
            self.last = None;
        }
    }
}
