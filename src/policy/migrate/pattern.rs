//! The regex of another scanner, rewritten for a rule of ours: its secret gets a name, look-around becomes a boundary
//! where that means the same, and the literals that every match contains become keywords.

use regex_syntax::ast::parse::{Parser, ParserBuilder};
use regex_syntax::ast::{Ast, GroupKind};

use crate::data::regex::analysis::{RegexAnalysis, SECRET};

/// The part of a match that is the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretPart {
    /// The first group, or the whole match where there is none.
    #[default]
    FirstGroup,
    /// The group with this number, from 1.
    Group(u32),
    /// All of it.
    WholeMatch,
}

/// A rewritten regex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The regex, with a group called `secret`.
    pub regex: String,
    /// What means nearly the same and not exactly, each as a sentence.
    pub differences: Vec<String>,
}

/// Names the secret in a regex of another scanner.
///
/// # Errors
/// The reason why no regex of ours means the same.
pub fn rewrite(pattern: &str, part: SecretPart) -> Result<Rewritten, String> {
    let mut differences = Vec::new();
    let (mut pattern, had_look_around) = without_look_around(pattern);
    if had_look_around {
        differences.push("its look-around became a boundary that is part of the match".to_owned());
        // The secret must not begin with the boundary.
        if part == SecretPart::WholeMatch || groups(&pattern)?.is_empty() {
            pattern = around_secret(&pattern);
        }
    }
    let groups = groups(&pattern)?;
    let wanted = match part {
        SecretPart::WholeMatch => None,
        SecretPart::Group(number) => match groups.get(number as usize - 1) {
            Some(group) => Some(group),
            None => return Err(format!("it has no group {number}")),
        },
        SecretPart::FirstGroup => groups.first(),
    };
    let named = groups.iter().find(|group| group.name == SECRET);
    let wanted = if had_look_around { named.or(wanted) } else { wanted };
    let whole = || format!("(?<{SECRET}>{})", unnamed(&pattern, &groups));
    let regex = match wanted {
        None => whole(),
        Some(group) => with_name(&pattern, &groups, group),
    };
    match RegexAnalysis::of(&regex) {
        Ok(_) => Ok(Rewritten { regex, differences }),
        Err(why) if wanted.is_none() => Err(why),
        // A group that can be absent is no secret of every match: then all of the match is.
        Err(_) => {
            let regex = whole();
            RegexAnalysis::of(&regex)?;
            differences.push("all of a match counts as the secret, since its group can be absent".to_owned());
            Ok(Rewritten { regex, differences })
        }
    }
}

/// The literals of which every match has one: those of the other scanner if they are, else the longest ones of the regex.
pub fn keywords(regex: &str, theirs: &[String]) -> Option<Vec<String>> {
    let analysis = RegexAnalysis::of(regex).ok()?;
    let fits = |words: &[String]| {
        !words.is_empty() && words.iter().all(|w| w.len() >= 3 && w.is_ascii()) && analysis.always_contains(words)
    };
    if fits(theirs) {
        return Some(theirs.to_vec());
    }
    let mut own = required(&parser().parse(regex).ok()?)?;
    own.sort();
    own.dedup();
    fits(&own).then_some(own)
}

fn parser() -> Parser {
    ParserBuilder::new().nest_limit(64).build()
}

/// A capture group: the range of its opening, up to its first alternative, and its name.
struct Group {
    opening: std::ops::Range<usize>,
    name: String,
}

/// The capture groups, in the order of their numbers.
fn groups(pattern: &str) -> Result<Vec<Group>, String> {
    let ast = parser().parse(pattern).map_err(|e| e.kind().to_string())?;
    let mut all = Vec::new();
    collect(&ast, &mut all);
    all.sort_by_key(|group: &Group| group.opening.start);
    Ok(all)
}

fn collect(ast: &Ast, all: &mut Vec<Group>) {
    match ast {
        Ast::Group(group) => {
            let start = group.span.start.offset;
            match &group.kind {
                GroupKind::CaptureIndex(_) => all.push(Group { opening: start..start + 1, name: String::new() }),
                GroupKind::CaptureName { name, .. } => {
                    let opening = start..name.span.end.offset + 1;
                    all.push(Group { opening, name: name.name.clone() });
                }
                GroupKind::NonCapturing(_) => {}
            }
            collect(&group.ast, all);
        }
        Ast::Repetition(repetition) => collect(&repetition.ast, all),
        Ast::Concat(concat) => concat.asts.iter().for_each(|ast| collect(ast, all)),
        Ast::Alternation(either) => either.asts.iter().for_each(|ast| collect(ast, all)),
        _ => {}
    }
}

/// The pattern with this group called `secret`, and no other.
fn with_name(pattern: &str, groups: &[Group], wanted: &Group) -> String {
    let mut out = String::new();
    let mut at = 0;
    for group in groups {
        out.push_str(&pattern[at..group.opening.start]);
        if group.opening == wanted.opening {
            out.push_str(&format!("(?<{SECRET}>"));
        } else if group.name == SECRET {
            out.push('(');
        } else {
            out.push_str(&pattern[group.opening.clone()]);
        }
        at = group.opening.end;
    }
    out.push_str(&pattern[at..]);
    out
}

/// The pattern without a group called `secret`.
fn unnamed(pattern: &str, groups: &[Group]) -> String {
    with_name(pattern, groups, &Group { opening: usize::MAX..usize::MAX, name: String::new() })
}

/// A literal for each way to match, three bytes or longer; none when a way has no such literal.
fn required(ast: &Ast) -> Option<Vec<String>> {
    match ast {
        Ast::Literal(_) => literal(ast).filter(|c| c.is_ascii()).map(|c| vec![c.to_string()]).and_then(long),
        Ast::Group(group) => required(&group.ast),
        Ast::Repetition(repetition) => {
            let least = match &repetition.op.kind {
                regex_syntax::ast::RepetitionKind::ZeroOrOne | regex_syntax::ast::RepetitionKind::ZeroOrMore => 0,
                regex_syntax::ast::RepetitionKind::OneOrMore => 1,
                regex_syntax::ast::RepetitionKind::Range(range) => match range {
                    regex_syntax::ast::RepetitionRange::Exactly(n)
                    | regex_syntax::ast::RepetitionRange::AtLeast(n)
                    | regex_syntax::ast::RepetitionRange::Bounded(n, _) => *n,
                },
            };
            (least > 0).then(|| required(&repetition.ast)).flatten()
        }
        Ast::Alternation(either) => {
            let all: Option<Vec<_>> = either.asts.iter().map(required).collect();
            all.map(|all| all.concat()).filter(|all| all.len() <= 64)
        }
        Ast::Concat(concat) => {
            let mut best: Option<Vec<String>> = None;
            let mut offer = |words: Option<Vec<String>>| {
                let shortest = |words: &Vec<String>| words.iter().map(String::len).min().unwrap_or(0);
                if let Some(words) = words
                    && best.as_ref().is_none_or(|old| shortest(&words) > shortest(old))
                {
                    best = Some(words);
                }
            };
            let mut run = String::new();
            for part in &concat.asts {
                match literal(part) {
                    Some(c) if c.is_ascii() => run.push(c),
                    _ => {
                        offer(long(vec![std::mem::take(&mut run)]));
                        offer(required(part));
                    }
                }
            }
            offer(long(vec![run]));
            best
        }
        _ => None,
    }
}

fn literal(ast: &Ast) -> Option<char> {
    match ast {
        Ast::Literal(literal) => Some(literal.c),
        _ => None,
    }
}

fn long(words: Vec<String>) -> Option<Vec<String>> {
    let words: Vec<String> = words.into_iter().map(|word| word.to_ascii_lowercase()).collect();
    words.iter().all(|word| word.len() >= 3).then_some(words)
}

/// The inside of a pattern with boundaries at its ends, as the secret.
fn around_secret(pattern: &str) -> String {
    let rest = pattern.strip_prefix(BEHIND_START).and_then(|rest| Some((rest.find(BEHIND_END)?, rest)));
    let (before, inner) = match rest {
        Some((end, _)) => pattern.split_at(BEHIND_START.len() + end + BEHIND_END.len()),
        None => ("", pattern),
    };
    let (inner, after) = match inner.rfind(AHEAD_START) {
        Some(at) if inner.ends_with(AHEAD_END) => inner.split_at(at),
        _ => (inner, ""),
    };
    format!("{before}(?<{SECRET}>{inner}){after}")
}

/// Marks of the boundaries that [`without_look_around`] writes: empty groups, which match nothing and hide nowhere else.
const BEHIND_START: &str = "(?:(?:)(?:";
const BEHIND_END: &str = ")(?:))";
const AHEAD_START: &str = "(?:(?:)(?:";
const AHEAD_END: &str = ")(?:))";

/// Look-around at the ends of a pattern about a single character, as a group that takes this character.
fn without_look_around(pattern: &str) -> (String, bool) {
    let mut out = pattern.to_owned();
    let mut changed = false;
    for (mark, negative) in [("(?<!", true), ("(?<=", false)] {
        let Some(rest) = out.strip_prefix(mark) else { continue };
        let Some((inside, rest)) = closing(rest) else { continue };
        let Some(boundary) = boundary(inside, negative, "^") else { continue };
        out = format!("{BEHIND_START}{boundary}{BEHIND_END}{rest}");
        changed = true;
        break;
    }
    for (mark, negative) in [("(?!", true), ("(?=", false)] {
        let Some(at) = out.rfind(mark) else { continue };
        let Some((inside, "")) = closing(&out[at + mark.len()..]) else { continue };
        let Some(boundary) = boundary(inside, negative, "$") else { continue };
        out = format!("{}{AHEAD_START}{boundary}{AHEAD_END}", &out[..at]);
        changed = true;
        break;
    }
    (out, changed)
}

/// Splits a text at the parenthesis that closes the group it begins in.
pub(super) fn closing(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut in_class, mut escaped) = (1, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[..at], &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// The boundary of one character that a look-around stands for; `end` is the anchor at that end of the text.
fn boundary(inside: &str, negative: bool, end: &str) -> Option<String> {
    if !negative {
        return Some(inside.to_owned());
    }
    let class = match inside.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(class) if !class.contains('[') => class,
        Some(_) => return None,
        None if inside.len() == 2 && inside.starts_with('\\') => inside,
        None if inside.len() == 1 && inside.bytes().all(|b| b.is_ascii_alphanumeric()) => inside,
        None => return None,
    };
    Some(match class.strip_prefix('^') {
        Some(allowed) => format!("{end}|[{allowed}]"),
        None => format!("{end}|[^{class}]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str, part: SecretPart) -> String {
        rewrite(pattern, part).expect("rewritten").regex
    }

    #[test]
    fn the_secret_is_the_group_the_other_scanner_means() {
        assert_eq!(regex("acme_[0-9a-f]{32}", SecretPart::FirstGroup), "(?<secret>acme_[0-9a-f]{32})");
        assert_eq!(regex("acme=([0-9a-f]{32})", SecretPart::FirstGroup), "acme=(?<secret>[0-9a-f]{32})");
        assert_eq!(regex("(acme)=([0-9a-f]{32})", SecretPart::Group(2)), "(acme)=(?<secret>[0-9a-f]{32})");
        assert_eq!(
            regex("(?P<secret>acme)=(?P<key>[0-9a-f]{32})", SecretPart::Group(2)),
            "(acme)=(?<secret>[0-9a-f]{32})"
        );
        assert_eq!(regex("acme(?:=)[0-9a-f]{32}", SecretPart::WholeMatch), "(?<secret>acme(?:=)[0-9a-f]{32})");
        assert!(rewrite("acme=([0-9a-f]{32})", SecretPart::Group(2)).is_err());
    }

    #[test]
    fn a_group_that_can_be_absent_is_not_the_secret() {
        let rewritten = rewrite("acme=([a-f]{4})?[0-9a-f]{32}", SecretPart::FirstGroup).expect("rewritten");
        assert_eq!(rewritten.regex, "(?<secret>acme=([a-f]{4})?[0-9a-f]{32})");
        assert_eq!(rewritten.differences.len(), 1);
    }

    #[test]
    fn look_around_at_the_ends_becomes_a_boundary_outside_the_secret() {
        for pattern in
            ["(?<![0-9a-z])acme_[0-9a-f]{32}(?![0-9a-z])", r"(?<!\w)acme_[0-9a-f]{32}", r"acme_[0-9a-f]{32}(?!\w)"]
        {
            let rewritten = rewrite(pattern, SecretPart::FirstGroup).expect(pattern);
            let compiled = regex::bytes::Regex::new(&rewritten.regex).expect("a regex");
            let token = format!("acme_{}", "0f".repeat(16));
            for text in [token.clone(), format!("'{token}'"), format!("\n{token}\n")] {
                let found = compiled.captures(text.as_bytes()).expect("found");
                assert_eq!(&found["secret"], token.as_bytes(), "{pattern} on {text}");
            }
            let inside = [pattern.contains("?<!").then_some("x"), pattern.contains("?!").then_some("0")];
            let text = [inside[0].unwrap_or_default(), &token, inside[1].unwrap_or_default()].concat();
            assert!(!compiled.is_match(text.as_bytes()), "{pattern} on {text}");
        }
        assert!(rewrite("a(?=b)cme[0-9]{20}", SecretPart::FirstGroup).is_err());
        assert!(rewrite("(?<!ab)acme[0-9]{20}", SecretPart::FirstGroup).is_err());
    }

    #[test]
    fn keywords_are_in_every_match() {
        let some = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        let own = |pattern: &str, theirs: &[&str]| {
            let theirs: Vec<String> = theirs.iter().map(|w| (*w).to_owned()).collect();
            keywords(&regex(pattern, SecretPart::FirstGroup), &theirs)
        };
        assert_eq!(own("acmetok_[0-9a-f]{32}", &["acmetok_"]), some(&["acmetok_"]));
        assert_eq!(own("acmetok_[0-9a-f]{32}", &["elsewhere"]), some(&["acmetok_"]));
        assert_eq!(own("(?i)(?:acme|corvus).{0,9}([0-9a-f]{32})", &[]), some(&["acme", "corvus"]));
        assert_eq!(own("x(?:key-)+[0-9a-f]{32}", &[]), some(&["key-"]));
        assert_eq!(own("(?:acme)?[0-9a-f]{32}", &["acme"]), None);
        assert_eq!(own("[0-9a-f]{32}", &[]), None);
    }
}
