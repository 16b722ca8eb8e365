//! The engine: bytes in, candidate credentials out.
//!
//! A prefilter finds the keywords of all rules in one pass. Only a keyword compiles the regexes of its rules (once) and
//! runs them, on the window of the keyword; a match is then verified, cheapest evidence first. `docs/architecture.md`
//! describes the passes in their order.
//!
//! ```
//! use shield_hook::chunk::{Chunk, Origin, ChunkPlace};
//! use shield_hook::engine::{Engine, Scratch, Settings};
//! use shield_hook::rule::RuleSet;
//!
//! let engine = Engine::new(RuleSet::builtin(), Settings::default());
//! let origin = Origin::of(ChunkPlace::File("src/main.rs".into()));
//! let chunk = Chunk { origin: &origin, bytes: b"fn main() {}" };
//! assert!(engine.scan(chunk, &mut Scratch::default()).is_empty());
//! ```

mod asn1;
pub mod blob;
mod checks;
mod compiled_rule;
mod decode;
mod decoded_text;
mod example_value;
pub mod explain;
pub mod generic;
mod incremental;
mod kubernetes_secret;
mod local_link;
mod matcher;
mod negative_cache;
mod placeholder;
pub mod prefilter;
pub mod redact;
mod resolve;
mod rule_stats;
mod run;
mod store;
mod text;
mod verify;
mod whole_file;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::chunk::Chunk;
use crate::finding::excerpt::Wide;
use crate::finding::{Secret, Verified};
use crate::rule::{Confidence, Handle, Rule, RuleSet};
use compiled_rule::CompiledRule;
use decoded_text::DecodedText;
use incremental::DerivedTextLimits;
pub use incremental::{Derivation, Traces};
use negative_cache::NegativeCache;
pub use placeholder::REMOVED;
use prefilter::{Hit, Prefilter, Wakes};
use resolve::Candidate;
pub use rule_stats::RuleStat;
use rule_stats::{Counter, RuleCounters};
use run::{Hits, Observer, Run};

/// The settings of an engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The depth to which encodings in encodings are undone, beyond which a text counts as not fully read; 0 switches
    /// decoding off.
    pub decode_depth: usize,
    /// Test, example and documentation paths lower the confidence of findings that rest on context alone.
    pub path_policy: bool,
    /// The current time, in seconds since 1970, for tokens that expire.
    pub now: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
        Self { decode_depth: 8, path_policy: true, now }
    }
}

/// Buffers that a worker reuses from chunk to chunk, so that the clean case allocates nothing.
#[derive(Default)]
pub struct Scratch {
    hits: Vec<Hit>,
    /// (rule, keyword hit) pairs, to group hits by rule.
    wanted: Vec<(u16, Range<usize>)>,
    /// Hits whose verification may depend on a difference.
    dirty: Vec<Hit>,
    /// Differences, those close to each other joined.
    areas: Vec<Range<usize>>,
    /// The lines of the differences.
    changed_lines: Vec<incremental::ChangedLines>,
    /// Decoded texts that are not in use.
    decoded: Vec<DecodedText>,
    cache: Option<Box<NegativeCache>>,
    decoding_ended: bool,
}

impl Scratch {
    /// Buffers for texts that repeat themselves, as the versions of a file do: windows without a match are cached.
    #[must_use]
    pub fn remembering() -> Self {
        Self { cache: Some(Box::new(NegativeCache::new())), ..Self::default() }
    }

    /// Returns whether the last chunk held more encoded text than its budget of decoding.
    pub fn decoding_ended(&self) -> bool {
        self.decoding_ended
    }
}

/// One candidate that survived every filter.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The position of the secret in the chunk, in bytes. For an encoded secret, the position of the encoded run.
    pub span: Range<usize>,
    /// The position of the other half of a composite secret, which is part of this match and not reported by itself.
    pub pair: Option<Range<usize>>,
    /// The credential.
    pub secret: Secret,
    /// After proof, entropy and context.
    pub confidence: Confidence,
    /// The offline proof that holds.
    pub verified: Option<Verified>,
    /// Remarks for people: an account, an expiry, "inside base64", "its checksum is wrong".
    pub notes: Vec<String>,
}

/// A rule set, ready to run. Shared by all workers.
///
/// ```
/// use shield_hook::chunk::{Chunk, ChunkPlace, Origin};
/// use shield_hook::engine::{Engine, Scratch, Settings};
/// use shield_hook::rule::RuleSet;
///
/// let rule = r#"
///     provider = "acme"
///     [[rule]]
///     id = "acme-token"
///     keywords = ["acme_"]
///     regex = '\b(?<secret>acme_[0-9a-z]{12})\b'
/// "#;
/// let rules = RuleSet::user_only(&[("acme.toml", rule)]).expect("a valid rule");
/// let engine = Engine::new(rules, Settings::default());
/// let origin = Origin::of(ChunkPlace::File("deploy.sh".into()));
/// let text = format!("export TOKEN={}{}\n", "acme_", "7h3k9q2m4x8w");
/// let found = engine.scan(Chunk { origin: &origin, bytes: text.as_bytes() }, &mut Scratch::default());
/// assert_eq!((found[0].rule.id, &text[found[0].span.clone()][..5]), ("acme-token", "acme_"));
/// ```
pub struct Engine {
    set: RuleSet,
    rules: Vec<CompiledRule>,
    /// The slots in `rules` of the rules for files that are one word.
    whole_file_rules: Vec<usize>,
    /// The slots of the rules for key stores.
    key_store_rules: Vec<usize>,
    /// The slots of the rules for secrets without a form of their own.
    generic_rules: Vec<usize>,
    prefilter: Prefilter,
    wakes: Wakes,
    /// The slot in `rules` of each rule number in `wakes`; none where the two are the same.
    slots: Option<Vec<Option<u16>>>,
    settings: Settings,
    counters: Option<RuleCounters>,
    /// The reach of the rules, for [`Engine::follow`].
    limits: OnceLock<DerivedTextLimits>,
}

impl Engine {
    /// An engine for these rules. Compiles no regex, and for the built-in rules and any part of them builds no table.
    pub fn new(set: RuleSet, settings: Settings) -> Self {
        let running = set.running();
        let rules: Vec<CompiledRule> = running.handles().map(CompiledRule::new).collect();
        let ((prefilter, wakes), slots) = if running.is_builtin() {
            (Prefilter::builtin(), None)
        } else if running.handles().all(|rule| matches!(rule, Handle::Builtin(_))) {
            let mut slots = vec![None; RuleSet::builtin_len()];
            for (slot, rule) in running.handles().enumerate() {
                if let Handle::Builtin(number) = rule {
                    slots[usize::from(number)] = Some(slot as u16);
                }
            }
            (Prefilter::builtin(), Some(slots))
        } else {
            (prefilter_of(running.rules()), None)
        };
        let detectors = running.detectors();
        let with = |detector| detectors.iter().filter(|(_, of)| *of == detector).map(|(at, _)| *at).collect();
        let (whole_file_rules, key_store_rules, generic_rules) =
            (with(Rule::WHOLE), with(Rule::STORE), with(Rule::GENERIC));
        Self {
            set,
            rules,
            whole_file_rules,
            key_store_rules,
            generic_rules,
            prefilter,
            wakes,
            slots,
            settings,
            counters: None,
            limits: OnceLock::new(),
        }
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.set
    }

    /// Every candidate in the chunk, sorted by position, each secret once.
    pub fn scan(&self, chunk: Chunk<'_>, scratch: &mut Scratch) -> Vec<Match> {
        match &self.counters {
            None => self.scan_observed(chunk, scratch, &mut ()),
            Some(counters) => self.scan_observed(chunk, scratch, &mut Counter::new(counters)),
        }
    }

    fn scan_observed(&self, chunk: Chunk<'_>, scratch: &mut Scratch, observer: &mut impl Observer) -> Vec<Match> {
        let text = chunk.bytes;
        let mut run = Run::new(self, chunk, scratch, observer);
        let candidates = run.scan(text, Hits::Sought, self.settings.decode_depth);
        run.scratch.decoding_ended = run.budget.ended();
        self.report_all(candidates, text)
    }

    fn report_all(&self, candidates: Vec<Candidate>, text: &[u8]) -> Vec<Match> {
        let is_helper = |candidate: &Candidate| self.set.is_helper(self.rules[candidate.rule].rule());
        let reported = candidates.into_iter().filter(|candidate| !candidate.is_silent && !is_helper(candidate));
        reported.map(|candidate| self.report(candidate, text)).collect()
    }

    /// Counts the cost of each rule from now on.
    pub fn count(&mut self) {
        self.counters = Some(RuleCounters::new(self.rules.len()));
    }

    /// Returns whether it counts the cost of each rule.
    pub fn is_counting(&self) -> bool {
        self.counters.is_some()
    }

    /// The cost of each rule that was woken since [`Engine::count`]; nothing without it. Findings are not counted here.
    pub fn stats(&self) -> Vec<RuleStat> {
        self.counters.as_ref().map_or_else(Vec::new, |counters| counters.stats(|number| self.rules[number].rule()))
    }

    /// The slot in `rules` of the rule that has `number` in the prefilter's tables, if it runs.
    fn slot(&self, number: u16) -> Option<u16> {
        match &self.slots {
            None => Some(number),
            Some(slots) => slots[usize::from(number)],
        }
    }

    fn report(&self, candidate: Candidate, text: &[u8]) -> Match {
        let rule = self.rules[candidate.rule].rule();
        let secret = candidate.secret.as_deref().unwrap_or(&text[candidate.span.clone()]);
        // A rule may serve several prefixes, so only the part that the value really has is public.
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

/// The encoding of a text that takes more than a byte a character, by its byte order mark or its zero bytes.
pub fn stored(text: &[u8]) -> Option<Wide> {
    text::stored(text)
}

/// A prefilter built at run time, for rules of a user's own.
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
