//! Literals that are only the beginning of a value: a prefix of its own, or an operand that something is added to.

use super::candidate::{Candidate, line_end};
use super::name::{self, Kind};
use super::randomness::is_plainly_random;

/// The longest prefix of tokens, in bytes.
const LONGEST_PREFIX: usize = 16;

/// Returns whether the candidate is the beginning of a value: `clientSecret: "acme_"`, `key = "cache." + name`. A random
/// literal is a credential whatever is added to it.
pub(super) fn is_beginning(text: &[u8], c: &Candidate) -> bool {
    let value = &text[c.value.clone()];
    if c.quote == 0 || is_plainly_random(value) {
        return false;
    }
    let ends_open = value.last().is_some_and(|b| matches!(b, b'.' | b':' | b'_' | b'/' | b'-' | b'|' | b'#' | b' '));
    ends_open && is_prefix(value) || is_continued(text, c) && (ends_open || names_key(text, c))
}

/// Letters and a separator: the prefix that an issuer gives to its tokens.
fn is_prefix(value: &[u8]) -> bool {
    let letters = &value[..value.len() - 1];
    value.len() <= LONGEST_PREFIX && letters.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
}

/// Returns whether the name is that of a key or a token, which code puts together; passwords are written in one piece.
fn names_key(text: &[u8], c: &Candidate) -> bool {
    let name = c.name.clone().map_or(&b""[..], |name| &text[name]);
    matches!(name::read(name).kind, Kind::Key | Kind::Token)
}

/// Returns whether an operator behind the literal adds something that is no literal: `+ name`, `. $id`, `.. id`.
fn is_continued(text: &[u8], c: &Candidate) -> bool {
    let rest = text[c.value.end..line_end(text, c.value.end)].get(1..).unwrap_or_default().trim_ascii_start();
    let operand = [&b".."[..], b"<>", b"+", b".", b"&"].iter().find_map(|operator| rest.strip_prefix(*operator));
    let operand = operand.map(<[u8]>::trim_ascii_start).unwrap_or_default();
    operand.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$' | b'(' | b'@'))
        // A method of the literal: `"value".to_string()`.
        && !(rest.starts_with(b".") && !rest.starts_with(b"..") && !matches!(operand[0], b'$' | b'('))
}
