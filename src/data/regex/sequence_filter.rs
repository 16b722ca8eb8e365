//! A filter on the order of a regex's parts: the set of positions that each part can end at.
//!
//! This is a nondeterministic automaton without loops. Assertions, the order inside of repeated groups and everything
//! before the first literal are left out, so that it over-approximates the regex.

use std::fmt;
use std::ops::Range;

use super::Filter;
use super::byte_set::ByteSet;
use super::part::{self, Part};

/// The parts of a regex, laid out without pointers.
///
/// A step is `RUN set min max` (from `min` to `max` bytes of the set with this number) or `CHOICE n` and n
/// alternatives, each its length and its steps.
#[derive(Clone, Copy)]
pub struct SequenceFilter {
    /// The sets that steps refer to.
    pub sets: &'static [ByteSet],
    /// The steps.
    pub steps: &'static [Number],
}

/// 16 bits, the lower byte first: numbers in this form are part of the binary without any source text, which the
/// compiler would parse for most of a second.
pub type Number = [u8; 2];

const RUN: Number = [0, 0];
const CHOICE: Number = [1, 0];
const ZERO: Number = [0, 0];
const ONE: Number = [1, 0];
/// The count of a run without limit.
const ENDLESS: u16 = u16::MAX;
/// The greatest count that is written exactly.
const MANY: u32 = 60_000;
/// The longest window in which the filter is quicker than the regex, in bytes.
const LONGEST: usize = 16 << 10;
/// The length of a literal that is rare enough to begin with, in bytes.
const SELECTIVE: usize = 3;

impl SequenceFilter {
    /// Rules nothing out.
    pub const ANY: Self = Self { sets: &[], steps: &[] };

    /// The steps for `regex`, whose sets are added to `sets` unless they are there. No steps for a text that is no regex.
    pub fn encode(regex: &str, sets: &mut Vec<ByteSet>) -> Vec<Number> {
        let parts = part::parts(regex).unwrap_or_default();
        let parts = consuming(&parts);
        let begin = (0..parts.len()).find(|&at| is_selective(&parts[at..])).unwrap_or(0);
        let mut out = Vec::new();
        write(&parts[begin..], sets, &mut out);
        // Lengths are 16 bits wide. No steps rule nothing out.
        if out.len() < usize::from(ENDLESS) { out } else { Vec::new() }
    }

    /// The filter of `regex`, which lives until the process ends.
    pub fn leaked(regex: &str) -> Self {
        let mut sets = Vec::new();
        let steps = Self::encode(regex, &mut sets);
        Self { sets: sets.leak(), steps: steps.leak() }
    }

    /// Returns whether the first step is a byte that can be searched for.
    pub fn begins_with_literal(&self) -> bool {
        matches!(self.steps, [RUN, set, least, ..] if *least != ZERO && self.set(*set).len() <= 2)
    }

    fn set(&self, number: Number) -> ByteSet {
        self.sets[usize::from(u16::from_le_bytes(number))]
    }

    /// The positions behind the literal that `steps` begin with, found by its rarest byte, and the remaining steps. None
    /// where they do not begin with a literal.
    fn find_literal<'s>(&self, steps: &'s [Number], text: &[u8]) -> Option<(&'s [Number], Vec<u32>)> {
        let mut sets = [ByteSet::NONE; WORD];
        let (mut rest, mut count) = (steps, 0);
        while let [RUN, set, ONE, ONE, more @ ..] = rest
            && self.set(*set).len() <= 2
            && count < WORD
        {
            (sets[count], rest, count) = (self.set(*set), more, count + 1);
        }
        let sets = &sets[..count];
        let rarest = (0..count).min_by_key(|&n| sets[n].members().map(frequency).max())?;
        let mut members = sets[rarest].members();
        let (one, other) = (members.next()?, members.next());
        let is_literal = |at: &usize| {
            at.checked_sub(rarest)
                .and_then(|at| text.get(at..at + count))
                .is_some_and(|word| word.iter().zip(sets).all(|(byte, set)| set.has(*byte)))
        };
        let end = |at: usize| (at - rarest + count) as u32;
        let found = memchr::memchr2_iter(one, other.unwrap_or(one), text).filter(is_literal).map(end).collect();
        Some((rest, found))
    }

    /// The positions at which `steps` can end that begin at one of the positions `at`.
    fn walk(&self, mut steps: &[Number], text: &[u8], mut at: At) -> At {
        if let At::Anywhere = at
            && let Some((rest, found)) = self.find_literal(steps, text)
        {
            (steps, at) = (rest, At::These(found));
        }
        while let [kind, rest @ ..] = steps {
            if matches!(&at, At::These(at) if at.is_empty()) {
                return at;
            }
            (at, steps) = match (*kind, rest) {
                (RUN, [set, min, max, rest @ ..]) => {
                    let (set, min, max) = (self.set(*set), u16::from_le_bytes(*min), u16::from_le_bytes(*max));
                    let at = match at {
                        At::Anywhere if min == 0 => At::Anywhere,
                        At::Anywhere => {
                            let max = if max == ENDLESS { ENDLESS } else { max - 1 };
                            At::These(run(set, min - 1, max, text, after(set, text)))
                        }
                        At::These(at) => At::These(run(set, min, max, text, at)),
                    };
                    (at, rest)
                }
                (CHOICE, [count, rest @ ..]) => {
                    let mut rest = rest;
                    let mut all = Some(Vec::new());
                    for _ in 0..u16::from_le_bytes(*count) {
                        let [len, more @ ..] = rest else { break };
                        let (option, after) = more.split_at(usize::from(u16::from_le_bytes(*len)));
                        match (self.walk(option, text, at.clone()), &mut all) {
                            (At::These(some), Some(all)) => all.extend(some),
                            _ => all = None,
                        }
                        rest = after;
                    }
                    let at = all.map_or(At::Anywhere, |mut all| {
                        all.sort_unstable();
                        all.dedup();
                        At::These(all)
                    });
                    (at, rest)
                }
                // `write` makes no other step.
                _ => return At::Anywhere,
            };
        }
        at
    }
}

impl Filter for SequenceFilter {
    fn may_match(&self, text: &[u8], window: Range<usize>) -> bool {
        if window.len() > LONGEST {
            return true;
        }
        !matches!(self.walk(self.steps, &text[window], At::Anywhere), At::These(at) if at.is_empty())
    }
}

/// Positions in a window.
#[derive(Clone)]
enum At {
    Anywhere,
    /// Sorted.
    These(Vec<u32>),
}

/// The longest literal that is searched for, in bytes.
const WORD: usize = 8;

/// The rank of a byte by its frequency in code: letters in English order, blanks last.
fn frequency(byte: u8) -> usize {
    const RARE_FIRST: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate \n";
    RARE_FIRST.iter().position(|b| *b == byte.to_ascii_lowercase()).unwrap_or(8)
}

/// The positions after each byte of `set`.
fn after(set: ByteSet, text: &[u8]) -> Vec<u32> {
    (0..text.len()).filter(|&at| set.has(text[at])).map(|at| at as u32 + 1).collect()
}

/// The positions that are reached from each of `at` over `min` to `max` bytes of `set`.
fn run(set: ByteSet, min: u16, max: u16, text: &[u8], mut at: Vec<u32>) -> Vec<u32> {
    let is = |at: u32| text.get(at as usize).is_some_and(|byte| set.has(*byte));
    for _ in 0..min {
        at.retain_mut(|at| {
            let is = is(*at);
            *at += 1;
            is
        });
        if at.is_empty() {
            return at;
        }
    }
    let more = if max == ENDLESS { u32::MAX } else { u32::from(max - min) };
    if more == 0 {
        return at;
    }
    let mut all = Vec::with_capacity(at.len() * 2);
    // Every byte before `known` was looked at, every position before `next` was added.
    let (mut known, mut next) = (0, 0);
    for &from in at.iter() {
        known = known.max(from);
        let limit = from.saturating_add(more);
        while known < limit && is(known) {
            known += 1;
        }
        all.extend(from.max(next)..=known.min(limit));
        next = known.min(limit) + 1;
    }
    all
}

/// The parts that consume text: [`Part::Run`] and [`Part::Choice`].
fn consuming(parts: &[Part]) -> Vec<&Part> {
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Look(_) => {}
            Part::Secret(inner) => out.extend(consuming(inner)),
            Part::Run { .. } | Part::Choice(_) => out.push(part),
        }
    }
    out
}

/// Returns whether few positions in a text look like the begin of `parts`.
fn is_selective(parts: &[&Part]) -> bool {
    let is_literal = |part: &&Part| matches!(part, Part::Run { set, min: 1.., .. } if set.len() <= 2);
    match parts.first() {
        Some(Part::Choice(rows)) => rows.iter().all(|row| is_selective(&consuming(row))),
        _ => parts.len() >= SELECTIVE && parts[..SELECTIVE].iter().all(is_literal),
    }
}

fn write(parts: &[&Part], sets: &mut Vec<ByteSet>, out: &mut Vec<Number>) {
    for part in parts {
        match part {
            Part::Run { set, min, max } => {
                let number = sets.iter().position(|other| other == set).unwrap_or_else(|| {
                    sets.push(*set);
                    sets.len() - 1
                });
                // A lower minimum and a higher maximum over-approximate.
                let max = if *max > MANY { ENDLESS } else { *max as u16 };
                out.push(RUN);
                out.extend([number as u16, (*min).min(MANY) as u16, max].map(u16::to_le_bytes));
            }
            Part::Choice(rows) => {
                out.extend([CHOICE, (rows.len() as u16).to_le_bytes()]);
                for row in rows {
                    let mut inner = Vec::new();
                    write(&consuming(row), sets, &mut inner);
                    out.push((inner.len() as u16).to_le_bytes());
                    out.extend(inner);
                }
            }
            // Parts that consume nothing were left out.
            Part::Look(_) | Part::Secret(_) => {}
        }
    }
}

/// Shows the sets themselves instead of their numbers, so that equal filters look equal.
impl fmt::Debug for SequenceFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn number(number: Number) -> usize {
            usize::from(u16::from_le_bytes(number))
        }
        fn push(sets: &[ByteSet], mut steps: &[Number], out: &mut Vec<String>) {
            while let [kind, rest @ ..] = steps {
                steps = match (*kind, rest) {
                    (RUN, [set, min, max, rest @ ..]) => {
                        let (set, min, max) = (number(*set), number(*min), number(*max));
                        out.push(format!("{:x?}{{{min},{max}}}", sets[set].0));
                        rest
                    }
                    (CHOICE, [count, rest @ ..]) => {
                        let mut rest = rest;
                        for _ in 0..number(*count) {
                            let [len, more @ ..] = rest else { return };
                            let (option, after) = more.split_at(number(*len));
                            out.push("|".into());
                            push(sets, option, out);
                            rest = after;
                        }
                        out.push("|".into());
                        rest
                    }
                    _ => return,
                };
            }
        }
        let mut out = Vec::new();
        push(self.sets, self.steps, &mut out);
        f.debug_list().entries(out).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(regex: &str, text: &str) -> bool {
        SequenceFilter::leaked(regex).may_match(text.as_bytes(), 0..text.len())
    }

    #[test]
    fn the_order_of_parts_counts() {
        let regex = "\\bmachine\\s{1,8}\\w{1,20}\\s+(?i:login|user)\\s{1,8}(?<secret>[^\\s]{3,500})";
        assert!(may(regex, "machine host login xyz"));
        assert!(may(regex, "machine host USER abc"));
        assert!(!may(regex, "login machine host"));
        assert!(!may(regex, "machine host login x"));
        assert!(may("x?(?:ab){2,3}(?<secret>c)", "ababc") && !may("x?(?:ab){2,3}(?<secret>c)", "abc"));
        assert!(may("[a-z]*key=(?<secret>.)", "a key=b"), "it begins with the literal");
        assert!(SequenceFilter::ANY.may_match(b"", 0..0));
    }

    #[test]
    fn long_runs_take_no_time() {
        let text = "a".repeat(16_000);
        assert!(!may("(?:a*b?){3}a*a*a{4000,9000}(?<secret>c)", &text));
        assert!(may("(?<secret>a{4000,9000})a*", &text));
    }
}
