//! Inline directives: an allowance written beside the secret.
//!
//! Our own names a rule and a reason: `shield-hook:allow RULE reason`, on the line or alone on the line before. Those of
//! other scanners, which people already have in their code, are honoured where those scanners look for them.
//!
//! A directive is looked for in the text with every secret masked, so that nothing inside a secret (a key block of many
//! lines, a password that spells a directive) is one, and no reason that is printed gives a secret away.

use std::ops::Range;

use crate::engine::redact;
use crate::finding::AllowedBy;
use crate::finding::excerpt;

/// Directives of other scanners that hold for their own line.
const SAME_LINE: &[&str] =
    &["gitleaks:allow", "betterleaks:allow", "trufflehog:ignore", "kingfisher:ignore", "ggignore"];

/// Our own.
pub(super) const OWN: &str = "shield-hook:allow";

/// The greatest distance of a directive from the secret on the same line, in bytes. Without a bound, one directive somewhere
/// in a minified file of one line would allow every secret in it.
const REACH: usize = 1024;

/// The directives on the lines of a secret.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FoundDirective {
    /// The directive that allows it, with its line and its reason.
    pub allowed: Option<AllowedBy>,
    /// Directives that nearly did, and why they do not.
    pub notes: Vec<String>,
}

/// Which directives are honoured, from the strictest choice on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Honour {
    /// None.
    Nothing,
    /// Only `shield-hook:allow`, which needs a rule and a reason.
    Own,
    /// Ours and those of other scanners.
    #[default]
    All,
}

/// The position of a secret in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSpan {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// The line that it begins on, from 1.
    pub line: usize,
    /// The line that it ends on.
    pub end_line: usize,
}

/// Looks in `text` for a directive that covers the secret at `at`, a finding of the rule `rule`; `secrets` are the spans
/// of all candidates in the text.
///
/// ```
/// use shield_hook::policy::inline::{Honour, SecretSpan, find};
///
/// let text = b"key = SECRET  # shield-hook:allow some-rule a documented sample\n";
/// let at = SecretSpan { bytes: 6..12, line: 1, end_line: 1 };
/// assert!(find(text, &at, &[6..12], "some-rule", Honour::All).allowed.is_some());
/// assert!(find(text, &at, &[6..12], "another-rule", Honour::All).allowed.is_none());
/// ```
pub fn find(text: &[u8], at: &SecretSpan, secrets: &[Range<usize>], rule: &str, honour: Honour) -> FoundDirective {
    let SecretSpan { bytes: span, line, end_line } = at;
    let (line, end_line) = (*line, *end_line);
    let mut found = FoundDirective::default();
    if honour == Honour::Nothing {
        return found;
    }
    let window = span.start.saturating_sub(REACH)..text.len().min(span.end + REACH);
    let begin = memchr::memrchr(b'\n', &text[window.start..span.start]).map(|n| window.start + n + 1);
    let end = memchr::memchr(b'\n', &text[span.end..window.end]).map_or(window.end, |n| span.end + n);
    // The line's own text, before and after the secret; for one of many lines, of its first and its last line.
    let before = excerpt::hidden(text, &(begin.unwrap_or(window.start)..span.start), secrets);
    let after = excerpt::hidden(text, &(span.end..end), secrets);
    for (part, at) in [(&before, line), (&after, end_line)] {
        found.own(part, at, rule);
        if honour == Honour::All {
            found.foreign(part, at);
        }
    }
    // The line before counts when it holds only a directive: one that ends a line of code is about that line.
    if let Some(begin) = begin.filter(|b| *b > 0 && line > 1) {
        let last = begin - 1;
        let from = last.saturating_sub(REACH);
        let start = match memchr::memrchr(b'\n', &text[from..last]) {
            Some(n) => from + n + 1,
            None if from == 0 => 0,
            None => return found,
        };
        let shared = secrets.iter().any(|s| s.start < last && s.end > start);
        let above = excerpt::hidden(text, &(start..last), secrets);
        if !shared && is_comment(&above) {
            found.own(&above, line - 1, rule);
            if honour == Honour::All {
                found.next_line(&above, line - 1);
            }
        }
    }
    found
}

impl FoundDirective {
    fn own(&mut self, text: &str, line: usize, rule: &str) {
        let Some((_, rest)) = split_word(text, OWN) else { return };
        let mut words = rest.trim_start().splitn(2, char::is_whitespace);
        let names = words.next().unwrap_or_default().trim_end_matches(CLOSERS);
        let reason = words.next().unwrap_or_default().trim().trim_end_matches(CLOSERS).trim();
        if !names.split(',').any(|name| name == rule) {
            self.notes.push(match names {
                "" => format!("`{OWN}` on line {line} names no rule: write `{OWN} {rule} REASON`"),
                _ => format!("`{OWN}` on line {line} is about another rule: this is {rule}"),
            });
        } else if !reason.contains(char::is_alphanumeric) {
            self.notes.push(format!("`{OWN}` on line {line} gives no reason: write `{OWN} {rule} REASON`"));
        } else {
            let reason: String = reason.chars().take(120).collect();
            self.allow(AllowedBy::Directive(format!("`{OWN}` on line {line}: {}", redact::message(&reason))));
        }
    }

    fn foreign(&mut self, text: &str, line: usize) {
        for word in SAME_LINE {
            if split_word(text, word).is_some() {
                self.allow(AllowedBy::ForeignDirective(format!("`{word}` on line {line}")));
            }
        }
        if has_pragma(text, "secret") {
            self.allow(AllowedBy::ForeignDirective(format!("`pragma: allowlist secret` on line {line}")));
        }
    }

    fn next_line(&mut self, text: &str, line: usize) {
        if has_pragma(text, "nextline") {
            self.allow(AllowedBy::ForeignDirective(format!("`pragma: allowlist nextline secret` on line {line}")));
        }
    }

    fn allow(&mut self, by: AllowedBy) {
        self.allowed.get_or_insert(by);
    }
}

/// A part of every directive; nothing else is as cheap to look for.
const PARTS: [&[u8]; 3] = [b"allow", b"ignore", b"whitelist"];

/// Returns whether a text may have a directive. Wide characters are not looked into.
pub(super) fn may_be_in(text: &[u8]) -> bool {
    let begins =
        |at: usize| PARTS.iter().any(|part| text[at..].get(..part.len()).is_some_and(|w| w.eq_ignore_ascii_case(part)));
    memchr::memchr(0, text).is_some()
        || memchr::memchr3_iter(b'a', b'i', b'w', text).chain(memchr::memchr3_iter(b'A', b'I', b'W', text)).any(begins)
}

/// Ends of a comment or a string after a directive.
const CLOSERS: &[char] = &['*', '/', '-', '>', '#', '}', '%', '"', '\'', ',', ')', ' ', '\r', '`', ';'];

/// Splits `text` at a `word` that no letter, digit or dash touches, into the parts before and after it.
fn split_word<'t>(text: &'t str, word: &str) -> Option<(&'t str, &'t str)> {
    let touches = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word).find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        (!before.ends_with(touches) && !after.starts_with(touches)).then_some((before, after))
    })
}

/// `pragma: allowlist secret` or, for `nextline`, `pragma: allowlist nextline secret`; in the spellings that
/// detect-secrets documents: any case, dashes or blanks, `whitelist` for old files.
fn has_pragma(text: &str, next: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.match_indices("pragma:").any(|(at, found)| {
        let mut words = text[at + found.len()..].split([' ', '\t', '-']).filter(|w| !w.is_empty());
        if !matches!(words.next(), Some("allowlist" | "whitelist")) {
            return false;
        }
        let third = words.next().unwrap_or_default();
        let is_secret = |w: &str| w.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()) == "secret";
        match next {
            "nextline" => third == "nextline" && words.next().is_some_and(is_secret),
            _ => is_secret(third),
        }
    })
}

/// Returns whether a line is a comment only: it begins with neither letter nor digit, or with a word that opens one.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start_matches(['\u{feff}', ' ', '\t', char::REPLACEMENT_CHARACTER]);
    let word: String = line.chars().take_while(|c| c.is_alphanumeric()).collect();
    word.is_empty() || word.eq_ignore_ascii_case("rem") || word == "dnl" || line.starts_with(OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "some-token";

    fn on_lines(bytes: &Range<usize>, lines: std::ops::RangeInclusive<usize>) -> SecretSpan {
        SecretSpan { bytes: bytes.clone(), line: *lines.start(), end_line: *lines.end() }
    }

    /// `{}` is a secret.
    fn look(text: &str) -> FoundDirective {
        let (mut plain, mut spans, mut rest) = (String::new(), Vec::new(), text);
        while let Some((a, b)) = rest.split_once("{}") {
            plain.push_str(a);
            spans.push(plain.len()..plain.len() + 9);
            plain.push_str("HIDE-THIS");
            rest = b;
        }
        plain.push_str(rest);
        let last = spans.last().expect("a secret").clone();
        let line = plain[..last.start].matches('\n').count() + 1;
        find(plain.as_bytes(), &on_lines(&last, line..=line), &spans, RULE, Honour::All)
    }

    fn allows(text: &str) -> bool {
        look(text).allowed.is_some()
    }

    #[test]
    fn our_own_on_the_line_and_on_the_line_before() {
        assert!(allows("k = {} # shield-hook:allow some-token a sample"));
        assert!(allows("# shield-hook:allow some-token a sample\nk = {}"));
        assert!(allows("/* shield-hook:allow some-token a sample */\r\nk = {}"));
        assert!(allows("  \"//\": \"shield-hook:allow some-token a sample\",\n \"k\": \"{}\""));
        assert!(allows("<!-- shield-hook:allow other,some-token a sample -->\n<k>{}</k>"));
        assert_eq!(
            look("x\nk = {} # shield-hook:allow some-token a sample */").allowed.as_ref().map(AllowedBy::as_str),
            Some("`shield-hook:allow` on line 2: a sample")
        );
    }

    #[test]
    fn our_own_needs_the_rule_and_a_reason() {
        for text in [
            "k = {} # shield-hook:allow",
            "k = {} # shield-hook:allow some-token",
            "k = {} # shield-hook:allow some-token -->",
        ] {
            let found = look(text);
            assert_eq!(found.allowed, None, "{text}");
            assert_eq!(found.notes.len(), 1, "{text}");
        }
        assert!(!allows("k = {} # shield-hook:allow other-token a sample"));
        assert!(!allows("k = {} # shield-hook:allowed some-token a sample"));
        assert!(!allows("# shield-hook:allow some-token a sample\n\nk = {}"), "two lines above");
    }

    #[test]
    fn a_directive_at_the_end_of_a_line_of_code_is_not_about_the_next() {
        assert!(!allows("j = {} # shield-hook:allow some-token a sample\nk = {}"));
        assert!(!allows("j = env() # shield-hook:allow some-token a sample\nk = {}"));
        assert!(!allows("j = {} # pragma: allowlist nextline secret\nk = {}"));
    }

    #[test]
    fn other_scanners_on_the_line() {
        for word in SAME_LINE {
            assert!(allows(&format!("k = {{}} # {word}")), "{word}");
            assert!(allows(&format!("k = {{}} //{word} because")), "{word}");
            assert!(!allows(&format!("# {word}\nk = {{}}")), "{word} on the line before");
            assert!(!allows(&format!("k = {{}} # no{word}")), "{word} within a word");
            assert!(!allows(&format!("k = {{}} # {word}ed")), "{word} within a word");
        }
        assert!(allows("k = {} # pragma: allowlist secret"));
        assert!(allows("<k>{}</k> <!-- Pragma: Allowlist-Secret -->"));
        assert!(allows("# pragma: allowlist nextline secret\nk = {}"));
        assert!(!allows("k = {} # pragma: allowlist nextline secret"), "that one is about the next line");
        assert!(!allows("# pragma: allowlist secret\nk = {}"), "and that one about its own");
        assert!(!allows("k = {} # pragma: allowlist secrets-of-others"));
    }

    #[test]
    fn nothing_inside_a_secret_is_a_directive() {
        let text = b"k = x gitleaks:allow y\nz";
        let inner = 4..22;
        assert_eq!(
            find(text, &on_lines(&inner, 1..=1), std::slice::from_ref(&inner), RULE, Honour::All),
            FoundDirective::default()
        );
        let block = b"BEGIN\ngitleaks:allow\nEND # gitleaks:allow";
        let whole = 0..24;
        let found = find(block, &on_lines(&whole, 1..=3), std::slice::from_ref(&whole), RULE, Honour::All);
        assert_eq!(
            found.allowed.as_ref().map(AllowedBy::as_str),
            Some("`gitleaks:allow` on line 3"),
            "the one after the block counts"
        );
        assert_eq!(
            find(&block[..24], &on_lines(&whole, 1..=3), std::slice::from_ref(&whole), RULE, Honour::All).allowed,
            None
        );
    }

    #[test]
    fn a_reason_never_shows_a_secret() {
        let text = "k = {} # shield-hook:allow some-token like {} there";
        let plain = text.replace("{}", "HIDE-THIS");
        let spans: Vec<_> = plain.match_indices("HIDE-THIS").map(|(i, s)| i..i + s.len()).collect();
        let found = find(plain.as_bytes(), &on_lines(&spans[0], 1..=1), &spans, RULE, Honour::All);
        assert_eq!(
            found.allowed.as_ref().map(AllowedBy::as_str),
            Some("`shield-hook:allow` on line 1: like **** there")
        );
    }

    #[test]
    fn one_directive_does_not_allow_a_whole_minified_file() {
        let far = format!("gitleaks:allow {} {{}}", "x".repeat(3000));
        assert!(!allows(&far));
        assert!(allows("gitleaks:allow {}"));
    }

    #[test]
    fn utf_16_is_read_as_well() {
        let wide: Vec<u8> = "k = HIDE-THIS # gitleaks:allow\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let span = 8..26;
        assert!(find(&wide, &on_lines(&span, 1..=1), std::slice::from_ref(&span), RULE, Honour::All).allowed.is_some());
    }

    #[test]
    fn switched_off() {
        let text = b"k = HIDE-THIS # gitleaks:allow shield-hook:allow some-token why";
        let span = 4..13;
        let look = |honour| find(text, &on_lines(&span, 1..=1), std::slice::from_ref(&span), RULE, honour).allowed;
        assert_eq!(look(Honour::Nothing), None);
        assert_eq!(look(Honour::Own).as_ref().map(AllowedBy::as_str), Some("`shield-hook:allow` on line 1: why"));
    }
}
