//! Regexes of rules before they are compiled: their analysis, and the filters that rule a match out without them.
//!
//! Compiling a regex costs more than all the rest of a small commit, and most keywords are not followed by a secret. A
//! window in which a rule's keyword was found therefore passes two filters before the regex is compiled for it:
//!
//! 1. [`SecretFilter`]: bytes, length and neighbours of the secret. One pass over the window.
//! 2. [`SequenceFilter`]: every part of the regex in order. Dearer, and more exact.
//!
//! Both are over-approximations built from the same [`Part`](part::Part)s: a filter may let a window pass in which the
//! regex does not match, and never rules out one in which it does.

pub mod analysis;
pub mod byte_set;
pub mod part;
pub mod secret_filter;
pub mod sequence_filter;

use std::ops::Range;

use secret_filter::SecretFilter;
use sequence_filter::SequenceFilter;

/// A cheap test in front of a regex.
pub trait Filter {
    /// Returns false only where the regex has no match in `text[..window.end]` that begins at `window.start` or later.
    ///
    /// ```
    /// use shield_hook::data::regex::{Filter, secret_filter::SecretFilter};
    ///
    /// let filter = SecretFilter::of("key=(?<secret>[0-9a-f]{8})");
    /// assert!(filter.may_match(b"key=0123abcd", 0..12));
    /// assert!(!filter.may_match(b"key=unknown!", 0..12));
    /// ```
    fn may_match(&self, text: &[u8], window: Range<usize>) -> bool;
}

/// The filters of one regex.
#[derive(Clone, Copy, Debug)]
pub struct Filters {
    /// Bytes, length and neighbours of the secret.
    pub secret: &'static SecretFilter,
    /// The regex's parts in their order.
    pub sequence: SequenceFilter,
}

impl Filters {
    /// Rules nothing out.
    pub const ANY: Self = Self { secret: &SecretFilter::ANY, sequence: SequenceFilter::ANY };

    /// The filters of `regex`, which live until the process ends.
    pub fn leaked(regex: &str) -> Self {
        Self { secret: Box::leak(Box::new(SecretFilter::of(regex))), sequence: SequenceFilter::leaked(regex) }
    }

    /// Returns whether the regex is worth running on a window; the same promise as [`Filter::may_match`].
    ///
    /// A sequence that begins with a literal is the cheapest filter, any other the dearest: a regex `is_compiled`
    /// already is quicker than that.
    pub fn may_match(&self, text: &[u8], window: Range<usize>, is_compiled: impl FnOnce() -> bool) -> bool {
        let begins_with_literal = self.sequence.begins_with_literal();
        if begins_with_literal && !self.sequence.may_match(text, window.clone())
            || !self.secret.may_match(text, window.clone())
        {
            return false;
        }
        is_compiled() || begins_with_literal || self.sequence.may_match(text, window)
    }
}
