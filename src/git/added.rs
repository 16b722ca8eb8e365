//! Which lines of a blob are new.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// A set of line numbers, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines(Vec<Range<u32>>);

impl Lines {
    /// Whether any line from `first` to `last` (both counted from 0, both included) is in the set.
    pub fn touch(&self, first: u32, last: u32) -> bool {
        let next = self.0.partition_point(|range| range.end <= first);
        self.0.get(next).is_some_and(|range| range.start <= last)
    }
}

/// The lines of `new` that do not stand in `old`, by git's histogram diff.
///
/// Raw bytes are compared: attributes, text conversion and external drivers never have a say.
pub fn new_lines(new: &[u8], old: &[u8]) -> Lines {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    Lines(diff.hunks().map(|h| h.after).filter(|r| !r.is_empty()).collect())
}
