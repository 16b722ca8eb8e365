//! The first look: which keywords of which rules stand where.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// One keyword in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Where it begins.
    pub at: usize,
    /// Which one, as numbered by the prefilter.
    pub keyword: u32,
}

/// Finds every keyword, in whatever case, overlapping ones included.
pub struct Prefilter {
    keywords: Vec<String>,
    automaton: OnceLock<AhoCorasick>,
}

impl Prefilter {
    /// For these keywords. Keywords are ASCII; equal ones must be given once.
    pub fn new(keywords: Vec<String>) -> Self {
        Prefilter { keywords, automaton: OnceLock::new() }
    }

    /// The keyword with this number.
    pub fn keyword(&self, number: u32) -> &str {
        &self.keywords[number as usize]
    }

    /// Every hit that begins at `from` or later, sorted by position, into `out` (which is cleared first).
    pub fn hits(&self, text: &[u8], from: usize, out: &mut Vec<Hit>) {
        out.clear();
        let automaton = self.automaton.get_or_init(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(true)
                .build(&self.keywords)
                .expect("keywords are short and few enough for an automaton")
        });
        for found in automaton.find_overlapping_iter(&text[from..]) {
            out.push(Hit { at: from + found.start(), keyword: found.pattern().as_u32() });
        }
        out.sort_unstable();
    }
}
