//! Passwords that people make, which no form tells from words: the login that they belong to decides.

use super::candidate::{Candidate, Form};
use super::dismissal::is_readable;
use super::name::{self, Kind};
use super::randomness::is_plainly_random;
use super::target::{Host, Target};
use crate::engine::placeholder::{is_chosen, is_sample_made};
use crate::path::purpose::{Language, language};
use crate::rule::Confidence;

/// How a person made a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Letters alone: `Celine`.
    Word,
    /// A word that everybody takes, and something added: `Welcome7`.
    Chosen,
    /// Another word, and digits or signs: `corvus-2019`.
    Mixed,
    /// Letters that nobody could read out, with or without digits and signs: `qhtwvoe8`.
    Unreadable,
}

/// The shortest password that is asked about, in bytes.
const SHORTEST: usize = 5;
/// The longest that people type, in bytes.
const LONGEST: usize = 32;

/// Returns whether the name of a candidate, or its form, is that of a password.
pub(super) fn is_password(text: &[u8], c: &Candidate) -> bool {
    if matches!(c.form, Form::Url | Form::Login) {
        return true;
    }
    let name = name::read(c.name.clone().map_or(&b""[..], |name| &text[name]));
    name.kind == Kind::Password && name.is_plain() && name.after == 0 && !name.negated && !name.sample
}

/// The habit behind the value of a candidate whose name, or whose form, is that of a password, and which nothing certain
/// dismisses.
pub(super) fn habit(text: &[u8], path: &[u8], c: &Candidate) -> Option<Habit> {
    let value = &text[c.value.clone()];
    let is_typed = (SHORTEST..=LONGEST).contains(&value.len()) && value.iter().all(|b| (b'!'..=b'~').contains(b));
    if !is_password(text, c) || !is_typed || is_plainly_random(value) || is_scrambled(value) {
        return None;
    }
    let is_identifier = || value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if c.quote == 0 && c.form != Form::Url && language(path) == Language::Code && is_identifier() {
        return None;
    }
    if value.iter().all(u8::is_ascii_alphabetic) {
        let is_name = name::read(value).kind != Kind::None;
        let habit = if is_readable(value) { Habit::Word } else { Habit::Unreadable };
        return (!is_name && !is_sample_made(value) && !is_prose(text, c)).then_some(habit);
    }
    match value {
        _ if is_chosen(value) => Some(Habit::Chosen),
        _ if is_sample_made(value) => None,
        // Joined words are names of things more often than passwords.
        _ if value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.')) => None,
        _ if is_worded(value) => Some(Habit::Mixed),
        _ => Some(Habit::Unreadable),
    }
}

/// Returns whether a word behind `password: ` goes on as a sentence: `the password: whoever reads it`.
fn is_prose(text: &[u8], c: &Candidate) -> bool {
    let joined = c.name.as_ref().and_then(|name| text.get(name.end..c.value.start));
    let goes_on = matches!(text.get(c.value.end..), Some([b' ', next, ..]) if next.is_ascii_alphabetic());
    c.quote == 0 && joined == Some(b": ") && goes_on
}

/// Returns whether case and digits change as often as in what a generator makes. People write capitals at the beginning of a
/// word and digits in one run, or in the place of letters.
fn is_scrambled(value: &[u8]) -> bool {
    const SHORTEST: usize = 12;
    let changes = |is: fn(u8, u8) -> bool| value.windows(2).filter(|pair| is(pair[0], pair[1])).count();
    let humps = changes(|a, b| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let turns = changes(|a, b| a.is_ascii_digit() != b.is_ascii_digit());
    value.len() >= SHORTEST && (humps >= 2 && turns >= 2 || humps == 1 && turns >= 3)
}

/// Returns whether letters that could be read out are a good part of a value, or digits take the place of some.
fn is_worded(value: &[u8]) -> bool {
    const LEAST: usize = 3;
    let runs = value.split(|b| !b.is_ascii_alphabetic());
    let longest = runs.filter(|run| is_readable(run)).map(<[u8]>::len).max().unwrap_or(0);
    longest >= LEAST && longest * 5 >= value.len() * 2
}

/// The confidence in a password that a person made, from that of the model and the login it belongs to.
pub(super) fn weighed(habit: Habit, model: Option<Confidence>, target: Target, is_default: bool) -> Option<Confidence> {
    let at_least_medium = Some(model.unwrap_or(Confidence::Medium).max(Confidence::Medium));
    match (target.host, habit) {
        (Host::Remote, Habit::Chosen | Habit::Mixed) => at_least_medium,
        (Host::Remote, Habit::Word | Habit::Unreadable) if target.has_user => at_least_medium,
        (_, Habit::Unreadable) => model,
        (Host::Local | Host::Example, _) => model.map(|_| Confidence::Low),
        (Host::Unknown, _) if is_default => model.map(|_| Confidence::Low),
        (Host::Unknown | Host::Remote, _) => model,
    }
}

/// Returns whether a password is as likely a default of machines that are thrown away: a word, or a short one in leet.
pub(super) fn is_default(habit: Habit, length: usize) -> bool {
    /// The longest default, in bytes: `Harbor77`.
    const LONGEST_DEFAULT: usize = 8;
    match habit {
        Habit::Word | Habit::Chosen => true,
        Habit::Mixed | Habit::Unreadable => length <= LONGEST_DEFAULT,
    }
}

/// Returns whether the file at a path sets up machines that are thrown away: containers on a developer's machine, runs of CI.
pub(super) fn is_throwaway(path: &[u8]) -> bool {
    const FILES: [&[u8]; 9] = [
        b"docker-compose",
        b"compose.",
        b"compose-",
        b".gitlab-ci",
        b".travis.",
        b"azure-pipelines",
        b"vagrantfile",
        b"bitbucket-pipelines",
        b"appveyor",
    ];
    const DIRECTORIES: [&[u8]; 5] = [b".github", b".circleci", b".devcontainer", b".buildkite", b".docker"];
    let mut parts = path.rsplit(|b| *b == b'/');
    let file = parts.next().unwrap_or(path);
    let begins = |start: &&[u8]| file.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    FILES.iter().any(begins) || parts.any(|part| DIRECTORIES.contains(&part))
}
