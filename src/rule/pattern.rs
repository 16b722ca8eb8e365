//! How a rule's regexes are read: everywhere alike, so that what was checked when a rule was loaded is what runs.

use regex::bytes::{Regex, RegexBuilder};

/// The most memory that one compiled pattern may take, in bytes. The largest built-in rule stays far below.
const SIZE_LIMIT: usize = 16 << 20;

/// Compiles `pattern` for bytes: `\w`, `\d` and `\b` are ASCII, and `.` is any byte but a newline.
///
/// # Errors
/// When the pattern is not a regex, or a larger one than any rule needs.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(SIZE_LIMIT).build()
}
