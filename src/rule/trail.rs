//! The parts of a rule's regex in their order, small enough to be followed through a text without compiling the regex.
//! Shared with the build script.
//!
//! Look-around and the inside of repeated groups are left out, and everything before the first literal: a trail errs
//! towards yes. What a [`super::sketch::Sketch`] lets pass is followed here before a regex is compiled for it.

use std::fmt;
use std::ops::Range;

use regex_syntax::hir::{Hir, HirKind};

use super::shape;
use super::sketch::{self, Bytes};

/// A trail, laid out without pointers.
///
/// A step is `RUN set min max` (bytes of a set, that many times) or `CHOICE n` and n alternatives, each its length and
/// its steps.
#[derive(Clone, Copy)]
pub struct Trail {
    /// The sets that steps name.
    pub sets: &'static [Bytes],
    /// The steps.
    pub steps: &'static [u16],
}

const RUN: u16 = 0;
const CHOICE: u16 = 1;
/// Without limit.
const ENDLESS: u16 = u16::MAX;
/// The most repetitions that are told apart.
const MANY: u32 = 60_000;
/// In longer windows than this, in bytes, a regex is run at once.
const LONGEST: usize = 16 << 10;
/// So many literal bytes in a row are rare enough to begin with.
const SHARP: usize = 3;

enum Step {
    Run(Bytes, u32, u32),
    Choice(Vec<Vec<Step>>),
}

impl Trail {
    /// Leads everywhere.
    pub const ANY: Trail = Trail { sets: &[], steps: &[] };

    /// The steps for `regex`; sets that are not in `sets` yet are added. For what is no regex there are none.
    pub fn lay(regex: &str, sets: &mut Vec<Bytes>) -> Vec<u16> {
        let mut steps = Vec::new();
        if let Ok(hir) = shape::parse(regex) {
            follow(&hir, &mut steps);
        }
        let begin = (0..steps.len()).find(|&at| is_sharp(&steps[at..])).unwrap_or(0);
        let mut out = Vec::new();
        write(&steps[begin..], sets, &mut out);
        // A trail that is too long to be written down says nothing.
        if out.len() < usize::from(ENDLESS) { out } else { Vec::new() }
    }

    /// Whether it begins with a byte that is quickly looked for.
    pub fn is_sharp(&self) -> bool {
        matches!(self.steps, [RUN, set, least, ..] if *least > 0 && self.sets[usize::from(*set)].len() <= 2)
    }

    /// Whether the regex can match in `text[..window.end]` from `window.start` on. Errs towards yes only.
    pub fn may_match(&self, text: &[u8], window: Range<usize>) -> bool {
        if window.len() > LONGEST {
            return true;
        }
        !matches!(self.walk(self.steps, &text[window], At::Anywhere), At::These(at) if at.is_empty())
    }

    /// Where the literal bytes that `steps` begin with stand, told by the rarest of them: the positions behind them, and
    /// the steps that are left. None where the steps begin with anything else.
    fn begins<'s>(&self, steps: &'s [u16], text: &[u8]) -> Option<(&'s [u16], Vec<u32>)> {
        let mut sets = [Bytes::NONE; WORD];
        let (mut rest, mut count) = (steps, 0);
        while let [RUN, set, 1, 1, more @ ..] = rest
            && self.sets[usize::from(*set)].len() <= 2
            && count < WORD
        {
            (sets[count], rest, count) = (self.sets[usize::from(*set)], more, count + 1);
        }
        let sets = &sets[..count];
        let rarest = (0..count).min_by_key(|&n| sets[n].members().map(often).max())?;
        let mut members = sets[rarest].members();
        let (one, other) = (members.next()?, members.next());
        let stands = |at: &usize| {
            at.checked_sub(rarest)
                .and_then(|at| text.get(at..at + count))
                .is_some_and(|word| word.iter().zip(sets).all(|(byte, set)| set.has(*byte)))
        };
        let end = |at: usize| (at - rarest + count) as u32;
        let found = memchr::memchr2_iter(one, other.unwrap_or(one), text).filter(stands).map(end).collect();
        Some((rest, found))
    }

    /// From each of the positions `at` to those where `steps` can lead.
    fn walk(&self, mut steps: &[u16], text: &[u8], mut at: At) -> At {
        if let At::Anywhere = at
            && let Some((rest, found)) = self.begins(steps, text)
        {
            (steps, at) = (rest, At::These(found));
        }
        while let [kind, rest @ ..] = steps {
            if matches!(&at, At::These(at) if at.is_empty()) {
                return at;
            }
            (at, steps) = match (*kind, rest) {
                (RUN, [set, min, max, rest @ ..]) => {
                    let set = self.sets[usize::from(*set)];
                    let at = match at {
                        At::Anywhere if *min == 0 => At::Anywhere,
                        At::Anywhere => At::These(run(
                            set,
                            min - 1,
                            if *max == ENDLESS { ENDLESS } else { max - 1 },
                            text,
                            behind(set, text),
                        )),
                        At::These(at) => At::These(run(set, *min, *max, text, at)),
                    };
                    (at, rest)
                }
                (CHOICE, [count, rest @ ..]) => {
                    let mut rest = rest;
                    let mut all = Some(Vec::new());
                    for _ in 0..*count {
                        let [len, more @ ..] = rest else { break };
                        let (option, after) = more.split_at(usize::from(*len));
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
                // Nothing else is ever written.
                _ => return At::Anywhere,
            };
        }
        at
    }
}

/// Positions in a window.
#[derive(Clone)]
enum At {
    Anywhere,
    /// Sorted.
    These(Vec<u32>),
}

/// So many literal bytes in a row are looked for at once.
const WORD: usize = 8;

/// How often a byte stands in code, for choosing among a few: letters in English order, and blanks before all.
fn often(byte: u8) -> usize {
    const RARE_FIRST: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate \n";
    RARE_FIRST.iter().position(|b| *b == byte.to_ascii_lowercase()).unwrap_or(8)
}

/// The positions behind each byte of `set`.
fn behind(set: Bytes, text: &[u8]) -> Vec<u32> {
    (0..text.len()).filter(|&at| set.has(text[at])).map(|at| at as u32 + 1).collect()
}

/// From each of `at` over `min` to `max` bytes of `set`.
fn run(set: Bytes, min: u16, max: u16, text: &[u8], mut at: Vec<u32>) -> Vec<u32> {
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
    // Up to where the set is known to hold.
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

fn follow(hir: &Hir, out: &mut Vec<Step>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend(literal.0.iter().map(|byte| Step::Run(Bytes::one(*byte), 1, 1))),
        HirKind::Class(_) => out.push(Step::Run(sketch::all(hir), 1, 1)),
        HirKind::Capture(c) => follow(&c.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| follow(part, out)),
        HirKind::Alternation(parts) => out.push(Step::Choice(parts.iter().map(followed).collect())),
        HirKind::Repetition(r) if (r.min, r.max) == (0, Some(1)) => {
            out.push(Step::Choice(vec![followed(&r.sub), Vec::new()]));
        }
        HirKind::Repetition(r) => {
            let length = |len: Option<usize>| len.and_then(|len| u32::try_from(len).ok());
            let (short, long) = (length(r.sub.properties().minimum_len()), length(r.sub.properties().maximum_len()));
            let min = r.min.saturating_mul(short.unwrap_or(0));
            let max = r.max.and_then(|max| max.checked_mul(long?)).unwrap_or(u32::MAX);
            out.push(Step::Run(sketch::all(&r.sub), min, max));
        }
    }
}

fn followed(hir: &Hir) -> Vec<Step> {
    let mut steps = Vec::new();
    follow(hir, &mut steps);
    steps
}

/// Whether few places in a text look like the begin of `steps`.
fn is_sharp(steps: &[Step]) -> bool {
    let literal = |step: &Step| matches!(step, Step::Run(set, 1.., _) if set.len() <= 2);
    match steps.first() {
        Some(Step::Choice(options)) => options.iter().all(|option| is_sharp(option)),
        _ => steps.len() >= SHARP && steps[..SHARP].iter().all(literal),
    }
}

fn write(steps: &[Step], sets: &mut Vec<Bytes>, out: &mut Vec<u16>) {
    for step in steps {
        match step {
            Step::Run(set, min, max) => {
                let number = sets.iter().position(|other| other == set).unwrap_or_else(|| {
                    sets.push(*set);
                    sets.len() - 1
                });
                // Fewer at least, and more at most, err towards yes.
                let max = if *max > MANY { ENDLESS } else { *max as u16 };
                out.extend([RUN, number as u16, (*min).min(MANY) as u16, max]);
            }
            Step::Choice(options) => {
                out.extend([CHOICE, options.len() as u16]);
                for option in options {
                    let mut inner = Vec::new();
                    write(option, sets, &mut inner);
                    out.push(inner.len() as u16);
                    out.extend(inner);
                }
            }
        }
    }
}

/// With the sets in the place of their numbers, so that equal trails look equal.
impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn told(trail: &Trail, mut steps: &[u16], out: &mut Vec<String>) {
            while let [kind, rest @ ..] = steps {
                steps = match (*kind, rest) {
                    (RUN, [set, min, max, rest @ ..]) => {
                        out.push(format!("{:x?}{{{min},{max}}}", trail.sets[usize::from(*set)].0));
                        rest
                    }
                    (CHOICE, [count, rest @ ..]) => {
                        let mut rest = rest;
                        for _ in 0..*count {
                            let [len, more @ ..] = rest else { return };
                            out.push("|".into());
                            told(trail, &more[..usize::from(*len)], out);
                            rest = &more[usize::from(*len)..];
                        }
                        out.push("|".into());
                        rest
                    }
                    _ => return,
                };
            }
        }
        let mut out = Vec::new();
        told(self, self.steps, &mut out);
        f.debug_list().entries(out).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{RuleSet, generate::Generator, pattern};

    fn trail(regex: &str) -> Trail {
        let mut sets = Vec::new();
        let steps = Trail::lay(regex, &mut sets);
        Trail { sets: sets.leak(), steps: steps.leak() }
    }

    fn may(regex: &str, text: &str) -> bool {
        trail(regex).may_match(text.as_bytes(), 0..text.len())
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
        assert!(Trail::ANY.may_match(b"", 0..0));
    }

    #[test]
    fn long_runs_take_no_time() {
        let text = "a".repeat(16_000);
        assert!(!may("(?:a*b?){3}a*a*a{4000,9000}(?<secret>c)", &text));
        assert!(may("(?<secret>a{4000,9000})a*", &text));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The twin: wherever a rule's regex matches, its trail leads.
        #[test]
        fn no_match_of_any_rule_is_lost(seed in 0..u64::MAX, before in ".{0,12}", after in ".{0,12}", cut in 0..400_usize) {
            let set = RuleSet::builtin();
            let rules: Vec<_> = set.rules().iter().filter(|r| r.detector.is_none()).collect();
            let mut samples = Generator::with_seed(&set, seed);
            for turn in 0..8 {
                let rule = rules[(seed as usize).wrapping_add(turn * 137) % rules.len()];
                let regex = pattern::compile(rule.regex).unwrap();
                for template in rule.matches {
                    let text = format!("{before}{}{after}", samples.expand(rule, template).unwrap().text).into_bytes();
                    let end = text.len() - cut.min(text.len());
                    for end in [text.len(), end] {
                        if regex.is_match(&text[..end]) {
                            prop_assert!(rule.trail.may_match(&text, 0..end), "{}: {template}", rule.id);
                        }
                    }
                }
            }
        }

        /// The same for regexes and texts of a small alphabet, where nearly everything happens.
        #[test]
        fn no_match_of_any_regex_is_lost(
            parts in prop::collection::vec(
                "\\\\b|a|b|\\[ab\\]|\\[a=\\]\\{2\\}|\\(\\?:ab\\|b\\)|b\\?|a\\{2,3\\}|\\(\\?:ab\\|=b\\?\\)\\{1,2\\}|\\[ab\\]\\*|\\(\\?:=\\|ab\\)\\?",
                1..6,
            ),
            text in "[ab=]{0,14}",
            start in 0..4_usize,
        ) {
            let (regex, start) = (parts.concat(), start.min(text.len()));
            if let Ok(compiled) = pattern::compile(&regex) {
                let found = compiled.find_at(text.as_bytes(), start);
                prop_assert!(found.is_none() || trail(&regex).may_match(text.as_bytes(), start..text.len()), "{regex}");
            }
        }
    }
}
