//! By which names this server may be called, and from which pages.
//!
//! A page of another site can make a browser send requests here. Its `Origin` tells (403). And a name that its owner
//! points at 127.0.0.1 would make it the same origin; then `Host` tells (421).

use std::net::{IpAddr, SocketAddr};

use heapwood_http_bridge::{ApiError, Incoming};

/// The names that are ours, in small letters, each with its port.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// Loopback and the address listened on, and what the operator allows besides: `host` (with our port or none) or
    /// `host:port`.
    pub(crate) fn new(listening: SocketAddr, allowed: &[String]) -> Self {
        let port = listening.port();
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into();
        if !listening.ip().is_unspecified() {
            names.push(match listening.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            });
        }
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.append(&mut names);
        }
        for name in allowed {
            let name = name.to_ascii_lowercase();
            if has_port(&name) {
                hosts.push(name);
            } else {
                hosts.extend([format!("{name}:{port}"), name]);
            }
        }
        Self(hosts)
    }

    /// Refuses a request that was meant for somebody else or comes from another site's page.
    pub(crate) fn check(&self, request: &Incoming) -> Result<(), ApiError> {
        let mut hosts = request.header("Host");
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(ApiError::new(400, "BAD_HOST", "send exactly one Host header"));
        };
        if !self.are_ours(host) {
            let message = format!("{host:?} is not served here; --allow-host adds a name");
            return Err(ApiError::new(421, "FOREIGN_HOST", message));
        }
        for origin in request.header("Origin") {
            let site = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if !site.is_some_and(|site| self.are_ours(site)) {
                let message = format!("pages of {origin:?} may not ask here");
                return Err(ApiError::new(403, "FOREIGN_ORIGIN", message));
            }
        }
        Ok(())
    }

    fn are_ours(&self, host: &str) -> bool {
        self.0.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// Whether a name ends in a port: `[::1]` has colons and none.
fn has_port(name: &str) -> bool {
    let port = name.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn status(hosts: &Hosts, headers: &[(&str, &str)]) -> u16 {
        let pair = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
        let request = Incoming { headers: headers.iter().map(pair).collect(), ..Incoming::default() };
        hosts.check(&request).map_or_else(|e| e.status, |()| 200)
    }

    #[test]
    fn only_our_own_names_are_answered_to() {
        let allowed = ["prices.example".to_owned(), "a.example:443".to_owned(), "[fe80::1]".to_owned()];
        let hosts = Hosts::new("192.0.2.7:8080".parse().unwrap(), &allowed);
        for ours in [
            "localhost:8080",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.0.2.7:8080",
            "prices.example",
            "Prices.Example:8080",
            "a.example:443",
            "[fe80::1]:8080",
        ] {
            assert_eq!(status(&hosts, &[("Host", ours)]), 200, "{ours}");
        }
        for foreign in [
            "localhost",
            "localhost:80",
            "127.0.0.1:8081",
            "evil.example",
            "evil.example:8080",
            "localhost:8080.evil.example",
            "a.example",
            "",
        ] {
            assert_eq!(status(&hosts, &[("Host", foreign)]), 421, "{foreign}");
        }
        assert_eq!(status(&hosts, &[]), 400);
        let twice = [("Host", "localhost:8080"), ("Host", "evil.example")];
        assert_eq!(status(&hosts, &twice), 400);
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let hosts = Hosts::new("127.0.0.1:8080".parse().unwrap(), &[]);
        let from = |origin| status(&hosts, &[("Host", "localhost:8080"), ("Origin", origin)]);
        assert_eq!(from("http://localhost:8080"), 200);
        assert_eq!(from("http://127.0.0.1:8080"), 200);
        for foreign in ["null", "http://localhost:3000", "http://evil.example", "localhost:8080", ""] {
            assert_eq!(from(foreign), 403, "{foreign}");
        }
    }

    #[test]
    fn the_default_port_may_be_left_out() {
        let hosts = Hosts::new("127.0.0.1:80".parse().unwrap(), &[]);
        assert_eq!(status(&hosts, &[("Host", "localhost")]), 200);
    }
}
