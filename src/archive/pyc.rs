//! Compiled Python: its strings. In the file the marks between them touch them, as a letter before and behind.

use super::{ContainerWalk, MemberLocation, join};

/// Shorter strings are names and separators.
const SHORTEST: usize = 8;

/// Returns whether these are the first bytes of compiled Python, of version 2.7 or 3.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    // The number of the bytecode grows with the version; no text begins with a control character in the second place.
    let [a, b, b'\r', b'\n', rest @ ..] = bytes else { return false };
    let number = u16::from_le_bytes([*a, *b]);
    rest.len() >= 12 && (number == 62211 || (3000..4000).contains(&number))
}

impl ContainerWalk<'_> {
    /// The strings of a compiled file, each on a line.
    pub(super) fn pyc(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let (mut out, mut at) = (Vec::new(), 8);
        while at < bytes.len() {
            match string(&bytes[at..]) {
                Some((head, len)) => {
                    out.extend_from_slice(&bytes[at + head..at + head + len]);
                    out.push(b'\n');
                    at += head + len;
                }
                None => at += 1,
            }
        }
        if !out.is_empty() {
            let path = join(location.inside, b"constants");
            self.show(path.as_ref(), Ok(&out), Vec::new());
        }
    }
}

/// The lengths of a string and of the mark before it, where one begins.
fn string(bytes: &[u8]) -> Option<(usize, usize)> {
    let (head, len): (usize, usize) = match bytes {
        // The highest bit: the string is referred to later.
        [b'z' | b'Z' | 0xfa | 0xda, len, ..] => (2, usize::from(*len)),
        [b's' | b't' | b'u' | b'a' | b'A' | 0xf3 | 0xf4 | 0xf5 | 0xe1 | 0xc1, a, b, c, d, ..] => {
            (5, u32::from_le_bytes([*a, *b, *c, *d]) as usize)
        }
        _ => return None,
    };
    let content = bytes.get(head..head.checked_add(len)?)?;
    // What is no text is the code itself, or no string at all.
    let is_text = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    (len >= SHORTEST && content.iter().all(is_text)).then_some((head, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_apart() {
        assert_eq!(string(b"z\x08password)"), Some((2, 8)));
        assert_eq!(string(b"\xf5\x08\0\0\0passwordN"), Some((5, 8)));
        assert_eq!(string(b"s\x08\0\0\0d\0\x01\0S\0\0\0"), None, "code");
        assert_eq!(string(b"z\x40short"), None, "cut off");
        assert!(is_one(b"\x6f\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0") && !is_one(b"ab\r\ncdefghijklmnop"));
    }
}
