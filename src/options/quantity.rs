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

/// Reads an address to bind: an IP address, or `localhost`.
pub(super) fn parse_bind(text: &str) -> Result<std::net::IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(std::net::Ipv4Addr::LOCALHOST.into());
    }
    text.parse().map_err(|_| String::from("an IP address is meant, such as 127.0.0.1 or ::1"))
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

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
