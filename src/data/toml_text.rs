//! TOML with the position of everything in it: the one place in which it is parsed, for configurations, rule files and
//! lockfiles, and in which offsets become lines.

use std::cell::OnceCell;

use toml::Spanned;
use toml::de::DeTable;

/// The mistake in a text that is no TOML. It never repeats the text, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The offset of the mistake in bytes.
    pub at: usize,
    /// The parser's message, in one line.
    pub message: String,
}

/// Parses a text. Every key and value knows its range of bytes.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, SyntaxError> {
    DeTable::parse(text).map_err(|error| SyntaxError {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().lines().next().unwrap_or_default().to_owned(),
    })
}

/// The lines of a text, found when the first one is asked for.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t str,
    newlines: OnceCell<Vec<usize>>,
}

impl<'t> Lines<'t> {
    /// The lines of `text`.
    pub fn of(text: &'t str) -> Self {
        Lines { text, newlines: OnceCell::new() }
    }

    /// The line of an offset in bytes, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.before(at) + 1
    }

    /// The column of an offset in bytes, from 1, in characters.
    pub fn column(&self, at: usize) -> usize {
        let start = self.before(at).checked_sub(1).map_or(0, |last| self.newlines()[last] + 1);
        self.text.get(start..at).map_or(1, |before| before.chars().count() + 1)
    }

    /// The number of line ends before an offset.
    fn before(&self, at: usize) -> usize {
        self.newlines().partition_point(|newline| *newline < at)
    }

    fn newlines(&self) -> &[usize] {
        self.newlines.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_has_the_line_and_column_that_counting_gives() {
        let text = "a = \"é\"\n\n[b]\r\nc = 1\n";
        let lines = Lines::of(text);
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..at];
            let last = before.rsplit('\n').next().unwrap_or_default();
            assert_eq!(
                (lines.line(at), lines.column(at)),
                (before.matches('\n').count() + 1, last.chars().count() + 1)
            );
        }
        assert_eq!(lines.line(1000), 5, "an offset behind the end is on the last line");
    }

    #[test]
    fn a_mistake_has_its_offset_and_does_not_repeat_the_text() {
        let word = "not-quoted".repeat(2);
        let error = parse(&format!("a = 1\nvalue = {word}\n")).expect_err("no TOML");
        assert_eq!(error.at, "a = 1\nvalue = ".len());
        assert!(!error.message.contains(&word) && !error.message.contains('\n'), "{error:?}");
    }
}
