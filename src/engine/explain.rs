//! The reasons for and against a finding: the result of every rule that was woken at a position.

use std::fmt;
use std::ops::Range;

use super::decoded_text::DecodedText;
use super::generic::{self, Judgement};
use super::resolve::Candidate;
use super::run::{Hits, Observer, Run};
use super::verify::Rejection;
use super::{Engine, Scratch};
use crate::chunk::Chunk;
use crate::rule::{Confidence, Rule};

/// The result of one rule at one position. Holds no part of a secret.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule.
    pub rule: &'static Rule,
    /// The position in the chunk, in bytes: of the value, or of the keyword without a value.
    pub span: Range<usize>,
    /// The encodings around it, outermost first.
    pub inside: Vec<&'static str>,
    /// The result.
    pub outcome: RuleOutcome,
    /// The features of the generic model: name, value and contribution to the score, the largest first.
    pub features: Vec<(&'static str, f32, f32)>,
}

/// The result for a keyword's hit.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleOutcome {
    /// The keyword's window has no match of the rule.
    NoMatch,
    /// The rule applies to other paths only.
    OtherPaths,
    /// The value was rejected, for this reason.
    Rejection(String),
    /// The value matched, but another rule reports it, or its partner is missing.
    Superseded,
    /// The value is a finding.
    Found {
        /// The confidence of the engine.
        confidence: Confidence,
        /// Remarks of the proof or the decoding.
        notes: Vec<String>,
    },
}

impl fmt::Display for RuleOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch => f.write_str("its keyword is here, but the text around it does not match the rule"),
            Self::OtherPaths => f.write_str("its keyword is here, but the rule applies to other paths only"),
            Self::Rejection(why) => write!(f, "rejected: {why}"),
            Self::Superseded => {
                f.write_str("matched, but another rule reports this value, or the other half of the pair is missing")
            }
            Self::Found { confidence, notes } => {
                write!(f, "found, confidence {confidence}")?;
                notes.iter().try_for_each(|note| write!(f, "; {note}"))
            }
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InsideWord => f.write_str("the name that the rule looks for is part of another word"),
            Self::InsideBlob => f.write_str("a part of a long run of base64, in which chance writes such forms"),
            Self::OwnUser => f.write_str("the name of its own user, which everybody tries"),
            Self::Hash => f.write_str("its name is that of a hash"),
            Self::Sample => f.write_str("the rule lists it as a documented sample"),
            Self::Placeholder => f.write_str("a placeholder"),
            Self::Entropy(is, least) => write!(f, "its entropy is {is:.2} bits a character, below {least:.2}"),
            Self::Words(is, least) => write!(f, "it is made of words: randomness {is:.2}, below {least:.2}"),
        }
    }
}

impl Engine {
    /// The results of every woken rule in `lines`, a range of bytes of the chunk, sorted by position.
    pub fn explain(&self, chunk: Chunk<'_>, lines: &Range<usize>) -> Vec<Explanation> {
        let mut recorder = Recorder { engine: self, all: Vec::new() };
        let mut scratch = Scratch::default();
        let mut run = Run::new(self, chunk, &mut scratch, &mut recorder);
        let survivors = run.scan(chunk.bytes, Hits::Sought, self.settings.decode_depth);
        let mut all = recorder.all;
        for found in all.iter_mut().filter(|e| matches!(e.outcome, RuleOutcome::Found { .. })) {
            let survivor =
                survivors.iter().find(|c| self.rules[c.rule].rule().id == found.rule.id && c.span == found.span);
            found.outcome = match survivor {
                Some(candidate) => {
                    RuleOutcome::Found { confidence: candidate.confidence, notes: candidate.notes.clone() }
                }
                None => RuleOutcome::Superseded,
            };
        }
        all.retain(|e| e.span.start < lines.end && e.span.end > lines.start);
        // A keyword without a match is of interest only where its rule has no match at all.
        let matched: Vec<&str> = all
            .iter()
            .filter(|e| !matches!(e.outcome, RuleOutcome::NoMatch | RuleOutcome::OtherPaths))
            .map(|e| e.rule.id)
            .collect();
        let mut seen = Vec::new();
        all.retain(|e| match e.outcome {
            RuleOutcome::NoMatch | RuleOutcome::OtherPaths => {
                let first = !matched.contains(&e.rule.id) && !seen.contains(&e.rule.id);
                seen.push(e.rule.id);
                first
            }
            _ => true,
        });
        all.sort_by(|a, b| (a.span.start, a.span.end, a.rule.id).cmp(&(b.span.start, b.span.end, b.rule.id)));
        all.dedup_by(|a, b| a.rule.id == b.rule.id && a.span == b.span && a.outcome == b.outcome);
        all
    }
}

/// Records every event.
struct Recorder<'a> {
    engine: &'a Engine,
    all: Vec<Explanation>,
}

impl Recorder<'_> {
    fn record(&mut self, rule: usize, span: &Range<usize>, outcome: RuleOutcome) {
        let rule = self.engine.rules[rule].rule();
        self.all.push(Explanation { rule, span: span.clone(), inside: Vec::new(), outcome, features: Vec::new() });
    }
}

impl Observer for Recorder<'_> {
    fn elsewhere(&mut self, rule: usize, hits: &[Range<usize>]) {
        for hit in hits {
            self.record(rule, hit, RuleOutcome::OtherPaths);
        }
    }

    fn woken(&mut self, rule: usize, hits: &[Range<usize>]) {
        for hit in hits {
            self.record(rule, hit, RuleOutcome::NoMatch);
        }
    }

    fn dropped(&mut self, rule: usize, value: &Range<usize>, why: &Rejection) {
        self.record(rule, value, RuleOutcome::Rejection(why.to_string()));
    }

    fn judged(&mut self, value: &Range<usize>, judgement: &Judgement) {
        let Some(rule) = self.engine.rules.iter().position(|r| r.rule().id == judgement.rule) else { return };
        let outcome = match (judgement.dismissed, judgement.confidence) {
            (Some(why), _) => RuleOutcome::Rejection(why.into()),
            (None, None) => {
                RuleOutcome::Rejection(format!("the model scores it {:.3}, which is too low", judgement.score))
            }
            // Replaced when it is taken; the features are recorded here.
            (None, Some(_)) => RuleOutcome::NoMatch,
        };
        self.record(rule, value, outcome);
        if let (Some(last), Some(features)) = (self.all.last_mut(), &judgement.features) {
            let added = generic::contributions(features);
            last.features = features.rows().zip(added).map(|((name, value), added)| (name, value, added)).collect();
            last.features.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        }
    }

    fn taken(&mut self, candidate: &Candidate) {
        let outcome = RuleOutcome::Found { confidence: candidate.confidence, notes: candidate.notes.clone() };
        let rule = self.engine.rules[candidate.rule].rule();
        match self.all.last_mut().filter(|last| last.rule.id == rule.id && last.span == candidate.span) {
            Some(last) => last.outcome = outcome,
            None => self.record(candidate.rule, &candidate.span, outcome),
        }
    }

    fn enter(&mut self) -> usize {
        self.all.len()
    }

    fn leave(&mut self, mark: usize, decoded: &DecodedText, note: Option<&'static str>) {
        for explanation in &mut self.all[mark..] {
            explanation.span = decoded.origin(&explanation.span);
            if let Some(note) = note {
                explanation.inside.insert(0, note);
            }
        }
    }
}
