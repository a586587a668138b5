//! The rate of requests that one client address may make: a token bucket each.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use heapwood_http_bridge::ApiError;

/// Addresses remembered at once. Full buckets are forgotten first: they say nothing.
const MAX_ADDRESSES: usize = 4_096;

/// Lets through as many requests a second from each address as told, and as many at once after a pause of a second.
pub(crate) struct RateLimit {
    per_second: f64,
    buckets: HashMap<IpAddr, Bucket>,
    refused: Arc<AtomicU64>,
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl RateLimit {
    /// At most `per_second` requests from each address; those refused are counted in `refused`.
    pub(crate) fn new(per_second: usize, refused: Arc<AtomicU64>) -> Self {
        Self { per_second: per_second as f64, buckets: HashMap::new(), refused }
    }

    /// Lets a request of `peer` through, or refuses it with 429.
    pub(crate) fn admit(&mut self, peer: SocketAddr, now: Instant) -> Result<(), ApiError> {
        if self.take(neighbourhood(peer.ip()), now) {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        let message =
            format!("more than {} requests a second from one address; wait a second", self.per_second);
        Err(ApiError::new(429, "RATE_LIMITED", message))
    }

    fn take(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.buckets.len() >= MAX_ADDRESSES && !self.buckets.contains_key(&address) {
            self.forget(now);
        }
        let full = self.per_second;
        let bucket = self.buckets.entry(address).or_insert(Bucket { tokens: full, filled_at: now });
        let waited_s = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + waited_s * full).min(full);
        bucket.filled_at = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }

    fn forget(&mut self, now: Instant) {
        self.buckets.retain(|_, b| now.saturating_duration_since(b.filled_at).as_secs() < 1);
        if self.buckets.len() >= MAX_ADDRESSES {
            self.buckets.clear();
        }
    }
}

/// Who owns one IPv6 address owns the 2^64 beside it.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn peer(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_is_cut_off_and_time_gives_back() {
        let mut limit = RateLimit::new(10, Arc::default());
        let start = Instant::now();
        let admitted = |limit: &mut RateLimit, after_ms: u64| {
            let now = start + Duration::from_millis(after_ms);
            (0..50).filter(|_| limit.admit(peer("10.0.0.1:1"), now).is_ok()).count()
        };
        assert_eq!(admitted(&mut limit, 0), 10);
        assert_eq!(admitted(&mut limit, 0), 0);
        assert_eq!(admitted(&mut limit, 510), 5);
        assert_eq!(admitted(&mut limit, 60_000), 10);
        assert_eq!(limit.refused.load(Ordering::Relaxed), 175);
    }

    #[test]
    fn addresses_do_not_share_but_neighbours_in_ipv6_do() {
        let mut limit = RateLimit::new(1, Arc::default());
        let now = Instant::now();
        let mut ok = |address: &str| limit.admit(peer(address), now).is_ok();
        assert!(ok("10.0.0.1:1") && ok("10.0.0.2:1") && !ok("10.0.0.1:2"));
        assert!(!ok("[::ffff:10.0.0.1]:3"));
        assert!(ok("[2001:db8::1]:1") && !ok("[2001:db8::2]:1") && ok("[2001:db8:0:1::1]:1"));
    }

    #[test]
    fn many_addresses_take_bounded_memory() {
        let mut limit = RateLimit::new(5, Arc::default());
        let now = Instant::now();
        for i in 0..3 * MAX_ADDRESSES as u32 {
            let address = IpAddr::from(i.to_be_bytes());
            assert!(limit.admit(SocketAddr::new(address, 1), now).is_ok());
            assert!(limit.buckets.len() <= MAX_ADDRESSES);
        }
    }
}
