//! The compilation of a rule's regexes: the same everywhere, so that a regex that loads also runs.

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, RepetitionKind, RepetitionRange};

/// The most memory that one compiled pattern may take, in bytes. The largest built-in rule stays far below.
const SIZE_LIMIT: usize = 16 << 20;

/// Compiles `pattern` for bytes: `\w`, `\d` and `\b` are ASCII, and `.` is any byte but a newline.
///
/// # Errors
/// When the pattern is not a regex, or a larger one than any rule needs.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(SIZE_LIMIT).build()
}

/// A regex that is compiled without its high repetition limits first, and exactly only when a match reaches one of them.
///
/// A rule has limits such as `{16,2000}` to bound its matches, and each of the 2,000 repetitions is compiled: ten
/// milliseconds for some rules, more than all the rest of a scan. Without the limits every match of the exact regex is
/// found, and longer ones as well. Both regexes prefer the same path to a match. A match that is no longer than the
/// lowest limit cannot have reached it and is therefore the exact match; for any other the exact regex decides.
#[derive(Debug)]
pub struct Lazy {
    pattern: &'static str,
    open: Regex,
    /// The longest match for which `open` is exact, in bytes.
    most: usize,
    exact: std::sync::OnceLock<Regex>,
}

/// The lowest limit that is left out.
const HIGH: u32 = 64;

impl Lazy {
    /// Of a pattern that [`compile`] takes.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn new(pattern: &'static str) -> Result<Self, regex::Error> {
        Self::without(pattern, HIGH)
    }

    /// Without limits from `high` on.
    fn without(pattern: &'static str, high: u32) -> Result<Self, regex::Error> {
        let (open, most) = opened(pattern, high);
        Ok(Self { pattern, open: compile(&open)?, most, exact: std::sync::OnceLock::new() })
    }

    /// The number of the group with this name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.open.capture_names().position(|own| own == Some(name))
    }

    /// Room for [`Lazy::captures_at`].
    pub fn locations(&self) -> CaptureLocations {
        self.open.capture_locations()
    }

    /// The range of the first match from `at` on, with all groups in `groups`.
    #[expect(clippy::expect_used, reason = "a rule's regex is compiled when it is loaded, a built-in one in a test")]
    pub fn captures_at(&self, groups: &mut CaptureLocations, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let found = self.open.captures_read_at(groups, text, at)?;
        if found.len() > self.most {
            let exact = self.exact.get_or_init(|| compile(self.pattern).expect("it compiled when the rule was loaded"));
            *groups = exact.capture_locations();
            exact.captures_read_at(groups, text, at)?;
        }
        groups.get(0)
    }
}

/// The pattern without the high limits of repetitions of one byte, and the lowest of these limits.
fn opened(pattern: &str, high: u32) -> (String, usize) {
    struct RepetitionLimits(u32, Vec<(usize, usize, u32)>);

    impl ast::Visitor for RepetitionLimits {
        type Output = Self;
        type Err = ();

        fn finish(self) -> Result<Self, ()> {
            Ok(self)
        }

        fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
            if let Ast::Repetition(repetition) = ast
                && let RepetitionKind::Range(RepetitionRange::Bounded(_, most)) = repetition.op.kind
                && most >= self.0
                && matches!(
                    *repetition.ast,
                    Ast::Literal(_) | Ast::Dot(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) | Ast::ClassUnicode(_)
                )
            {
                self.1.push((repetition.op.span.start.offset, repetition.op.span.end.offset, most));
            }
            Ok(())
        }
    }

    let limits = ast::parse::Parser::new().parse(pattern).ok();
    let limits = limits
        .and_then(|ast| ast::visit(&ast, RepetitionLimits(high, Vec::new())).ok())
        .map_or(Vec::new(), |limits| limits.1);
    let (mut open, mut at) = (String::with_capacity(pattern.len()), 0);
    for &(start, end, most) in &limits {
        let limit = most.to_string();
        let op = &pattern[start..end];
        // `{16,2000}`, perhaps with blanks inside, and perhaps lazy.
        let Some(digits) = op.rfind(&limit) else { continue };
        open.push_str(&pattern[at..start + digits]);
        at = start + digits + limit.len();
    }
    open.push_str(&pattern[at..]);
    (open, limits.iter().map(|limit| limit.2 as usize).min().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn high_limits_are_left_out() {
        assert_eq!(
            opened(r"a{2,300}[b{1,300}]{0,70}?\{1,99}(?:ab){2,400}c{64}", 64),
            (r"a{2,}[b{1,300}]{0,}?\{1,99}(?:ab){2,400}c{64}".into(), 70)
        );
        assert_eq!(opened(r"a{2,9}\x{41}", 64), (r"a{2,9}\x{41}".into(), usize::MAX));
    }

    #[test]
    fn a_limit_that_is_met_holds() {
        let lazy = Lazy::new(r"k(?<secret>[a-z]{2,100})(?:[^a-z]|$)").unwrap();
        let mut groups = lazy.locations();
        for (len, found) in [(100, true), (101, false), (5000, false)] {
            let text = format!("k{} ", "x".repeat(len));
            assert_eq!(lazy.captures_at(&mut groups, text.as_bytes(), 0).is_some(), found, "{len}");
        }
    }

    #[test]
    fn every_built_in_rule_compiles_without_its_limits() {
        for rule in crate::rule::RuleSet::builtin().rules().iter().filter(|rule| rule.detector.is_none()) {
            let lazy = Lazy::new(rule.regex).unwrap();
            assert!(lazy.group("secret").is_some(), "{}", rule.id);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// The exact regex is the model.
        #[test]
        fn it_finds_what_the_regex_finds(
            parts in prop::collection::vec("([ab.]|\\[ab\\])(\\{[0-2],[2-5]\\}\\??)?|\\(a\\|ab\\)|\\(\\?:b\\{1,3\\}\\|a\\)|\\\\b|\\$", 1..5),
            text in "[ab=]{0,16}",
            at in 0..4_usize,
        ) {
            let pattern: &'static str = format!("(?<secret>{})", parts.concat()).leak();
            if let (Ok(lazy), Ok(exact)) = (Lazy::without(pattern, 2), compile(pattern)) {
                let at = at.min(text.len());
                let (mut groups, mut others) = (lazy.locations(), exact.capture_locations());
                let found = lazy.captures_at(&mut groups, text.as_bytes(), at);
                let other = exact.captures_read_at(&mut others, text.as_bytes(), at).map(|m| (m.start(), m.end()));
                prop_assert_eq!(found, other, "{}", pattern);
                for group in 0..found.map_or(0, |_| others.len()) {
                    prop_assert_eq!(groups.get(group), others.get(group), "{}", pattern);
                }
            }
        }
    }
}
