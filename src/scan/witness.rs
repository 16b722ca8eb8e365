//! Old sides as witnesses: the secrets that blocked there, and those that only their path or a directive excused.
//!
//! A secret that was excused where it was has passed no gate: it is old there, and new where nothing excuses it.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use bstr::{BStr, BString};

use super::occurrences;
use crate::chunk::{Chunk, ChunkPlace, Origin};
use crate::engine::{Engine, Match, Scratch};
use crate::path::purpose::path_kind;
use crate::policy::Policy;

/// Judges the secrets of old sides as the run judges those of new ones.
#[derive(Clone, Copy)]
pub(super) struct Witness<'a> {
    pub engine: &'a Engine,
    pub policy: &'a Policy,
}

/// The secrets of an old side by their keys.
pub(super) struct Testimony<K> {
    in_force: HashSet<K>,
    excused: HashSet<K>,
    /// Whether the path itself excuses, so that even a secret that no rule saw there is excused.
    is_mild: bool,
}

impl<K: Hash + Eq> Testimony<K> {
    /// Returns whether the side had the secret, and never in force.
    pub fn excuses(&self, key: &K) -> bool {
        !self.in_force.contains(key) && (self.is_mild || self.excused.contains(key))
    }
}

impl Witness<'_> {
    /// The secrets of an old side that had `path`; `is_elsewhere` when that is not the path of the new side. None when
    /// nothing can be excused in it.
    pub fn hear<K: Hash + Eq>(
        &self,
        side: &[u8],
        (path, is_elsewhere): (&BStr, bool),
        scratch: &mut Scratch,
        key: impl Fn(&[u8], &Match) -> K,
    ) -> Option<Testimony<K>> {
        let is_mild = is_elsewhere && !self.policy.block_tests_and_docs && path_kind(path).lowers();
        if !is_mild && !self.policy.may_excuse_inline(side) {
            return None;
        }
        Some(Testimony { is_mild, ..self.hear_new(side, path, scratch, key) })
    }

    /// The secrets of an old side that is new itself: whatever did not block there has passed no gate.
    pub fn hear_new<K: Hash + Eq>(
        &self,
        side: &[u8],
        path: &BStr,
        scratch: &mut Scratch,
        key: impl Fn(&[u8], &Match) -> K,
    ) -> Testimony<K> {
        let origin = Origin::of(ChunkPlace::File(BString::from(path)));
        let matches = self.engine.scan(Chunk { origin: &origin, bytes: side }, scratch);
        let secrets = occurrences(side, &matches);
        let mut testimony = Testimony { in_force: HashSet::new(), excused: HashSet::new(), is_mild: true };
        for found in &matches {
            let into =
                if self.is_in_force(side, found, &secrets) { &mut testimony.in_force } else { &mut testimony.excused };
            into.insert(key(side, found));
        }
        testimony
    }

    /// Returns whether neither its path nor a directive excuses a match.
    pub fn is_in_force(&self, text: &[u8], found: &Match, secrets: &[Range<usize>]) -> bool {
        found.confidence >= self.policy.block && !self.policy.excuses_inline(text, &found.span, secrets, found.rule.id)
    }
}
