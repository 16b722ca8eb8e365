//! Masks for everything that must not be shown, in the lines of a report and in all messages.
//!
//! There are three kinds of text. A line of a file shows only runs that are known to be harmless. A message is in our
//! words, and each word that it quotes is tested. A name (a path, a ref, a command) leads a reader to the finding, so
//! only a rule that is sure of its credential masks a part of it.

mod credential;
mod line;

use std::ops::Range;
use std::sync::OnceLock;

use bstr::ByteSlice;

use super::{Engine, Match, Scratch, Settings};
use crate::chunk::{Chunk, ChunkPlace, Origin};
use crate::rule::{Confidence, RuleSet};
use credential::{NameRole, could_be_credential};
pub use line::Quoted;

/// The replacement of hidden text.
const MASK: &str = "****";

/// A path or ref with every credential in it masked that a rule is sure of.
///
/// ```
/// assert_eq!(shield_hook::engine::redact::name("src/config.py"), "src/config.py");
/// ```
pub fn name(text: &str) -> String {
    if is_too_plain(text) { text.to_owned() } else { beside_masks(&by_rules(text, Confidence::High)) }
}

/// Returns whether a name has no room for a credential: short words of a path, and nothing that joins a name to a value. Every
/// run of the program masks a name or two, and nearly all are so.
fn is_too_plain(text: &str) -> bool {
    /// The shortest run with a digit in it that a rule's form fits.
    const SHORTEST: usize = 12;
    /// The shortest run of letters alone.
    const SHORTEST_OF_LETTERS: usize = 20;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    text.bytes().all(is_plain)
        && text.split(['/', '.']).all(|run| {
            run.len() < SHORTEST || run.len() < SHORTEST_OF_LETTERS && !run.bytes().any(|b| b.is_ascii_digit())
        })
}

/// A name with masks in it, in which the words beside a mask are tested as well: a password often has the name of its
/// user, or a token, next to it.
pub fn beside_masks(name: &str) -> String {
    if !name.contains(MASK) {
        return name.to_owned();
    }
    let tested = |word: &str| match could_be_credential(word.replace(MASK, " ").as_bytes(), NameRole::Message) {
        true => MASK.to_owned() + &word[word.trim_end_matches(is_border).len()..],
        false => word.to_owned(),
    };
    let tested_part = |part: &str| match part.contains(MASK) {
        true => part.split_inclusive(is_border).map(tested).collect(),
        false => part.to_owned(),
    };
    name.split_inclusive(['/', '\\']).map(tested_part).collect()
}

/// A message of ours with everything masked that could be a credential. Paths in it are masked as names are, addresses
/// as in a line; ids of git objects are shown.
pub fn message(text: &str) -> String {
    let text = by_rules(text, Confidence::Medium);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while !rest.is_empty() {
        let blank = rest.find(|c| !is_border(c)).unwrap_or(rest.len());
        out.push_str(&rest[..blank]);
        let word = &rest[blank..];
        let word = &word[..word.find(is_border).unwrap_or(word.len())];
        match word {
            address if address.contains("://") => out.push_str(&hide(address, Quoted::Weigh)),
            word if word.contains(MASK) => out.push_str(&beside_masks(word)),
            word if is_shown(word) => out.push_str(word),
            _ => out.push_str(MASK),
        }
        rest = &rest[blank + word.len()..];
    }
    out
}

/// A line out of a file, as a message may repeat it.
pub fn quoted_line(text: &str) -> String {
    hide(&by_rules(text, Confidence::Low), Quoted::Hide)
}

/// A command, an address or a version out of a file about packages, masked as its line is in a report; the full id of
/// a commit that ends an address is shown.
pub fn package_text(text: &str) -> String {
    let is_id = |part: &str| matches!(part.len(), 40 | 64) && part.bytes().all(|b| b.is_ascii_hexdigit());
    let (text, id) = match text.rsplit_once('#') {
        Some((address, id)) if is_id(id) => (address, format!("#{id}")),
        _ => (text, String::new()),
    };
    hide(&by_rules(text, Confidence::Low), Quoted::Weigh) + &id
}

/// `text` with everything masked that a report of it would not show.
fn hide(text: &str, quoted: Quoted) -> String {
    let mut hidden = line::hidden(text.as_bytes(), &[], quoted);
    hidden.sort_by_key(|span| span.start);
    let (mut out, mut at) = (Vec::new(), 0);
    for span in hidden.into_iter().filter(|span| !span.is_empty()) {
        if span.start >= at {
            out.extend_from_slice(&text.as_bytes()[at..span.start]);
            out.extend_from_slice(MASK.as_bytes());
        }
        at = at.max(span.end);
    }
    out.extend_from_slice(&text.as_bytes()[at..]);
    out.to_str_lossy().into_owned()
}

/// `secrets`, and everything else in `text` at `window` that an excerpt must not show; sorted, none overlapping another.
pub fn spans(text: &[u8], window: Range<usize>, secrets: &[Range<usize>], quoted: Quoted) -> Vec<Range<usize>> {
    let part = &text[window.clone()];
    // Positions in the line without the zero bytes that UTF-16 has between its letters.
    let positions: Vec<usize> = (0..part.len()).filter(|at| part[*at] != 0).collect();
    let line: Vec<u8> = positions.iter().map(|at| part[*at]).collect();
    let inside = |at: usize| positions.partition_point(|k| window.start + k < at);
    let here = secrets.iter().filter(|s| s.start < window.end && s.end > window.start);
    let found: Vec<_> = here.map(|s| inside(s.start)..inside(s.end)).filter(|s| !s.is_empty()).collect();
    let hidden = line::hidden(&line, &found, quoted).into_iter().filter(|span| !span.is_empty());
    let outside = |span: Range<usize>| window.start + positions[span.start]..window.start + positions[span.end - 1] + 1;
    let mut all: Vec<_> = secrets.iter().cloned().chain(hidden.map(outside)).collect();
    all.sort_by_key(|span| (span.start, span.end));
    all.dedup_by(|next, last| {
        let overlaps = next.start < last.end || next == last;
        last.end = if overlaps { last.end.max(next.end) } else { last.end };
        overlaps
    });
    all
}

/// Returns whether a typed word is a credential, or looks like nothing else.
pub fn is_credential(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|b| is(&b));
    let random = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    by_rules(word, Confidence::Medium) != word || random && could_be_credential(word.as_bytes(), NameRole::Text)
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || "\"'`()[]{},;<>".contains(c)
}

/// Returns whether a word of a message is shown.
fn is_shown(word: &str) -> bool {
    let word = word.trim_end_matches([':', '.', '!', '?']);
    let is_id = (7..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    let is_path = word.contains(['/', '\\']);
    let is_rule = || RuleSet::builtin().get(word).is_some();
    is_id || is_path || is_rule() || !could_be_credential(word.as_bytes(), NameRole::Message)
}

/// The built-in rules, for messages, which are rare.
static ENGINE: OnceLock<Engine> = OnceLock::new();

/// `text` with every credential masked that a rule finds with this confidence.
fn by_rules(text: &str, least: Confidence) -> String {
    let engine = ENGINE.get_or_init(|| Engine::new(RuleSet::builtin(), Settings::default()));
    let origin = Origin::of(ChunkPlace::Stdin("".into()));
    let found = engine.scan(Chunk { origin: &origin, bytes: text.as_bytes() }, &mut Scratch::default());
    let (mut out, mut at) = (String::new(), 0);
    for one in found.iter().filter(|one| one.confidence >= least) {
        for (span, mask) in parts(one) {
            let Some(before) = text.get(at..span.start) else { continue };
            out.push_str(before);
            out.push_str(&mask);
            at = span.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A match, and the other half of a pair, in their order.
fn parts(found: &Match) -> Vec<(Range<usize>, String)> {
    let own = (found.span.clone(), found.secret.masked());
    let mut parts: Vec<_> = found.pair.iter().map(|pair| (pair.clone(), MASK.to_owned())).chain([own]).collect();
    parts.sort_by_key(|(span, _)| span.start);
    parts
}

#[cfg(test)]
mod tests;
