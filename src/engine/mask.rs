//! Credentials in what a run says about itself: an argument, a path or a key that a message repeats.

use super::{Engine, Scratch, Settings};
use crate::chunk::{Chunk, Kind, Origin};
use crate::rule::{Confidence, RuleSet};

/// Knows a credential by the built-in rules that are sure of theirs.
pub struct Mask(Engine);

impl Mask {
    /// Makes an engine, so this is for what is said seldom.
    pub fn new() -> Mask {
        Mask(Engine::new(RuleSet::builtin(), Settings::default()))
    }

    /// `text` with every credential in it masked.
    pub fn over(&self, text: &str) -> String {
        let origin = Origin { kind: Kind::Stdin, path: "".into(), commit: None };
        let found = self.0.scan(Chunk { origin: &origin, bytes: text.as_bytes() }, &mut Scratch::default());
        let (mut out, mut at) = (String::new(), 0);
        for one in found.iter().filter(|one| one.confidence == Confidence::High) {
            let Some(before) = text.get(at..one.span.start) else { continue };
            out.push_str(before);
            out.push_str(&one.secret.masked());
            at = one.span.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

impl Default for Mask {
    fn default() -> Self {
        Mask::new()
    }
}

/// One text with every credential in it masked.
pub fn mask(text: &str) -> String {
    Mask::new().over(text)
}
