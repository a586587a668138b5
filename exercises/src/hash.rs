//! Fingerprints of files: SHA-256, in hexadecimal.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The fingerprint of bytes.
pub fn of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fingerprint of files and folders: of names and contents. What does not exist counts as empty.
pub fn of_tree(paths: &[PathBuf]) -> String {
    let mut hasher = Sha256::new();
    for path in paths {
        feed(&mut hasher, path);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn feed(hasher: &mut Sha256, path: &Path) {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> =
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        inside.sort();
        inside.iter().for_each(|path| feed(hasher, path));
        return;
    }
    let content = fs::read(path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    hasher.update((name.len() as u64).to_be_bytes());
    hasher.update(name);
    hasher.update((content.len() as u64).to_be_bytes());
    hasher.update(&content);
}
