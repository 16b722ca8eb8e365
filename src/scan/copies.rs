//! The number of copies of a value under the same name in a text: the criterion for equal secrets in two texts.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::BString;

use super::{DISTINCTIVE, FEW_VALUES, leftmost_longest};
use crate::finding::Secret;

/// A value with its name. A long value is the same secret under any name; a short one may be an ordinary word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Needle {
    value: Secret,
    name: Option<BString>,
}

impl Needle {
    /// The needle at `span` in `text`.
    pub fn at(text: &[u8], span: &Range<usize>) -> Self {
        let value = &text[span.clone()];
        let name = (value.len() < DISTINCTIVE).then(|| name_before(text, span.start));
        Self { value: Secret::new(value, 0), name }
    }
}

/// Needles that are searched together, in one pass over each text.
pub(super) struct Needles<'a> {
    numbers: HashMap<(&'a [u8], Option<BString>), usize>,
    values: Vec<&'a [u8]>,
    automaton: Option<AhoCorasick>,
}

impl<'a> Needles<'a> {
    /// Numbers the needles in their order.
    pub fn new(needles: impl Iterator<Item = &'a Needle>) -> Self {
        let mut numbers = HashMap::new();
        for needle in needles {
            let next = numbers.len();
            numbers.entry((needle.value.expose(), needle.name.clone())).or_insert(next);
        }
        let mut values: Vec<&[u8]> =
            numbers.keys().map(|(value, _)| *value).filter(|value| !value.is_empty()).collect();
        values.sort_unstable();
        values.dedup();
        let few = values.len() <= FEW_VALUES;
        let build = || AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&values).ok();
        let automaton = if few { None } else { build() };
        Needles { numbers, values, automaton }
    }

    /// The number of a needle.
    pub fn number(&self, needle: &'a Needle) -> Option<usize> {
        self.numbers.get(&(needle.value.expose(), needle.name.clone())).copied()
    }

    /// Shows every needle with its number.
    pub fn each(&self, mut show: impl FnMut(usize, &Needle)) {
        for ((value, name), number) in &self.numbers {
            show(*number, &Needle { value: Secret::new(value, 0), name: name.clone() });
        }
    }

    /// The number of distinct needles.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number of copies of each needle in the text, by its number.
    pub fn count(&self, text: &[u8]) -> Vec<usize> {
        let mut counts = vec![0; self.len()];
        let mut note = |span: Range<usize>| {
            let value = &text[span.clone()];
            let name = match value.len() < DISTINCTIVE {
                true if is_cut(text, &span) => return,
                true => Some(name_before(text, span.start)),
                false => None,
            };
            if let Some(number) = self.numbers.get(&(value, name)) {
                counts[*number] += 1;
            }
        };
        match &self.automaton {
            Some(automaton) => automaton.find_iter(text).for_each(|found| note(found.range())),
            None => leftmost_longest(text, &self.values).into_iter().for_each(note),
        }
        counts
    }
}

/// Returns whether the span is a part of a longer word.
fn is_cut(text: &[u8], span: &Range<usize>) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let joined = |inside: Option<&u8>, outside: Option<&u8>| inside.is_some_and(word) && outside.is_some_and(word);
    let before = span.start.checked_sub(1).and_then(|at| text.get(at));
    joined(text.get(span.start), before) || joined(text.get(span.end.wrapping_sub(1)), text.get(span.end))
}

/// The maximal distance of a name before its value, in bytes.
const NAME_REACH: usize = 256;

/// The word before a value on its line, across quotes, operators and blanks.
pub(super) fn name_before(text: &[u8], at: usize) -> BString {
    let from = at.saturating_sub(NAME_REACH);
    let line = &text[from..at];
    let line = &line[memchr::memrchr(b'\n', line).map_or(0, |newline| newline + 1)..];
    // Wide characters have zero bytes.
    let mut line: Vec<u8> = line.iter().copied().filter(|b| *b != 0).collect();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$') || !b.is_ascii();
    line.truncate(line.iter().rposition(|b| is_name(*b)).map_or(0, |last| last + 1));
    let start = line.iter().rposition(|b| !is_name(*b)).map_or(0, |before| before + 1);
    line.split_off(start).into()
}
