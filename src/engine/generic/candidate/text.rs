//! Small looks at bytes: never further than a line or a few hundred bytes.

use std::ops::Range;

pub(super) fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$')
}

pub(super) fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

pub(super) fn at(text: &[u8], i: usize) -> u8 {
    text.get(i).copied().unwrap_or(0)
}

pub(super) fn starts(text: &[u8], i: usize, what: &[u8]) -> bool {
    text.get(i..i + what.len()).is_some_and(|t| t.eq_ignore_ascii_case(what))
}

/// Skips spaces and tabs, at most 48 of them.
pub(super) fn spaces(text: &[u8], mut i: usize) -> usize {
    let end = (i + 48).min(text.len());
    while i < end && matches!(text[i], b' ' | b'\t') {
        i += 1;
    }
    i
}

/// Skips white space over line ends, at most 96 bytes.
pub(super) fn blank(text: &[u8], mut i: usize) -> usize {
    let end = (i + 96).min(text.len());
    while i < end && matches!(text[i], b' ' | b'\t' | b'\n' | b'\r') {
        i += 1;
    }
    i
}

/// A quote in one of its spellings at `i`: its byte and how many bytes it takes (`\"`, `&quot;`).
pub(super) fn quote_at(text: &[u8], i: usize) -> Option<(u8, usize)> {
    match at(text, i) {
        q @ (b'"' | b'\'' | b'`') => Some((q, 1)),
        b'\\' if is_quote(at(text, i + 1)) => Some((at(text, i + 1), 2)),
        b'\\' if at(text, i + 1) == b'\\' && is_quote(at(text, i + 2)) => Some((at(text, i + 2), 3)),
        b'\\' if starts(text, i, b"\\\\\\") && is_quote(at(text, i + 3)) => Some((at(text, i + 3), 4)),
        b'&' => [&b"&quot;"[..], b"&#34;", b"&#39;", b"&apos;", b"&#x27;"]
            .iter()
            .find(|e| starts(text, i, e))
            .map(|e| (if e[2] == b'u' || e[3] == b'4' { b'"' } else { b'\'' }, e.len())),
        _ => None,
    }
}

/// The end of a quoted value, before the closing quote.
pub(super) fn close_quote(text: &[u8], from: usize, quote: u8, width: usize) -> Option<usize> {
    let stop = text.len().min(from + super::LONGEST);
    let mut i = from;
    while i < stop {
        match text[i] {
            // Entities and escaped quotes close as they open.
            _ if width > 1 && quote_at(text, i).is_some_and(|(q, n)| q == quote && n >= width) => return Some(i),
            b if b == quote => return Some(i),
            b'\\' => i += 2,
            b'\n' if quote != b'`' => return None,
            _ => i += 1,
        }
    }
    None
}

pub(super) fn trim(text: &[u8], mut r: Range<usize>) -> Range<usize> {
    while r.start < r.end && text[r.start].is_ascii_whitespace() {
        r.start += 1;
    }
    while r.end > r.start && text[r.end - 1].is_ascii_whitespace() {
        r.end -= 1;
    }
    r
}

/// The start of the line that holds `i`; at most 512 bytes back.
pub(crate) fn line_start(text: &[u8], i: usize) -> usize {
    let floor = i.saturating_sub(512);
    memchr::memrchr(b'\n', &text[floor..i]).map_or(floor, |k| floor + k + 1)
}

/// The end of the line that holds `i`; at most 512 bytes on.
pub(crate) fn line_end(text: &[u8], i: usize) -> usize {
    let ceiling = text.len().min(i + 512);
    memchr::memchr(b'\n', &text[i.min(ceiling)..ceiling]).map_or(ceiling, |k| i + k)
}

/// The quote that is open at a position on a line, read from the line's start; 0 for none.
pub(super) fn open_quote(text: &[u8], i: usize) -> u8 {
    let mut open = 0;
    let mut j = line_start(text, i);
    while j < i {
        match text[j] {
            b'\\' => j += 1,
            // The apostrophe of a word opens nothing.
            b'\'' if open == 0 && j > 0 && text[j - 1].is_ascii_alphanumeric() => {}
            b if open == 0 && is_quote(b) => open = b,
            b if b == open => open = 0,
            _ => {}
        }
        j += 1;
    }
    open
}
