//! ASN.1 in DER, and in BER as some programs write PKCS#12: with indefinite lengths, and strings in several pieces.

use std::borrow::Cow;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, with elements inside.
pub(super) const ZERO: u8 = 0xa0;
/// A string in pieces.
const PIECES: u8 = 0x20;

/// The deepest nesting of indefinite lengths.
const DEEPEST: usize = 32;

/// An element: its tag and its content.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside; none where they do not fill it.
    pub fn inside(self) -> Option<Vec<Self>> {
        let (mut rest, mut all) = (self.content, Vec::new());
        while !rest.is_empty() {
            let (element, more) = element(rest)?;
            all.push(element);
            rest = more;
        }
        Some(all)
    }

    /// The elements inside a sequence.
    pub fn sequence(self) -> Option<Vec<Self>> {
        (self.tag == SEQUENCE).then(|| self.inside()).flatten()
    }

    /// The bytes of a string, in one piece or in several.
    pub fn octets(self) -> Option<Cow<'a, [u8]>> {
        self.octets_in(OCTETS)
    }

    /// The bytes of a string that is tagged otherwise.
    pub fn octets_in(self, tag: u8) -> Option<Cow<'a, [u8]>> {
        match self.tag {
            own if own == tag => Some(Cow::Borrowed(self.content)),
            own if own == tag | PIECES => {
                let pieces: Option<Vec<_>> = self.inside()?.into_iter().map(Element::octets).collect();
                Some(Cow::Owned(pieces?.concat()))
            }
            _ => None,
        }
    }
}

/// The first element, and the bytes behind it.
pub(super) fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    read(bytes, DEEPEST)
}

fn read(bytes: &[u8], deepest: usize) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    // An indefinite length ends with an element of two zeros.
    if first == 0x80 {
        let start = rest;
        let deeper = deepest.checked_sub(1)?;
        while !rest.starts_with(&[0, 0]) {
            rest = read(rest, deeper)?.1;
        }
        let content = &start[..start.len() - rest.len()];
        return Some((Element { tag, content }, &rest[2..]));
    }
    let (len, rest) = length(first, rest)?;
    let (content, rest) = rest.split_at_checked(len)?;
    Some((Element { tag, content }, rest))
}

/// The length that begins with the byte `first`, and the bytes behind it. None where it is larger than any file.
fn length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    match first {
        0..=0x7f => Some((usize::from(first), rest)),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            Some((digits.iter().fold(0, |n, &b| n << 8 | usize::from(b)), rest))
        }
        _ => None,
    }
}
