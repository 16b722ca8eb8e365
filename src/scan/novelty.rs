//! New matches of a text, as opposed to copies that an old side has already.
//!
//! A match on an unchanged line is old. Of the others, as many are old as the old side has copies of the same secret: a
//! line that was indented, commented or moved does not change the number of copies, a line that was added does. A secret
//! that something excused in the old side is old only where it is excused still.

use std::collections::HashMap;
use std::ops::Range;

use bstr::BStr;
use sha2::{Digest, Sha256};

use super::copies::{Needle, Needles, name_before};
use super::witness::Witness;
use super::{DISTINCTIVE, occurrences};
use crate::chunk::Chunk;
use crate::engine::{Match, Scratch};
use crate::git;

/// The novelty of one match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    /// An old side has it.
    Old,
    /// No old side has it.
    New,
    /// An old side has it, and something excused it there, in these words.
    Excused(String),
}

/// The old sides of a text.
#[derive(Clone, Copy)]
pub(super) struct OldSides<'a> {
    pub sides: &'a [Vec<u8>],
    /// Their path, where it was another one.
    pub path: Option<&'a BStr>,
    /// Whether all of them are new with the text: what nobody took for a secret there has passed no gate.
    pub are_new: bool,
}

/// The novelty of each match in the chunk.
pub(super) fn of_matches(
    witness: Witness<'_>,
    chunk: Chunk<'_>,
    matches: &[Match],
    old: OldSides<'_>,
    scratch: &mut Scratch,
) -> Vec<Novelty> {
    let mut novelty = vec![Novelty::New; matches.len()];
    if old.sides.is_empty() {
        return novelty;
    }
    let spans = matches.iter().map(|found| Spans::of(chunk.bytes, found)).collect();
    let comparison = BlobComparison { witness, chunk, matches, spans, old };
    for side in old.sides {
        if novelty.iter().all(|novelty| *novelty == Novelty::Old) {
            break;
        }
        let beside = comparison.beside(side, scratch);
        for (novelty, beside) in novelty.iter_mut().zip(beside) {
            if *novelty == Novelty::New || beside == Novelty::Old {
                *novelty = beside;
            }
        }
    }
    novelty
}

/// The spans of a match: its value, and the other half of a pair. The match is new when either span is.
struct Spans {
    parts: Vec<(Range<usize>, Needle)>,
}

impl Spans {
    fn of(text: &[u8], found: &Match) -> Self {
        let parts = [Some(&found.span), found.pair.as_ref()].into_iter().flatten();
        Self { parts: parts.map(|span| (span.clone(), Needle::at(text, span))).collect() }
    }
}

/// The matches of a text, for comparison with its old sides.
struct BlobComparison<'a> {
    witness: Witness<'a>,
    chunk: Chunk<'a>,
    matches: &'a [Match],
    spans: Vec<Spans>,
    old: OldSides<'a>,
}

impl BlobComparison<'_> {
    /// The novelty of the matches beside one old side.
    fn beside(&self, side: &[u8], scratch: &mut Scratch) -> Vec<Novelty> {
        let mut is_new = by_text(self.chunk.bytes, &self.spans, side);
        let in_force = if self.old.are_new { self.in_force(self.chunk.bytes, self.matches) } else { Vec::new() };
        let is_unproven = in_force.iter().any(|at| !is_new[*at]);
        if is_unproven || is_new.contains(&true) {
            let was = self.witness.engine.scan(Chunk { origin: self.chunk.origin, bytes: side }, scratch);
            by_match((self.chunk.bytes, self.matches), (side, &was), &mut is_new);
            self.only_blocked(&in_force, (side, &was), &mut is_new);
        }
        let mut novelty: Vec<Novelty> =
            is_new.iter().map(|is_new| if *is_new { Novelty::New } else { Novelty::Old }).collect();
        if is_new.contains(&false) {
            self.withdraw(side, scratch, &mut novelty);
        }
        novelty
    }

    /// Of the matches in force only those are old that were in force in the old side as well: its own scan reports them. For sides
    /// that are new themselves.
    fn only_blocked(&self, in_force: &[usize], (side, was): (&[u8], &[Match]), is_new: &mut [bool]) {
        let of = |all: &[Match], some: &[usize]| some.iter().map(|at| all[*at].clone()).collect::<Vec<Match>>();
        let (now, was) = (of(self.matches, in_force), of(was, &self.in_force(side, was)));
        let mut is_more = vec![true; in_force.len()];
        by_match((self.chunk.bytes, &now), (side, &was), &mut is_more);
        for (at, is_more) in in_force.iter().zip(is_more) {
            is_new[*at] |= is_more;
        }
    }

    /// The positions of the matches that neither their path nor a directive excuses.
    fn in_force(&self, text: &[u8], matches: &[Match]) -> Vec<usize> {
        let secrets = occurrences(text, matches);
        let is_one = |at: &usize| self.witness.is_in_force(text, &matches[*at], &secrets);
        (0..matches.len()).filter(is_one).collect()
    }

    /// Makes old matches new that nothing excuses here and something excused in the old side.
    fn withdraw(&self, side: &[u8], scratch: &mut Scratch, novelty: &mut [Novelty]) {
        let text = self.chunk.bytes;
        let from = (self.old.path.unwrap_or(self.chunk.origin.path()), self.old.path.is_some());
        let Some(testimony) = self.witness.hear(side, from, scratch, key) else { return };
        let secrets = occurrences(text, self.matches);
        for (novelty, found) in novelty.iter_mut().zip(self.matches).filter(|(novelty, _)| **novelty == Novelty::Old) {
            if testimony.excuses(&key(text, found)) && self.witness.is_in_force(text, found, &secrets) {
                *novelty = Novelty::Excused(match self.old.path {
                    Some(path) => format!("it was in {path} before, where it did not block"),
                    None => "a directive allowed it before, and is gone".into(),
                });
            }
        }
    }
}

/// The matches on new lines of the diff that have more copies than in the old side, as literal text.
fn by_text(text: &[u8], spans: &[Spans], side: &[u8]) -> Vec<bool> {
    let lines = LineIndex::of(text);
    let fresh = git::new_lines(text, side);
    let is_fresh = |span: &Range<usize>| fresh.touch(lines.at(span.start), lines.at(last(span)));
    let parts = || spans.iter().flat_map(|spans| &spans.parts);
    if !parts().any(|(span, _)| is_fresh(span)) {
        return vec![false; spans.len()];
    }
    let needles = Needles::new(parts().filter(|(span, _)| is_fresh(span)).map(|(_, needle)| needle));
    let mut more = needles.count(text);
    more.iter_mut().zip(needles.count(side)).for_each(|(now, was)| *now = now.saturating_sub(was));
    // The last copies are the new ones; a span that two pairs share counts once.
    let mut seen: HashMap<Range<usize>, bool> = HashMap::new();
    let mut is_new = vec![false; spans.len()];
    for (is_new, spans) in is_new.iter_mut().zip(spans).rev() {
        for (span, needle) in spans.parts.iter().filter(|(span, _)| is_fresh(span)) {
            let count = || needles.number(needle).is_some_and(|number| take_one(&mut more[number]));
            *is_new |= *seen.entry(span.clone()).or_insert_with(count);
        }
    }
    is_new
}

fn take_one(left: &mut usize) -> bool {
    let any = *left > 0;
    *left -= usize::from(any);
    any
}

/// Clears the matches that the engine finds as often in the old side, in any encoding.
fn by_match((text, matches): (&[u8], &[Match]), (side, was): (&[u8], &[Match]), is_new: &mut [bool]) {
    let mut more: HashMap<[u8; 32], isize> = HashMap::new();
    let keys: Vec<[u8; 32]> = matches.iter().map(|found| key(text, found)).collect();
    for key in &keys {
        *more.entry(*key).or_default() += 1;
    }
    for found in was {
        *more.entry(key(side, found)).or_default() -= 1;
    }
    for (is_new, key) in is_new.iter_mut().zip(&keys).rev().filter(|(is_new, _)| **is_new) {
        let left = more.entry(*key).or_default();
        *is_new = *left > 0;
        *left -= 1;
    }
}

/// The identity of a secret: its value and its pair, and for a short value its rule and its name, too.
fn key(text: &[u8], found: &Match) -> [u8; 32] {
    let mut hash = Sha256::new();
    // The indentation and the line ends of a key block are no part of it.
    found.secret.expose().split(u8::is_ascii_whitespace).for_each(|part| hash.update(part));
    hash.update(b"\0");
    if let Some(pair) = &found.pair {
        hash.update(&text[pair.clone()]);
    }
    if found.secret.expose().len() < DISTINCTIVE {
        hash.update(b"\0");
        hash.update(found.rule.id);
        hash.update(b"\0");
        hash.update(name_before(text, found.span.start));
    }
    hash.finalize().into()
}

fn last(span: &Range<usize>) -> usize {
    span.end.saturating_sub(1).max(span.start)
}

/// The positions of a text's line ends.
struct LineIndex(Vec<usize>);

impl LineIndex {
    fn of(text: &[u8]) -> Self {
        Self(memchr::memchr_iter(b'\n', text).collect())
    }

    /// The line at a position, counted from 0.
    fn at(&self, at: usize) -> u32 {
        self.0.partition_point(|newline| *newline < at) as u32
    }
}
