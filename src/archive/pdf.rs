//! PDF: the streams in it, unpacked, and the text that a page's stream shows.

use bstr::ByteSlice;
use memchr::memmem;

use super::packed::Stream;
use super::{ContainerWalk, MemberLocation, join};

/// The first bytes, before which readers pass over white space.
const BEGIN: &[u8] = b"%PDF-";

/// Returns whether these are a PDF's first bytes.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN)
        || bytes.first().is_some_and(u8::is_ascii_whitespace) && bytes.trim_start().starts_with(BEGIN)
}

/// The last line of a PDF.
const END: &[u8] = b"%%EOF";

/// So far before a stream its dictionary is looked for.
const DICTIONARY: usize = 16 << 10;

impl ContainerWalk<'_> {
    /// The streams of a PDF. Those without a filter stand in the file as they are.
    pub(super) fn pdf(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        if is_encrypted(bytes) {
            return self.failed(location.inside, "an encrypted PDF".into());
        }
        let mut at = 0;
        while let Some(found) = memmem::find(&bytes[at..], b"stream").map(|n| at + n) {
            at = found + b"stream".len();
            let Some(start) = start_of_data(bytes, at) else { continue };
            let dictionary = dictionary_before(bytes, found);
            if dictionary.is_empty() {
                continue;
            }
            let len = memmem::find(&bytes[start..], b"endstream").unwrap_or(bytes.len() - start);
            at = start + len;
            if !self.counts(location) {
                return;
            }
            self.pdf_stream(&bytes[start..at], dictionary, location);
        }
        if let Some(end) = memmem::rfind(bytes, END) {
            self.embedded(&bytes[end + END.len()..], location);
        }
    }

    fn pdf_stream(&mut self, data: &[u8], dictionary: &[u8], location: MemberLocation<'_>) {
        let name = format!("object {}", number_of(dictionary));
        let path = join(location.inside, name.as_bytes());
        let mut content = match filters(dictionary) {
            Ok(filters) if filters.is_empty() => return,
            Ok(filters) => match self.unfilter(data, &filters) {
                Ok(Some(content)) => content,
                // A picture: its codec holds no text.
                Ok(None) => return,
                Err((content, reason)) => {
                    self.failed(path.as_ref(), reason);
                    content
                }
            },
            Err(reason) => return self.failed(path.as_ref(), reason),
        };
        if is_predicted(dictionary) {
            content = unpredicted(&content, columns(dictionary));
        }
        self.member(path.as_ref(), &content, Vec::new(), location.depth);
        let text = shown_text(&content);
        if !text.is_empty() {
            let path = join(location.inside, format!("{name} text").as_bytes());
            self.show(path.as_ref(), Ok(&text), Vec::new());
        }
    }

    /// Undoes the filters one after the other. Nothing for a picture; with the reason what was read before it.
    fn unfilter(&self, data: &[u8], filters: &[Filter]) -> Result<Option<Vec<u8>>, (Vec<u8>, String)> {
        let mut content = data.to_vec();
        for filter in filters {
            content = match filter {
                Filter::Flate => {
                    let mut out = Vec::new();
                    let inner = Box::new(flate2::read::ZlibDecoder::new(&content[..]));
                    match self.all(Stream { inner, budget: self.budget }, &mut out) {
                        Ok(()) => out,
                        Err(reason) => return Err((out, reason)),
                    }
                }
                Filter::Hex => hex(&content),
                Filter::Ascii85 => ascii85(&content),
                Filter::RunLength => run_length(&content),
                Filter::Picture => return Ok(None),
            };
            if content.len() as u64 > self.budget.limits.member {
                return Err((Vec::new(), "it becomes too large".into()));
            }
        }
        Ok(Some(content))
    }
}

/// A filter that is undone, or need not be.
enum Filter {
    Flate,
    Hex,
    Ascii85,
    RunLength,
    Picture,
}

/// Where the data begins after the keyword at whose end `at` is; nothing where that is no keyword of a stream.
fn start_of_data(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n' | b'\r', ..] => Some(at + 1),
        _ => None,
    }
}

/// The dictionary before a stream, with the number of its object; empty where there is none.
fn dictionary_before(bytes: &[u8], at: usize) -> &[u8] {
    let before = &bytes[at.saturating_sub(DICTIONARY)..at];
    if !before.trim_end().ends_with(b">>") {
        return b"";
    }
    let Some(object) = memmem::rfind(before, b"obj") else { return b"" };
    let number = before[..object].trim_end().rfind_byteset(b"\r\n").map_or(0, |line| line + 1);
    &before[number..]
}

/// The number of an object, as its file has it.
fn number_of(dictionary: &[u8]) -> String {
    let digits = dictionary.trim_start().iter().take_while(|b| b.is_ascii_digit()).take(10);
    digits.map(|b| char::from(*b)).collect()
}

/// The value of a key in a dictionary: up to the next key of the same level, as far as that is told without parsing.
fn value<'d>(dictionary: &'d [u8], key: &[u8]) -> Option<&'d [u8]> {
    let is_end = |at: usize| dictionary.get(at).is_none_or(|b| !b.is_ascii_alphanumeric());
    let at = memmem::find_iter(dictionary, key).map(|at| at + key.len()).find(|at| is_end(*at))?;
    Some(dictionary[at..].trim_start())
}

fn filters(dictionary: &[u8]) -> Result<Vec<Filter>, String> {
    let Some(value) = value(dictionary, b"/Filter") else { return Ok(Vec::new()) };
    let names = match value {
        [b'[', list @ ..] => &list[..list.find_byte(b']').unwrap_or(list.len())],
        [b'/', name @ ..] => &value[..1 + name.find_byteset(b"/ \t\r\n>[<").unwrap_or(name.len())],
        _ => return Err("packed in a way that is not read here".into()),
    };
    let names = names.split(|b| *b == b'/').map(<[u8]>::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match name {
            b"FlateDecode" | b"Fl" => Ok(Filter::Flate),
            b"ASCIIHexDecode" | b"AHx" => Ok(Filter::Hex),
            b"ASCII85Decode" | b"A85" => Ok(Filter::Ascii85),
            b"RunLengthDecode" | b"RL" => Ok(Filter::RunLength),
            b"DCTDecode" | b"DCT" | b"JPXDecode" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode" => Ok(Filter::Picture),
            _ => Err("packed in a way that is not read here".into()),
        })
        .collect()
}

fn is_encrypted(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"/Encrypt").any(|at| {
        let next = bytes[at + b"/Encrypt".len()..].trim_start();
        next.starts_with(b"<<")
            || next.first().is_some_and(u8::is_ascii_digit) && next[..next.len().min(24)].contains(&b'R')
    })
}

/// Whether every row of the content is stored as its difference from the one above, as PNG does it.
fn is_predicted(dictionary: &[u8]) -> bool {
    value(dictionary, b"/Predictor")
        .is_some_and(|value| value.starts_with(b"1") && value.get(1).is_some_and(u8::is_ascii_digit))
}

fn columns(dictionary: &[u8]) -> usize {
    let digits = value(dictionary, b"/Columns").unwrap_or(b"1");
    let digits: String = digits.iter().take_while(|b| b.is_ascii_digit()).take(6).map(|b| char::from(*b)).collect();
    digits.parse().unwrap_or(1).max(1)
}

/// Undoes PNG's differences, of one byte a column: those of texts and tables. Of a picture no text comes out.
fn unpredicted(content: &[u8], columns: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(content.len());
    let mut above = vec![0_u8; columns];
    for row in content.chunks(columns + 1) {
        let (kind, row) = (row[0], &row[1..]);
        let (mut left, mut above_left) = (0_u8, 0_u8);
        for (column, byte) in row.iter().enumerate() {
            let up = above[column];
            let guess = match kind {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, above_left),
                _ => 0,
            };
            left = byte.wrapping_add(guess);
            above_left = up;
            above[column] = left;
            out.push(left);
        }
    }
    out
}

/// Of three neighbours the one that is nearest to their slope.
fn paeth(left: u8, up: u8, above_left: u8) -> u8 {
    let slope = i16::from(left) + i16::from(up) - i16::from(above_left);
    let far = |byte: u8| (slope - i16::from(byte)).abs();
    [left, up, above_left].into_iter().min_by_key(|byte| far(*byte)).unwrap_or_default()
}

fn hex(data: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = data
        .iter()
        .take_while(|b| **b != b'>')
        .filter_map(|b| char::from(*b).to_digit(16).map(|digit| digit as u8))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

fn ascii85(data: &[u8]) -> Vec<u8> {
    let (mut out, mut group) = (Vec::new(), Vec::with_capacity(5));
    let word = |group: &[u8]| {
        let padded = group.iter().copied().chain(std::iter::repeat(84)).take(5);
        padded.fold(0_u32, |word, digit| word.wrapping_mul(85).wrapping_add(u32::from(digit))).to_be_bytes()
    };
    for byte in data.iter().take_while(|b| **b != b'~') {
        match byte {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => {}
        }
        if group.len() == 5 {
            out.extend(word(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        out.extend(&word(&group)[..group.len() - 1]);
    }
    out
}

fn run_length(data: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), data);
    while let [length, more @ ..] = rest {
        rest = match (*length, more) {
            (128, _) => break,
            (length @ 0..=127, more) => {
                let (run, more) = more.split_at(more.len().min(usize::from(length) + 1));
                out.extend_from_slice(run);
                more
            }
            (length, [byte, more @ ..]) => {
                out.extend(std::iter::repeat_n(*byte, 257 - usize::from(length)));
                more
            }
            (_, []) => break,
        };
    }
    out
}

/// The strings that a page's content shows, those of one operator joined: letters are set one by one to be spaced.
fn shown_text(content: &[u8]) -> Vec<u8> {
    if !(content.contains_str("Tj") || content.contains_str("TJ")) {
        return Vec::new();
    }
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = content.get(at) {
        at += 1;
        match byte {
            b'(' => at = string(content, at, &mut out),
            // An operator ends what belongs together.
            b'T' | b'\'' | b'"' if matches!(out.last(), Some(last) if *last != b'\n') => out.push(b'\n'),
            _ => {}
        }
    }
    out
}

/// Adds the string that begins at `at`, and returns the position behind it.
fn string(content: &[u8], mut at: usize, out: &mut Vec<u8>) -> usize {
    let mut depth = 0_usize;
    while let Some(&byte) = content.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let escaped = content.get(at).copied().unwrap_or_default();
                at += 1;
                match escaped {
                    b'n' | b'r' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'b' | b'f' | b'\n' | b'\r' => {}
                    b'0'..=b'7' => {
                        let more = content[at..].iter().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
                        let digits = &content[at - 1..at + more];
                        out.push(digits.iter().fold(0_u8, |n, digit| n.wrapping_mul(8).wrapping_add(digit - b'0')));
                        at += more;
                    }
                    other => out.push(other),
                }
            }
            b'(' => {
                depth += 1;
                out.push(byte);
            }
            b')' if depth == 0 => break,
            b')' => {
                depth -= 1;
                out.push(byte);
            }
            _ => out.push(byte),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_undone() {
        assert_eq!(hex(b"48 65 6c6C6f>xx"), b"Hello");
        assert_eq!(ascii85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(ascii85(b"z!!"), [0, 0, 0, 0, 0]);
        assert_eq!(run_length(&[1, b'a', b'b', 254, b'c', 128, 7]), b"abccc");
        assert_eq!(unpredicted(&[2, 1, 2, 2, 1, 1, 1, 5, 1], 2), [1, 2, 2, 3, 5, 6]);
    }

    #[test]
    fn the_text_of_an_operator_is_joined() {
        assert_eq!(shown_text(b"BT [(he)-20(l\\154)5(o)] TJ (w\\)(x)) Tj ET"), b"hello\nw)(x)\n");
        assert_eq!(shown_text(b"(no text)"), b"");
    }
}
