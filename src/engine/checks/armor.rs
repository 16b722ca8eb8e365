//! Text armor: base64 between a BEGIN and an END line, however it was quoted, escaped or indented.

use std::ops::Range;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

use super::CheckInput;

/// An armored block, taken apart.
pub(super) struct Block {
    /// The name in the BEGIN line.
    pub label: String,
    /// `Name: value` lines.
    pub headers: Vec<String>,
    /// The decoded body; none when it is not base64 (elided, cut off, a template).
    pub body: Option<Vec<u8>>,
    /// The checksum of OpenPGP armor.
    pub sum: Option<Vec<u8>>,
}

/// Far more than any key needs.
const LONGEST: usize = 256 << 10;

/// The longest prefix of a line, in bytes: a timestamp with the name of a program.
const LONGEST_PREFIX: usize = 80;

const BEGIN: &[u8] = b"-----BEGIN ";

/// The block that the secret is, begins, or is a part of.
pub(super) fn block(input: &CheckInput<'_>) -> Option<Block> {
    read(input, start(input)?, b"")
}

/// The same block without the prefix that its first line carries, where it carries one: the sign of a patch or of a
/// comment, a number, a timestamp.
pub(super) fn block_without_prefix(input: &CheckInput<'_>) -> Option<Block> {
    let start = start(input)?;
    let from = start.saturating_sub(LONGEST_PREFIX);
    let line = memchr::memrchr2(b'\n', b'\r', &input.text[from..start]);
    if line.is_none() && from > 0 {
        return None;
    }
    let prefix = &input.text[line.map_or(from, |at| from + at + 1)..start];
    if prefix.trim_ascii().is_empty() { None } else { read(input, start, prefix) }
}

/// The position of the BEGIN line's dashes.
fn start(input: &CheckInput<'_>) -> Option<usize> {
    if let Some(at) = memchr::memmem::find(input.secret, BEGIN) {
        return Some(input.span.start + at);
    }
    let from = input.span.start.saturating_sub(400);
    memchr::memmem::rfind(&input.text[from..input.span.start], BEGIN).map(|at| from + at)
}

/// The block whose BEGIN line is at `start`, each line without `prefix`.
fn read(input: &CheckInput<'_>, start: usize, prefix: &[u8]) -> Option<Block> {
    let text = &input.text[start + BEGIN.len()..input.text.len().min(start + LONGEST)];
    let label_end = memchr::memmem::find(text, b"-----")?;
    let label = String::from_utf8_lossy(&text[..label_end]).into_owned();
    let rest = &text[label_end + 5..];
    // Another block may follow one that has no END line.
    let next = memchr::memmem::find(rest, BEGIN).unwrap_or(rest.len());
    let end = memchr::memmem::find(&rest[..next], b"-----END");
    let body = start + BEGIN.len() + label_end + 5;
    let limit =
        end.unwrap_or_else(|| input.span.end.checked_sub(body).filter(|len| *len > 0).unwrap_or(next).min(next));
    let mut block = Block { label, headers: Vec::new(), body: None, sum: None };
    let (mut encoded, mut is_base64) = (Vec::new(), true);
    for line in lines(&rest[..limit]) {
        let line = unquoted(without_prefix(&rest[line], prefix));
        let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        if name > 0 && line.get(name) == Some(&b':') {
            block.headers.push(String::from_utf8_lossy(line).into_owned());
            continue;
        }
        for word in line.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()) {
            match word.strip_prefix(b"=") {
                Some(sum) if sum.len() == 4 => block.sum = base64(sum),
                _ => {
                    is_base64 &= word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
                    encoded.extend_from_slice(word);
                }
            }
        }
    }
    if end.is_none() {
        // Nothing says where the text goes on, but for the padding.
        let padded = encoded.iter().position(|b| *b == b'=').unwrap_or(encoded.len());
        let padding = encoded[padded..].iter().take_while(|b| **b == b'=').count();
        encoded.truncate(padded + padding);
    }
    block.body = base64(&encoded).filter(|body| is_base64 && !body.is_empty());
    Some(block)
}

/// A line without a prefix like `prefix`, in which numbers may be others; the line itself where it has none.
fn without_prefix<'t>(line: &'t [u8], prefix: &[u8]) -> &'t [u8] {
    let (mut left, mut rest) = (prefix, line);
    while let Some((first, after)) = left.split_first() {
        let number = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
        match (number(left), number(rest)) {
            // Behind a number at the end, nothing divides the digits of the prefix from those of the line.
            (n, m) if n > 0 && m > 0 && (n < left.len() || m >= n) => {
                rest = &rest[if n < left.len() { m } else { n }..];
                left = &left[n..];
            }
            _ if rest.first() == Some(first) => (left, rest) = (after, &rest[1..]),
            // The blank at the end of a prefix is missing on an empty line.
            _ if rest.is_empty() && left.trim_ascii().is_empty() => return rest,
            _ => return line,
        }
    }
    rest
}

/// The lines of a body, ended by real newlines or by escaped ones (`\n` as two characters, or more backslashes).
fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let (mut out, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let width = match text[at] {
            b'\n' | b'\r' => 1,
            b'\\' => {
                let slashes = text[at..].iter().take_while(|&&b| b == b'\\').count();
                slashes + usize::from(matches!(text.get(at + slashes), Some(b'n' | b'r')))
            }
            _ => {
                at += 1;
                continue;
            }
        };
        out.push(start..at);
        at += width;
        start = at;
    }
    out.push(start..text.len());
    out
}

/// A line without quotes, comment signs and string concatenation around it.
fn unquoted(mut line: &[u8]) -> &[u8] {
    loop {
        let before = line.len();
        line = line.trim_ascii();
        for mark in [&b"//"[..], b"#", b"*", b">", b"|", b";", b"--", b"+"] {
            // `+` and `/` are base64 as well: they are marks only when something separates them from the rest.
            if let Some(rest) = line.strip_prefix(mark)
                && rest.first().is_none_or(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`'))
            {
                line = rest;
            }
        }
        if let Some((rest, b'+')) = line.split_last().map(|(last, rest)| (rest, *last))
            && rest.last().is_some_and(|b| matches!(b, b' ' | b'"' | b'\''))
        {
            line = rest;
        }
        let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b'(' | b')' | b'.');
        while line.first().is_some_and(|b| matches!(b, b'"' | b'\'' | b'`' | b'(')) {
            line = &line[1..];
        }
        // Dots that mark an omission are stripped from neither side.
        while line.last().is_some_and(quote) && !line.ends_with(b"..") {
            line = &line[..line.len() - 1];
        }
        if line.len() == before {
            return line;
        }
    }
}

/// Base64 in the standard or the URL alphabet, padded or not, with whatever trailing bits.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    #[expect(clippy::expect_used, reason = "both alphabets have 64 different symbols")]
    fn lenient(alphabet: &str) -> Encoding {
        let mut spec = Specification::new();
        spec.symbols.push_str(alphabet);
        spec.check_trailing_bits = false;
        spec.encoding().expect("64 different symbols")
    }
    const COMMON: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static STANDARD: LazyLock<Encoding> = LazyLock::new(|| lenient(&format!("{COMMON}+/")));
    static URL: LazyLock<Encoding> = LazyLock::new(|| lenient(&format!("{COMMON}-_")));
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    let text = &text[..text.len() - padding.min(2)];
    STANDARD.decode(text).or_else(|_| URL.decode(text)).ok()
}
