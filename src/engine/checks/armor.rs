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

/// The block that the secret is, begins, or is a part of.
pub(super) fn block(input: &CheckInput<'_>) -> Option<Block> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let start = match memchr::memmem::find(input.secret, BEGIN) {
        Some(at) => input.span.start + at,
        None => {
            let from = input.span.start.saturating_sub(400);
            from + memchr::memmem::rfind(&input.text[from..input.span.start], BEGIN)?
        }
    };
    let text = &input.text[start + BEGIN.len()..input.text.len().min(start + LONGEST)];
    let label_end = memchr::memmem::find(text, b"-----")?;
    let label = String::from_utf8_lossy(&text[..label_end]).into_owned();
    let rest = &text[label_end + 5..];
    let end = memchr::memmem::find(rest, b"-----END");
    let mut block = Block { label, headers: Vec::new(), body: None, sum: None };
    let (mut encoded, mut is_base64) = (Vec::new(), true);
    for line in lines(&rest[..end.unwrap_or(rest.len())]) {
        let line = unquoted(&rest[line]);
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
    block.body = base64(&encoded).filter(|body| is_base64 && !body.is_empty());
    Some(block)
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
