//! The engine: bytes in, candidate credentials out.
//!
//! A prefilter looks for the keywords of all rules in one pass. Only where one stands is a rule's regex compiled (once)
//! and run, on the window around the keyword; what matches is judged, cheapest evidence first.

pub mod checks;
mod decode;
pub mod generic;
mod judge;
mod matcher;
mod placeholder;
pub mod prefilter;
mod ready;
mod resolve;
mod text;
mod view;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use bstr::BStr;

use crate::chunk::Chunk;
use crate::finding::{Secret, Verified};
use crate::rule::{Confidence, Rule, RuleSet};
use decode::Budget;
use judge::Circumstances;
use prefilter::{Hit, Prefilter, Wakes};
use ready::Ready;
use resolve::Candidate;
use view::View;

/// What the engine is asked to do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How deep encodings are undone; 0 switches decoding off.
    pub decode_depth: usize,
    /// Whether test, example and documentation paths lower the confidence of findings that rest on context alone.
    pub path_policy: bool,
    /// Now, in seconds since 1970, for tokens that expire.
    pub now: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
        Settings { decode_depth: 3, path_policy: true, now }
    }
}

/// Buffers that a worker keeps from chunk to chunk, so that the clean case allocates nothing.
#[derive(Default)]
pub struct Scratch {
    hits: Vec<Hit>,
    /// (rule, keyword hit) pairs, to group hits by rule.
    wanted: Vec<(u16, Range<usize>)>,
    /// Decoded text that is not in use.
    views: Vec<View>,
}

/// One candidate that survived every filter.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Where the secret stands in the chunk, in bytes. For a secret inside an encoding: where the encoded run stands.
    pub span: Range<usize>,
    /// Where the other half of a composite secret stands: it is part of this match and not reported by itself.
    pub pair: Option<Range<usize>>,
    /// The credential.
    pub secret: Secret,
    /// After proof, entropy and context.
    pub confidence: Confidence,
    /// The offline proof that holds.
    pub verified: Option<Verified>,
    /// For people: an account, an expiry, "inside base64", "its checksum is wrong".
    pub notes: Vec<String>,
}

/// A rule set, ready to run. Shared by all workers.
pub struct Engine {
    set: RuleSet,
    rules: Vec<Ready>,
    prefilter: Prefilter,
    wakes: Wakes,
    /// For each rule that `wakes` speaks of its place in `rules`; none where the two are the same.
    places: Option<Vec<Option<u16>>>,
    settings: Settings,
}

impl Engine {
    /// Makes the rules ready. Compiles no regex, and for the built-in rules and any part of them builds no table.
    pub fn new(set: RuleSet, settings: Settings) -> Self {
        let rules: Vec<Ready> = set.rules().iter().map(|rule| Ready::new(rule)).collect();
        let numbers: Option<Vec<usize>> = set.rules().iter().map(|rule| rule.builtin_number()).collect();
        let ((prefilter, wakes), places) = match numbers {
            Some(numbers) if numbers.iter().copied().eq(0..RuleSet::builtin_len()) => (Prefilter::builtin(), None),
            Some(numbers) => {
                let mut places = vec![None; RuleSet::builtin_len()];
                for (place, number) in numbers.into_iter().enumerate() {
                    places[number] = Some(place as u16);
                }
                (Prefilter::builtin(), Some(places))
            }
            None => (prefilter_of(set.rules()), None),
        };
        Engine { set, rules, prefilter, wakes, places, settings }
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.set
    }

    /// Every candidate in the chunk, sorted by position, each secret once.
    pub fn scan(&self, chunk: Chunk<'_>, scratch: &mut Scratch) -> Vec<Match> {
        let mut hits = std::mem::take(&mut scratch.hits);
        self.prefilter.hits(chunk.bytes, 0, &mut hits);
        let matches = self.scan_hits(chunk, &hits, scratch);
        scratch.hits = hits;
        matches
    }

    /// Every candidate around `hits`, which are all that the prefilter finds in the chunk, sorted by position; and every
    /// candidate inside an encoding.
    pub fn scan_hits(&self, chunk: Chunk<'_>, hits: &[Hit], scratch: &mut Scratch) -> Vec<Match> {
        let text = chunk.bytes;
        let mut candidates = self.matched(text, chunk.path(), hits, scratch);
        let mut budget = Budget::new(text.len());
        self.decoded(text, chunk.path(), self.settings.decode_depth, &mut budget, scratch, &mut candidates);
        let kept = resolve::resolve(candidates, &self.rules, text);
        kept.into_iter().map(|candidate| self.report(candidate, text)).collect()
    }

    /// The candidates in what a view holds, with spans in the text that the view was made from.
    fn inner(
        &self,
        view: &View,
        path: &BStr,
        depth: usize,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) -> Vec<Candidate> {
        let mut hits = Vec::new();
        self.prefilter.hits(&view.text, 0, &mut hits);
        let mut candidates = self.matched(&view.text, path, &hits, scratch);
        self.decoded(&view.text, path, depth, budget, scratch, &mut candidates);
        let mut kept = resolve::resolve(candidates, &self.rules, &view.text);
        for candidate in &mut kept {
            let secret = candidate.secret.take();
            candidate.secret = Some(secret.unwrap_or_else(|| view.text[candidate.span.clone()].into()));
            candidate.span = view.origin(&candidate.span);
            candidate.pair = candidate.pair.take().map(|pair| view.origin(&pair));
        }
        kept
    }

    /// Adds the candidates that stand encoded in `text`.
    fn decoded(
        &self,
        text: &[u8],
        path: &BStr,
        depth: usize,
        budget: &mut Budget,
        scratch: &mut Scratch,
        candidates: &mut Vec<Candidate>,
    ) {
        let mut view = scratch.views.pop().unwrap_or_default();
        // UTF-16 hides nothing and is always read.
        text::utf16(text, &mut view);
        if !view.is_empty() {
            candidates.extend(self.inner(&view, path, depth, budget, scratch));
        }
        for decoder in decode::DECODERS.iter().take_while(|_| depth > 0) {
            view.clear();
            (decoder.decode)(text, &mut view, budget);
            if view.is_empty() {
                continue;
            }
            for mut candidate in self.inner(&view, path, depth - 1, budget, scratch) {
                // What stands there in clear as well needs no word about it.
                let encoded = &text[candidate.span.clone()];
                let note = (decoder.note)(encoded);
                if candidate.secret.as_deref() != Some(encoded) && !candidate.notes.iter().any(|n| n == note) {
                    candidate.notes.push(note.into());
                }
                candidates.push(candidate);
            }
        }
        scratch.views.push(view);
    }

    /// What the rules that `hits` wake find in `text`.
    fn matched(&self, text: &[u8], path: &BStr, hits: &[Hit], scratch: &mut Scratch) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        if hits.is_empty() {
            return candidates;
        }
        let wanted = &mut scratch.wanted;
        wanted.clear();
        for hit in hits {
            let span = hit.at..hit.at + self.prefilter.keyword(hit.keyword).len();
            for &rule in self.wakes.rules(hit.keyword) {
                let place = match &self.places {
                    None => Some(rule),
                    Some(places) => places[usize::from(rule)],
                };
                wanted.extend(place.map(|place| (place, span.clone())));
            }
        }
        // Stable: within a rule the hits stay sorted by position.
        wanted.sort_by_key(|(rule, _)| *rule);
        let mut generic = Vec::new();
        let around = Circumstances { text, path, path_policy: self.settings.path_policy, now: self.settings.now };
        for hits in wanted.chunk_by(|a, b| a.0 == b.0) {
            let number = usize::from(hits[0].0);
            let ready = &self.rules[number];
            if !ready.applies_to(path) {
                continue;
            }
            if ready.rule.detector.is_some() {
                generic.extend(hits.iter().map(|(_, span)| span.start));
                continue;
            }
            let spans = hits.iter().map(|(_, span)| span.clone());
            matcher::search(ready.shape(), text, ready.rule.window, spans, |found| {
                match judge::judge(ready, number, found, &around) {
                    Ok(candidate) => {
                        candidates.push(candidate);
                        true
                    }
                    Err(_) => false,
                }
            });
        }
        self.search_generic(&around, generic, &mut candidates);
        candidates
    }

    /// Generic secrets around keyword positions. The detector, not the keyword, decides which rule a finding belongs to.
    fn search_generic(&self, around: &Circumstances<'_>, mut positions: Vec<usize>, candidates: &mut Vec<Candidate>) {
        positions.sort_unstable();
        positions.dedup();
        let mut last = 0..0;
        for position in positions {
            // The words of one name (`api_secret_key`) lead to one value.
            let Some(found) = generic::candidate_at(around.text, position).filter(|found| found.value != last) else {
                continue;
            };
            last = found.value.clone();
            let judgement = generic::judge(around.text, around.path, &found);
            let Some(confidence) = judgement.confidence else { continue };
            let Some(rule) = self.rules.iter().position(|r| r.rule.detector.is_some() && r.rule.id == judgement.rule)
            else {
                continue;
            };
            let mut candidate = Candidate {
                rule,
                span: found.value,
                confidence,
                verified: None,
                standing: resolve::Standing::Plain,
                notes: Vec::new(),
                secret: None,
                pair: None,
            };
            judge::lower(&mut candidate, around);
            candidates.push(candidate);
        }
    }

    fn report(&self, candidate: Candidate, text: &[u8]) -> Match {
        let rule = self.rules[candidate.rule].rule;
        let secret = candidate.secret.as_deref().unwrap_or(&text[candidate.span.clone()]);
        // Only what really stands there is public: a rule may serve several prefixes.
        let public = rule.prefix.bytes().zip(secret).take_while(|(a, b)| a == *b).count();
        Match {
            rule,
            secret: Secret::new(secret, public),
            span: candidate.span,
            pair: candidate.pair,
            confidence: candidate.confidence,
            verified: candidate.verified,
            notes: candidate.notes,
        }
    }
}

/// A prefilter made at run time, for rules of a user's own.
fn prefilter_of(rules: &[&'static Rule]) -> (Prefilter, Wakes) {
    let mut wakes: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for (number, rule) in rules.iter().enumerate() {
        for keyword in rule.keywords {
            let wakes = wakes.entry(keyword.to_ascii_lowercase()).or_default();
            if wakes.last() != Some(&(number as u16)) {
                wakes.push(number as u16);
            }
        }
    }
    Prefilter::new(wakes.iter().map(|(keyword, rules)| (keyword.as_str(), rules.as_slice())))
}

#[cfg(test)]
mod tests;
