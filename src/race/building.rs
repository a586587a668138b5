//! The building on standard error: a bar on a terminal, a line every tenth elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The bar waits so long, for it is drawn under what the program says first.
const QUIET: Duration = Duration::from_millis(200);

/// What is shown of a build.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    begun: Instant,
    tenths_said: u64,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "building the market {bar:20} {human_pos} of {human_len} daily bars",
            );
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Bar { bar, begun: Instant::now(), tenths_said: 0 }
    }

    pub(crate) fn show(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            if done < total && self.begun.elapsed() < QUIET {
                return;
            }
            bar.set_length(total);
            bar.set_position(done);
            if done >= total {
                bar.finish();
            }
            return;
        }
        let tenths = done * 10 / total.max(1);
        if tenths > self.tenths_said {
            self.tenths_said = tenths;
            crate::complain(format_args!("building the market database: {done} of {total} daily bars"));
        }
    }
}
