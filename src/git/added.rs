//! Which lines of a blob are new.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// A set of line numbers, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines(Vec<Range<u32>>);

impl Lines {
    /// Every line.
    pub fn all() -> Self {
        Lines(std::iter::once(0..u32::MAX).collect())
    }

    /// Whether any line from `first` to `last` (both counted from 0, both included) is in the set.
    pub fn touch(&self, first: u32, last: u32) -> bool {
        self.0.iter().any(|r| r.start <= last && first < r.end)
    }

    /// The lines that are in both sets.
    #[must_use]
    pub fn and(&self, other: &Lines) -> Lines {
        let mut both = Vec::new();
        for a in &self.0 {
            for b in &other.0 {
                let (start, end) = (a.start.max(b.start), a.end.min(b.end));
                if start < end {
                    both.push(start..end);
                }
            }
        }
        Lines(both)
    }

    /// How many lines the set holds.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|r| u64::from(r.end - r.start)).sum()
    }
}

/// The lines of `new` that stand in none of `old`, by git's histogram diff against each.
///
/// Raw bytes are compared: attributes, text conversion and external drivers never have a say.
pub fn new_lines(new: &[u8], old: &[Vec<u8>]) -> Lines {
    old.iter().fold(Lines::all(), |lines, side| {
        let input = InternedInput::new(side.as_slice(), new);
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        diff.postprocess_lines(&input);
        lines.and(&Lines(diff.hunks().map(|h| h.after).filter(|r| !r.is_empty()).collect()))
    })
}
