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
