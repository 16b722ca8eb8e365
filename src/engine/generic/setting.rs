//! Evidence of the file and of the line of a candidate: a translation, a type, a reference to a secret's store.
//!
//! Only candidates that survived everything else come here, so that this may read lines and paths.

use std::ops::Range;

use super::candidate::{Candidate, Form, line_end, line_start};
use super::dismissal::is_label;
use super::name;
use super::randomness::is_plainly_random;
use super::{affix, digest_table, known, noise, record_key};
use crate::path::purpose::{Language, is_translation, language};
use crate::path::words::each_word;

/// The reason to dismiss a candidate by its file, its line, or the table of known values.
pub fn denies(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    let value = &text[c.value.clone()];
    let random = is_plainly_random(value);
    if is_media(text) || noise::surrounds(text, &c.value) {
        return Some("a part of a picture, a sound, a font or a program");
    }
    if !random && is_translation(path) {
        return Some("a text of a translation");
    }
    if language(path) == Language::Code && is_of_union(text, c) {
        return Some("a member of a type");
    }
    if !random && c.form == Form::Call && c.name.clone().is_some_and(|name| asks(&text[name])) {
        return Some("an argument of a function that makes or looks up a credential");
    }
    if matches!(language(path), Language::Config | Language::Code) && is_reference(text, c) {
        return Some("the name under which a secret is kept");
    }
    if is_label(value) && is_user(text, c) {
        return Some("the user's own name: a default");
    }
    if !random && is_author(text, c) {
        return Some("the author of the file");
    }
    if is_label(value) && is_in_sentence(text, c) {
        return Some("a word of a sentence");
    }
    if digest_table::holds(text, path, c) {
        return Some("an entry in a table of checksums");
    }
    if affix::is_beginning(text, c) {
        return Some("the beginning of a value that is put together");
    }
    if record_key::is_one(text, path, c) {
        return Some("the key of a record");
    }
    known::known(text, path, c)
}

/// Returns whether the bytes are those of media or of a program, in which chance writes names and values.
fn is_media(text: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 14] = [
        b"\x89PNG\r\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"RIFF",
        b"OggS",
        b"ID3",
        b"fLaC",
        b"wOFF",
        b"wOF2",
        b"OTTO",
        b"\0\x01\0\0",
        b"\0asm",
        b"\x7fELF",
        b"BM",
    ];
    let binary = || memchr::memchr(0, &text[..text.len().min(64)]).is_some();
    BEGINNINGS.iter().any(|magic| text.starts_with(magic)) && binary()
}

/// `type State = 'weak' | 'fair'`: a bar joins it with another string.
fn is_of_union(text: &[u8], c: &Candidate) -> bool {
    if !matches!(c.quote, b'"' | b'\'') {
        return false;
    }
    let quote = |b: Option<&u8>| b == Some(&c.quote);
    let after = text[c.value.end..line_end(text, c.value.end)].get(1..).unwrap_or_default().trim_ascii_start();
    let before = &text[line_start(text, c.value.start)..c.value.start];
    let before = before.get(..before.len().saturating_sub(1)).unwrap_or_default().trim_ascii_end();
    after.strip_prefix(b"|").is_some_and(|rest| quote(rest.trim_ascii_start().first()))
        || before.strip_suffix(b"|").is_some_and(|rest| quote(rest.trim_ascii_end().last()))
}

/// `pass 'float64' explicitly if`: nothing but a space before the quoted value, and a word behind it.
fn is_in_sentence(text: &[u8], c: &Candidate) -> bool {
    let Some(name) = c.name.clone().filter(|_| matches!(c.quote, b'"' | b'\'')) else { return false };
    let between = text.get(name.end..c.value.start).unwrap_or_default();
    let after = &text[c.value.end..line_end(text, c.value.end)];
    let [quote, b' ', after @ ..] = after else { return false };
    let word = after.iter().take_while(|b| b.is_ascii_lowercase()).count();
    between == [b' ', c.quote] && *quote == c.quote && word >= 2 && after.get(word).is_none_or(|b| b" .,;".contains(b))
}

/// First words of functions that make or look up a credential.
const VERBS: [&[u8]; 34] = [
    b"add",
    b"assert",
    b"build",
    b"check",
    b"consume",
    b"create",
    b"decode",
    b"delete",
    b"emit",
    b"encode",
    b"expect",
    b"fetch",
    b"find",
    b"format",
    b"generate",
    b"get",
    b"has",
    b"is",
    b"list",
    b"load",
    b"lookup",
    b"make",
    b"match",
    b"next",
    b"parse",
    b"peek",
    b"push",
    b"read",
    b"register",
    b"remove",
    b"resolve",
    b"revoke",
    b"skip",
    b"validate",
];
/// Methods that try a value: `Password.check("x", hash)`.
const TRIALS: [&[u8]; 8] = [b"check", b"verify", b"validate", b"hash", b"matches", b"compare", b"encode", b"decode"];

/// `generateToken("x")`, `addFormatToken("x")`: its first word is a verb, but for those that set the credential itself.
fn asks(callee: &[u8]) -> bool {
    let member = callee.rsplit(|b| *b == b'.').next().unwrap_or(callee);
    let mut first = None;
    each_word(member, |word| first = first.or(Some(word)));
    let is_trial = member.len() < callee.len() && TRIALS.iter().any(|verb| member.eq_ignore_ascii_case(verb));
    is_trial
        || first
            .is_some_and(|word| word.len() < member.len() && VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb)))
}

/// `Auth: name` among the lines that begin a file: `Created: 2019`, `Desc: a list`.
fn is_author(text: &[u8], c: &Candidate) -> bool {
    const OTHERS: [&[u8]; 8] = [b"created", b"date", b"desc", b"email", b"time", b"version", b"copyright", b"since"];
    let Some(name) = c.name.clone().filter(|_| c.form == Form::Colon && c.quote == 0) else { return false };
    let mark =
        |line: &[u8]| line.trim_ascii_start().iter().take_while(|b| matches!(b, b'*' | b'/' | b'#' | b'@')).count();
    let is_other = |line: Range<usize>| {
        let line = text[line].trim_ascii_start();
        let words = line[mark(line)..].trim_ascii_start();
        OTHERS.iter().any(|word| words.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    };
    let (start, end) = (line_start(text, name.start), line_end(text, name.start));
    let above = start.checked_sub(1).map(|end| line_start(text, end)..end);
    let below = (end < text.len()).then(|| end + 1..line_end(text, end + 1));
    text[name].eq_ignore_ascii_case(b"auth") && [above, below].into_iter().flatten().any(is_other)
}

/// `secretKeyRef: {key: x}`, `remoteRef:` and `key: x` below it, `secretKey: x` beside a `remoteRef`.
fn is_reference(text: &[u8], c: &Candidate) -> bool {
    let Some(name) = c.name.clone().filter(|_| c.form == Form::Colon) else { return false };
    let key = &text[name.clone()];
    let line = line_start(text, name.start)..line_end(text, name.start);
    if key == b"key" {
        let before = &text[line.start..name.start];
        let opened = memchr::memrchr(b'{', before).map(|open| before[..open].trim_ascii_end());
        return match opened {
            Some(parent) => parent.ends_with(b"Ref:"),
            None => parent(text, &line).is_some_and(|parent| text[parent].trim_ascii_end().ends_with(b"Ref:")),
        };
    }
    let beside = line.start.saturating_sub(160)..text.len().min(line.end + 160);
    key == b"secretKey" && memchr::memmem::find(&text[beside], b"remoteRef").is_some()
}

/// The nearest line above that is indented less, at most eight lines away.
fn parent(text: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    let indent = |line: &Range<usize>| text[line.clone()].iter().take_while(|b| **b == b' ').count();
    let own = indent(line);
    let mut start = line.start;
    for _ in 0..8 {
        let end = start.checked_sub(1)?;
        start = line_start(text, end);
        let above = start..end;
        if !text[above.clone()].trim_ascii().is_empty() && indent(&above) < own {
            return Some(above);
        }
    }
    None
}

/// A user beside it has the same name: `DB_USER=shop`, `DB_PASSWORD=shop`.
fn is_user(text: &[u8], c: &Candidate) -> bool {
    let value = &text[c.value.clone()];
    let around = c.value.start.saturating_sub(256)..text.len().min(c.value.end + 256);
    memchr::memmem::find_iter(&text[around.clone()], value).map(|at| around.start + at).any(|at| {
        let line = line_start(text, at)..at;
        let ends = text.get(at + value.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
        at != c.value.start && ends && is_user_name(&text[line])
    })
}

/// Returns whether a value is the user that is named shortly before it: `CREATE USER 'shop'@'%' IDENTIFIED BY 'shop'`.
pub(in crate::engine) fn repeats_user(text: &[u8], value: &Range<usize>) -> bool {
    const REACH: usize = 96;
    const USER: usize = 32;
    const MARKS: [&[u8]; 4] = [b"user", b"role", b"login", b"-u"];
    let word = &text[value.clone()];
    let start = value.start.saturating_sub(REACH);
    let before = &text[start..value.start];
    let is_edge = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b'\'' | b'"' | b'`' | b' ' | b'@' | b'['));
    is_label(word)
        && memchr::memmem::find_iter(before, word).any(|at| {
            let (left, right) = (at.checked_sub(1).map(|left| &before[left]), before.get(at + word.len()));
            let introduction = before[at.saturating_sub(USER)..at].to_ascii_lowercase();
            let is_named = || MARKS.iter().any(|mark| memchr::memmem::find(&introduction, mark).is_some());
            is_edge(left) && is_edge(right) && right.is_some() && is_named()
        })
}

/// Returns whether a line up to a value ends in the name of a user and an operator.
fn is_user_name(before: &[u8]) -> bool {
    let operator = |b: &u8| matches!(b, b' ' | b'=' | b':' | b'"' | b'\'' | b'>');
    let end = before.iter().rposition(|b| !operator(b)).map_or(0, |last| last + 1);
    let start = before[..end].iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(0, |b| b + 1);
    let mut last: &[u8] = b"";
    each_word(&before[start..end], |word| last = word);
    end < before.len()
        && [&b"user"[..], b"username", b"login"].iter().any(|user| last.eq_ignore_ascii_case(user))
        && name::read(&before[start..end]).kind <= name::Kind::Related
}
