//! Messages on standard error: errors, warnings and the summary line.
//!
//! A closed pipe or a full disk does not end the run: its exit code still gives the result.

use std::fmt;
use std::io::Write;

use super::text::lines;

/// Writes one line or several to standard error. An error of writing is ignored.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::write_line(format_args!($($text)*)) };
}
pub(crate) use say;

/// The function behind [`say!`].
pub fn write_line(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", lines(&text.to_string()));
}
