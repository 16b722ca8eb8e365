//! From candidates to matches: pairs joined, and each secret reported once, by the rule with the best evidence.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::compiled_rule::CompiledRule;
use crate::finding::Verified;
use crate::rule::{Confidence, Judge, Rule, Status};

/// A value that a rule takes for a credential. Has no `Debug`, because an encoded secret is in it in clear.
#[derive(Clone)]
pub(super) struct Candidate {
    /// The rule's number.
    pub rule: usize,
    /// The position of the value, in bytes of the text.
    pub span: Range<usize>,
    pub confidence: Confidence,
    pub verified: Option<Verified>,
    pub standing: EvidenceRank,
    pub notes: Vec<String>,
    /// The decoded value, where the text has it encoded.
    pub secret: Option<Box<[u8]>>,
    /// The position of the other half of a pair.
    pub pair: Option<Range<usize>>,
    /// It keeps other rules from the value, and is not shown: a sample, in a test or in documentation.
    pub is_silent: bool,
}

impl Candidate {
    /// A value in clear, without a proof.
    pub fn new(rule: usize, span: Range<usize>, confidence: Confidence, standing: EvidenceRank) -> Self {
        let (verified, secret, pair, is_silent) = (None, None, None, false);
        Self { rule, span, confidence, verified, standing, notes: Vec::new(), secret, pair, is_silent }
    }
}

/// The evidence for or against a candidate, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EvidenceRank {
    /// A match of form or context alone.
    Plain,
    /// It parses in its own format.
    Structure,
    /// Known not to be a credential.
    NotSecret,
    /// A verified checksum is wrong. Only a proof outranks it, so no other rule reports the value.
    Lookalike,
    /// A checksum holds.
    Proven,
}

/// Joins pairs, drops candidates without their partner, and of overlapping candidates returns the one with the best
/// evidence. The result is sorted by position.
pub(super) fn resolve(mut candidates: Vec<Candidate>, rules: &[CompiledRule], text: &[u8]) -> Vec<Candidate> {
    candidates.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
    candidates.dedup_by(|a, b| a.rule == b.rule && a.span == b.span && a.secret == b.secret);
    pair_up(&mut candidates, rules, text);
    candidates.sort_by_key(|c| Reverse(precedence(c, rules[c.rule].rule())));
    let mut survivors = Survivors::default();
    candidates.into_iter().for_each(|candidate| survivors.offer(candidate));
    let mut candidates = survivors.candidates;
    candidates.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
    candidates
}

/// The candidates that no better one supersedes. A new one is compared only with those that it overlaps, so that a file
/// of many findings costs as many comparisons as it has findings.
#[derive(Default)]
struct Survivors {
    candidates: Vec<Candidate>,
    /// The numbers of the candidates by their start, one map for each power of two of their length: a candidate that
    /// overlaps a span begins at most that far before it.
    starts: Vec<BTreeMap<usize, Vec<usize>>>,
}

impl Survivors {
    fn offer(&mut self, candidate: Candidate) {
        let class = candidate.span.len().checked_ilog2().map_or(0, |log| log as usize);
        if self.overlapping(&candidate.span).any(|other| supersedes(&self.candidates[other], &candidate)) {
            return;
        }
        if self.starts.len() <= class {
            self.starts.resize_with(class + 1, BTreeMap::new);
        }
        self.starts[class].entry(candidate.span.start).or_default().push(self.candidates.len());
        self.candidates.push(candidate);
    }

    /// The numbers of all candidates that overlap `span`, and of some that do not.
    fn overlapping<'s>(&'s self, span: &Range<usize>) -> impl Iterator<Item = usize> + 's {
        let (start, end) = (span.start, span.end.max(span.start));
        self.starts.iter().enumerate().flat_map(move |(class, starts)| {
            let longest = 2_usize.saturating_pow(class as u32 + 1);
            starts.range(start.saturating_sub(longest)..end).flat_map(|(_, numbers)| numbers.iter().copied())
        })
    }
}

/// Returns whether `survivor` is reported in the place of `other` too.
fn supersedes(survivor: &Candidate, other: &Candidate) -> bool {
    let shared = survivor.span.end.min(other.span.end).saturating_sub(survivor.span.start.max(other.span.start));
    match survivor.standing {
        // A look-alike that is a small part of a value is no evidence about the value.
        EvidenceRank::Lookalike | EvidenceRank::NotSecret => shared * 2 > other.span.len(),
        // Neighbours inside one encoding may share a character of it.
        _ if survivor.secret.is_some() || other.secret.is_some() => {
            shared * 2 > survivor.span.len().min(other.span.len())
        }
        _ => shared > 0,
    }
}

fn precedence(candidate: &Candidate, rule: &Rule) -> impl Ord + use<> {
    (
        // Plain and parsed count alike here: a provider's rule precedes a general one that parses the form.
        candidate.standing.max(EvidenceRank::Structure),
        authority(candidate, rule),
        !rule.general,
        candidate.standing,
        rule.judge == Judge::Token,
        candidate.pair.is_some(),
        // The longer of two matches has more of the token, unless its confidence is low.
        candidate.confidence.min(Confidence::Medium),
        candidate.span.len(),
        (candidate.confidence, rule.severity),
        // A reader sees a value in clear more easily than an encoded one.
        candidate.secret.is_none(),
        Reverse(candidate.span.start),
        Reverse(candidate.rule),
    )
}

/// The rank of the rule: a provider's form precedes the generic detector. An experimental rule never blocks, so it yields
/// to a generic finding that does.
fn authority(candidate: &Candidate, rule: &Rule) -> u8 {
    match (rule.detector, rule.status) {
        (Some(_), _) if candidate.confidence == Confidence::Low => 0,
        (None, Status::Experimental) => 1,
        (Some(_), _) => 2,
        (None, _) => 3,
    }
}

/// Drops the candidates of a rule that `requires` another, unless a candidate of that one is near; the nearest is then
/// reported as part of the pair.
fn pair_up(candidates: &mut Vec<Candidate>, rules: &[CompiledRule], text: &[u8]) {
    if candidates.iter().all(|c| rules[c.rule].rule().requires.is_none()) {
        return;
    }
    let partners = Partners::of(candidates, rules, text);
    let mut joined = vec![false; candidates.len()];
    let mut alone = vec![false; candidates.len()];
    for i in 0..candidates.len() {
        let Some(requires) = rules[candidates[i].rule].rule().requires else { continue };
        if candidates[i].pair.is_some() {
            // Paired inside its encoding.
            continue;
        }
        let nearest = partners.nearest(candidates, i, requires.rule).filter(|(lines, ..)| *lines <= requires.lines);
        match nearest {
            Some((_, _, j)) => {
                joined[j] = true;
                let partner = rules[candidates[j].rule].rule();
                let notes = std::mem::take(&mut candidates[j].notes);
                candidates[i].notes.push(format!("stands with its {}", partner.title));
                candidates[i].notes.extend(notes.iter().cloned());
                candidates[j].notes = notes;
                candidates[i].pair = Some(candidates[j].span.clone());
            }
            None => alone[i] = true,
        }
    }
    let mut number = 0..;
    candidates.retain(|_| number.next().is_some_and(|i: usize| !joined[i] && !alone[i]));
}

/// The candidates that another one may require, by their rules.
struct Partners<'r> {
    /// Each partner's number, and the number of the partner up to it that ends last.
    by_rule: HashMap<&'r str, Vec<(usize, usize)>>,
    newlines: Vec<usize>,
}

impl<'r> Partners<'r> {
    /// The partners among `candidates`, which are sorted by their start.
    fn of(candidates: &[Candidate], rules: &'r [CompiledRule], text: &[u8]) -> Self {
        let mut by_rule: HashMap<&str, Vec<(usize, usize)>> =
            candidates.iter().filter_map(|c| Some((rules[c.rule].rule().requires?.rule, Vec::new()))).collect();
        for (number, candidate) in candidates.iter().enumerate() {
            if matches!(candidate.standing, EvidenceRank::Lookalike | EvidenceRank::NotSecret) {
                continue;
            }
            let Some(partners) = by_rule.get_mut(rules[candidate.rule].rule().id) else { continue };
            let last = partners.last().map_or(number, |(_, last)| *last);
            let ends_last = if candidates[last].span.end >= candidate.span.end { last } else { number };
            partners.push((number, ends_last));
        }
        Partners { by_rule, newlines: memchr::memchr_iter(b'\n', text).collect() }
    }

    /// The partner of a rule that is nearest to a candidate: the line ends and the bytes between them, and its number. It
    /// is the next that begins behind the candidate, or of those before it the one that ends last.
    fn nearest(&self, candidates: &[Candidate], of: usize, rule: &str) -> Option<(usize, usize, usize)> {
        let partners = self.by_rule.get(rule)?;
        let span = &candidates[of].span;
        let before = partners.partition_point(|(number, _)| *number < of);
        let after = partners.get(before..)?.iter().map(|(number, _)| *number).find(|number| *number != of);
        let before = before.checked_sub(1).map(|last| partners[last].1);
        let distance = |number: usize| {
            let other = &candidates[number].span;
            (self.lines_between(span, other), gap(span, other), number)
        };
        before.into_iter().chain(after).map(distance).min()
    }

    /// The number of line ends between two spans.
    fn lines_between(&self, a: &Range<usize>, b: &Range<usize>) -> usize {
        let before = |at: usize| self.newlines.partition_point(|newline| *newline < at);
        let (from, to) = (a.end.min(b.end), a.start.max(b.start));
        before(to).saturating_sub(before(from))
    }
}

fn gap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.start.max(b.start).saturating_sub(a.end.min(b.end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate((start, length, standing, is_encoded): (usize, usize, u8, bool)) -> Candidate {
        let standings = [EvidenceRank::Plain, EvidenceRank::NotSecret, EvidenceRank::Lookalike, EvidenceRank::Proven];
        Candidate {
            secret: is_encoded.then(|| b"value"[..].into()),
            ..Candidate::new(0, start..start + length, Confidence::High, standings[usize::from(standing)])
        }
    }

    /// The work on a file of one line repeated is counted in comparisons, not in time.
    #[test]
    fn repeated_values_are_compared_with_their_neighbours_only() {
        let (mut survivors, mut comparisons) = (Survivors::default(), 0);
        for n in 0..10_000 {
            let next = candidate((n * 40, 20, 0, false));
            comparisons += survivors.overlapping(&next.span).count();
            survivors.offer(next);
        }
        assert_eq!(survivors.candidates.len(), 10_000);
        assert!(comparisons <= 10_000, "{comparisons}");
    }

    proptest! {
        /// The twin: each candidate compared with every survivor.
        #[test]
        fn those_that_overlap_are_all_that_are_compared(
            spans in prop::collection::vec((0_usize..200, 0_usize..60, 0_u8..4, any::<bool>()), 0..40),
        ) {
            let candidates: Vec<Candidate> = spans.into_iter().map(candidate).collect();
            let (mut ours, mut all) = (Survivors::default(), Vec::<Candidate>::new());
            for candidate in candidates {
                if !all.iter().any(|other| supersedes(other, &candidate)) {
                    all.push(candidate.clone());
                }
                ours.offer(candidate);
            }
            let spans = |survivors: &[Candidate]| survivors.iter().map(|c| c.span.clone()).collect::<Vec<_>>();
            prop_assert_eq!(spans(&ours.candidates), spans(&all));
        }
    }
}
