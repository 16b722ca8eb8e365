//! Why something is a finding or is none: what every rule that was woken made of one place.

use std::fmt;
use std::ops::Range;

use super::generic::{self, Judgement};
use super::judge::Dropped;
use super::resolve::Candidate;
use super::run::{Hits, Listen, Run};
use super::view::View;
use super::{Engine, Scratch};
use crate::chunk::Chunk;
use crate::rule::{Confidence, Rule};

/// What one rule made of one place. Holds no part of a secret.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule.
    pub rule: &'static Rule,
    /// Where in the chunk, in bytes: the value, or the keyword where there is no value.
    pub span: Range<usize>,
    /// The encodings it stands in, outermost first.
    pub inside: Vec<&'static str>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the model of generic secrets saw: name, value, and what it added to the score. The largest first.
    pub features: Vec<(&'static str, f32, f32)>,
}

/// What became of a keyword's hit.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A keyword stands there, and nothing around it has the rule's shape.
    NoMatch,
    /// The rule applies to other paths only.
    OtherPaths,
    /// The value was turned away; the reason.
    Dropped(String),
    /// It was found, but another rule speaks for the place, or its partner is missing.
    Superseded,
    /// It is a finding.
    Found {
        /// How sure the engine is.
        confidence: Confidence,
        /// What the proof or the decoding says.
        notes: Vec<String>,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::NoMatch => f.write_str("a keyword stands here, but nothing around it has the rule's shape"),
            Outcome::OtherPaths => f.write_str("a keyword stands here, but the rule applies to other paths only"),
            Outcome::Dropped(why) => write!(f, "turned away: {why}"),
            Outcome::Superseded => f.write_str("matched, but another rule speaks for it, or its other half is missing"),
            Outcome::Found { confidence, notes } => {
                write!(f, "found, confidence {confidence}")?;
                notes.iter().try_for_each(|note| write!(f, "; {note}"))
            }
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dropped::InsideWord => f.write_str("the name that the rule looks for is part of another word"),
            Dropped::Hash => f.write_str("its name says that it is a hash"),
            Dropped::Sample => f.write_str("the rule lists it as a documented sample"),
            Dropped::Placeholder => f.write_str("a placeholder"),
            Dropped::Entropy(is, least) => write!(f, "its entropy is {is:.2} bits a character, below {least:.2}"),
            Dropped::Words(is, least) => write!(f, "it is made of words: randomness {is:.2}, below {least:.2}"),
        }
    }
}

impl Engine {
    /// What every woken rule made of the part of the chunk that `lines` covers (a range of bytes), sorted by position.
    pub fn explain(&self, chunk: Chunk<'_>, lines: &Range<usize>) -> Vec<Explanation> {
        let mut told = Told { engine: self, all: Vec::new() };
        let mut scratch = Scratch::default();
        let mut run = Run::new(self, chunk, &mut scratch, &mut told);
        let kept = run.scan(chunk.bytes, Hits::Sought, self.settings.decode_depth);
        let mut all = told.all;
        for found in all.iter_mut().filter(|e| matches!(e.outcome, Outcome::Found { .. })) {
            let survivor = kept.iter().find(|c| self.rules[c.rule].rule().id == found.rule.id && c.span == found.span);
            found.outcome = match survivor {
                Some(candidate) => Outcome::Found { confidence: candidate.confidence, notes: candidate.notes.clone() },
                None => Outcome::Superseded,
            };
        }
        all.retain(|e| e.span.start < lines.end && e.span.end > lines.start);
        // A keyword without a match says something only where its rule has no match at all.
        let matched: Vec<&str> = all
            .iter()
            .filter(|e| !matches!(e.outcome, Outcome::NoMatch | Outcome::OtherPaths))
            .map(|e| e.rule.id)
            .collect();
        let mut seen = Vec::new();
        all.retain(|e| match e.outcome {
            Outcome::NoMatch | Outcome::OtherPaths => {
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

/// Notes down everything.
struct Told<'a> {
    engine: &'a Engine,
    all: Vec<Explanation>,
}

impl Told<'_> {
    fn tell(&mut self, rule: usize, span: &Range<usize>, outcome: Outcome) {
        let rule = self.engine.rules[rule].rule();
        self.all.push(Explanation { rule, span: span.clone(), inside: Vec::new(), outcome, features: Vec::new() });
    }
}

impl Listen for Told<'_> {
    fn elsewhere(&mut self, rule: usize, hits: &[Range<usize>]) {
        for hit in hits {
            self.tell(rule, hit, Outcome::OtherPaths);
        }
    }

    fn woken(&mut self, rule: usize, hits: &[Range<usize>]) {
        for hit in hits {
            self.tell(rule, hit, Outcome::NoMatch);
        }
    }

    fn dropped(&mut self, rule: usize, value: &Range<usize>, why: &Dropped) {
        self.tell(rule, value, Outcome::Dropped(why.to_string()));
    }

    fn judged(&mut self, value: &Range<usize>, judgement: &Judgement) {
        let Some(rule) = self.engine.rules.iter().position(|r| r.rule().id == judgement.rule) else { return };
        let outcome = match (judgement.dismissed, judgement.confidence) {
            (Some(why), _) => Outcome::Dropped(why.into()),
            (None, None) => Outcome::Dropped(format!("the model gives it {:.3}", judgement.score)),
            // Told again when it is taken, with what the model saw.
            (None, Some(_)) => Outcome::NoMatch,
        };
        self.tell(rule, value, outcome);
        if let (Some(last), Some(features)) = (self.all.last_mut(), &judgement.features) {
            let added = generic::contributions(features);
            last.features = features.rows().zip(added).map(|((name, value), added)| (name, value, added)).collect();
            last.features.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        }
    }

    fn taken(&mut self, candidate: &Candidate) {
        let outcome = Outcome::Found { confidence: candidate.confidence, notes: candidate.notes.clone() };
        let rule = self.engine.rules[candidate.rule].rule();
        match self.all.last_mut().filter(|last| last.rule.id == rule.id && last.span == candidate.span) {
            Some(last) => last.outcome = outcome,
            None => self.tell(candidate.rule, &candidate.span, outcome),
        }
    }

    fn enter(&mut self) -> usize {
        self.all.len()
    }

    fn leave(&mut self, mark: usize, view: &View, note: Option<&'static str>) {
        for told in &mut self.all[mark..] {
            told.span = view.origin(&told.span);
            if let Some(note) = note {
                told.inside.insert(0, note);
            }
        }
    }
}
