//! Comments and docstrings that explain, told from a line of code that was commented out.

use super::candidate::{line_end, line_start};

/// Whether the position stands in a block of three comment lines or more: documentation with an example in it. A single
/// commented-out line holds as real a credential as it did before.
pub(super) fn in_prose(text: &[u8], at: usize) -> bool {
    let start = line_start(text, at);
    if !is_comment(&text[start..line_end(text, at)]) {
        return false;
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

fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    [&b"//"[..], b"#", b"* ", b"/*", b"--", b";;", b"%"].iter().any(|mark| line.starts_with(mark)) || line == b"*"
}

/// Whether the position stands in a docstring of Python, or in a text that is called an example or documentation.
pub(super) fn in_docstring(text: &[u8], at: usize) -> bool {
    const MARKS: [&[u8]; 2] = [b"\"\"\"", b"'''"];
    let (mut open, mut i) = (None, 0);
    while let Some(next) = memchr::memchr2(b'"', b'\'', &text[i..at]).map(|k| i + k) {
        let mark = MARKS.into_iter().find(|m| text[next..at].starts_with(m));
        i = next + mark.map_or(1, |m| m.len());
        match (open, mark) {
            (None, Some(mark)) => open = Some((mark, next)),
            (Some((opened, _)), Some(mark)) if opened == mark => open = None,
            _ => {}
        }
    }
    let Some((_, opened)) = open else { return false };
    let lead = text[line_start(text, opened)..opened].trim_ascii().to_ascii_lowercase();
    let called = |word: &[u8]| memchr::memmem::find(&lead, word).is_some();
    matches!(&lead[..], b"" | b"r" | b"u" | b"b" | b"f") || called(b"example") || called(b"doc")
}
