//! The new lines of a blob.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// A set of line numbers, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSet(Vec<Range<u32>>);

impl LineSet {
    /// Returns whether any line from `first` to `last` (both counted from 0, both included) is in the set.
    pub fn touch(&self, first: u32, last: u32) -> bool {
        let next = self.0.partition_point(|range| range.end <= first);
        self.0.get(next).is_some_and(|range| range.start <= last)
    }
}

/// The lines of `new` that `old` lacks, by git's histogram diff.
///
/// Raw bytes are compared, without attributes, text conversion or external drivers.
///
/// ```
/// let new = shield_hook::git::new_lines(b"one\ntwo\nthree\n", b"one\nthree\n");
/// assert!(new.touch(1, 1), "the second line is new");
/// assert!(!new.touch(2, 2), "the third line is not");
/// ```
pub fn new_lines(new: &[u8], old: &[u8]) -> LineSet {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    LineSet(diff.hunks().map(|h| h.after).filter(|r| !r.is_empty()).collect())
}
