//! Lines, columns and masked lines: byte positions as people read them.

use std::ops::Range;

use bstr::ByteSlice;

use crate::finding::Excerpt;
use crate::terminal::text::is_unsafe;

/// The position of a span for people: counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPosition {
    /// The line it begins on.
    pub line: usize,
    /// The column it begins at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
}

/// Turns byte positions of one text into lines and columns; remembers the last position, so that ascending look-ups
/// read the text once.
pub struct Positions<'a> {
    text: &'a [u8],
    stored: Option<Wide>,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Positions<'a> {
    /// For positions in `text`, whose characters may be `stored` in more than a byte each.
    pub fn new(text: &'a [u8], stored: Option<Wide>) -> Self {
        Positions { text, stored, at: 0, line: 1, column: 1 }
    }

    /// The position of `span`.
    pub fn locate(&mut self, span: &Range<usize>) -> TextPosition {
        if span.start < self.at {
            (self.at, self.line, self.column) = (0, 1, 1);
        }
        if let Some(stored) = self.stored {
            return self.wide(stored, span);
        }
        let between = &self.text[self.at..span.start];
        self.line += memchr::memchr_iter(b'\n', between).count();
        // A line can be megabytes long, and hold many: its beginning is read once. A span may begin within a character.
        let is_boundary = |at: usize| self.text.get(at).is_none_or(|b| b & 0xc0 != 0x80);
        self.column = match memchr::memrchr(b'\n', between) {
            None if is_boundary(self.at) && is_boundary(span.start) => self.column + between.chars().count(),
            _ => self.text[line_start(self.text, span.start)..span.start].chars().count() + 1,
        };
        self.at = span.start;
        let column = self.column;
        let last = span.end.saturating_sub(1).max(span.start).min(self.text.len());
        let end_line = self.line + memchr::memchr_iter(b'\n', &self.text[span.start..last]).count();
        TextPosition { line: self.line, column, end_line }
    }

    fn wide(&mut self, stored: Wide, span: &Range<usize>) -> TextPosition {
        let last = span.end.saturating_sub(1).max(span.start);
        let (mut at, mut end_line) = (self.at, 0);
        for (c, len) in stored.characters(&self.text[self.at..]) {
            at += len;
            match c {
                _ if at > last => break,
                '\n' if at <= span.start => (self.line, self.column) = (self.line + 1, 1),
                '\n' => end_line += 1,
                '\u{feff}' => {}
                _ if at <= span.start => self.column += 1,
                _ => {}
            }
            // The next span may begin before this one ends.
            self.at = if at <= span.start { at } else { self.at };
        }
        TextPosition { line: self.line, column: self.column, end_line: self.line + end_line }
    }
}

/// The encoding of a text whose characters take more than a byte each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// Two bytes a unit, the lower first.
    Utf16Le,
    /// Two bytes a unit, the higher first.
    Utf16Be,
    /// Four bytes a character, the lowest first.
    Utf32Le,
    /// Four bytes a character, the highest first.
    Utf32Be,
}

impl Wide {
    /// The characters of a text in this encoding, each with its length in bytes.
    pub fn characters(self, text: &[u8]) -> Box<dyn Iterator<Item = (char, usize)> + '_> {
        match self {
            Self::Utf16Le => Box::new(pairs(text, u16::from_le_bytes)),
            Self::Utf16Be => Box::new(pairs(text, u16::from_be_bytes)),
            Self::Utf32Le => Box::new(fours(text, u32::from_le_bytes)),
            Self::Utf32Be => Box::new(fours(text, u32::from_be_bytes)),
        }
    }
}

fn pairs(text: &[u8], unit: fn([u8; 2]) -> u16) -> impl Iterator<Item = (char, usize)> + '_ {
    let units = text.chunks_exact(2).map(move |pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| {
        let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
        (c, c.len_utf16() * 2)
    })
}

fn fours(text: &[u8], unit: fn([u8; 4]) -> u32) -> impl Iterator<Item = (char, usize)> + '_ {
    let units = text.chunks_exact(4).map(move |four| unit([four[0], four[1], four[2], four[3]]));
    units.map(|unit| (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 4))
}

/// The longest masked line that a report shows, in characters.
const WIDTH: usize = 160;

/// The bytes of a line on both sides of a secret that are read: a line of 2 MB is not copied for each secret in it.
const REACH: usize = 4 * WIDTH;

/// The line on which `span` begins, with every span of `secrets` (sorted) in it masked, cut around `span` when it is
/// long. `mask` replaces the secret itself, four asterisks each other one.
pub fn masked(text: &[u8], span: &Range<usize>, secrets: &[Range<usize>], mask: &str) -> Excerpt {
    let Range { start: begin, end } = line_at(text, span);
    let (mut out, mut at, mut mark) = (String::new(), begin, 0..0);
    let mut here = secrets.iter().skip_while(|s| s.end <= begin).take_while(|s| s.start < end).peekable();
    while let Some(first) = here.next() {
        let mut until = first.end;
        // Those that overlap are one.
        while let Some(next) = here.next_if(|next| next.start < until) {
            until = until.max(next.end);
        }
        if until <= at {
            continue;
        }
        out.push_str(&printable(&text[at..first.start.max(at)]));
        let own = first.start <= span.start && span.start < until;
        let shown = if own && first.start == span.start { mask } else { "****" };
        if own {
            mark = out.len()..out.len() + shown.len();
        }
        out.push_str(shown);
        at = until.min(end);
    }
    out.push_str(&printable(&text[at.min(end)..end]));
    let goes_on = |at: Option<&u8>| at.is_some_and(|b| *b != b'\n');
    cut(out, mark, goes_on(begin.checked_sub(1).map(|at| &text[at])), goes_on(text.get(end)))
}

/// The line on which `span` begins, at most [`REACH`] bytes on both sides.
pub fn line_at(text: &[u8], span: &Range<usize>) -> Range<usize> {
    let from = span.start.saturating_sub(REACH);
    let begin = memchr::memrchr(b'\n', &text[from..span.start]).map_or(from, |n| from + n + 1);
    let to = text.len().min(span.end.saturating_add(REACH));
    let end = memchr::memchr(b'\n', &text[span.start..to]).map_or(to, |n| span.start + n);
    begin..end
}

/// The text at `range` with every span of `secrets` in it masked, for a look at the text beside a secret. NUL bytes
/// are removed, so that the ASCII part of UTF-16 reads as such.
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

/// Cuts a line to [`WIDTH`] characters with `mark` in them; `before` and `after`: the line goes on there.
fn cut(line: String, mark: Range<usize>, before: bool, after: bool) -> Excerpt {
    let indent = if before { 0 } else { line.len() - line.trim_start().len() };
    let (line, mark) = match mark.start >= indent {
        true => (line[indent..].trim_end().to_owned(), mark.start - indent..mark.end - indent),
        false => (line, mark),
    };
    let length = line.chars().count();
    let skip = if length > WIDTH { line[..mark.start].chars().count().saturating_sub(WIDTH / 2) } else { 0 };
    let shift = line.char_indices().nth(skip).map_or(0, |(i, _)| i);
    let text: String = line.chars().skip(skip).take(WIDTH).collect();
    let head = if before || skip > 0 { "..." } else { "" };
    let tail = if after || length > skip + WIDTH { "..." } else { "" };
    let span = mark.start - shift + head.len()..mark.end - shift + head.len();
    Excerpt { text: format!("{head}{text}{tail}"), span }
}

/// Text that cannot drive a terminal: unsafe characters and invalid UTF-8 become `\u{fffd}`. Zero bytes are
/// removed, so that UTF-16 can be read.
fn printable(bytes: &[u8]) -> String {
    bytes
        .to_str_lossy()
        .chars()
        .filter(|c| *c != '\0')
        .map(|c| match c {
            '\t' => ' ',
            c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect::<String>()
        .trim_end_matches(char::REPLACEMENT_CHARACTER)
        .to_owned()
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, n: usize) -> Excerpt {
        let spans: Vec<_> = text.match_indices("SECRET").map(|(i, s)| i..i + s.len()).collect();
        masked(text.as_bytes(), &spans[n], &spans, "S****")
    }

    #[test]
    fn wide_characters_are_counted_as_what_they_are() {
        // U+0A00 and U+010A hold the byte of a line end, U+1D11E takes two units.
        let text = "\u{feff}ਅĊ\r\nx\nké𝄞 = SECRET\nSECRET\n";
        let units = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let whole = |unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(u32::from(c))).collect::<Vec<u8>>();
        let before = &text[..text.find("SECRET").unwrap()];
        let (two, four) = (before.encode_utf16().count(), before.chars().count());
        for (stored, wide, at, width) in [
            (units(u16::to_le_bytes), Wide::Utf16Le, two * 2, 2),
            (units(u16::to_be_bytes), Wide::Utf16Be, two * 2, 2),
            (whole(u32::to_le_bytes), Wide::Utf32Le, four * 4, 4),
            (whole(u32::to_be_bytes), Wide::Utf32Be, four * 4, 4),
        ] {
            let place = |from: usize, to: usize| {
                Positions::new(&stored, Some(wide)).locate(&(at + from * width..at + to * width))
            };
            assert_eq!(place(0, 6), TextPosition { line: 3, column: 7, end_line: 3 });
            assert_eq!(place(0, 13), TextPosition { line: 3, column: 7, end_line: 4 });
            assert_eq!(place(7, 13), TextPosition { line: 4, column: 1, end_line: 4 });
            let first = Positions::new(&stored, Some(wide)).locate(&(width..width * 2));
            assert_eq!(first, TextPosition { line: 1, column: 1, end_line: 1 });
        }
    }

    #[test]
    fn places_on_one_line_are_told_from_each_other() {
        let begin = "a\u{e9}\u{1d11e} x\ny\u{e9} x xx\n x";
        let text = [begin.as_bytes(), b"\xff\xe9 x x\nx"].concat();
        let mut places = Positions::new(&text, None);
        for at in 0..text.len() {
            let fresh = Positions::new(&text, None).locate(&(at..at + 1));
            assert_eq!(places.locate(&(at..at + 1)), fresh, "{at}");
            let begin = line_start(&text, at);
            assert_eq!(fresh.column, text[begin..at].chars().count() + 1, "{at}");
        }
    }

    #[test]
    fn every_secret_of_the_line_is_masked() {
        let excerpt = shown("x\n  a = SECRET, b = SECRET;\r\ny", 1);
        assert_eq!(excerpt.text, "a = ****, b = S****;");
        assert_eq!(excerpt.span, 14..19);
    }

    #[test]
    fn a_long_line_is_cut_around_the_secret() {
        for (before, after) in [(5000, 5000), (0, 5000), (5000, 0), (200, 200), (100, 100)] {
            let excerpt = shown(&format!("{}SECRET{}", "é".repeat(before), "ü".repeat(after)), 0);
            assert_eq!(&excerpt.text[excerpt.span.clone()], "S****", "{before} {after}");
            assert!(excerpt.text.chars().count() <= WIDTH + 6, "{before} {after}");
            assert_eq!(excerpt.text.starts_with("..."), before > 80, "{before} {after}");
        }
    }

    #[test]
    fn a_secret_of_many_lines_shows_its_first() {
        let text = b"k = BEGIN\nMIDDLE\nEND\nrest";
        let span = 4..20;
        let excerpt = masked(text, &span, std::slice::from_ref(&span), "****");
        assert_eq!(excerpt.text, "k = ****");
        // A second secret on the last line of the first.
        let other = 21..25;
        assert_eq!(masked(text, &other, &[span, other.clone()], "****").text, "****");
    }

    #[test]
    fn overlapping_secrets_leave_nothing_between() {
        let text = b"a SECRETSECRET b";
        assert_eq!(masked(text, &(5..10), &[2..8, 5..10, 9..14], "x****").text, "a **** b");
    }

    #[test]
    fn nothing_drives_the_terminal() {
        let excerpt = shown("\u{1b}[31m SECRET \u{202e}x\u{7}y", 0);
        assert!(!excerpt.text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{excerpt:?}");
    }
}
