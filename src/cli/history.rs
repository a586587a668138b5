//! Where the prompt's history is kept.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// How many lines are kept.
pub(super) const MAX_LINES: usize = 1_000;

/// The history's file: `HEAPWOOD_HISTORY` (empty: none), otherwise in the user's folder for state.
pub(super) fn path() -> Option<PathBuf> {
    choose(env::var_os("HEAPWOOD_HISTORY"), env::var_os("XDG_STATE_HOME"), env::home_dir())
}

fn choose(named: Option<OsString>, state: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    if let Some(named) = named {
        return (!named.is_empty()).then(|| named.into());
    }
    // The XDG Base Directory Specification wants a relative path to be ignored.
    let state = state.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|path| path.is_absolute());
    let folder = state.or_else(|| home.map(|home| home.join(".local/state")))?;
    Some(folder.join("heapwood/cli-history"))
}

/// Whether a line may be written down: not when it holds a password.
pub(super) fn may_keep(command: &[Vec<u8>]) -> bool {
    command.first().is_some_and(|name| !name.eq_ignore_ascii_case(b"AUTH"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_file_is_the_one_named_or_in_the_folder_for_state() {
        let text = |text: &str| Some(OsString::from(text));
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(choose(text("h"), text("/s"), path("/home")), path("h"));
        assert_eq!(choose(text(""), text("/s"), path("/home")), None);
        assert_eq!(choose(None, text("/s"), path("/home")), path("/s/heapwood/cli-history"));
        let in_home = path("/home/.local/state/heapwood/cli-history");
        assert_eq!(choose(None, text("relative"), path("/home")), in_home);
        assert_eq!(choose(None, None, None), None);
    }

    #[test]
    fn a_password_is_not_kept() {
        assert!(!may_keep(&[b"auth".to_vec(), b"secret".to_vec()]));
        assert!(may_keep(&[b"GET".to_vec()]));
    }
}
