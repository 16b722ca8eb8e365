//! The engine: bytes in, candidate credentials out.
//!
//! A prefilter looks for the keywords of all rules in one pass. Only where one stands is a rule's regex compiled (once)
//! and run, on the window around the keyword; what matches is judged, cheapest evidence first.

pub mod checks;
mod decode;
pub mod explain;
mod follow;
pub mod generic;
mod judge;
mod manifest;
mod matcher;
mod placeholder;
pub mod prefilter;
mod ready;
pub mod redact;
mod resolve;
mod run;
mod seen;
mod store;
mod tally;
mod text;
mod view;
mod whole;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::chunk::Chunk;
use crate::finding::excerpt::Wide;
use crate::finding::{Secret, Verified};
use crate::rule::{Confidence, Handle, Rule, RuleSet};
use follow::Limits;
pub use follow::{Made, Traces};
use prefilter::{Hit, Prefilter, Wakes};
use ready::Ready;
use resolve::Candidate;
use run::{Hits, Listen, Run};
use seen::Seen;
pub use tally::RuleStat;
use tally::{Counter, Tally};
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
    /// Hits near something fresh.
    dirty: Vec<Hit>,
    /// What is fresh, roughly.
    areas: Vec<Range<usize>>,
    /// What is fresh, in whole lines.
    parts: Vec<follow::Part>,
    /// Decoded text that is not in use.
    views: Vec<View>,
    seen: Option<Box<Seen>>,
    decoding_ended: bool,
}

impl Scratch {
    /// For texts that say the same things again and again, as the versions of a file do: what held nothing is
    /// remembered.
    #[must_use]
    pub fn remembering() -> Scratch {
        Scratch { seen: Some(Box::new(Seen::new())), ..Scratch::default() }
    }

    /// Whether the chunk scanned last held more encoded text than is decoded for one of its size.
    pub fn decoding_ended(&self) -> bool {
        self.decoding_ended
    }
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
    /// The places in `rules` of those that look at files which are one word.
    whole: Vec<usize>,
    /// The places of those that look into files made to keep keys in.
    stores: Vec<usize>,
    /// The places of those that look for secrets without a form of their own.
    generic: Vec<usize>,
    prefilter: Prefilter,
    wakes: Wakes,
    /// For each rule that `wakes` speaks of its place in `rules`; none where the two are the same.
    places: Option<Vec<Option<u16>>>,
    settings: Settings,
    tally: Option<Tally>,
    /// What [`Engine::follow`] needs to know of the rules.
    limits: OnceLock<Limits>,
}

impl Engine {
    /// Makes the rules ready. Compiles no regex, and for the built-in rules and any part of them builds no table.
    pub fn new(set: RuleSet, settings: Settings) -> Self {
        let running = set.running();
        let rules: Vec<Ready> = running.handles().map(Ready::new).collect();
        let ((prefilter, wakes), places) = if running.is_builtin() {
            (Prefilter::builtin(), None)
        } else if running.handles().all(|rule| matches!(rule, Handle::Builtin(_))) {
            let mut places = vec![None; RuleSet::builtin_len()];
            for (place, rule) in running.handles().enumerate() {
                if let Handle::Builtin(number) = rule {
                    places[usize::from(number)] = Some(place as u16);
                }
            }
            (Prefilter::builtin(), Some(places))
        } else {
            (prefilter_of(running.rules()), None)
        };
        let detectors = running.detectors();
        let with = |detector| detectors.iter().filter(|(_, of)| *of == detector).map(|(at, _)| *at).collect();
        let (whole, stores, generic) = (with(Rule::WHOLE), with(Rule::STORE), with(Rule::GENERIC));
        Engine {
            set,
            rules,
            whole,
            stores,
            generic,
            prefilter,
            wakes,
            places,
            settings,
            tally: None,
            limits: OnceLock::new(),
        }
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.set
    }

    /// Every candidate in the chunk, sorted by position, each secret once.
    pub fn scan(&self, chunk: Chunk<'_>, scratch: &mut Scratch) -> Vec<Match> {
        match &self.tally {
            None => self.scan_told(chunk, scratch, &mut ()),
            Some(tally) => self.scan_told(chunk, scratch, &mut Counter::new(tally)),
        }
    }

    fn scan_told(&self, chunk: Chunk<'_>, scratch: &mut Scratch, listener: &mut impl Listen) -> Vec<Match> {
        let text = chunk.bytes;
        let mut run = Run::new(self, chunk, scratch, listener);
        let kept = run.scan(text, Hits::Sought, self.settings.decode_depth);
        run.scratch.decoding_ended = run.budget.ended();
        self.report_all(kept, text)
    }

    fn report_all(&self, kept: Vec<Candidate>, text: &[u8]) -> Vec<Match> {
        let reported = kept.into_iter().filter(|candidate| !self.set.is_helper(self.rules[candidate.rule].rule()));
        reported.map(|candidate| self.report(candidate, text)).collect()
    }

    /// Counts from now on what each rule costs.
    pub fn count(&mut self) {
        self.tally = Some(Tally::new(self.rules.len()));
    }

    /// Whether it counts what each rule costs.
    pub fn is_counting(&self) -> bool {
        self.tally.is_some()
    }

    /// What each rule cost that was woken since [`Engine::count`]; nothing without it. Findings are not counted here.
    pub fn stats(&self) -> Vec<RuleStat> {
        self.tally.as_ref().map_or_else(Vec::new, |tally| tally.stats(|number| self.rules[number].rule()))
    }

    /// The place in `rules` of the rule that the prefilter's tables know by `number`, if it runs.
    fn place(&self, number: u16) -> Option<u16> {
        match &self.places {
            None => Some(number),
            Some(places) => places[usize::from(number)],
        }
    }

    fn report(&self, candidate: Candidate, text: &[u8]) -> Match {
        let rule = self.rules[candidate.rule].rule();
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

/// How a whole text is stored that takes more than a byte a character: by its byte order mark, or its zero bytes.
pub fn stored(text: &[u8]) -> Option<Wide> {
    text::stored(text)
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
