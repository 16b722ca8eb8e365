//! The versions of one file, one after the other: content that two of them share is scanned once.

use std::ops::Range;

use bstr::BString;

use crate::chunk::{Chunk, Copied, Kind};
use crate::engine::{Derivation, Engine, Match, Scratch, Traces};
use crate::source::{Content, Item};

/// The order in which to scan items: the versions of a file side by side, the newest first, as packs store them.
pub(super) fn side_by_side(items: &[Item]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    if items.iter().any(is_version) {
        let path = |n: &u32| items[*n as usize].origin.path();
        order.sort_unstable_by(|a, b| path(a).cmp(path(b)).then(b.cmp(a)));
    }
    order
}

fn is_version(item: &Item) -> bool {
    item.origin.kind() == Kind::File && matches!(item.content, Content::Object(_))
}

/// Returns whether both are versions of the file at one path.
fn are_versions(a: &Item, b: &Item) -> bool {
    is_version(a) && is_version(b) && a.origin.path() == b.origin.path()
}

/// The version that was scanned last.
#[derive(Default)]
pub(super) struct Versions {
    path: BString,
    text: Vec<u8>,
    traces: Traces,
    /// Whether the other fields describe a version.
    is_known: bool,
    /// Whether all of it was scanned, without a match.
    is_clean: bool,
    next: Traces,
}

impl Versions {
    /// Scans the content of an item, given the item after it. Returns the matches, and whether all encoded text was
    /// decoded.
    pub fn scan(
        &mut self,
        engine: &Engine,
        item: &Item,
        after: Option<&Item>,
        chunk: Chunk<'_>,
        scratch: &mut Scratch,
    ) -> (Vec<Match>, bool) {
        let is_next = self.is_known && is_version(item) && self.path == item.origin.path();
        let is_followed = after.is_some_and(|after| are_versions(item, after));
        self.is_known = false;
        if !is_next && !is_followed || engine.is_counting() {
            return (engine.scan(chunk, scratch), !scratch.decoding_ended());
        }
        let found = match is_next && self.is_clean {
            true => self.follow(engine, chunk, scratch),
            false => None,
        };
        let (matches, decoded) = match found {
            Some(found) => found,
            None => {
                let matches = engine.scan_tracing(chunk, &mut self.next, scratch);
                (matches, !scratch.decoding_ended())
            }
        };
        if is_followed {
            std::mem::swap(&mut self.traces, &mut self.next);
            self.path.clear();
            self.path.extend_from_slice(item.origin.path());
            (self.is_known, self.is_clean) = (true, matches.is_empty() && decoded);
        }
        (matches, decoded)
    }

    /// Swaps the text that was scanned last for another buffer, if the next item is compared with it.
    pub fn retain(&mut self, text: &mut Vec<u8>) {
        if self.is_known {
            std::mem::swap(&mut self.text, text);
        }
    }

    /// Scans the difference to the previous version, which has no match.
    fn follow(&mut self, engine: &Engine, chunk: Chunk<'_>, scratch: &mut Scratch) -> Option<(Vec<Match>, bool)> {
        let (fresh, copied) = difference(&self.text, chunk.bytes);
        // With so large a difference nearly everything lies in some context of it.
        if fresh.len() > chunk.bytes.len() / 2 {
            return None;
        }
        let made = Derivation { fresh: &[fresh], copied: copied.as_slice() };
        match engine.follow(chunk, &self.traces, made, &mut self.next, scratch)? {
            false => Some((Vec::new(), true)),
            true => {
                let matches = engine.scan_traced(chunk, &mut self.next, scratch);
                Some((matches, !scratch.decoding_ended()))
            }
        }
    }
}

/// The fresh range of a text, between the prefix and the suffix that it shares with the old one, and the copied ranges.
fn difference(old: &[u8], new: &[u8]) -> (Range<usize>, Vec<Copied>) {
    let shorter = old.len().min(new.len());
    let head = common(old.iter().zip(new), shorter);
    let tail = common(old[head..].iter().rev().zip(new[head..].iter().rev()), shorter - head);
    let parts =
        [Copied { at: 0, from: 0, len: head }, Copied { at: new.len() - tail, from: old.len() - tail, len: tail }];
    (head..new.len() - tail, parts.into_iter().filter(|part| part.len > 0).collect())
}

fn common<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>, most: usize) -> usize {
    pairs.take(most).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_between_common_ends_is_fresh() {
        let compared = |old: &str, new: &str| {
            let (fresh, copied) = difference(old.as_bytes(), new.as_bytes());
            let parts: String = copied.iter().map(|part| &old[part.from..part.from + part.len]).collect();
            (new[fresh].to_owned(), parts)
        };
        let same = |fresh: &str, copied: &str| (fresh.to_owned(), copied.to_owned());
        assert_eq!(compared("abcdef", "abXYef"), same("XY", "abef"));
        assert_eq!(compared("abcdef", "abef"), same("", "abef"));
        assert_eq!(compared("aaa", "aaaa"), same("a", "aaa"));
        assert_eq!(compared("", "new"), same("new", ""));
        assert_eq!(compared("old", ""), same("", ""));
        assert_eq!(compared("same", "same"), same("", "same"));
    }
}
