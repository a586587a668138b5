//! The building on standard error: a bar on a terminal, a line every tenth elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// What is shown of a build.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    tenths_said: u64,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "building the market database {bar:40} {human_pos} of {human_len} daily bars",
            );
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Bar { bar, tenths_said: 0 }
    }

    pub(crate) fn show(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
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
            eprintln!("building the market database: {done} of {total} daily bars");
        }
    }
}
