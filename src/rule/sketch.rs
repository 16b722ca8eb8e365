//! What must stand in a text for a rule's regex to match there, told without the regex. Shared with the build script.
//!
//! Compiling a regex costs more than all the rest of a small commit. Most keywords are not followed by a secret, and a
//! look at what a secret consists of, how long it is and what it stands between shows that.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::shape::{self, SECRET};

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub [u64; 4]);

impl Bytes {
    /// No byte.
    pub const NONE: Bytes = Bytes([0; 4]);
    /// Every byte.
    pub const ALL: Bytes = Bytes([u64::MAX; 4]);

    fn range(start: u8, end: u8) -> Bytes {
        (start..=end).fold(Bytes::NONE, |set, byte| set.or(Bytes::one(byte)))
    }

    /// That byte alone.
    pub fn one(byte: u8) -> Bytes {
        let mut set = Bytes::NONE;
        set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        set
    }

    fn or(self, other: Bytes) -> Bytes {
        Bytes(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    fn and(self, other: Bytes) -> Bytes {
        Bytes(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    fn not(self) -> Bytes {
        Bytes(self.0.map(|word| !word))
    }

    fn within(self, other: Bytes) -> bool {
        self.and(other) == self
    }

    fn meets(self, other: Bytes) -> bool {
        self.and(other) != Bytes::NONE
    }

    /// How many there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Each of them, in ascending order.
    pub fn members(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().zip([0, 64, 128, 192]).flat_map(|(mut word, base)| {
            std::iter::from_fn(move || {
                let next = (word != 0).then(|| base + word.trailing_zeros() as u8);
                word &= word.wrapping_sub(1);
                next
            })
        })
    }

    /// Whether `byte` is among them.
    pub fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}

/// What every match of a regex has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// The secret consists of these.
    pub inside: Bytes,
    /// It stands behind one of these, or at the start.
    pub before: Bytes,
    /// It stands before one of these, or at the end.
    pub after: Bytes,
    /// The fewest bytes it has.
    pub least: u32,
    /// The most bytes it has.
    pub most: u32,
}

impl Sketch {
    /// Says nothing.
    pub const ANY: Sketch =
        Sketch { inside: Bytes::ALL, before: Bytes::ALL, after: Bytes::ALL, least: 0, most: u32::MAX };

    /// Of a regex that [`shape::Shape`] takes; of any other it says nothing.
    pub fn of(regex: &str) -> Sketch {
        shape::parse(regex).map_or(Sketch::ANY, |hir| Sketch::of_hir(&hir))
    }

    fn of_hir(hir: &Hir) -> Sketch {
        let Some(secret) = shape::capture(hir, SECRET) else { return Sketch::ANY };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let known = neighbours(hir, &mut before, &mut after);
        let number = |len: Option<usize>| len.and_then(|len| u32::try_from(len).ok());
        Sketch {
            inside: all(secret),
            before: if known { beside(&before, secret, Side::Before) } else { Bytes::ALL },
            after: if known { beside(&after, secret, Side::After) } else { Bytes::ALL },
            least: number(secret.properties().minimum_len()).unwrap_or(0),
            most: number(secret.properties().maximum_len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether the regex can match in `text[..window.end]` from `window.start` on. Errs towards yes only.
    pub fn may_match(&self, text: &[u8], window: Range<usize>) -> bool {
        let least = (self.least as usize).max(1);
        let text = &text[..window.end];
        let (starts_inside, ends_inside) = (self.before.meets(self.inside), self.after.meets(self.inside));
        let opens = |at: usize| at == 0 || self.before.has(text[at - 1]);
        // The first byte that is not known to be inside, and where a run that holds it can begin at the earliest.
        let mut from = window.start;
        while text.len() - from >= least {
            // Backwards, so that a byte that is not inside rules out all that a run of this length would need before it.
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

/// The parts of `hir` before and after the secret, nearest last and first; false when they cannot be told.
fn neighbours<'h>(hir: &'h Hir, before: &mut Vec<&'h Hir>, after: &mut Vec<&'h Hir>) -> bool {
    match hir.kind() {
        HirKind::Capture(c) if c.name.as_deref() == Some(SECRET) => true,
        HirKind::Capture(c) => neighbours(&c.sub, before, after),
        HirKind::Concat(parts) => {
            let Some(at) = parts.iter().position(|part| shape::capture(part, SECRET).is_some()) else { return false };
            before.extend(&parts[..at]);
            let known = neighbours(&parts[at], before, after);
            after.extend(&parts[at + 1..]);
            known
        }
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Which bytes can stand on this side of the secret, given the parts there.
fn beside(parts: &[&Hir], secret: &Hir, side: Side) -> Bytes {
    let nearest_first: Vec<&Hir> = match side {
        Side::Before => parts.iter().rev().copied().collect(),
        Side::After => parts.to_vec(),
    };
    let (edge, _) = edge(secret, if side == Side::Before { Side::After } else { Side::Before });
    let word = word();
    let mut bytes = Bytes::NONE;
    let mut allowed = Bytes::ALL;
    let mut adjacent = true;
    for part in nearest_first {
        if let HirKind::Look(Look::WordAscii) = part.kind()
            && adjacent
        {
            if edge.within(word) {
                allowed = word.not();
            } else if edge.within(word.not()) {
                // At the start or the end of the text there is no boundary then; the sketch may say yes all the same.
                allowed = word;
            }
            continue;
        }
        adjacent = false;
        let (some, nullable) = self::edge(part, side);
        bytes = bytes.or(some);
        if !nullable {
            return bytes.and(allowed);
        }
    }
    allowed
}

/// The bytes that a match of `hir` can have at its end nearest to the secret ([`Side::Before`]: its last byte), and
/// whether it can be empty. An anchor stands for what is beyond it.
fn edge(hir: &Hir, side: Side) -> (Bytes, bool) {
    match hir.kind() {
        HirKind::Empty => (Bytes::NONE, true),
        HirKind::Look(look) => match (look, side) {
            (Look::Start, Side::Before) | (Look::End, Side::After) => (Bytes::NONE, false),
            (Look::StartLF, Side::Before) | (Look::EndLF, Side::After) => (Bytes::one(b'\n'), false),
            (Look::StartCRLF, Side::Before) | (Look::EndCRLF, Side::After) => {
                (Bytes::one(b'\n').or(Bytes::one(b'\r')), false)
            }
            _ => (Bytes::NONE, true),
        },
        HirKind::Literal(literal) => {
            let byte = if side == Side::Before { literal.0.last() } else { literal.0.first() };
            byte.map_or((Bytes::NONE, true), |byte| (Bytes::one(*byte), false))
        }
        HirKind::Class(class) => (members(class), false),
        HirKind::Repetition(r) => {
            let (bytes, nullable) = edge(&r.sub, side);
            (if r.max == Some(0) { Bytes::NONE } else { bytes }, nullable || r.min == 0)
        }
        HirKind::Capture(c) => edge(&c.sub, side),
        HirKind::Concat(parts) => {
            let mut bytes = Bytes::NONE;
            for at in 0..parts.len() {
                let part = if side == Side::Before { &parts[parts.len() - 1 - at] } else { &parts[at] };
                let (some, nullable) = edge(part, side);
                bytes = bytes.or(some);
                if !nullable {
                    return (bytes, false);
                }
            }
            (bytes, true)
        }
        HirKind::Alternation(parts) => parts.iter().fold((Bytes::NONE, false), |(bytes, empty), part| {
            let (some, nullable) = edge(part, side);
            (bytes.or(some), empty || nullable)
        }),
    }
}

/// Every byte that can be in a match.
pub(super) fn all(hir: &Hir) -> Bytes {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Bytes::NONE,
        HirKind::Literal(literal) => literal.0.iter().fold(Bytes::NONE, |set, byte| set.or(Bytes::one(*byte))),
        HirKind::Class(class) => members(class),
        HirKind::Repetition(r) => all(&r.sub),
        HirKind::Capture(c) => all(&c.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(Bytes::NONE, |set, part| set.or(all(part)))
        }
    }
}

fn members(class: &Class) -> Bytes {
    let mut set = Bytes::NONE;
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                set = set.or(Bytes::range(range.start(), range.end()));
            }
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                let (start, end) = (range.start() as u32, range.end() as u32);
                if start < 0x80 {
                    set = set.or(Bytes::range(start as u8, end.min(0x7f) as u8));
                }
                if end >= 0x80 {
                    set = set.or(Bytes::range(0x80, 0xff));
                }
            }
        }
    }
    set
}

fn word() -> Bytes {
    [(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]
        .into_iter()
        .fold(Bytes::NONE, |set, (start, end)| set.or(Bytes::range(start, end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{RuleSet, generate::Generator, pattern};

    fn may(regex: &str, text: &str) -> bool {
        Sketch::of(regex).may_match(text.as_bytes(), 0..text.len())
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
        let sketch = Sketch::of("(?<secret>[a-z]{4})\\b");
        assert!(!sketch.may_match(b"abcd", 0..3));
        assert!(sketch.may_match(b"abcdefg", 0..4), "a longer window may show more");
        assert!(!sketch.may_match(b"", 0..0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The twin: wherever a rule's regex matches, its sketch says that it may.
        #[test]
        fn no_match_of_any_rule_is_lost(seed in 0..u64::MAX, before in ".{0,12}", after in ".{0,12}", cut in 0..400_usize) {
            let set = RuleSet::builtin();
            let rules: Vec<_> = set.rules().iter().filter(|r| r.detector.is_none()).collect();
            let mut samples = Generator::with_seed(&set, seed);
            for turn in 0..8 {
                let rule = rules[(seed as usize).wrapping_add(turn * 137) % rules.len()];
                let regex = pattern::compile(rule.regex).unwrap();
                let sketch = Sketch::of(rule.regex);
                for template in rule.matches {
                    let text = format!("{before}{}{after}", samples.expand(rule, template).unwrap().text).into_bytes();
                    let end = text.len() - cut.min(text.len());
                    for end in [text.len(), end] {
                        if regex.is_match(&text[..end]) {
                            prop_assert!(sketch.may_match(&text, 0..end), "{}: {template}", rule.id);
                        }
                    }
                }
            }
        }

        /// The same for regexes and texts of a small alphabet, where nearly everything happens.
        #[test]
        fn no_match_of_any_regex_is_lost(
            open in "(\\\\b|[ab=]|[ab]?|=\\{1,2\\}|\\(\\?:a\\|=\\)\\?|\\(\\?m:\\^\\)){0,3}",
            secret in "(\\\\b|a|b|\\[ab\\]|\\[a=\\]\\{2\\}|\\(\\?:ab\\|b\\)|b\\?|a\\{2,3\\}){1,3}",
            close in "(\\\\b|[ab=]|\\(\\?:\\[\\^a\\]\\|\\\\z\\)|b\\?|\\$){0,2}",
            text in "[ab=\n]{0,12}",
            start in 0..4_usize,
        ) {
            let regex = format!("{open}(?<secret>{secret}){close}");
            if let (Ok(compiled), start) = (pattern::compile(&regex), start.min(text.len())) {
                let sketch = Sketch::of(&regex);
                let found = compiled.find_at(text.as_bytes(), start);
                // An empty secret is nothing that a rule may have.
                let empty = sketch.least == 0;
                prop_assert!(empty || found.is_none() || sketch.may_match(text.as_bytes(), start..text.len()), "{regex}");
            }
        }
    }
}
