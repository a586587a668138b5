//! Processes whose output is read as it comes, and that end with their owner.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

/// How much of the output is taken at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// A process in a group of its own, with everything that it starts. The group is killed when this value is dropped.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    reaped: bool,
}

/// What came of waiting for output.
pub enum Output {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nobody holds the output open any more.
    End,
    /// Nothing until the deadline.
    Late,
}

impl Process {
    /// Starts the command with its standard input held open, and both its outputs in one pipe, so that their lines keep
    /// the order in which a terminal would show them.
    pub fn start(mut command: Command) -> io::Result<Self> {
        let (mut reader, writer) = io::pipe()?;
        command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
        let mut child = command.spawn()?;
        // The command holds the pipe's writing end; as long as it lives, the output has no end.
        drop(command);
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut chunk = vec![0; CHUNK_BYTES];
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { input: child.stdin.take(), child, output, reaped: false })
    }

    /// Writes to standard input.
    ///
    /// # Errors
    /// The process has ended, or its input has been closed.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(text.as_bytes()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// What Ctrl-D does.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// What Ctrl-C does: an interrupt for the whole group. A shell starts what it puts in the background with interrupts
    /// ignored, and all below it inherit that; then the program is asked to terminate, which ends it as an interrupt would.
    pub fn interrupt(&self) {
        self.signal(if self.ignores_interrupts() { "TERM" } else { "INT" });
    }

    /// Whether the process ignores interrupts, where the system tells (Linux).
    fn ignores_interrupts(&self) -> bool {
        const SIGINT_BIT: u64 = 1 << 1;
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & SIGINT_BIT != 0)
    }

    /// Ends the whole group at once.
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// Waits for output.
    pub fn read(&self, deadline: Instant) -> Output {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => Output::Bytes(bytes),
            Err(RecvTimeoutError::Disconnected) => Output::End,
            Err(RecvTimeoutError::Timeout) => Output::Late,
        }
    }

    /// How the process ended, to be asked after the end of its output. What it left in its group ends too.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        if !self.reaped {
            // Before the process is waited for: afterwards its group's number may be another's.
            self.kill();
            self.reaped = true;
        }
        self.child.wait()
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        let mut kill = Command::new("kill");
        kill.args([&format!("-{name}"), "--", &group]).stdout(Stdio::null()).stderr(Stdio::null());
        // A group that is gone needs no signal.
        let _ = kill.status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
