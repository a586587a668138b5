//! Writes requests: each kind is encoded once, and only the digits of its key are written anew.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use heapwood_aof::resp::encode_command;
use heapwood_sockets::encode_request;

use super::plan::{KeyOrder, Kind, Plan, Protocol};

/// Digits of a key's number: with the four bytes before them a key has 16 bytes.
const DIGITS: &str = "000000000000";

/// A request with a place for the digits.
struct Template {
    bytes: Vec<u8>,
    digits_at: Option<usize>,
    /// Draws below this, and not below the one before, choose this template.
    below: u32,
}

/// Writes one request after the other.
pub(crate) struct Writer {
    templates: Vec<Template>,
    rng: SmallRng,
    keys: u64,
    order: KeyOrder,
    next_key: u64,
    /// Shares no divisor with the number of keys, so that its multiples meet each key once.
    step: u64,
}

impl Writer {
    /// `part` of `parts` threads: each draws its own numbers, and keys named once are dealt out in stretches.
    pub(crate) fn new(plan: &Plan, part: u64, parts: u64) -> Result<Self, String> {
        let mut below = 0;
        let mut templates = Vec::new();
        for share in &plan.mix {
            below += share.weight;
            templates.push(template(plan, share.kind, below)?);
        }
        if templates.is_empty() {
            return Err("there is nothing to send".to_owned());
        }
        Ok(Writer {
            templates,
            rng: SmallRng::seed_from_u64(plan.seed.wrapping_add(part)),
            keys: plan.keys.max(1),
            step: step(plan.keys.max(1)),
            order: plan.order,
            next_key: (u128::from(plan.keys) * u128::from(part) / u128::from(parts.max(1))) as u64,
        })
    }

    /// Appends one request.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        let chosen = match self.templates.as_slice() {
            [_] => 0,
            [.., last] => {
                let draw = self.rng.random_range(0..last.below);
                self.templates.partition_point(|template| template.below <= draw)
            }
            [] => return,
        };
        let key = match self.order {
            KeyOrder::Random => self.rng.random_range(0..self.keys),
            KeyOrder::EachOnce => {
                let place = u128::from(self.next_key % self.keys);
                self.next_key += 1;
                (place * u128::from(self.step) % u128::from(self.keys)) as u64
            }
        };
        let (template, begin) = (&self.templates[chosen], out.len());
        out.extend_from_slice(&template.bytes);
        if let Some(digits_at) = template.digits_at {
            let end = begin + digits_at + DIGITS.len();
            write_digits(&mut out[..end], key);
        }
    }
}

/// About 0.618 of `keys`, which scatters multiples most evenly (Knuth, *Sorting and Searching*, 6.4).
fn step(keys: u64) -> u64 {
    let wanted = (keys as f64 * 0.618_033_988_749_895) as u64;
    let coprime = |step: &u64| divisor(*step, keys) == 1;
    (wanted.max(1)..).find(coprime).unwrap_or(1)
}

/// The greatest common one (Euclid).
fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Writes `number` to end where `out` ends, over zeros.
fn write_digits(out: &mut [u8], mut number: u64) {
    for digit in out.iter_mut().rev().take(DIGITS.len()) {
        if number == 0 {
            return;
        }
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn template(plan: &Plan, kind: Kind, below: u32) -> Result<Template, String> {
    let value = vec![b'x'; plan.value_bytes];
    let (key, number) = (format!("key:{DIGITS}"), format!("num:{DIGITS}"));
    let (key, number) = (key.as_bytes(), number.as_bytes());
    let arguments: &[&[u8]] = match kind {
        Kind::Set => &[b"SET", key, &value],
        Kind::Get => &[b"GET", key],
        Kind::Incr => &[b"INCR", number],
        Kind::Lpush => &[b"LPUSH", b"bench:list", &value],
        Kind::Lpop => &[b"LPOP", b"bench:list"],
        Kind::Rank => &[b"RANK", key],
        Kind::Del => &[b"DEL", key],
        Kind::Ping => &[b"PING"],
    };
    let mut bytes = Vec::new();
    match plan.protocol {
        Protocol::Frames => encode_request(arguments, &mut bytes).map_err(|error| error.to_string())?,
        Protocol::Resp => encode_command(arguments, &mut bytes),
    }
    let digits_at = bytes
        .windows(4 + DIGITS.len())
        .position(|window| window == key || window == number)
        .map(|key_at| key_at + 4);
    Ok(Template { bytes, digits_at, below })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::super::plan::Share;
    use super::*;

    pub(crate) fn plan(protocol: Protocol, mix: Vec<Share>) -> Plan {
        Plan {
            addr: "127.0.0.1:1".parse().unwrap(),
            password: None,
            protocol,
            clients: 1,
            threads: 1,
            pipeline: 1,
            requests: 1,
            duration: None,
            mix,
            keys: 1_000_000,
            order: KeyOrder::EachOnce,
            value_bytes: 3,
            seed: 1,
        }
    }

    fn written(plan: &Plan, requests: usize) -> Vec<u8> {
        let mut writer = Writer::new(plan, 0, 1).unwrap();
        let mut out = Vec::new();
        (0..requests).for_each(|_| writer.write(&mut out));
        out
    }

    #[test]
    fn requests_are_those_the_codecs_write() {
        let mut expected = Vec::new();
        for key in ["key:000000000000", "key:000000618033"] {
            encode_request(&["SET", key, "xxx"], &mut expected).unwrap();
        }
        let set = vec![Share::all(Kind::Set)];
        assert_eq!(written(&plan(Protocol::Frames, set.clone()), 2), expected);
        assert_eq!(
            written(&plan(Protocol::Resp, set), 1),
            b"*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n"
        );
    }

    #[test]
    fn each_key_is_named_once_over_all_threads() {
        let mut plan = plan(Protocol::Resp, vec![Share::all(Kind::Get)]);
        plan.keys = 10;
        let mut keys = Vec::new();
        for part in 0..3 {
            let mut writer = Writer::new(&plan, part, 3).unwrap();
            for _ in 0..(10 * (part + 1) / 3 - 10 * part / 3) {
                let mut out = Vec::new();
                writer.write(&mut out);
                keys.push(out[out.len() - 3]);
            }
        }
        assert!(!keys.is_sorted());
        keys.sort_unstable();
        assert_eq!(keys, b"0123456789");
    }

    #[test]
    fn a_mix_draws_each_kind_about_as_often_as_its_weight_says() {
        let mix = vec!["get=80".parse().unwrap(), "ping=20".parse().unwrap()];
        let out = written(&plan(Protocol::Resp, mix), 1_000);
        let pings = out.windows(4).filter(|window| window == b"PING").count();
        assert!((150..250).contains(&pings), "{pings}");
    }

    #[test]
    fn digits_fill_their_place_from_the_right() {
        let mut out = *b"key:000000000000";
        write_digits(&mut out, 1_234);
        assert_eq!(&out, b"key:000000001234");
        write_digits(&mut out, 999_999_999_999);
        assert_eq!(&out, b"key:999999999999");
    }
}
