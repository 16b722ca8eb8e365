//! The engine: bytes in, candidate credentials out.
//!
//! A prefilter looks for the keywords of all rules in one pass. Only where one stands is a rule's regex compiled (once)
//! and run, on the window around the keyword; what matches is judged, cheapest evidence first.

use std::ops::Range;

use crate::chunk::Chunk;
use crate::finding::{Secret, Verified};
use crate::rule::{Confidence, Rule, RuleSet};

/// What the engine is asked to do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How deep encodings are undone; 0 switches decoding off.
    pub decode_depth: usize,
    /// Whether test, example and documentation paths lower the confidence of findings that rest on context alone.
    pub path_policy: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { decode_depth: 3, path_policy: true }
    }
}

/// Buffers that a worker keeps from chunk to chunk, so that the clean case allocates nothing.
#[derive(Default)]
pub struct Scratch {}

/// One candidate that survived every filter.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Where the secret stands in the chunk, in bytes. For a secret inside an encoding: where the encoded run stands.
    pub span: Range<usize>,
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
    rules: RuleSet,
    settings: Settings,
}

impl Engine {
    /// Makes the rules ready. Compiles no regex.
    pub fn new(rules: RuleSet, settings: Settings) -> Self {
        Engine { rules, settings }
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Every candidate in the chunk, sorted by position, each secret once.
    pub fn scan(&self, chunk: Chunk<'_>, scratch: &mut Scratch) -> Vec<Match> {
        let _ = (chunk, scratch, &self.settings);
        Vec::new()
    }
}
