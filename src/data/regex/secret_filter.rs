//! A filter on the secret alone: its bytes, its length and its neighbours.

use std::ops::Range;

use regex_syntax::hir::{Hir, Look};

use super::Filter;
use super::analysis::{self, SECRET};
use super::byte_set::ByteSet;
use super::part::{self, Part};

/// The properties that all matches of a regex share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFilter {
    /// The bytes that the secret can consist of.
    pub inside: ByteSet,
    /// The bytes that can precede it, unless it begins the text.
    pub before: ByteSet,
    /// The bytes that can follow it, unless it ends the text.
    pub after: ByteSet,
    /// The least length of the secret, in bytes.
    pub least: u32,
    /// The greatest length of the secret, in bytes.
    pub most: u32,
}

impl SecretFilter {
    /// Rules nothing out but an empty secret, which no rule may have.
    pub const ANY: Self =
        Self { inside: ByteSet::ALL, before: ByteSet::ALL, after: ByteSet::ALL, least: 0, most: u32::MAX };

    /// The filter of a regex with a group `secret`; of any other text one that rules nothing out.
    pub fn of(regex: &str) -> Self {
        analysis::parse(regex).map_or(Self::ANY, |hir| Self::of_hir(&hir))
    }

    fn of_hir(hir: &Hir) -> Self {
        let Some(secret) = analysis::capture(hir, SECRET) else { return Self::ANY };
        let inside = part::parts_of(secret);
        let parts = part::parts_of(hir);
        // Inside of a choice or a repetition the neighbours are not known.
        let at = parts.iter().position(|part| matches!(part, Part::Secret(_)));
        let (before, after) = at.map_or((ByteSet::ALL, ByteSet::ALL), |at| {
            (neighbours(&parts[..at], &inside, Side::Before), neighbours(&parts[at + 1..], &inside, Side::After))
        });
        let number = |len: Option<usize>| len.and_then(|len| u32::try_from(len).ok());
        Self {
            inside: part::bytes_of(&inside),
            before,
            after,
            least: number(secret.properties().minimum_len()).unwrap_or(0),
            most: number(secret.properties().maximum_len()).unwrap_or(u32::MAX),
        }
    }
}

impl Filter for SecretFilter {
    fn may_match(&self, text: &[u8], window: Range<usize>) -> bool {
        let least = (self.least as usize).max(1);
        let text = &text[..window.end];
        let (starts_inside, ends_inside) = (self.before.intersects(self.inside), self.after.intersects(self.inside));
        let opens = |at: usize| at == 0 || self.before.has(text[at - 1]);
        // The earliest position at which a run of bytes of the set can begin.
        let mut from = window.start;
        while text.len() - from >= least {
            // Backwards, because a byte outside of the set rules out every start before it.
            let probe = &text[from..from + least];
            if let Some(not) = probe.iter().rposition(|byte| !self.inside.has(*byte)) {
                from += not + 1;
                continue;
            }
            let rest = &text[from + least..];
            let end = from + least + rest.iter().position(|byte| !self.inside.has(*byte)).unwrap_or(rest.len());
            let closes = ends_inside || end == text.len() || self.after.has(text[end]);
            let fits = starts_inside || ends_inside || end - from <= self.most as usize;
            let opens = if starts_inside { (from..=end - least).any(opens) } else { opens(from) };
            if closes && fits && opens {
                return true;
            }
            from = end;
        }
        false
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }

    /// The parts on this side, the nearest to the secret first.
    fn nearest_first<'p>(self, parts: &'p [Part]) -> Box<dyn Iterator<Item = &'p Part> + 'p> {
        match self {
            Self::Before => Box::new(parts.iter().rev()),
            Self::After => Box::new(parts.iter()),
        }
    }
}

/// The bytes that can be next to the secret on this side, given the parts there.
fn neighbours(parts: &[Part], secret: &[Part], side: Side) -> ByteSet {
    let edge_of_secret = edge_of_row(secret, side.other()).bytes;
    let word = ByteSet::word();
    let (mut bytes, mut allowed, mut adjacent) = (ByteSet::NONE, ByteSet::ALL, true);
    for part in side.nearest_first(parts) {
        if let Part::Look(Look::WordAscii) = part
            && adjacent
        {
            if edge_of_secret.is_subset_of(word) {
                allowed = word.complement();
            } else if edge_of_secret.is_subset_of(word.complement()) {
                // A secret at the start or the end of the text has no boundary then; the filter lets it pass.
                allowed = word;
            }
            continue;
        }
        adjacent = false;
        let edge = edge(part, side);
        bytes = bytes.or(edge.bytes);
        if !edge.may_be_empty {
            return bytes.and(allowed);
        }
    }
    allowed
}

/// The end of a part that is nearer to the secret.
struct Edge {
    /// The bytes that a match can have there. An anchor has those that it asserts.
    bytes: ByteSet,
    /// A match can be empty, so that the next part is adjacent as well.
    may_be_empty: bool,
}

const EMPTY: Edge = Edge { bytes: ByteSet::NONE, may_be_empty: true };

fn edge(part: &Part, side: Side) -> Edge {
    match part {
        Part::Run { max: 0, .. } => EMPTY,
        Part::Run { set, min, .. } => Edge { bytes: *set, may_be_empty: *min == 0 },
        Part::Look(look) => edge_of_look(*look, side),
        Part::Secret(parts) => edge_of_row(parts, side),
        Part::Choice(rows) => rows.iter().fold(Edge { bytes: ByteSet::NONE, may_be_empty: false }, |all, row| {
            let edge = edge_of_row(row, side);
            Edge { bytes: all.bytes.or(edge.bytes), may_be_empty: all.may_be_empty || edge.may_be_empty }
        }),
    }
}

fn edge_of_look(look: Look, side: Side) -> Edge {
    let asserted = match (look, side) {
        (Look::Start, Side::Before) | (Look::End, Side::After) => ByteSet::NONE,
        (Look::StartLF, Side::Before) | (Look::EndLF, Side::After) => ByteSet::one(b'\n'),
        (Look::StartCRLF, Side::Before) | (Look::EndCRLF, Side::After) => ByteSet::one(b'\n').or(ByteSet::one(b'\r')),
        _ => return EMPTY,
    };
    Edge { bytes: asserted, may_be_empty: false }
}

fn edge_of_row(parts: &[Part], side: Side) -> Edge {
    let mut bytes = ByteSet::NONE;
    for part in side.nearest_first(parts) {
        let edge = edge(part, side);
        bytes = bytes.or(edge.bytes);
        if !edge.may_be_empty {
            return Edge { bytes, may_be_empty: false };
        }
    }
    Edge { bytes, may_be_empty: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(regex: &str, text: &str) -> bool {
        SecretFilter::of(regex).may_match(text.as_bytes(), 0..text.len())
    }

    #[test]
    fn what_cannot_match_is_seen() {
        let hex = "key[ =]{1,3}(?<secret>[0-9a-f]{8})\\b";
        assert!(may(hex, "key = 0123abcd"));
        assert!(may(hex, "key = 0123abcd;"));
        assert!(!may(hex, "key = 0123abc"), "too short");
        assert!(!may(hex, "key = 0123abcde"), "too long");
        assert!(!may(hex, "key:0123abcd"), "behind something else");
        assert!(!may(hex, "key = 0123abcdxyz"), "no boundary behind it");
        assert!(may(hex, "key=00 0123abcd"), "the second of two");
        let closed = "key=(?<secret>[a-z+-]{4,6})(?:[^\\w+-]|\\z)";
        assert!(may(closed, "key=abcd") && may(closed, "key=ab+d\"") && !may(closed, "key=abcd0"));
        assert!(may("\\bkey_(?<secret>[a-z]{4,})", "my_abcd"), "it looks at the secret alone");
        assert!(!may("\\b(?<secret>key_[a-z]{4})", "9key_abcd"));
    }

    #[test]
    fn what_lies_behind_the_window_does_not_count() {
        let filter = SecretFilter::of("(?<secret>[a-z]{4})\\b");
        assert!(!filter.may_match(b"abcd", 0..3));
        assert!(filter.may_match(b"abcdefg", 0..4), "a longer window may show more");
        assert!(!filter.may_match(b"", 0..0));
    }
}
