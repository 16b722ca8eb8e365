//! Files that are one credential and nothing else: `config/master.key`, a vault's password file. They have no keyword, so
//! their path alone leads to a rule.

use std::ops::Range;

/// The longest such file, in bytes. An incremental scan reads texts up to this length in full.
pub(super) const LONGEST: usize = 1024;
/// The shortest content, in bytes.
const SHORTEST: usize = 6;

/// The position of the only word of a text; nothing where the text has none or several.
pub(super) fn single_token(text: &[u8]) -> Option<Range<usize>> {
    if text.len() > LONGEST {
        return None;
    }
    let start = text.iter().position(|b| !b.is_ascii_whitespace())?;
    let end = text.iter().rposition(|b| !b.is_ascii_whitespace())? + 1;
    let word = &text[start..end];
    (word.len() >= SHORTEST && word.iter().all(u8::is_ascii_graphic)).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_and_no_more() {
        assert_eq!(single_token(b"abcdef"), Some(0..6));
        assert_eq!(single_token(b"\n abcdef\r\n"), Some(2..8));
        for text in [&b""[..], b" \n", b"abc", b"abcdef ghijkl", b"abcdef\nghijkl", b"abcdef\x00", &[b'a'; 1025]] {
            assert_eq!(single_token(text), None);
        }
    }
}
