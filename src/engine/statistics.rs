//! What the engine counts beside what the loop counts.

/// How long a rate is measured before it is told anew.
const RATE_WINDOW_MS: u64 = 1_000;

/// Counts since the start.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// When the engine began, on the monotonic clock.
    pub started_mono_ms: u64,
    /// Commands executed, refused ones included.
    pub commands: u64,
    /// Error replies.
    pub errors: u64,
    /// Connections closed because a web browser seemed to speak.
    pub cross_protocol: u64,
    window_began_mono_ms: u64,
    window_commands: u64,
    rate: u64,
}

impl Statistics {
    /// Counts that begin now.
    pub fn begun_at(mono_ms: u64) -> Self {
        Self { started_mono_ms: mono_ms, window_began_mono_ms: mono_ms, ..Self::default() }
    }

    /// Closes the window over which the rate is measured, when it is long enough.
    pub fn sample(&mut self, mono_ms: u64) {
        let elapsed_ms = mono_ms.saturating_sub(self.window_began_mono_ms);
        if elapsed_ms < RATE_WINDOW_MS {
            return;
        }
        self.rate = (self.commands - self.window_commands) * 1_000 / elapsed_ms;
        self.window_began_mono_ms = mono_ms;
        self.window_commands = self.commands;
    }

    /// Commands a second, over the last window.
    pub fn rate(&self) -> u64 {
        self.rate
    }
}
