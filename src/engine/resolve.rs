//! From candidates to matches: composites joined, one secret reported once, by the rule that knows most about it.

use std::cmp::Reverse;
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
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        if !kept.iter().any(|other| takes(other, &candidate)) {
            kept.push(candidate);
        }
    }
    kept.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
    kept
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
    let mut joined = vec![false; candidates.len()];
    let mut alone = vec![false; candidates.len()];
    for i in 0..candidates.len() {
        let Some(requires) = rules[candidates[i].rule].rule().requires else { continue };
        if candidates[i].pair.is_some() {
            // Paired inside its encoding.
            continue;
        }
        let span = candidates[i].span.clone();
        let nearest = (0..candidates.len())
            .filter(|&j| j != i && rules[candidates[j].rule].rule().id == requires.rule)
            .filter(|&j| !matches!(candidates[j].standing, Standing::Lookalike | Standing::NotSecret))
            .map(|j| (lines_between(text, &span, &candidates[j].span), gap(&span, &candidates[j].span), j))
            .filter(|&(lines, ..)| lines <= requires.lines)
            .min();
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

fn gap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.start.max(b.start).saturating_sub(a.end.min(b.end))
}

/// How many line ends stand between two spans.
fn lines_between(text: &[u8], a: &Range<usize>, b: &Range<usize>) -> usize {
    let (from, to) = (a.end.min(b.end), a.start.max(b.start));
    if from >= to { 0 } else { memchr::memchr_iter(b'\n', &text[from..to]).count() }
}
