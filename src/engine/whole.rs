//! Files that are a credential and nothing else: `config/master.key`, a vault's password file. Nothing in them says what
//! they are but their path, so no keyword leads there.

use std::ops::Range;

/// The longest file that is looked at, in bytes. What reads a file in pieces reads no piece of a longer one that is as
/// short as this.
pub(super) const LONGEST: usize = 1024;
/// The shortest content, in bytes.
const SHORTEST: usize = 6;

/// Where the only word of a text stands, when it has one word and no more.
pub(super) fn only_word(text: &[u8]) -> Option<Range<usize>> {
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
        assert_eq!(only_word(b"abcdef"), Some(0..6));
        assert_eq!(only_word(b"\n abcdef\r\n"), Some(2..8));
        for text in [&b""[..], b" \n", b"abc", b"abcdef ghijkl", b"abcdef\nghijkl", b"abcdef\x00", &[b'a'; 1025]] {
            assert_eq!(only_word(text), None);
        }
    }
}
