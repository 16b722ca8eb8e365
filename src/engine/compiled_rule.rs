//! Rules whose parts are compiled on first use: a hook must not pay for the regexes of 1,700 rules.

use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BStr, ByteSlice};
use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::data::regex::analysis as shape;
use crate::rule::regex::compile::{self, Lazy};
use crate::rule::{Brief, Handle, Rule};

/// A rule and its parts compiled so far.
pub(super) struct CompiledRule {
    handle: Handle,
    parts: OnceLock<Box<UnpackedRule>>,
}

/// The parts of a rule in use.
struct UnpackedRule {
    rule: &'static Rule,
    regex: OnceLock<CompiledRegex>,
    admits_digits: OnceLock<bool>,
    allow: OnceLock<Vec<Regex>>,
    paths: OnceLock<globset::GlobSet>,
}

/// A compiled regex of a rule.
pub(super) struct CompiledRegex {
    pub regex: Lazy,
    /// The number of the group `secret`.
    pub secret: usize,
}

impl CompiledRule {
    pub fn new(handle: Handle) -> Self {
        Self { handle, parts: OnceLock::new() }
    }

    fn parts(&self) -> &UnpackedRule {
        self.parts.get_or_init(|| {
            let rule = self.handle.rule();
            Box::new(UnpackedRule {
                rule,
                regex: OnceLock::new(),
                admits_digits: OnceLock::new(),
                allow: OnceLock::new(),
                paths: OnceLock::new(),
            })
        })
    }

    /// The rule itself.
    pub fn rule(&self) -> &'static Rule {
        self.parts().rule
    }

    /// The facts about the rule that need no unpacking.
    pub fn brief(&self) -> Brief {
        self.handle.brief()
    }

    /// The rule's regex.
    pub fn regex(&self) -> &CompiledRegex {
        self.parts().regex.get_or_init(|| {
            let rule = self.rule();
            let regex = Lazy::new(rule.regex).unwrap_or_else(|e| panic!("rule {}: {e}", rule.id));
            CompiledRegex { secret: regex.group("secret").unwrap_or(0), regex }
        })
    }

    /// The rule's regex, unless a filter rules out a match in `text[..window.end]` from `window.start` on: a regex that
    /// cannot match is not compiled.
    pub fn regex_for(&self, text: &[u8], window: Range<usize>) -> Option<&CompiledRegex> {
        let is_compiled = || self.parts.get().is_some_and(|parts| parts.regex.get().is_some());
        self.brief().filters.may_match(text, window, is_compiled).then(|| self.regex())
    }

    /// Whether the alphabet of the rule's secrets has digits, which makes letters alone improbable. A negated class
    /// (`[^"]`) excludes delimiters and is no alphabet.
    pub fn admits_digits(&self) -> bool {
        *self.parts().admits_digits.get_or_init(|| {
            let hir = shape::parse(self.rule().regex);
            hir.is_ok_and(|hir| has_digits_from_secret(&hir))
        })
    }

    /// Returns whether `secret` is one of the samples that the provider documents.
    pub fn is_sample(&self, secret: &[u8]) -> bool {
        let rule = self.rule();
        let allow = self.parts().allow.get_or_init(|| rule.allow.iter().map(|p| compile(rule, p)).collect());
        allow.iter().any(|regex| regex.is_match(secret))
    }

    /// Returns whether the rule applies to content at `path`.
    pub fn applies_to(&self, path: &BStr) -> bool {
        if self.brief().everywhere {
            return true;
        }
        let rule = self.rule();
        // Globs are compiled only for a path that ends as one of them does: most rules of files never meet theirs.
        if !rule.paths.iter().any(|glob| may_match(glob, path)) {
            return false;
        }
        let paths = self.parts().paths.get_or_init(|| {
            let mut set = globset::GlobSetBuilder::new();
            for glob in rule.paths {
                let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
                set.add(glob.unwrap_or_else(|e| panic!("rule {}: {e}", rule.id)));
            }
            set.build().unwrap_or_else(|e| panic!("rule {}: {e}", rule.id))
        });
        paths.is_match(path.to_path_lossy())
    }
}

/// Returns false only for paths that the glob cannot match, because they end otherwise than it does.
fn may_match(glob: &str, path: &BStr) -> bool {
    // Alternatives at its end: `*.{yml,yaml}`.
    let alternatives = glob.strip_suffix('}').and_then(|glob| glob.rsplit_once('{'));
    match alternatives.filter(|(_, names)| !names.contains(SPECIAL)) {
        Some((before, names)) => names.split(',').any(|name| {
            let rest = path.strip_suffix(name.as_bytes());
            rest.is_some_and(|rest| ends_as(literal_tail(before), rest))
        }),
        None => ends_as(literal_tail(glob), path),
    }
}

/// The signs that mean something else than themselves in a glob.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '{', '}', '!', '\\'];

/// The end of a glob that stands for itself.
fn literal_tail(glob: &str) -> &str {
    glob.rfind(SPECIAL).map_or(glob, |last| &glob[last + 1..])
}

/// Returns whether a path ends in the tail. `**/name` is the name alone as well.
fn ends_as(tail: &str, path: &[u8]) -> bool {
    path.ends_with(tail.as_bytes()) || tail.strip_prefix('/').is_some_and(|name| path == name.as_bytes())
}

/// Returns whether the group `secret`, or the rest of the regex behind it, has an alphabet with digits. The rest counts
/// because a secret between delimiters (`user/[^@]+@host`) has no alphabet of its own.
fn has_digits_from_secret(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some(shape::SECRET) => has_digits(&capture.sub),
        HirKind::Capture(capture) => has_digits_from_secret(&capture.sub),
        HirKind::Repetition(repetition) => has_digits_from_secret(&repetition.sub),
        HirKind::Alternation(parts) => parts.iter().any(has_digits_from_secret),
        HirKind::Concat(parts) => {
            let mut parts = parts.iter().skip_while(|part| shape::capture(part, shape::SECRET).is_none());
            parts.next().is_some_and(has_digits_from_secret) || parts.any(has_digits)
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Returns whether an alphabet in `hir` has digits.
fn has_digits(hir: &Hir) -> bool {
    let is_alphabet = |last: Option<u32>, holds: bool| holds && last.is_some_and(|last| last < 0x80);
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            let holds = class.iter().any(|range| range.start() <= b'5' && b'5' <= range.end());
            is_alphabet(class.iter().map(|range| u32::from(range.end())).max(), holds)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let holds = class.iter().any(|range| range.start() <= '5' && '5' <= range.end());
            is_alphabet(class.iter().map(|range| u32::from(range.end())).max(), holds)
        }
        HirKind::Capture(capture) => has_digits(&capture.sub),
        HirKind::Repetition(repetition) => has_digits(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_digits),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// Compiles a pattern that was validated with the same function when its rule was loaded.
fn compile(rule: &Rule, regex: &str) -> Regex {
    compile::compile(regex).unwrap_or_else(|e| panic!("rule {}: {e}", rule.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(regex: &str) -> bool {
        let hir = shape::parse(regex).expect("a regex");
        has_digits_from_secret(&hir)
    }

    /// Texts that a glob is to match: each wildcard filled in, with and without folders before it.
    fn filled(glob: &str) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut rest = glob;
        while let Some(first) = rest.chars().next() {
            let (choices, width): (Vec<String>, usize) = match first {
                '*' if rest.starts_with("**/") => (vec![String::new(), "a/".into(), "a/b.c/".into()], 3),
                '*' if rest.starts_with("**") => (vec!["x".into(), "a/b".into()], 2),
                '*' => (vec![String::new(), "x".into()], 1),
                '?' => (vec!["q".into()], 1),
                '{' => {
                    let end = rest.find('}').expect("a group that ends");
                    (rest[1..end].split(',').flat_map(filled).collect(), end + 1)
                }
                '[' => {
                    let end = rest.find(']').expect("a class that ends");
                    (rest[1..end].chars().map(String::from).collect(), end + 1)
                }
                _ => (vec![first.into()], first.len_utf8()),
            };
            all = all.iter().flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}"))).collect();
            all.truncate(200);
            rest = &rest[width..];
        }
        all
    }

    #[test]
    fn no_path_that_a_glob_matches_is_turned_away_by_its_end() {
        let rules = crate::rule::RuleSet::builtin();
        let globs = rules.rules().iter().flat_map(|rule| rule.paths.iter().copied());
        let others = ["**/*.{yml,yaml}", "{a,b}/c", "**/{x,y*}", "**/config", "**", "*.t[ao]r", "a/**/b.{c,d}", "**/*"];
        let mut tried = 0;
        for glob in globs.chain(others) {
            let matcher =
                globset::GlobBuilder::new(glob).literal_separator(true).build().expect(glob).compile_matcher();
            for path in filled(glob).into_iter().filter(|path| matcher.is_match(path)) {
                assert!(may_match(glob, path.as_str().into()), "{glob}: {path}");
                tried += 1;
            }
        }
        assert!(tried > 500, "{tried}");
        assert!(!may_match("**/*.{yml,yaml}", "a/b.json".into()) && !may_match("**/.npmrc", "a/b".into()));
    }

    #[test]
    fn digits_are_those_of_the_alphabet() {
        for regex in
            ["(?<secret>x[0-9a-f]{8})", "(?<secret>[A-Z2-7]{8})", r"(?<secret>\w+)", r"k(?<secret>(?:a|\d){9})"]
        {
            assert!(admits(regex), "{regex}");
        }
        for regex in
            ["(?<secret>x5[a-z]{8})", "(?<secret>[^\"]+)", r"(?<secret>\S+)", r"\d(?<secret>[a-z]+)(?:[^\w]|$)"]
        {
            assert!(!admits(regex), "{regex}");
        }
    }
}
