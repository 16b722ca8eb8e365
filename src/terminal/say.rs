//! What is said on standard error: errors, warnings and the digest.
//!
//! Where nobody listens (a closed pipe, a full disk), the run goes on: its exit code says what it came to. Names out of
//! a repository stand in these lines, so nothing in them may drive a terminal.

use std::fmt;
use std::io::Write;

/// Says a line, or several. What cannot be written is lost.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::write_line(format_args!($($text)*)) };
}
pub(crate) use say;

/// Behind [`say!`].
pub fn write_line(text: fmt::Arguments<'_>) {
    let tame = |c: char| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    let line: String = text.to_string().chars().map(tame).collect();
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A name out of a repository, on one line: it must not look like a line of ours.
pub fn name(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
