//! Decoded text, and the map from its positions back to the encoded text.

use std::ops::Range;

/// The separator of sections that are apart in the encoded text, so that nothing matches across the gap.
pub(super) const GAP: &[u8] = b"\n\0\n";

/// The longest text that is decoded: positions in it and in what it yields fit into 32 bits, because a text of nothing but
/// encodings has a segment for every few bytes.
pub(super) const LONGEST: usize = u32::MAX as usize / 2;

/// Decoded text with the origin of every byte.
#[derive(Default)]
pub(super) struct DecodedText {
    /// The decoded bytes.
    pub text: Vec<u8>,
    parts: Vec<Segment>,
    /// The starts of the sections that are apart in the encoded text; the first begins at 0.
    heads: Vec<usize>,
}

/// Decoded bytes from `out` on, which came from the encoded bytes from `from` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    out: u32,
    from: u32,
    scale: SegmentScale,
}

/// The ratio of encoded to decoded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentScale {
    /// The first number of encoded bytes becomes the second number of decoded ones.
    Ratio(u8, u8),
    /// This many encoded bytes hold the decoded bytes together; no finer map exists.
    Opaque(u32),
}

impl DecodedText {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.heads.clear();
    }

    /// Returns whether nothing was decoded.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Sets the origin of the bytes that are pushed to `text` next: from `from` on.
    pub fn part(&mut self, from: usize, scale: SegmentScale) {
        let part = Segment { out: position(self.text.len()), from: position(from), scale };
        match self.parts.last_mut() {
            Some(last) if last.out == part.out => *last = part,
            Some(last) if last.goes_on(&part) => {}
            _ => self.parts.push(part),
        }
    }

    /// Appends bytes that came from as many bytes from `from` on.
    pub fn copy(&mut self, text: &[u8], range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.part(range.start, SegmentScale::Ratio(1, 1));
        self.text.extend_from_slice(&text[range]);
    }

    /// Appends `bytes`, the decoded form of `range`.
    pub fn replace(&mut self, range: Range<usize>, bytes: &[u8]) {
        // Escapes of one byte in a row are one mapping: a text may be nothing but escapes.
        let scale = match u8::try_from(range.len()) {
            Ok(wide) if bytes.len() == 1 => SegmentScale::Ratio(wide, 1),
            _ => SegmentScale::Opaque(position(range.len())),
        };
        self.part(range.start, scale);
        self.text.extend_from_slice(bytes);
    }

    /// Begins a new section.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.extend_from_slice(GAP);
            self.heads.push(self.text.len());
        }
    }

    /// The sections, in bytes of `text`.
    pub fn sections(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let ends = self.heads.iter().map(|head| head - GAP.len()).chain([self.text.len()]);
        std::iter::once(0).chain(self.heads.iter().copied()).zip(ends).map(|(start, end)| start..end)
    }

    /// The encoded bytes of the decoded `range`.
    pub fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let part = |at: usize| {
            let next = self.parts.partition_point(|p| p.out <= position(at));
            self.parts[next.saturating_sub(1)]
        };
        if self.parts.is_empty() {
            return range.clone();
        }
        let last = range.end.saturating_sub(1).max(range.start);
        part(range.start).at(range.start)..part(last).end(last)
    }
}

/// A position or length as a segment holds it; [`LONGEST`] keeps all of them below the end.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Segment {
    /// Returns whether it maps the bytes of the next one, too.
    fn goes_on(&self, next: &Self) -> bool {
        let SegmentScale::Ratio(_, narrow) = self.scale else { return false };
        let is_whole = (next.out - self.out).is_multiple_of(u32::from(narrow));
        self.scale == next.scale && is_whole && self.at(next.out as usize) == next.from as usize
    }

    /// The first encoded byte of the decoded byte at `at`.
    fn at(&self, at: usize) -> usize {
        match self.scale {
            SegmentScale::Ratio(wide, narrow) => {
                self.from as usize + (at - self.out as usize) * usize::from(wide) / usize::from(narrow)
            }
            SegmentScale::Opaque(_) => self.from as usize,
        }
    }

    /// The end of the encoded bytes of the decoded byte at `at`.
    fn end(&self, at: usize) -> usize {
        match self.scale {
            SegmentScale::Ratio(wide, narrow) => {
                let encoded = (at + 1 - self.out as usize) * usize::from(wide);
                self.from as usize + encoded.div_ceil(usize::from(narrow))
            }
            SegmentScale::Opaque(len) => self.from as usize + len as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_mapped_back() {
        let text = b"ab%2Dcd";
        let mut view = DecodedText::default();
        view.copy(text, 0..2);
        view.replace(2..5, b"-");
        view.copy(text, 5..7);
        assert_eq!(view.text, b"ab-cd");
        assert_eq!(view.origin(&(0..5)), 0..7);
        assert_eq!(view.origin(&(2..3)), 2..5);
        assert_eq!(view.origin(&(3..4)), 5..6);
        let mut view = DecodedText::default();
        view.part(10, SegmentScale::Ratio(4, 3));
        view.text.extend_from_slice(b"abcdef");
        assert_eq!(view.origin(&(0..3)), 10..14);
        assert_eq!(view.origin(&(3..6)), 14..18);
    }

    #[test]
    fn escapes_in_a_row_are_one_mapping() {
        let text = b"%41%42%43x%44";
        let mut view = DecodedText::default();
        for (range, byte) in [(0..3, b"A"), (3..6, b"B"), (6..9, b"C")] {
            // Between two escapes there is nothing.
            view.copy(text, range.start..range.start);
            view.replace(range, byte);
        }
        assert_eq!(view.parts.len(), 1);
        view.copy(text, 9..10);
        view.replace(10..13, b"D");
        assert_eq!((view.origin(&(1..3)), view.origin(&(2..5)), view.origin(&(4..5))), (3..9, 6..13, 10..13));
    }
}
