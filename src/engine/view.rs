//! A text made from another one, and the way back from its positions.

use std::ops::Range;

/// Stands between parts of a view that do not follow each other in the text, so that nothing matches over the gap.
pub(super) const GAP: &[u8] = b"\n\0\n";

/// Decoded text whose every byte knows where it came from.
#[derive(Default)]
pub(super) struct View {
    /// What is scanned.
    pub text: Vec<u8>,
    parts: Vec<Part>,
    /// Where what does not follow what stands before it begins, but for the first.
    heads: Vec<usize>,
}

/// Decoded bytes from `out` on came from the encoded ones from `from` on, `wide` of them for each `narrow` decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    out: usize,
    from: usize,
    scale: Scale,
}

/// How many encoded bytes stand for how many decoded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// So many encoded bytes for so many decoded ones.
    Ratio(usize, usize),
    /// So many encoded bytes hold it all, nobody knows where.
    Whole(usize),
}

impl View {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.heads.clear();
    }

    /// Whether nothing was decoded.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Says that what is pushed to `text` from now on comes from `from` on.
    pub fn part(&mut self, from: usize, scale: Scale) {
        let part = Part { out: self.text.len(), from, scale };
        match self.parts.last_mut() {
            Some(last) if last.out == part.out => *last = part,
            Some(last) if last.scale == scale && last.at(part.out) == from && matches!(scale, Scale::Ratio(1, 1)) => {}
            _ => self.parts.push(part),
        }
    }

    /// Appends bytes that came from as many bytes from `from` on.
    pub fn copy(&mut self, text: &[u8], range: Range<usize>) {
        self.part(range.start, Scale::Ratio(1, 1));
        self.text.extend_from_slice(&text[range]);
    }

    /// Appends `bytes` that all of `range` stands for.
    pub fn replace(&mut self, range: Range<usize>, bytes: &[u8]) {
        self.part(range.start, Scale::Whole(range.len()));
        self.text.extend_from_slice(bytes);
    }

    /// Separates what comes from what went before.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.extend_from_slice(GAP);
            self.heads.push(self.text.len());
        }
    }

    /// What was decoded, each by itself.
    pub fn pieces(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let ends = self.heads.iter().map(|head| head - GAP.len()).chain([self.text.len()]);
        std::iter::once(0).chain(self.heads.iter().copied()).zip(ends).map(|(start, end)| start..end)
    }

    /// Where the decoded `range` came from.
    pub fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let part = |at: usize| {
            let next = self.parts.partition_point(|p| p.out <= at);
            self.parts[next.saturating_sub(1)]
        };
        if self.parts.is_empty() {
            return range.clone();
        }
        let last = range.end.saturating_sub(1).max(range.start);
        part(range.start).at(range.start)..part(last).end(last)
    }
}

impl Part {
    /// Where the decoded byte at `at` begins.
    fn at(&self, at: usize) -> usize {
        match self.scale {
            Scale::Ratio(wide, narrow) => self.from + (at - self.out) * wide / narrow,
            Scale::Whole(_) => self.from,
        }
    }

    /// Where the decoded byte at `at` ends.
    fn end(&self, at: usize) -> usize {
        match self.scale {
            Scale::Ratio(wide, narrow) => self.from + ((at + 1 - self.out) * wide).div_ceil(narrow),
            Scale::Whole(len) => self.from + len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_mapped_back() {
        let text = b"ab%2Dcd";
        let mut view = View::default();
        view.copy(text, 0..2);
        view.replace(2..5, b"-");
        view.copy(text, 5..7);
        assert_eq!(view.text, b"ab-cd");
        assert_eq!(view.origin(&(0..5)), 0..7);
        assert_eq!(view.origin(&(2..3)), 2..5);
        assert_eq!(view.origin(&(3..4)), 5..6);
        let mut view = View::default();
        view.part(10, Scale::Ratio(4, 3));
        view.text.extend_from_slice(b"abcdef");
        assert_eq!(view.origin(&(0..3)), 10..14);
        assert_eq!(view.origin(&(3..6)), 14..18);
    }
}
