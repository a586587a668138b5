//! Key windows, and searches side by side.

use super::{Frame, Script};

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    Err(format!("{} is not recorded yet", script.title))
}
