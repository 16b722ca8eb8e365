//! The analysis of a rule's regex before it is compiled: its fitness to run, the literals in every match, the length of
//! a match, the public part of the secret.

use std::collections::BTreeSet;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::byte_set::ByteSet;

/// The group that holds the credential.
pub const SECRET: &str = "secret";

/// The most instructions a regex may need, counted with its repetitions unrolled.
///
/// A compiled instruction takes some 50 bytes, so this keeps a regex below 2.5 MB and its worst case, which is
/// instructions times bytes in the window, bearable.
const MAX_WEIGHT: u64 = 50_000;

/// A regex that is fit to run.
#[derive(Debug)]
pub struct RegexAnalysis {
    hir: Hir,
}

impl RegexAnalysis {
    /// Parses a regex and refuses one that must not run.
    ///
    /// # Errors
    /// A sentence about a regex that does not parse, matches nothing or the empty string, is too large, or has no group
    /// `secret` in every match.
    pub fn of(regex: &str) -> Result<Self, String> {
        let hir = parse(regex)?;
        match hir.properties().minimum_len() {
            Some(0) => return Err("the regex matches the empty string".into()),
            None => return Err("the regex can never match".into()),
            Some(_) => {}
        }
        if weight(&hir) > MAX_WEIGHT {
            return Err(format!(
                "the regex is too large: its repetitions unroll to more than {MAX_WEIGHT} steps (use `+` or `*`, and `window`)"
            ));
        }
        let Some(secret) = capture(&hir, SECRET) else {
            return Err("the regex has no group named `secret`: write `(?<secret>...)` around the credential".into());
        };
        if secret.properties().minimum_len() == Some(0) {
            return Err("the group `secret` may be empty".into());
        }
        if !always_sets_secret(&hir) {
            return Err("the regex can match without its group `secret`: move the group out of the alternation".into());
        }
        Ok(Self { hir })
    }

    /// The longest possible match in bytes, if there is one.
    pub fn max_len(&self) -> Option<usize> {
        self.hir.properties().maximum_len()
    }

    /// The literal that every secret begins with; empty if there is none.
    pub fn secret_prefix(&self) -> String {
        let mut prefix = Vec::new();
        if let Some(secret) = capture(&self.hir, SECRET) {
            leading_literal(secret, &mut prefix);
        }
        String::from_utf8(prefix).unwrap_or_default()
    }

    /// Returns whether every match contains one of the keywords, compared without regard to case.
    pub fn always_contains(&self, keywords: &[String]) -> bool {
        let keywords: Vec<Vec<u8>> = keywords.iter().map(|k| k.to_ascii_lowercase().into_bytes()).collect();
        let longest = keywords.iter().map(Vec::len).max().unwrap_or(0);
        Cover { longest, keywords: &keywords }.all_of(vec![&self.hir], &mut 256)
    }
}

/// Reads a regex the way the engine does: bytes, and `\w`, `\d`, `\b` and case in ASCII.
///
/// # Errors
/// The reason in one line.
pub fn parse(regex: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().utf8(false).unicode(false).nest_limit(64).build();
    parser.parse(regex).map_err(|e| {
        let (kind, at) = match &e {
            regex_syntax::Error::Parse(e) => (e.kind().to_string(), e.span().start.offset),
            regex_syntax::Error::Translate(e) => (e.kind().to_string(), e.span().start.offset),
            _ => (e.to_string(), 0),
        };
        let rest: String = regex.get(at..).unwrap_or_default().chars().take(16).collect();
        format!("the regex is wrong at `{rest}`: {kind}")
    })
}

/// The inside of the group called `name`.
pub fn capture<'a>(hir: &'a Hir, name: &str) -> Option<&'a Hir> {
    match hir.kind() {
        HirKind::Capture(c) if c.name.as_deref() == Some(name) => Some(&c.sub),
        HirKind::Capture(c) => capture(&c.sub, name),
        HirKind::Repetition(r) => capture(&r.sub, name),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().find_map(|s| capture(s, name)),
        _ => None,
    }
}

fn always_sets_secret(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(c) => c.name.as_deref() == Some(SECRET) || always_sets_secret(&c.sub),
        HirKind::Repetition(r) => r.min > 0 && always_sets_secret(&r.sub),
        HirKind::Concat(subs) => subs.iter().any(always_sets_secret),
        HirKind::Alternation(subs) => subs.iter().all(always_sets_secret),
        _ => false,
    }
}

fn weight(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(l) => l.0.len() as u64,
        HirKind::Capture(c) => weight(&c.sub) + 2,
        HirKind::Repetition(r) => u64::from(r.max.unwrap_or(r.min + 1).max(1)).saturating_mul(weight(&r.sub)),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().map(weight).fold(subs.len() as u64, u64::saturating_add)
        }
    }
}

/// Appends the literal that `hir` begins with; false when something follows that is not fixed.
fn leading_literal(hir: &Hir, out: &mut Vec<u8>) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(l) => {
            out.extend_from_slice(&l.0);
            true
        }
        HirKind::Capture(c) => leading_literal(&c.sub, out),
        HirKind::Concat(subs) => subs.iter().all(|s| leading_literal(s, out)),
        _ => false,
    }
}

/// Follows the strings that a match can consist of, as long as they are few: the idea of Russ Cox's trigram index
/// for Code Search, with keywords instead of trigrams.
struct Cover<'k> {
    keywords: &'k [Vec<u8>],
    longest: usize,
}

/// The parts of a concatenation, groups and nesting undone.
fn flatten<'h>(hir: &'h Hir, out: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(c) => flatten(&c.sub, out),
        HirKind::Concat(subs) => subs.iter().for_each(|s| flatten(s, out)),
        _ => out.push(hir),
    }
}

type Literals = BTreeSet<Vec<u8>>;

/// The strings that the matches of one part of a regex consist of, in lower case.
#[derive(Clone)]
struct PartLiterals {
    /// Every match, if they are few.
    exact: Option<Literals>,
    /// Every match begins with one of these.
    prefix: Literals,
    /// Every match ends with one of these.
    suffix: Literals,
    /// Every match contains a keyword.
    covered: bool,
}

/// The most strings that are followed one by one.
const MANY: usize = 2048;
/// The most members of a class that are followed one by one.
const FEW: usize = 40;

impl Cover<'_> {
    /// Returns whether every match of `parts` in a row contains a keyword. If that does not follow at once, the options
    /// of a choice are tried one by one, at most `budget` times: `a(b+)?c` is `ab+c` or `ac`.
    fn all_of(&self, parts: Vec<&Hir>, budget: &mut u32) -> bool {
        let mut flat = Vec::new();
        parts.into_iter().for_each(|part| flatten(part, &mut flat));
        let start = self.exactly(one(Vec::new()));
        if flat.iter().fold(start, |known, part| self.then(&known, &self.of(part))).covered {
            return true;
        }
        let choice = flat.iter().enumerate().find_map(|(at, part)| {
            let options: Vec<Option<&Hir>> = match part.kind() {
                HirKind::Alternation(subs) => subs.iter().map(Some).collect(),
                HirKind::Repetition(r) if r.min == 0 && r.max == Some(1) => vec![Some(&r.sub), None],
                _ => return None,
            };
            self.of(part).exact.is_none().then_some((at, options))
        });
        choice.is_some_and(|(at, options)| {
            options.into_iter().all(|option| {
                let Some(rest) = budget.checked_sub(1) else { return false };
                *budget = rest;
                let parts = flat[..at].iter().copied().chain(option).chain(flat[at + 1..].iter().copied());
                self.all_of(parts.collect(), budget)
            })
        })
    }

    fn of(&self, hir: &Hir) -> PartLiterals {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => self.exactly(one(Vec::new())),
            HirKind::Literal(l) => self.exactly(one(l.0.to_ascii_lowercase())),
            HirKind::Class(class) => members(class).map_or_else(anything, |m| self.exactly(m)),
            HirKind::Capture(c) => self.of(&c.sub),
            HirKind::Concat(subs) => {
                subs.iter().fold(self.exactly(one(Vec::new())), |known, sub| self.then(&known, &self.of(sub)))
            }
            HirKind::Alternation(subs) => {
                let mut all = subs.iter().map(|s| self.of(s));
                let Some(first) = all.next() else { return anything() };
                all.fold(first, |a, b| self.or(&a, &b))
            }
            HirKind::Repetition(r) => {
                let sub = self.of(&r.sub);
                if r.min == 0 {
                    return match r.max {
                        Some(1) => self.or(&sub, &self.exactly(one(Vec::new()))),
                        _ => anything(),
                    };
                }
                // More copies than a keyword has bytes add nothing.
                let copies = r.min.min(self.longest as u32 + 1);
                let mut known = sub.clone();
                for _ in 1..copies {
                    known = self.then(&known, &sub);
                }
                if r.max == Some(copies) { known } else { PartLiterals { exact: None, ..known } }
            }
        }
    }

    fn exactly(&self, strings: Literals) -> PartLiterals {
        let covered = strings.iter().all(|s| self.has_keyword(s));
        PartLiterals { prefix: self.heads(&strings), suffix: self.tails(&strings), exact: Some(strings), covered }
    }

    fn then(&self, a: &PartLiterals, b: &PartLiterals) -> PartLiterals {
        let exact = match (&a.exact, &b.exact) {
            (Some(x), Some(y)) => cross(x, y),
            _ => None,
        };
        if let Some(exact) = exact {
            return self.exactly(exact);
        }
        let seam = cross(&a.suffix, &b.prefix);
        let covered = a.covered || b.covered || seam.is_some_and(|s| s.iter().all(|s| self.has_keyword(s)));
        let prefix = a.exact.as_ref().and_then(|x| cross(x, &b.prefix)).map(|s| self.heads(&s));
        let suffix = b.exact.as_ref().and_then(|y| cross(&a.suffix, y)).map(|s| self.tails(&s));
        PartLiterals {
            exact: None,
            prefix: prefix.unwrap_or_else(|| a.prefix.clone()),
            suffix: suffix.unwrap_or_else(|| b.suffix.clone()),
            covered,
        }
    }

    fn or(&self, a: &PartLiterals, b: &PartLiterals) -> PartLiterals {
        let exact = match (&a.exact, &b.exact) {
            (Some(x), Some(y)) if x.len() + y.len() <= MANY => Some(x | y),
            _ => None,
        };
        let join = |x: &Literals, y: &Literals| if x.len() + y.len() <= MANY { x | y } else { one(Vec::new()) };
        PartLiterals {
            exact,
            prefix: join(&a.prefix, &b.prefix),
            suffix: join(&a.suffix, &b.suffix),
            covered: a.covered && b.covered,
        }
    }

    fn has_keyword(&self, text: &[u8]) -> bool {
        self.keywords.iter().any(|k| text.windows(k.len().max(1)).any(|w| w == k))
    }

    fn heads(&self, strings: &Literals) -> Literals {
        strings.iter().map(|s| s[..s.len().min(self.longest)].to_vec()).collect()
    }

    fn tails(&self, strings: &Literals) -> Literals {
        strings.iter().map(|s| s[s.len().saturating_sub(self.longest)..].to_vec()).collect()
    }
}

fn one(s: Vec<u8>) -> Literals {
    BTreeSet::from([s])
}

fn anything() -> PartLiterals {
    PartLiterals { exact: None, prefix: one(Vec::new()), suffix: one(Vec::new()), covered: false }
}

fn cross(a: &Literals, b: &Literals) -> Option<Literals> {
    if a.len() * b.len() > MANY {
        return None;
    }
    Some(a.iter().flat_map(|x| b.iter().map(move |y| [x.as_slice(), y].concat())).collect())
}

/// The members of a class of few ASCII characters, in lower case.
fn members(class: &Class) -> Option<Literals> {
    let set = ByteSet::of_class(class);
    let all: Literals = set.members().map(|byte| vec![byte.to_ascii_lowercase()]).collect();
    (all.len() <= FEW && set.is_subset_of(ByteSet::range(0, 0x7f))).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn contains(regex: &str, keywords: &[&str]) -> bool {
        let keywords: Vec<String> = keywords.iter().map(|k| (*k).to_owned()).collect();
        RegexAnalysis::of(regex).unwrap().always_contains(&keywords)
    }

    #[test]
    fn a_keyword_in_every_match_is_seen() {
        assert!(contains("(?<secret>gh[pousr]_[a-z]{9})", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]));
        assert!(contains("(?i)(?<secret>Key-[a-z]{9})", &["KEY-"]));
        assert!(contains("(?<secret>(?:AK|AS)IA[A-Z]{9})", &["AKIA", "ASIA"]));
        assert!(contains("(?<secret>a{3}b[0-9]+)", &["aaab"]));
        assert!(contains("(?<secret>[0-9]+x?abc)", &["abc"]));
        assert!(contains("(?:abcd|bcde)+(?<secret>.+)", &["bcd"]));
        assert!(contains("(?:ab|cd)(?:[+][a-z]{1,9})?://(?<secret>[a-z]+)", &["ab://", "ab+", "cd://", "cd+"]));
        assert!(contains("(?<secret>dp\\.(?:pt|st)\\.(?:[a-z0-9]{2,35}\\.)?[A-Za-z0-9]{40})", &["dp.pt.", "dp.st."]));
    }

    #[test]
    fn a_keyword_that_some_match_lacks_is_seen() {
        assert!(!contains("(?<secret>gh[pousr]_[a-z]{9})", &["ghp_", "gho_"]));
        assert!(!contains("(?<secret>abc?[0-9]+)", &["abc"]));
        assert!(!contains("(?:ab|cd)(?:[+][a-z]{1,9})?://(?<secret>[a-z]+)", &["ab://", "cd://", "cd+"]));
        assert!(!contains("(?<secret>ab[0-9]*c)", &["abc"]));
        assert!(!contains("(?<secret>(?:abc)*x)", &["abc"]));
        assert!(!contains("(?<secret>[a-z]bc)", &["abc"]));
        assert!(!contains("(?<secret>a{2,3}b)", &["aaab"]));
    }

    #[test]
    fn the_public_part_is_the_leading_literal_of_the_secret() {
        let prefix = |regex: &str| RegexAnalysis::of(regex).unwrap().secret_prefix();
        assert_eq!(prefix("\\b(?<secret>npm_[a-z]{9})"), "npm_");
        assert_eq!(prefix("key=(?<secret>[a-z]{9})"), "");
        assert_eq!(prefix("(?<secret>\\bsk-(?:ant-)[a-z]{9})"), "sk-ant-");
        assert_eq!(prefix("(?<secret>gh[po]_[a-z]{9})"), "gh");
    }
}
