//! A terminal in which a command runs: what is typed goes in, and lines come out.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::lines::{ANY_LINES, compare, difference};
use super::ports::Ports;
use heapwood_course::process::{Output, Process};

/// How long output is waited for. Long, since a loaded machine is no reason to fail; what is wrong is mostly seen
/// earlier, from the first line that differs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to go on reading after a difference, so that the message shows all of what came.
const AFTERMATH: Duration = Duration::from_millis(300);

/// What a terminal says when the program in it was killed.
const KILLED: &str = "Killed";

/// How long lines are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until they have come.
    Shown,
    /// Until the command has ended, so that they are known to be all.
    Ended,
}

/// A terminal with its command; it ends with this value.
pub(super) struct Terminal {
    process: Process,
    /// Those that the script names, and earlier ones.
    ports: Ports,
    /// Lines that no step has expected yet.
    lines: Vec<String>,
    /// The beginning of a line.
    unfinished: Vec<u8>,
    has_ended: bool,
    /// The last step ended in `…`, so more lines may follow.
    has_more: bool,
}

impl Terminal {
    /// Has bash run a script in a folder.
    ///
    /// The script goes through standard input, of which bash reads no more than the script's own lines: what is typed
    /// later reaches the command. It is in no command line, where `pgrep -f` would find it.
    pub(super) fn start(script: &str, ports: Ports, folder: &Path) -> io::Result<Self> {
        let mut bash = Command::new("bash");
        // Nothing of this machine's: no proxies, no start-up files, no translations.
        bash.env_clear().env("HOME", folder).env("LC_ALL", "C").current_dir(folder);
        if let Some(path) = std::env::var_os("PATH") {
            bash.env("PATH", path);
        }
        let mut process = Process::start(bash)?;
        process.write(script)?;
        let (lines, unfinished) = (Vec::new(), Vec::new());
        Ok(Self { process, ports, lines, unfinished, has_ended: false, has_more: false })
    }

    /// Types a line.
    pub(super) fn type_line(&mut self, text: &str) -> io::Result<()> {
        self.process.write(&format!("{text}\n"))
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&mut self) {
        self.process.interrupt();
    }

    /// Says that nothing more will be typed.
    pub(super) fn close_input(&mut self) {
        self.process.close_input();
    }

    /// Waits until the lines have come, or are all that came. Gives why they are not.
    pub(super) fn expect(&mut self, expected: &[String], until: Until) -> Result<(), String> {
        let expected = self.after_more(expected);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let agreement = compare(&expected, &self.lines);
            let agreed = match until {
                Until::Shown => agreement.shortest,
                Until::Ended => (self.has_ended && agreement.whole).then_some(self.lines.len()),
            };
            if let Some(count) = agreed {
                self.lines.drain(..count);
                return Ok(());
            }
            if self.has_ended || !agreement.is_possible {
                return Err(self.differs(&expected));
            }
            self.read(deadline).map_err(|reason| reason + &difference(&expected, &self.lines))?;
        }
    }

    /// Ends the command where it stands. Gives what it wrote that no step has expected.
    pub(super) fn end(mut self) -> Result<(), String> {
        self.process.kill();
        self.finish()
    }

    /// Waits for the command's end, at which nothing may be left that no step has expected. That it was killed needs not
    /// be told.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.close_input();
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended {
            self.read(deadline)?;
        }
        self.lines.pop_if(|line| line == KILLED);
        self.expect(&[], Until::Ended)
    }

    /// What is expected, after the rest of what an earlier `…` stands for.
    fn after_more(&mut self, expected: &[String]) -> Vec<String> {
        let more = std::mem::take(&mut self.has_more).then(|| ANY_LINES.to_owned());
        let expected: Vec<String> = more.into_iter().chain(expected.iter().cloned()).collect();
        self.has_more = expected.last().is_some_and(|line| line == ANY_LINES);
        expected
    }

    fn differs(&mut self, expected: &[String]) -> String {
        let deadline = Instant::now() + AFTERMATH;
        while !self.has_ended && self.read(deadline).is_ok() {}
        format!("the page says (-) and this came (+):{}", difference(expected, &self.lines))
    }

    /// Reads what comes next into lines.
    fn read(&mut self, deadline: Instant) -> Result<(), String> {
        match self.process.read(deadline) {
            Output::Bytes(bytes) => {
                self.unfinished.extend(bytes);
                while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.unfinished.drain(..=end).collect();
                    self.add_line(&line);
                }
            }
            Output::End => {
                let line = std::mem::take(&mut self.unfinished);
                if !line.is_empty() {
                    self.add_line(&line);
                }
                self.has_ended = true;
                let status = self.process.end().map_err(|error| error.to_string())?;
                if status.signal() == Some(9) {
                    self.lines.push(KILLED.into());
                }
            }
            Output::Late => return Err(format!("still running after {} s:", PATIENCE.as_secs())),
        }
        Ok(())
    }

    fn add_line(&mut self, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        self.lines.push(self.ports.for_page(line.trim_end_matches(['\r', '\n'])));
    }
}
