//! Lines, columns and masked lines: everything that turns a byte position into what a person reads.

use std::ops::Range;

use bstr::ByteSlice;

use crate::finding::Excerpt;

/// Where a span stands, for people: all counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line it begins on.
    pub line: usize,
    /// The column it begins at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
}

/// Turns byte positions of one text into lines and columns; remembers the last place, so that ascending look-ups cost
/// one pass over the text together.
pub struct Places<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Places<'a> {
    /// For positions in `text`.
    pub fn new(text: &'a [u8]) -> Self {
        Places { text, at: 0, line: 1 }
    }

    /// Where `span` stands.
    pub fn locate(&mut self, span: &Range<usize>) -> Place {
        if span.start < self.at {
            (self.at, self.line) = (0, 1);
        }
        self.line += memchr::memchr_iter(b'\n', &self.text[self.at..span.start]).count();
        self.at = span.start;
        let begin = line_start(self.text, span.start);
        let column = self.text[begin..span.start].chars().count() + 1;
        let last = span.end.saturating_sub(1).max(span.start).min(self.text.len());
        let end_line = self.line + memchr::memchr_iter(b'\n', &self.text[span.start..last]).count();
        Place { line: self.line, column, end_line }
    }
}

/// The whole lines that `span` touches, without the last line end.
pub fn lines_around<'a>(text: &'a [u8], span: &Range<usize>) -> &'a [u8] {
    let begin = line_start(text, span.start);
    let last = span.end.saturating_sub(1).max(span.start);
    let end = memchr::memchr(b'\n', &text[last..]).map_or(text.len(), |n| last + n);
    text[begin..end].trim_end_with(|c| c == '\r')
}

/// The longest masked line that a report shows, in characters.
const WIDTH: usize = 160;

/// The line on which `span` begins, with every span of `secrets` in it masked, cut around `span` when it is long.
pub fn masked(text: &[u8], span: &Range<usize>, secrets: &[Range<usize>]) -> Excerpt {
    let begin = line_start(text, span.start);
    let end = memchr::memchr(b'\n', &text[span.start..]).map_or(text.len(), |n| span.start + n);
    // All that must not be shown on this line, merged where it overlaps.
    let mut hidden: Vec<Range<usize>> =
        secrets.iter().filter(|s| s.start < end && s.end > begin).map(|s| s.start.max(begin)..s.end.min(end)).collect();
    hidden.sort_by_key(|r| r.start);
    let (mut out, mut at, mut mark) = (String::new(), begin, 0..0);
    for range in hidden {
        if range.end <= at {
            continue;
        }
        if range.start >= at {
            out.push_str(&printable(&text[at..range.start]));
            let from = out.len();
            out.push_str("****");
            if range.start <= span.start && span.start < range.end {
                mark = from..out.len();
            }
        }
        at = range.end;
    }
    out.push_str(&printable(&text[at.min(end)..end]));
    cut(out, mark)
}

/// The text at `range` with every span of `secrets` in it masked, for looking at what stands around a secret. NUL bytes
/// are left out, so that the ASCII part of UTF-16 reads as such.
pub fn hidden(text: &[u8], range: &Range<usize>, secrets: &[Range<usize>]) -> String {
    let mut spans: Vec<&Range<usize>> = secrets.iter().filter(|s| s.start < range.end && s.end > range.start).collect();
    spans.sort_by_key(|s| s.start);
    let (mut out, mut at) = (Vec::with_capacity(range.len()), range.start);
    for span in spans {
        if span.end <= at {
            continue;
        }
        if span.start >= at {
            out.extend_from_slice(&text[at..span.start]);
            out.extend_from_slice(b"****");
        }
        at = span.end.min(range.end);
    }
    out.extend_from_slice(&text[at..range.end.max(at)]);
    out.retain(|b| *b != 0);
    printable(&out)
}

/// Keeps at most [`WIDTH`] characters around `mark`.
fn cut(line: String, mark: Range<usize>) -> Excerpt {
    let indent = line.len() - line.trim_start().len();
    let (line, mark) = match mark.start >= indent {
        true => (line[indent..].trim_end().to_owned(), mark.start - indent..mark.end - indent),
        false => (line, mark),
    };
    if line.chars().count() <= WIDTH {
        return Excerpt { text: line, span: mark };
    }
    let before = line[..mark.start].chars().count();
    let skip = before.saturating_sub(WIDTH / 2);
    let text: String = line.chars().skip(skip).take(WIDTH).collect();
    let shift = line.char_indices().nth(skip).map_or(0, |(i, _)| i);
    let head = if skip > 0 { "..." } else { "" };
    let span = mark.start - shift + head.len()..mark.end - shift + head.len();
    Excerpt { text: format!("{head}{text}..."), span }
}

/// Text that cannot drive a terminal: control characters, and what is not UTF-8, become `\u{fffd}`.
fn printable(bytes: &[u8]) -> String {
    bytes
        .to_str_lossy()
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() || is_invisible(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect::<String>()
        .trim_end_matches(char::REPLACEMENT_CHARACTER)
        .to_owned()
}

/// Characters that change how the others are shown (bidirectional overrides, zero-width marks).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1)
}
