//! A program on a pseudo-terminal: types into it and waits for what it shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was shown since the last text that was waited for.
    shown: Vec<u8>,
    child: Child,
}

impl Terminal {
    pub(crate) fn run(mut command: Command) -> Self {
        let (ours, theirs) = sys::open();
        let end = || Stdio::from(theirs.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap();
        let keyboard = File::from(ours);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { keyboard, screen, shown: Vec::new(), child }
    }

    pub(crate) fn type_bytes(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).unwrap();
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.type_bytes(line.as_bytes());
        self.type_bytes(b"\r");
    }

    /// Ctrl-C as the program gets it while it does not read the keyboard.
    #[allow(dead_code, reason = "not every test interrupts")]
    pub(crate) fn interrupt(&self) {
        sys::interrupt(self.child.id());
    }

    /// Waits until `text` is shown, and forgets what is shown up to its end.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut places = self.shown.windows(text.len());
            if let Some(place) = places.position(|window| window == text.as_bytes()) {
                self.shown.drain(..place + text.len());
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(chunk) => self.shown.extend(chunk),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let shown = self.shown.escape_ascii();
                    panic!("{text:?} is not in what was shown: {shown}");
                }
            }
        }
    }

    /// Presses Ctrl-D once the prompt is there again, and gives the exit code. Before that the terminal itself would
    /// take the key for an end of input, which nobody reads.
    pub(crate) fn leave(&mut self) -> i32 {
        self.wait_for("> ");
        self.type_bytes(b"\x04");
        self.exit_code()
    }

    /// Waits for the program's end.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            // What it still shows must not fill the terminal, and each piece is a reason to look again.
            let _ = self.screen.recv_timeout(Duration::from_millis(5));
            assert!(Instant::now() < until, "the program does not end: {}", self.shown.escape_ascii());
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

mod sys {
    use super::*;

    /// The two ends of a new pseudo-terminal: ours and the program's.
    pub(super) fn open() -> (OwnedFd, OwnedFd) {
        let (mut ours, mut theirs) = (-1, -1);
        let mut size = libc::winsize { ws_row: 40, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the pointers are to live integers and a live size; the others may be null.
        let result = unsafe {
            libc::openpty(
                &raw mut ours,
                &raw mut theirs,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                &raw mut size,
            )
        };
        assert_eq!(result, 0, "no pseudo-terminal");
        // SAFETY: openpty succeeded, so both are open and belong to nobody else.
        let ends = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
        for end in [&ends.0, &ends.1] {
            // SAFETY: the descriptor is open. The program must not inherit either as it is.
            unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        ends
    }

    #[allow(dead_code, reason = "not every test interrupts")]
    pub(super) fn interrupt(process: u32) {
        // SAFETY: a signal to a child that was not waited for yet, so the id is still its own.
        unsafe { libc::kill(process.cast_signed(), libc::SIGINT) };
    }
}
