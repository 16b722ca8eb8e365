//! UTF-16 and UTF-32 in the middle of bytes: whole files, with a byte order mark or without, and strings inside binaries.

use super::decoded_text::{DecodedText, SegmentScale};
use crate::finding::excerpt::Wide;

/// The shortest string of wide characters worth reading, in characters.
const SHORTEST: usize = 12;
/// The bytes of a text without a mark from which its encoding is determined.
const SAMPLE: usize = 4096;

/// Fills `view` with the wide characters of `text`: all of it when it is such a text, or the strings inside.
/// Leaves it empty when there are none; a text without zero bytes costs one search for them.
pub(super) fn narrow(text: &[u8], view: &mut DecodedText) {
    view.clear();
    // A text of nothing but non-Latin characters has no zero byte, and may have a mark.
    if !may_be_wide(text) {
        return;
    }
    match stored(text) {
        Some(stored) => wide_text(text, stored, view),
        None => strings(text, view),
    }
}

/// Returns whether the reading of a part may depend on the full text: it has a mark, or zero bytes.
pub(super) fn may_be_wide(text: &[u8]) -> bool {
    has_mark(text) || memchr::memchr(0, text).is_some()
}

/// Returns whether the text begins with a mark that holds no zero byte.
pub(super) fn has_mark(text: &[u8]) -> bool {
    matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

/// The encoding of a text that takes more than a byte a character.
pub(super) fn stored(text: &[u8]) -> Option<Wide> {
    match text {
        [0xff, 0xfe, 0, 0, ..] => return Some(Wide::Utf32Le),
        [0, 0, 0xfe, 0xff, ..] => return Some(Wide::Utf32Be),
        [0xff, 0xfe, ..] => return Some(Wide::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Wide::Utf16Be),
        _ => {}
    }
    let sample = &text[..text.len().min(SAMPLE)];
    if sample.len() < 8 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    let zeros = |from: usize, step: usize| sample.iter().skip(from).step_by(step).filter(|&&b| b == 0).count();
    let fourth = sample.len() / 4;
    let four = [0, 1, 2, 3].map(|from| zeros(from, 4));
    let (most, all) = (|n: usize| n * 10 >= fourth * 7, |n: usize| n * 20 >= fourth * 19);
    let few = |n: usize| n * 20 < fourth;
    if fourth >= 4 && few(four[0]) && most(four[1]) && all(four[2]) && all(four[3]) {
        return Some(Wide::Utf32Le);
    }
    if fourth >= 4 && all(four[0]) && all(four[1]) && most(four[2]) && few(four[3]) {
        return Some(Wide::Utf32Be);
    }
    let half = sample.len() / 2;
    let (even, odd) = (zeros(0, 2), zeros(1, 2));
    if odd * 10 >= half * 7 && even * 20 < half {
        Some(Wide::Utf16Le)
    } else if even * 10 >= half * 7 && odd * 20 < half {
        Some(Wide::Utf16Be)
    } else {
        None
    }
}

fn wide_text(text: &[u8], stored: Wide, view: &mut DecodedText) {
    let width: u8 = if matches!(stored, Wide::Utf16Le | Wide::Utf16Be) { 2 } else { 4 };
    let mut at = 0;
    let mut ascii = false;
    for (c, len) in stored.characters(text) {
        if c.is_ascii() {
            if !ascii {
                view.part(at, SegmentScale::Ratio(width, 1));
            }
            view.text.push(c as u8);
        } else if c != '\u{feff}' {
            view.replace(at..at + len, c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        ascii = c.is_ascii();
        at += len;
    }
}

/// Strings of printable ASCII characters in two or four bytes each, in either order.
fn strings(text: &[u8], view: &mut DecodedText) {
    let plain = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut from = 0;
    while let Some(zero) = memchr::memchr(0, &text[from..]).map(|n| from + n) {
        // The character is before its zero byte (or after it: then this string begins one later).
        if zero == 0 || zero - 1 < from || !plain(text[zero - 1]) {
            from = zero + 1;
            continue;
        }
        let begin = zero - 1;
        let run = |width: usize| {
            let is_plain = |c: &&[u8]| plain(c[0]) && c[1..].iter().all(|b| *b == 0);
            text[begin..].chunks_exact(width).take_while(is_plain).count()
        };
        // One that takes four bytes a character is no string of two.
        let (width, len) = if text[begin..].get(2) == Some(&0) { (4_u8, run(4)) } else { (2, run(2)) };
        let step = usize::from(width);
        if len >= SHORTEST {
            view.gap();
            view.part(begin, SegmentScale::Ratio(width, 1));
            view.text.extend(text[begin..begin + len * step].iter().step_by(step));
        }
        from = begin + (len * step).max(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn four(text: &str, unit: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|c| unit(u32::from(c))).collect()
    }

    fn read(bytes: &[u8]) -> DecodedText {
        let mut view = DecodedText::default();
        narrow(bytes, &mut view);
        view
    }

    #[test]
    fn whole_texts_are_read_with_and_without_a_mark() {
        let text = "naïve = 1\r\nsecret = \"日本\" // x𝄞y\r\nkey = value\n";
        let four_le = |text: &str| four(text, u32::to_le_bytes);
        let four_be = |text: &str| four(text, u32::to_be_bytes);
        let ways: [fn(&str) -> Vec<u8>; 4] = [le, be, four_le, four_be];
        for store in ways {
            for bytes in [store(text), store(&format!("\u{feff}{text}"))] {
                let view = read(&bytes);
                assert_eq!(view.text, text.as_bytes());
                let at = text.find("value").unwrap();
                let origin = view.origin(&(at..at + 5));
                assert_eq!(bytes[origin], store("value"));
            }
        }
    }

    #[test]
    fn strings_inside_binaries_are_read() {
        for odd in [0, 1] {
            let text = "secret in here";
            for string in [le(text), be(text), four(text, u32::to_le_bytes), four(text, u32::to_be_bytes)] {
                let bytes = [&[0xff, 0x90, 0xcc][odd..], &string, &[0xff; 9], &le("and another one"), &[1]].concat();
                let view = read(&[&[7; 40][..], &bytes].concat());
                let text = String::from_utf8_lossy(&view.text).into_owned();
                assert!(text.contains("secret in her"), "{text:?}");
                assert!(text.contains("and another one"), "{text:?}");
            }
        }
    }

    #[test]
    fn other_bytes_are_left_alone() {
        assert!(read(b"plain text\n").is_empty());
        assert!(read(b"a\0b\0c\xff\xff").is_empty());
        assert!(read(&[0; 500]).is_empty());
        assert!(read(b"").is_empty());
    }
}
