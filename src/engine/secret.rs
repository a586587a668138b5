//! The password: where it comes from, and how it is compared.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::options::SecretOptions;

/// More than anybody types; a longer file is the wrong file.
const MAX_SECRET_BYTES: u64 = 4_096;

/// A password that does not show itself in messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The password that the options name, if any.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or an empty password: what, why and what to do, in one line.
    pub fn of(options: &SecretOptions) -> Result<Option<Self>, String> {
        let secret = match (&options.requirepass, &options.requirepass_file) {
            (Some(password), _) => password.clone().into_bytes(),
            (None, Some(path)) => first_line(path).map_err(|error| {
                format!("cannot read the password from {}: {error}; --requirepass-file takes a file whose first line it is", path.display())
            })?,
            (None, None) => return Ok(None),
        };
        if secret.is_empty() {
            return Err(String::from(
                "the password is empty, which would protect nothing; give one with --requirepass-file FILE, or leave the option out",
            ));
        }
        Ok(Some(Self(secret)))
    }

    /// Whether `offered` is the password. How long that takes depends on the length offered and
    /// on nothing else, so that an answer's time tells nothing about the password.
    pub fn is(&self, offered: &[u8]) -> bool {
        let mut difference = u8::from(offered.len() != self.0.len());
        for (place, &byte) in offered.iter().enumerate() {
            difference |= byte ^ self.0[place % self.0.len()];
        }
        std::hint::black_box(difference) == 0
    }

    /// Its bytes, for the bridge that must say it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

fn first_line(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SECRET_BYTES).read_to_end(&mut bytes)?;
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_password_is_the_password() {
        let secret = Secret(b"sesame".to_vec());
        assert!(secret.is(b"sesame"));
        for wrong in [&b""[..], b"sesam", b"sesamf", b"sesamesesame", b"Sesame"] {
            assert!(!secret.is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "sesame\r\nand more\n").unwrap();
        let options = SecretOptions { requirepass: None, requirepass_file: Some(path.clone()) };
        assert!(Secret::of(&options).unwrap().unwrap().is(b"sesame"));
        std::fs::write(&path, "\n").unwrap();
        assert!(Secret::of(&options).unwrap_err().contains("empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(Secret::of(&options).unwrap_err().contains("password from"));
    }
}
