//! UTF-16 in the middle of bytes: whole files, with a byte order mark or without, and strings inside binaries.

use super::view::{Scale, View};

/// How a text is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf16Le,
    Utf16Be,
}

/// The shortest string of two-byte characters worth reading, in characters.
const SHORTEST: usize = 12;
/// How much of a text without a mark is looked at to see how it is stored.
const SAMPLE: usize = 4096;

/// Fills `view` with what `text` says in UTF-16: all of it when it is such a text, or the strings inside.
/// Leaves it empty when there are none; a text without zero bytes costs one search for them.
pub(super) fn utf16(text: &[u8], view: &mut View) {
    view.clear();
    // A text of nothing but non-Latin characters has no zero byte, and may have a mark.
    if !may_be_wide(text) {
        return;
    }
    match encoding(text) {
        Some(encoding) => whole(text, encoding, view),
        None => strings(text, view),
    }
}

/// Whether a whole text is stored in UTF-16, and then whether in little-endian order.
pub(super) fn is_utf16(text: &[u8]) -> Option<bool> {
    encoding(text).map(|encoding| encoding == Encoding::Utf16Le)
}

/// Whether what a part of the text says may depend on the whole: it has a mark, or zero bytes.
pub(super) fn may_be_wide(text: &[u8]) -> bool {
    has_mark(text) || memchr::memchr(0, text).is_some()
}

/// Whether the text begins with the mark of UTF-16.
pub(super) fn has_mark(text: &[u8]) -> bool {
    matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

fn encoding(text: &[u8]) -> Option<Encoding> {
    match text {
        [0xff, 0xfe, rest @ ..] if !rest.starts_with(&[0, 0]) => return Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Encoding::Utf16Be),
        _ => {}
    }
    let sample = &text[..text.len().min(SAMPLE)];
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|&&b| b == 0).count();
    let half = sample.len() / 2;
    if half < 4 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 >= half * 7 && even * 20 < half {
        Some(Encoding::Utf16Le)
    } else if even * 10 >= half * 7 && odd * 20 < half {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

fn whole(text: &[u8], encoding: Encoding, view: &mut View) {
    let unit = |pair: &[u8]| match encoding {
        Encoding::Utf16Le => u16::from_le_bytes([pair[0], pair[1]]),
        Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let mut at = 0;
    let mut ascii = false;
    for c in char::decode_utf16(text.chunks_exact(2).map(unit)) {
        let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
        if c.is_ascii() {
            if !ascii {
                view.part(at, Scale::Ratio(2, 1));
            }
            view.text.push(c as u8);
        } else if c != '\u{feff}' {
            view.replace(at..at + c.len_utf16() * 2, c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        ascii = c.is_ascii();
        at += c.len_utf16() * 2;
    }
}

/// Strings of printable ASCII characters in two bytes each, in either order.
fn strings(text: &[u8], view: &mut View) {
    let plain = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut from = 0;
    while let Some(zero) = memchr::memchr(0, &text[from..]).map(|n| from + n) {
        // The character stands before its zero byte (or after it: then this string begins one later).
        if zero == 0 || zero - 1 < from || !plain(text[zero - 1]) {
            from = zero + 1;
            continue;
        }
        let begin = zero - 1;
        let len = text[begin..].chunks_exact(2).take_while(|pair| plain(pair[0]) && pair[1] == 0).count();
        if len >= SHORTEST {
            view.gap();
            view.part(begin, Scale::Ratio(2, 1));
            view.text.extend(text[begin..begin + len * 2].iter().step_by(2));
        }
        from = begin + len * 2;
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

    fn read(bytes: &[u8]) -> View {
        let mut view = View::default();
        utf16(bytes, &mut view);
        view
    }

    #[test]
    fn whole_texts_are_read_with_and_without_a_mark() {
        let text = "naïve = 1\r\nsecret = \"日本\" // x𝄞y\r\nkey = value\n";
        for bytes in [le(text), be(text), le(&format!("\u{feff}{text}")), be(&format!("\u{feff}{text}"))] {
            let view = read(&bytes);
            assert_eq!(view.text, text.as_bytes());
            let at = text.find("value").unwrap();
            let origin = view.origin(&(at..at + 5));
            let stored = &bytes[origin];
            assert!(stored == le("value") || stored == be("value"));
        }
    }

    #[test]
    fn strings_inside_binaries_are_read() {
        for odd in [0, 1] {
            for string in [le("secret in here"), be("secret in here")] {
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
