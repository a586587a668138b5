//! Amounts on the command line: bytes with a unit, and numbers that must not be zero.

/// Reads an amount of bytes: a whole number, with `k`, `m` or `g` (also `kb`, `kib`, …) for
/// powers of 1,024.
///
/// # Errors
///
/// A sentence that says which forms are understood.
pub fn parse_bytes(text: &str) -> Result<usize, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(forms()),
    };
    let number: usize = number.parse().map_err(|_| forms())?;
    number.checked_mul(1 << shift).ok_or_else(forms)
}

fn forms() -> String {
    String::from("an amount of bytes is a whole number, with k, m or g if wished: 64k, 1m, 1048576")
}

/// Reads a count of at least one.
pub(super) fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(String::from("it must be a whole number of at least 1")),
        Ok(count) => Ok(count),
    }
}

/// Reads a port; 0 lets the system choose.
pub(super) fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| String::from("a port is a number from 0 to 65535"))
}

/// Reads a whole number of seconds or milliseconds, which may be zero.
pub(super) fn parse_time(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| String::from("it must be a whole number"))
}

/// Reads an IP address with a port, or `localhost` with a port.
pub(super) fn parse_address(text: &str) -> Result<std::net::SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let example = || String::from("an IP address with a port is meant, such as 127.0.0.1:8080 or [::1]:8080");
    numeric.parse().map_err(|_| example())
}

/// Reads an address to bind: an IP address, or `localhost`.
pub(super) fn parse_bind(text: &str) -> Result<std::net::IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(std::net::Ipv4Addr::LOCALHOST.into());
    }
    text.parse().map_err(|_| String::from("an IP address is meant, such as 127.0.0.1 or ::1"))
}

#[cfg(test)]
mod tests {
    use super::{parse_address, parse_bytes, parse_port};

    #[test]
    fn an_address_has_a_port_and_localhost_is_one_too() {
        assert_eq!(parse_address("localhost:80").map(|addr| addr.to_string()), Ok("127.0.0.1:80".to_owned()));
        assert!(parse_address("[::1]:0").is_ok());
        for text in ["8080", ":8080", "localhost", "localhost:x", ""] {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_is_a_number_of_16_bits() {
        assert_eq!(parse_port("0"), Ok(0));
        for text in ["65536", "-1", "x", ""] {
            assert!(parse_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(parse_bytes("7"), Ok(7));
        assert_eq!(parse_bytes("64k"), Ok(65_536));
        assert_eq!(parse_bytes("1MiB"), Ok(1_048_576));
        assert_eq!(parse_bytes("2gb"), Ok(2_147_483_648));
    }

    #[test]
    fn nonsense_and_overflow_are_refused() {
        for text in ["", "k", "-1", "1t", "99999999999999999999", "99999999999999999g"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
