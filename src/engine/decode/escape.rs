//! Escapes in strings, URLs and XML: `\u0067`, `\x67`, `\147`, `\/`, `%67`, `&#103;`; and those whose last letter precedes
//! a token as if it were its first: `\nTOKEN`, `%20TOKEN`, the colours of a terminal.

use std::ops::Range;

use super::Budget;
use crate::engine::decoded_text::DecodedText;

/// The first byte of a terminal's escapes.
const ESC: u8 = 0x1b;

/// The bytes on each side of an escape that are read with it, unless its line ends before.
const REACH: usize = 1024;

/// Words of prose and code are shorter; a token that is not is not known by its beginning.
const TOKEN: usize = 16;

/// Writes every line that has an escape into `view`, unescaped.
pub(super) fn decode(text: &[u8], view: &mut DecodedText, budget: &mut Budget) {
    let mut done = 0;
    for at in marks(text) {
        if at < done || !is_telling(text, at) {
            continue;
        }
        let start = at.saturating_sub(REACH).max(done);
        let start = memchr::memrchr(b'\n', &text[start..at]).map_or(start, |n| start + n + 1);
        let stop = text.len().min(at + REACH);
        let end = memchr::memchr(b'\n', &text[at..stop]).map_or(stop, |n| at + n);
        if !budget.take(end - start) {
            return;
        }
        // A long line is read in parts that follow each other without a gap.
        if start > done || done == 0 {
            view.gap();
        }
        done = unescape(text, start..end, view);
    }
}

/// Returns whether an escape is in the text that may hide part of a word.
pub(super) fn has_any(text: &[u8]) -> bool {
    marks(text).any(|at| is_telling(text, at))
}

/// The positions at which an escape may begin, in their order.
fn marks(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut references = memchr::memmem::find_iter(text, b"&#").peekable();
    let mut others = memchr::memchr3_iter(b'\\', b'%', ESC, text).peekable();
    std::iter::from_fn(move || match (references.peek(), others.peek()) {
        (Some(reference), Some(other)) if reference > other => others.next(),
        (Some(_), _) => references.next(),
        (None, _) => others.next(),
    })
}

/// Returns whether an escape at `at` may hide a part or the start of a word: not any line end, not a quote.
fn is_telling(text: &[u8], at: usize) -> bool {
    match text[at] {
        b'%' => hex(text, at + 1, 2).is_some_and(|b| match b {
            0..=0x20 => begins_token(text, at + 3),
            0x21..0x7f => true,
            _ => false,
        }),
        // Quotes and brackets are written so everywhere; they are no part of a token.
        b'&' => escape(text, at).is_some_and(|(c, _)| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')),
        ESC => escape(text, at).is_some_and(|(_, len)| begins_token(text, at + len)),
        _ => match text.get(at + 1) {
            Some(b'/' | b'u' | b'U' | b'x' | b'0'..=b'3') => escape(text, at).is_some(),
            Some(b'n' | b'r' | b't' | b'b' | b'f' | b'v') => begins_token(text, at + 2),
            Some(b'e') => text.get(at + 2) == Some(&b'['),
            _ => false,
        },
    }
}

/// Returns whether a word as long as a token begins at `at`.
fn begins_token(text: &[u8], at: usize) -> bool {
    let run = text.get(at..at + TOKEN);
    run.is_some_and(|run| run.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
}

/// Returns where it stopped: behind an escape that begins in the range and ends outside.
fn unescape(text: &[u8], range: Range<usize>, view: &mut DecodedText) -> usize {
    let mut at = range.start;
    for next in marks(&text[range.clone()]).map(|n| range.start + n) {
        if next < at {
            continue;
        }
        view.copy(text, at..next);
        let (c, len) = escape(text, next).unwrap_or((char::from(text[next]), 1));
        match u8::try_from(c) {
            // A byte, not a character: the encoded bytes may be UTF-8 themselves.
            Ok(byte) => view.replace(next..next + len, &[byte]),
            Err(_) => view.replace(next..next + len, c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        at = next + len;
    }
    if at < range.end {
        view.copy(text, at..range.end);
    }
    at.max(range.end)
}

/// The character of an escape at `at`, and the escape's length.
fn escape(text: &[u8], at: usize) -> Option<(char, usize)> {
    let one = |c: char| Some((c, 2));
    if text[at] == b'%' {
        return hex(text, at + 1, 2).map(|b| (char::from(b as u8), 3));
    }
    if text[at] == b'&' {
        return reference(text, at);
    }
    if text[at] == ESC {
        // One that sets colours or weight: digits and semicolons up to an `m`.
        let set = text.get(at + 1..)?.strip_prefix(b"[")?;
        let len = set.iter().take(24).position(|b| !matches!(b, b'0'..=b'9' | b';'))?;
        return (set[len] == b'm').then_some((char::from(ESC), len + 3));
    }
    match *text.get(at + 1)? {
        c @ (b'/' | b'"' | b'\'' | b'`' | b'\\' | b':' | b'=' | b'-' | b'_' | b'.' | b'$' | b'&') => one(char::from(c)),
        b'n' => one('\n'),
        b'r' => one('\r'),
        b't' => one('\t'),
        b'b' => one('\u{8}'),
        b'f' => one('\u{c}'),
        b'v' => one('\u{b}'),
        b'e' => one(char::from(ESC)),
        b'x' => hex(text, at + 2, 2).map(|b| (char::from(b as u8), 4)),
        b'u' if text.get(at + 2) == Some(&b'{') => {
            let len = text[at + 3..].iter().take(7).position(|&b| b == b'}')?;
            Some((char::from_u32(hex(text, at + 3, len)?)?, len + 4))
        }
        b'u' => Some((char::from_u32(hex(text, at + 2, 4)?)?, 6)),
        b'U' => Some((char::from_u32(hex(text, at + 2, 8)?)?, 10)),
        b'0'..=b'3' => {
            let digits = text.get(at + 1..at + 4)?;
            let all = digits.iter().all(|b| matches!(b, b'0'..=b'7'));
            all.then(|| (char::from(digits.iter().fold(0, |n, b| n << 3 | (b - b'0'))), 4))
        }
        _ => None,
    }
}

/// The character of a numeric reference of XML and HTML at `at`, and the length of the reference.
fn reference(text: &[u8], at: usize) -> Option<(char, usize)> {
    let digits = text.get(at + 2..)?;
    let (digits, radix, before) = match digits.first()? {
        b'x' | b'X' => (&digits[1..], 16, 3),
        _ => (digits, 10, 2),
    };
    let len = digits.iter().take(9).position(|b| *b == b';').filter(|len| *len > 0)?;
    let number = digits[..len].iter().try_fold(0, |n, b| Some(n * radix + char::from(*b).to_digit(radix)?))?;
    Some((char::from_u32(number)?, before + len + 1))
}

fn hex(text: &[u8], at: usize, len: usize) -> Option<u32> {
    let digits = text.get(at..at + len).filter(|d| !d.is_empty())?;
    digits.iter().try_fold(0, |n, &b| Some(n << 4 | char::from(b).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut view = DecodedText::default();
        decode(text.as_bytes(), &mut view, &mut Budget::new(text.len()));
        String::from_utf8_lossy(&view.text).into_owned()
    }

    #[test]
    fn escapes_are_undone_on_their_line() {
        for text in [
            r"k = gh\u0070_a",
            r"k = gh\x70_a",
            r"k = gh\160_a",
            r"k = gh\u{70}_a",
            "k = gh%70_a",
            r"k = gh\U00000070_a",
            "k = ghp&#95;a",
            "k = gh&#x70;&#X5f;a",
            "k = gh&#0112;_a",
        ] {
            assert_eq!(read(&format!("one\n{text}\ntwo\n")), "k = ghp_a", "{text}");
        }
        assert_eq!(read(r#"{"u":"https:\/\/h\/p","v":"\"x\""}"#), r#"{"u":"https://h/p","v":""x""}"#);
    }

    #[test]
    fn what_hides_nothing_is_left_alone() {
        for text in [
            "a\\nb\\tc",
            "100%",
            "%d %s %5.2f",
            "C:\\path\\name",
            "\\",
            "%",
            "\\u",
            "\\x7",
            "%2",
            "&#",
            "&#;",
            "&#39;x&#x22;",
            "&#x;",
            "a &amp; b",
        ] {
            assert_eq!(read(text), "", "{text}");
        }
    }

    #[test]
    fn a_long_line_is_read_in_parts() {
        let text = "\\u0070".repeat(2000);
        assert_eq!(read(&text).replace("\n\0\n", "").len(), 2000);
    }
}
