//! Errors that end a run: the reason, the way out and the exit code.

use std::fmt;
use std::io;

use crate::exit::Exit;

/// The result of anything that can stop a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that ends a run: it names the thing, and the way out.
///
/// It never holds content that was scanned, so it is safe to print.
///
/// ```
/// use shield_hook::error::Error;
/// use shield_hook::exit::Exit;
///
/// let error = Error::usage("x.toml:3: unknown key `blok`").help("did you mean `block`?");
/// assert_eq!(error.exit(), Exit::Usage);
/// assert_eq!(error.to_string(), "x.toml:3: unknown key `blok`\n  help: did you mean `block`?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Cause,
    message: String,
    help: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The scan could not be completed (exit 2).
    Incomplete,
    /// Wrong usage or configuration (exit 3).
    Usage,
    /// Whoever read standard output has gone (exit 2).
    Unheard,
}

impl Error {
    /// The scan could not be completed: exit 2.
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self { kind: Cause::Incomplete, message: message.into(), help: Vec::new() }
    }

    /// The command line, the configuration or a rule is wrong: exit 3.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: Cause::Usage, message: message.into(), help: Vec::new() }
    }

    /// Adds a line of advice.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// Prefixes the message with the operation that failed.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// The same error in other words.
    #[must_use]
    pub fn reworded(&self, word: impl Fn(&str) -> String) -> Self {
        let help = self.help.iter().map(|line| word(line)).collect();
        Self { kind: self.kind, message: word(&self.message), help }
    }

    /// The message without its help lines.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The lines of advice.
    pub fn help_lines(&self) -> &[String] {
        &self.help
    }

    /// Returns whether the reader of standard output has gone (`rules list | head`), which is no failure to report.
    pub fn is_unheard(&self) -> bool {
        self.kind == Cause::Unheard
    }

    /// The exit code that this error means.
    pub fn exit(&self) -> Exit {
        match self.kind {
            Cause::Incomplete | Cause::Unheard => Exit::Incomplete,
            Cause::Usage => Exit::Usage,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|line| write!(f, "\n  help: {line}"))
    }
}

impl std::error::Error for Error {}

/// Turns an error of the operating system or of a library into ours, with the operation that failed.
pub trait Context<T> {
    /// The scan cannot be completed without this (exit 2).
    fn or_incomplete(self, doing: impl fmt::Display) -> Result<T>;
    /// The user gave something that does not work (exit 3).
    fn or_usage(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn or_incomplete(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|e| Error::incomplete(format!("{doing}: {e}")))
    }
    fn or_usage(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|e| Error::usage(format!("{doing}: {e}")))
    }
}

/// Turns an error of printing to standard output into ours.
pub trait Printed<T> {
    /// The output could not be written (exit 2).
    fn or_unprinted(self) -> Result<T>;
}

impl<T, E: Into<io::Error>> Printed<T> for std::result::Result<T, E> {
    fn or_unprinted(self) -> Result<T> {
        self.map_err(|e| {
            let e = e.into();
            let kind = if e.kind() == io::ErrorKind::BrokenPipe { Cause::Unheard } else { Cause::Incomplete };
            Error { kind, message: format!("standard output: {e}"), help: Vec::new() }
        })
    }
}
