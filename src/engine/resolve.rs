//! From candidates to matches: composites joined, one secret reported once, by the rule that knows most about it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::ready::Ready;
use crate::finding::Verified;
use crate::rule::{Confidence, Judge, Rule, Status};

/// A value that a rule takes for a credential.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The rule's number.
    pub rule: usize,
    /// Where the value stands, in bytes of the text.
    pub span: Range<usize>,
    pub confidence: Confidence,
    pub verified: Option<Verified>,
    pub standing: Standing,
    pub notes: Vec<String>,
    /// The value itself, when it stands encoded.
    pub secret: Option<Box<[u8]>>,
    /// Where the other half of a pair stands.
    pub pair: Option<Range<usize>>,
}

/// How much is known about a candidate. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Found by shape or context alone.
    Plain,
    /// Parses as what it claims to be.
    Structure,
    /// Known not to be a credential.
    NotSecret,
    /// A verified checksum is wrong. Nothing but a proof takes the value up instead.
    Lookalike,
    /// A checksum holds.
    Proven,
}

/// Joins pairs, drops what lacks its partner, and of overlapping candidates keeps the one that knows most. The result is
/// sorted by position.
pub(super) fn resolve(mut candidates: Vec<Candidate>, rules: &[Ready], text: &[u8]) -> Vec<Candidate> {
    candidates.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
    candidates.dedup_by(|a, b| a.rule == b.rule && a.span == b.span && a.secret == b.secret);
    pair_up(&mut candidates, rules, text);
    candidates.sort_by_key(|c| Reverse(precedence(c, rules[c.rule].rule())));
    let mut kept = Kept::default();
    candidates.into_iter().for_each(|candidate| kept.offer(candidate));
    let mut kept = kept.candidates;
    kept.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
    kept
}

/// The candidates that no better one speaks for. A new one is compared only with those that it overlaps, so that a file of
/// many findings costs as many comparisons as it has findings.
#[derive(Default)]
struct Kept {
    candidates: Vec<Candidate>,
    /// The numbers of the candidates by where they begin, apart for each power of two of their length: what a span
    /// overlaps begins at most that much before it.
    starts: Vec<BTreeMap<usize, Vec<usize>>>,
}

impl Kept {
    fn offer(&mut self, candidate: Candidate) {
        let class = candidate.span.len().checked_ilog2().map_or(0, |log| log as usize);
        if self.overlapping(&candidate.span).any(|other| takes(&self.candidates[other], &candidate)) {
            return;
        }
        if self.starts.len() <= class {
            self.starts.resize_with(class + 1, BTreeMap::new);
        }
        self.starts[class].entry(candidate.span.start).or_default().push(self.candidates.len());
        self.candidates.push(candidate);
    }

    /// The numbers of all that overlap `span`, and of some that lie beside it.
    fn overlapping<'s>(&'s self, span: &Range<usize>) -> impl Iterator<Item = usize> + 's {
        let (start, end) = (span.start, span.end.max(span.start));
        self.starts.iter().enumerate().flat_map(move |(class, starts)| {
            let longest = 2_usize.saturating_pow(class as u32 + 1);
            starts.range(start.saturating_sub(longest)..end).flat_map(|(_, numbers)| numbers.iter().copied())
        })
    }
}

/// Whether `kept` speaks for `other` too.
fn takes(kept: &Candidate, other: &Candidate) -> bool {
    let shared = kept.span.end.min(other.span.end).saturating_sub(kept.span.start.max(other.span.start));
    match kept.standing {
        // A look-alike inside something larger says nothing about the larger thing.
        Standing::Lookalike | Standing::NotSecret => shared * 2 > other.span.len(),
        // Neighbours inside one encoding may share a character of it.
        _ if kept.secret.is_some() || other.secret.is_some() => shared * 2 > kept.span.len().min(other.span.len()),
        _ => shared > 0,
    }
}

fn precedence(candidate: &Candidate, rule: &Rule) -> impl Ord + use<> {
    (
        // Plain and parsed weigh the same here: a rule that knows whose token it is goes before one that knows its form.
        candidate.standing.max(Standing::Structure),
        authority(candidate, rule),
        !rule.general,
        candidate.standing,
        rule.judge == Judge::Token,
        candidate.pair.is_some(),
        // A form that goes on where another ends knows more, as long as both are believed.
        candidate.confidence.min(Confidence::Medium),
        candidate.span.len(),
        (candidate.confidence, rule.severity),
        // What stands in clear is easier to see than what is encoded.
        candidate.secret.is_none(),
        Reverse(candidate.span.start),
        Reverse(candidate.rule),
    )
}

/// Who speaks first: a rule that knows a provider's form, then the generic detector. An experimental rule never blocks, so
/// it yields to a generic finding that does.
fn authority(candidate: &Candidate, rule: &Rule) -> u8 {
    match (rule.detector, rule.status) {
        (Some(_), _) if candidate.confidence == Confidence::Low => 0,
        (None, Status::Experimental) => 1,
        (Some(_), _) => 2,
        (None, _) => 3,
    }
}

/// Candidates of a rule that `requires` another are kept only beside a candidate of that one, the nearest, which is
/// then reported as part of the pair.
fn pair_up(candidates: &mut Vec<Candidate>, rules: &[Ready], text: &[u8]) {
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

/// Where the candidates stand that another one may require, by their rules.
struct Partners<'r> {
    /// Each partner's number, and which of those up to it ends last.
    by_rule: HashMap<&'r str, Vec<(usize, usize)>>,
    newlines: Vec<usize>,
}

impl<'r> Partners<'r> {
    /// Of `candidates`, which are sorted by where they begin.
    fn of(candidates: &[Candidate], rules: &'r [Ready], text: &[u8]) -> Partners<'r> {
        let mut by_rule: HashMap<&str, Vec<(usize, usize)>> =
            candidates.iter().filter_map(|c| Some((rules[c.rule].rule().requires?.rule, Vec::new()))).collect();
        for (number, candidate) in candidates.iter().enumerate() {
            if matches!(candidate.standing, Standing::Lookalike | Standing::NotSecret) {
                continue;
            }
            let Some(partners) = by_rule.get_mut(rules[candidate.rule].rule().id) else { continue };
            let last = partners.last().map_or(number, |(_, last)| *last);
            let ends_last = if candidates[last].span.end >= candidate.span.end { last } else { number };
            partners.push((number, ends_last));
        }
        Partners { by_rule, newlines: memchr::memchr_iter(b'\n', text).collect() }
    }

    /// The partner of a rule that is nearest to a candidate: how many line ends and how many bytes stand between them, and
    /// its number. It is the next that begins behind the candidate, or of those before it the one that ends last.
    fn nearest(&self, candidates: &[Candidate], of: usize, rule: &str) -> Option<(usize, usize, usize)> {
        let partners = self.by_rule.get(rule)?;
        let span = &candidates[of].span;
        let before = partners.partition_point(|(number, _)| *number < of);
        let after = partners.get(before..)?.iter().map(|(number, _)| *number).find(|number| *number != of);
        let before = before.checked_sub(1).map(|place| partners[place].1);
        let distance = |number: usize| {
            let other = &candidates[number].span;
            (self.lines_between(span, other), gap(span, other), number)
        };
        before.into_iter().chain(after).map(distance).min()
    }

    /// How many line ends stand between two spans.
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
        let standings = [Standing::Plain, Standing::NotSecret, Standing::Lookalike, Standing::Proven];
        Candidate {
            rule: 0,
            span: start..start + length,
            confidence: Confidence::High,
            verified: None,
            standing: standings[usize::from(standing)],
            notes: Vec::new(),
            secret: is_encoded.then(|| b"value"[..].into()),
            pair: None,
        }
    }

    proptest! {
        /// The twin: each compared with all that are kept.
        #[test]
        fn those_that_overlap_are_all_that_are_compared(
            spans in prop::collection::vec((0_usize..200, 0_usize..60, 0_u8..4, any::<bool>()), 0..40),
        ) {
            let candidates: Vec<Candidate> = spans.into_iter().map(candidate).collect();
            let (mut ours, mut all) = (Kept::default(), Vec::<Candidate>::new());
            for candidate in candidates {
                if !all.iter().any(|other| takes(other, &candidate)) {
                    all.push(candidate.clone());
                }
                ours.offer(candidate);
            }
            let spans = |kept: &[Candidate]| kept.iter().map(|c| c.span.clone()).collect::<Vec<_>>();
            prop_assert_eq!(spans(&ours.candidates), spans(&all));
        }
    }
}
