//! Comments and docstrings that explain, apart from a line of code that was commented out.

use std::ops::Range;

use super::candidate::{line_end, line_start};

/// Returns whether the position is in a block of three comment lines or more: documentation with an example in it. A single
/// commented-out line holds as real a credential as it did before.
pub(super) fn in_prose(text: &[u8], at: usize) -> bool {
    let start = line_start(text, at);
    if !is_comment(&text[start..line_end(text, at)]) {
        return in_block(text, start);
    }
    let mut lines = 1;
    let mut begin = start;
    while begin > 0 && lines < 3 {
        let previous = line_start(text, begin - 1);
        if !is_comment(&text[previous..begin - 1]) {
            break;
        }
        (begin, lines) = (previous, lines + 1);
    }
    let mut end = line_end(text, at);
    while end < text.len() && text[end] == b'\n' && lines < 3 {
        let next = line_end(text, end + 1);
        if !is_comment(&text[end + 1..next]) {
            break;
        }
        (end, lines) = (next, lines + 1);
    }
    lines >= 3
}

/// Returns whether the line that begins at `start` is in a block that `/*` opens at the beginning of a line, and that goes on for
/// three lines or more.
fn in_block(text: &[u8], start: usize) -> bool {
    const LONGEST: usize = 4096;
    let before = &text[start.saturating_sub(LONGEST)..start];
    let Some(open) = memchr::memmem::rfind(before, b"/*") else { return false };
    let is_first = before[line_start(before, open)..open].trim_ascii().is_empty();
    let ends = |part: &[u8]| memchr::memmem::find(part, b"*/").is_some();
    let lines = text[start..].iter().take(LONGEST);
    is_first
        && !ends(&before[open..])
        && !ends(&text[start..line_end(text, start)])
        && lines.filter(|b| **b == b'\n').count() + memchr::memchr_iter(b'\n', &before[open..]).count() >= 3
}

/// Returns whether a line is a comment, in most languages.
pub(super) fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    [&b"//"[..], b"#", b"* ", b"/*", b"--", b";;", b"%"].iter().any(|mark| line.starts_with(mark)) || line == b"*"
}

/// The docstrings of a text in Python, and the texts in it that are called an example or documentation.
pub(super) fn docstrings(text: &[u8]) -> Vec<Range<usize>> {
    const MARKS: [&[u8]; 2] = [b"\"\"\"", b"'''"];
    let (mut open, mut i, mut found) = (None, 0, Vec::new());
    while let Some(next) = memchr::memchr2(b'"', b'\'', &text[i..]).map(|k| i + k) {
        let mark = MARKS.into_iter().find(|m| text[next..].starts_with(m));
        i = next + mark.map_or(1, |m| m.len());
        match (open, mark) {
            (None, Some(mark)) => open = Some((mark, next)),
            (Some((opened, start)), Some(mark)) if opened == mark => {
                found.push(start..next);
                open = None;
            }
            _ => {}
        }
    }
    found.extend(open.map(|(_, start)| start..text.len()));
    found.retain(|string| explains(text, string.start));
    found
}

/// Returns whether a string that begins at `start` is there to be read.
fn explains(text: &[u8], start: usize) -> bool {
    let lead = text[line_start(text, start)..start].trim_ascii().to_ascii_lowercase();
    let called = |word: &[u8]| memchr::memmem::find(&lead, word).is_some();
    matches!(&lead[..], b"" | b"r" | b"u" | b"b" | b"f") || called(b"example") || called(b"doc")
}

/// Returns whether a position lies in one of these.
pub(super) fn holds(strings: &[Range<usize>], at: usize) -> bool {
    let next = strings.partition_point(|string| string.end < at);
    strings.get(next).is_some_and(|string| string.start < at)
}
