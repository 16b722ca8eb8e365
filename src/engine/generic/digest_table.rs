//! Tables of checksums: files that keep a digest for each key, as lockfiles and manifests of translations do.

use std::ops::Range;

use super::candidate::{Candidate, line_end, line_start};
use super::name::{self, Kind};
use crate::path::purpose::{PathKind, path_kind};

/// The lengths of digests in hexadecimal: MD5, SHA-1, SHA-2 and SHA-3.
const LENGTHS: [usize; 6] = [32, 40, 56, 64, 96, 128];
/// So many lines directly before and behind a value hold a digest as well where it is an entry of a table.
const LEAST: usize = 6;

/// Returns whether the value is a digest in a lockfile, or one of many digests of one length, a line each. Several keys of a
/// configuration are as long as each other, too: their names are those of credentials, and no paths.
pub(super) fn holds(text: &[u8], path: &[u8], c: &Candidate) -> bool {
    let value = &text[c.value.clone()];
    // The query of an address in a lockfile is no entry of it.
    let is_entry = || c.name.as_ref().is_none_or(|name| !matches!(text[..name.start].last(), Some(b'?' | b'&')));
    let is_locked = || path_kind(path) == PathKind::Lockfile && is_entry();
    is_digest(value) && (is_locked() || !is_named_as_credential(text, c) && neighbours(text, &c.value) >= LEAST)
}

/// Returns whether the name is one of a credential, and not the end of a path: `JWT_SECRET`, not `login/password`.
fn is_named_as_credential(text: &[u8], c: &Candidate) -> bool {
    c.name.clone().is_some_and(|range| {
        let name = name::read(&text[range.clone()]);
        let is_of_path = text[range.clone()].contains(&b'/') || matches!(text[..range.start].last(), Some(b'/'));
        name.kind >= Kind::Key && name.is_plain() && !is_of_path
    })
}

fn is_digest(value: &[u8]) -> bool {
    LENGTHS.contains(&value.len())
        && value.iter().all(u8::is_ascii_hexdigit)
        && !(value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase))
}

/// The number of lines directly before and behind `value` that end in a digest of its length, as far as it is asked for.
fn neighbours(text: &[u8], value: &Range<usize>) -> usize {
    let is_one = |line: &[u8]| last_word(line).is_some_and(|word| word.len() == value.len() && is_digest(word));
    let (mut start, mut end) = (line_start(text, value.start), line_end(text, value.end));
    let mut count = 0;
    while count < LEAST
        && let Some(line_break) = start.checked_sub(1)
    {
        start = line_start(text, line_break);
        if !is_one(&text[start..line_break]) {
            break;
        }
        count += 1;
    }
    while count < LEAST && end < text.len() {
        let line = end + 1;
        end = line_end(text, line);
        if !is_one(&text[line..end]) {
            break;
        }
        count += 1;
    }
    count
}

/// The last run of letters and digits of a line, behind an operator and whatever quotes it.
fn last_word(line: &[u8]) -> Option<&[u8]> {
    let is_closing = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',' | b';');
    let end = line.iter().rposition(|b| !is_closing(b))? + 1;
    let start = line[..end].iter().rposition(|b| !b.is_ascii_alphanumeric())? + 1;
    Some(&line[start..end])
}
