//! Labelled files of public repositories: which lines hold a secret, and which only look like it.
//!
//! A set is a directory with `creddata.jsonl` (a file, its lines and their label) beside `creddata/` (the files, each below a
//! folder for its repository). The labels' secrets were replaced by random ones of the same shape. A password that a person wrote
//! is random letters there, so passwords are made up anew in their places.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shield_hook::engine::generic::candidate::{Candidate, Form, candidates};
use shield_hook::engine::generic::name::{self, Kind};

use crate::harvest::File;

/// The value of a labelled candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// A password, replaced by random characters.
    Password,
    /// Another secret, replaced by random characters, which its issuer's were before.
    Issued,
    /// It looks like a secret and is none; nothing was replaced.
    Lookalike,
}

/// A candidate on a labelled line.
pub struct Case {
    /// The number of its file.
    pub file: usize,
    /// The candidate.
    pub candidate: Candidate,
    /// What its value is.
    pub truth: Truth,
}

/// The labelled files of all sets; a file's tree is its repository.
#[derive(Default)]
pub struct Labels {
    /// The files.
    pub files: Vec<File>,
    /// The candidates on their labelled lines.
    pub cases: Vec<Case>,
    /// How many repositories they are of.
    pub repositories: usize,
}

/// One line of `creddata.jsonl`.
#[derive(Deserialize)]
struct Row {
    file: String,
    start: usize,
    end: usize,
    truth: String,
    category: String,
}

/// Categories that identify or configure, and do not open anything.
const NO_SECRETS: [&str; 12] = [
    "UUID",
    "AWS S3 Bucket",
    "Firebase Domain",
    "Nonce",
    "Tencent WeChat API App ID",
    "Salt",
    "IPv4",
    "IPv6",
    "ID_PASSWD_PAIR",
    "AWS Client ID",
    "Twilio Credentials",
    "CMD ConvertTo-SecureString",
];

impl Labels {
    /// Reads the sets in their order.
    pub fn of(sets: &[PathBuf]) -> io::Result<Self> {
        let mut labels = Self::default();
        for set in sets {
            labels.add(set)?;
        }
        Ok(labels)
    }

    fn add(&mut self, set: &Path) -> io::Result<()> {
        let text = std::fs::read_to_string(set.join("creddata.jsonl"))?;
        let mut by_file: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for line in text.lines() {
            let row: Row = serde_json::from_str(line)?;
            by_file.entry(row.file.clone()).or_default().push(row);
        }
        let mut last = String::new();
        for (path, rows) in by_file {
            let repository = path.split('/').next().unwrap_or_default();
            self.repositories += usize::from(repository != last);
            last = repository.to_owned();
            let text = std::fs::read(set.join("creddata").join(&path))?;
            self.cases.extend(cases(&text, &rows, self.files.len()));
            self.files.push(File { tree: self.repositories - 1, path, text });
        }
        Ok(())
    }
}

/// The cases of one file. Lines whose label is uncertain are left out.
fn cases(text: &[u8], rows: &[Row], file: usize) -> Vec<Case> {
    let found: Vec<(RangeInclusive<usize>, Candidate)> =
        candidates(text).into_iter().map(|c| (lines(text, &c.value), c)).collect();
    let touches = |row: &Row, lines: &RangeInclusive<usize>| row.start <= *lines.end() && *lines.start() <= row.end;
    let mut out = Vec::new();
    for (own, candidate) in &found {
        let labels: Vec<&Row> = rows.iter().filter(|row| touches(row, own)).collect();
        let truth = match labels.iter().find(|row| row.truth == "T") {
            Some(row) if is_head(text, candidate, own, &found) => secret(text, candidate, &row.category),
            None if !labels.is_empty() && labels.iter().all(|row| row.truth == "F") => Some(Truth::Lookalike),
            _ => None,
        };
        out.extend(truth.map(|truth| Case { file, candidate: candidate.clone(), truth }));
    }
    out
}

/// The kind of secret behind a label; none of one that opens nothing.
fn secret(text: &[u8], c: &Candidate, category: &str) -> Option<Truth> {
    let first = category.split(':').next().unwrap_or(category);
    if NO_SECRETS.contains(&first) {
        return None;
    }
    let is_password = matches!(c.form, Form::Url | Form::Login) || kind(text, c) == Kind::Password;
    Some(if is_password { Truth::Password } else { Truth::Issued })
}

/// Returns whether no other candidate of its lines has a stronger name: user and password are on one line.
fn is_head(
    text: &[u8],
    candidate: &Candidate,
    own: &RangeInclusive<usize>,
    found: &[(RangeInclusive<usize>, Candidate)],
) -> bool {
    let strength = |c: &Candidate| if c.form == Form::Url { Kind::Password } else { kind(text, c) };
    found.iter().filter(|(lines, _)| lines.start() == own.start()).all(|(_, c)| strength(c) <= strength(candidate))
}

fn kind(text: &[u8], c: &Candidate) -> Kind {
    name::read(c.name.clone().map_or(&b""[..], |name| &text[name])).kind
}

/// The lines of a range, from 1.
fn lines(text: &[u8], range: &Range<usize>) -> RangeInclusive<usize> {
    let breaks = |part: &[u8]| memchr::memchr_iter(b'\n', part).count();
    let first = breaks(&text[..range.start]) + 1;
    first..=first + breaks(&text[range.clone()])
}
