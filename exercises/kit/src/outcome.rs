use std::any::Any;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::panic::{PanicHookInfo, catch_unwind, set_hook};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock};

/// How a case ended, where it did end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// The learner's code gave something else than the case expects.
    Mismatch {
        /// What it was given.
        input: String,
        /// What should come of it.
        expected: String,
        /// What came of it.
        got: String,
    },
    /// A panic: an assertion that the case has from the standard library, or anything else.
    Panicked {
        /// What it said.
        message: String,
        /// The file, as the compiler calls it.
        file: String,
        /// The line, from 1.
        line: u32,
    },
}

/// What a failed check throws.
pub(crate) struct Mismatch {
    pub(crate) input: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// A panic as the hook saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// Where the check that was begun last is written, so that it is known also of a case that does not come to its end.
static BEGUN: OnceLock<File> = OnceLock::new();

/// Notes what a check gives to the learner's code.
pub(crate) fn begin(input: &str) {
    if let Some(mut file) = BEGUN.get() {
        let text = format!("{}\n{input}", input.len());
        // Without it a message says less, and no case fails for it.
        let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(text.as_bytes()));
    }
}

/// What the last check that a case began gave, by the file of its outcome; nothing where it began none.
pub fn read_begun(outcome: &Path) -> String {
    let bytes = fs::read(outcome.with_extension("begun")).unwrap_or_default();
    // Behind the text may be the rest of a longer one that was begun before it.
    let line_end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let length = std::str::from_utf8(&bytes[..line_end]).ok().and_then(|length| length.parse::<usize>().ok());
    let begun = length.and_then(|length| bytes.get(line_end + 1..line_end + 1 + length));
    String::from_utf8_lossy(begun.unwrap_or_default()).into_owned()
}

static LAST: Mutex<Option<Panic>> = Mutex::new(None);

/// The panic that was met last, in any thread.
pub(crate) fn last_panic() -> Panic {
    LAST.lock().ok().and_then(|last| last.clone()).unwrap_or_default()
}

/// Whether this is what `todo!()` says.
pub(crate) fn is_hole(message: &str) -> bool {
    message.starts_with("not yet implemented") || message.starts_with("not implemented")
}

/// Whether a message is that of an assertion, and not of a panic that the standard library raises by itself.
pub(crate) fn is_assertion(message: &str) -> bool {
    const BY_ITSELF: [&str; 10] = [
        "called `",
        "index out of bounds",
        "attempt to ",
        "range ",
        "slice index",
        "byte index",
        "mid > len",
        "already borrowed",
        "already mutably borrowed",
        "RefCell already",
    ];
    !is_hole(message) && !BY_ITSELF.iter().any(|start| message.starts_with(start))
}

impl Outcome {
    /// As text; [`parse`](Self::parse) reads it.
    pub fn to_text(&self) -> String {
        let (kind, fields) = match self {
            Self::Passed => ("passed", vec![]),
            Self::Mismatch { input, expected, got } => {
                ("mismatch", vec![input.clone(), expected.clone(), got.clone()])
            }
            Self::Panicked { message, file, line } => {
                ("panicked", vec![message.clone(), file.clone(), line.to_string()])
            }
        };
        let fields: String = fields.iter().map(|field| format!("{}\n{field}\n", field.len())).collect();
        format!("{kind}\n{fields}")
    }

    /// Reads what [`to_text`](Self::to_text) wrote. Nothing for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, mut rest) = text.split_once('\n')?;
        let mut field = || {
            let (length, after) = rest.split_once('\n')?;
            let length: usize = length.parse().ok()?;
            let field = after.get(..length)?;
            rest = after.get(length + 1..)?;
            Some(field.to_owned())
        };
        match kind {
            "passed" => Some(Self::Passed),
            "mismatch" => Some(Self::Mismatch { input: field()?, expected: field()?, got: field()? }),
            "panicked" => {
                Some(Self::Panicked { message: field()?, file: field()?, line: field()?.parse().ok()? })
            }
            _ => None,
        }
    }
}

/// Runs one case in this process, and writes its outcome to a file: the main function of a binary that holds cases. Takes
/// the case's name and the file's path from the command line.
pub fn main(cases: &[(&str, fn())]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, file] = &arguments[..] else {
        eprintln!("give the name of a case, and a file for its outcome");
        return ExitCode::from(2);
    };
    let Some((_, case)) = cases.iter().find(|(known, _)| known == name) else {
        eprintln!("there is no case {name:?}");
        return ExitCode::from(2);
    };
    set_hook(Box::new(note));
    if let Ok(begun) = File::create(Path::new(file).with_extension("begun")) {
        let _ = BEGUN.set(begun);
    }
    let outcome = match catch_unwind(case) {
        Ok(()) => Outcome::Passed,
        Err(payload) => of(payload),
    };
    match fs::write(Path::new(file), outcome.to_text()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::from(2)
        }
    }
}

fn note(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a message").to_owned();
    let (file, line) = info.location().map_or((String::new(), 0), |at| (at.file().to_owned(), at.line()));
    if let Ok(mut last) = LAST.lock() {
        *last = Some(Panic { message, file, line });
    }
}

fn of(payload: Box<dyn Any + Send>) -> Outcome {
    match payload.downcast::<Mismatch>() {
        Ok(mismatch) => {
            let Mismatch { input, expected, got } = *mismatch;
            Outcome::Mismatch { input, expected, got }
        }
        Err(_) => {
            let Panic { message, file, line } = last_panic();
            Outcome::Panicked { message, file, line }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_as_it_was_written() {
        let outcomes = [
            Outcome::Passed,
            Outcome::Mismatch { input: "two\nlines".into(), expected: String::new(), got: "é\n3\n".into() },
            Outcome::Panicked { message: "a".into(), file: "b.rs".into(), line: 7 },
        ];
        for outcome in outcomes {
            assert_eq!(Outcome::parse(&outcome.to_text()), Some(outcome));
        }
        assert_eq!(Outcome::parse("mismatch\n9\nshort"), None);
    }

    #[test]
    fn assertions_are_told_from_panics_of_the_standard_library() {
        assert!(is_assertion("assertion `left == right` failed"));
        assert!(is_assertion("the key is lost"));
        assert!(!is_assertion("called `Option::unwrap()` on a `None` value"));
        assert!(!is_assertion("not yet implemented"));
    }
}
