//! Rows to learn from: values of the trees as no secrets, made-up secrets in the same lines and in templates.

use std::collections::HashSet;

use shield_hook::engine::generic::candidate::{Candidate, Form, candidates};
use shield_hook::engine::generic::name::{self, Kind};
use shield_hook::engine::generic::{dismiss, dismiss_by_value, features, looks_random};
use shield_hook::path::purpose::{Language, language};

use crate::boost::Sample;
use crate::harvest::File;
use crate::labels::{Case, Truth};
use crate::people;
use crate::secrets::{self, Family, Random};
use crate::templates::{HOSTS, OTHERS, PASSWORDS, TEMPLATES, USERS};

/// A row and its origin, for the evaluation.
pub struct Made {
    /// The row.
    pub sample: Sample,
    /// The kind of row.
    pub origin: &'static str,
    /// The value's family, for positives.
    pub family: Option<Family>,
}

fn name_of<'a>(text: &'a [u8], c: &Candidate) -> &'a [u8] {
    c.name.clone().map_or(&b""[..], |r| &text[r])
}

/// Returns whether the value of such a candidate would be a literal.
fn literal(path: &[u8], c: &Candidate) -> bool {
    c.quote != 0
        || matches!(c.form, Form::Url | Form::Xml)
        || c.scheme
        || matches!(language(path), Language::Config | Language::Shell | Language::Unknown | Language::Prose)
        || c.form == Form::Space
}

/// Returns whether people set real passwords in the file, so that no value behind such a name is known to be none.
fn is_configuration(path: &[u8]) -> bool {
    matches!(language(path), Language::Config | Language::Shell)
}

/// The path, or that of a note: lines of every language are pasted into files whose names hide theirs.
fn elsewhere<'a>(r: &mut Random, path: &'a [u8]) -> &'a [u8] {
    if r.chance(12) { b"notes.txt" } else { path }
}

/// The rows of one tree.
pub fn of_tree(files: &[&File], words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut tree = Tree::default();
    for f in files {
        let mut per_file = 0;
        for c in candidates(&f.text) {
            let line = Line::of(f, &c);
            if per_file < MOST && tree.natural(&line, r) {
                per_file += 1;
            }
            tree.mutate(&line, words, r);
        }
    }
    tree.out
}

/// The most natural rows of one file.
const MOST: usize = 40;
/// The longest value that is replaced, in bytes.
const LONGEST: usize = 200;
/// Values that look this random are nobody's guess.
const RANDOM: f32 = 0.5;

/// A candidate of a file, and the reading of its name.
struct Line<'a> {
    text: &'a [u8],
    path: &'a [u8],
    candidate: &'a Candidate,
    written: &'a [u8],
    name: name::Name,
    is_url: bool,
}

impl<'a> Line<'a> {
    fn of(f: &'a File, candidate: &'a Candidate) -> Self {
        let written = name_of(&f.text, candidate);
        let is_url = candidate.form == Form::Url;
        Line { text: &f.text, path: f.path.as_bytes(), candidate, written, name: name::read(written), is_url }
    }

    fn value(&self) -> &'a [u8] {
        &self.text[self.candidate.value.clone()]
    }

    /// Returns whether its name, or its form, is that of a credential.
    fn is_strong(&self) -> bool {
        self.candidate.form.speaks() || self.name.kind >= Kind::Token && self.name.is_plain() && self.name.after <= 1
    }

    /// Returns whether nobody can tell if the value is a secret.
    fn is_unknown(&self) -> bool {
        let n = &self.name;
        let is_key = n.kind == Kind::Auth && n.is_plain() || n.kind == Kind::Key && n.words == 1;
        let is_random = looks_random(self.value()) > RANDOM;
        is_random && literal(self.path, self.candidate) && (self.is_strong() || is_key)
            || self.is_strong() && n.kind >= Kind::Secret && is_configuration(self.path)
    }

    /// Returns whether a secret would stand there.
    fn is_usual(&self) -> bool {
        let n = &self.name;
        let is_key = n.kind == Kind::Auth && n.is_plain() || n.kind == Kind::Key && n.is_plain() && n.words <= 2;
        self.is_strong() || is_key
    }
}

/// The rows of a tree so far, and the lines that they were made from.
#[derive(Default)]
struct Tree {
    out: Vec<Made>,
    seen: HashSet<(Vec<u8>, Vec<u8>)>,
    mutated: HashSet<Vec<u8>>,
}

impl Tree {
    /// Adds the line as it is, unless it is known already, dismissed, or perhaps a secret.
    fn natural(&mut self, line: &Line<'_>, r: &mut Random) -> bool {
        let is_fresh = self.seen.insert((line.written.to_vec(), line.value().to_vec()));
        if !is_fresh || line.is_unknown() || dismiss_by_value(line.text, line.path, line.candidate).is_some() {
            return false;
        }
        let row = *features::read(line.text, elsewhere(r, line.path), line.candidate).row();
        self.out.push(Made { sample: Sample { row, secret: false, weight: 1.0 }, origin: "natural", family: None });
        true
    }

    /// Adds the line with other values: secrets where one is usual, identifiers where the name is of something else.
    fn mutate(&mut self, line: &Line<'_>, words: &[&str], r: &mut Random) {
        let c = line.candidate;
        if !literal(line.path, c) || c.value.len() > LONGEST {
            return;
        }
        let usual = line.is_usual();
        let not = !line.is_url && line.name.kind != Kind::None && !line.name.is_plain() && c.quote != 0;
        if !(usual || not) || !r.chance(if usual { 70 } else { 25 }) {
            return;
        }
        // Each line is used a few times: the same fixture line is in hundreds of files.
        let (begin, end) = window(line.text, c);
        let part = &line.text[begin..end];
        let mut key = part.to_vec();
        key.retain(|b| !b.is_ascii_digit());
        if !self.mutated.insert(key) {
            return;
        }
        for _ in 0..if usual { 2 } else { 1 } {
            let (family, secret) = if usual {
                choose(r, &line.name.kind, line.is_url, line.value(), words)
            } else {
                (Family::Machine, id_like(r, words))
            };
            let path = elsewhere(r, line.path);
            let Some(row) = replaced(part, c.value.start - begin..c.value.end - begin, &secret, path) else { continue };
            self.out.push(Made {
                sample: Sample { row, secret: usual, weight: if usual { 1.0 } else { 0.7 } },
                origin: if usual { "mutated" } else { "mutated: not a credential" },
                family: usual.then_some(family),
            });
        }
    }
}

/// The part of a text that the features of a candidate can see.
fn window(text: &[u8], c: &Candidate) -> (usize, usize) {
    let from = c.name.clone().map_or(c.value.start, |n| n.start.min(c.value.start)).saturating_sub(400);
    let begin = memchr::memchr(b'\n', &text[from..c.value.start]).filter(|_| from > 0).map_or(from, |k| from + k + 1);
    let to = (c.value.end + 400).min(text.len());
    let end = memchr::memrchr(b'\n', &text[c.value.end..to]).map_or(to, |k| c.value.end + k + 1);
    let begin = begin.min(c.name.clone().map_or(c.value.start, |n| n.start));
    (begin, end)
}

/// The row of a text with one value replaced, if the value is still found there.
fn replaced(text: &[u8], at: std::ops::Range<usize>, secret: &[u8], path: &[u8]) -> Option<[f32; features::COUNT]> {
    let mut made = text[..at.start].to_vec();
    made.extend_from_slice(secret);
    made.extend_from_slice(&text[at.end..]);
    row_at(&made, at.start, secret.len(), path)
}

/// The row of the candidate whose value begins at `start`, unless hard evidence dismisses it.
fn row_at(text: &[u8], start: usize, len: usize, path: &[u8]) -> Option<[f32; features::COUNT]> {
    let c = found(text, start, len)?;
    if dismiss(text, path, &c).is_some() {
        return None;
    }
    Some(*features::read(text, path, &c).row())
}

/// A secret for a place.
fn choose(r: &mut Random, kind: &Kind, url: bool, original: &[u8], words: &[&str]) -> (Family, Vec<u8>) {
    if *kind == Kind::Password || url {
        // Few random letters: most of all they are how labelled data hides a person's password.
        if r.chance(10) {
            (Family::Letters, clean(secrets::letters(r), url))
        } else if r.chance(45) {
            (Family::Machine, clean(secrets::machine(r, words, true), url))
        } else {
            (Family::Human, clean(people::human(r, words), url))
        }
    } else if *kind == Kind::Key {
        let mut v = secrets::machine(r, words, false);
        while v.len() < 16 {
            v = secrets::machine(r, words, false);
        }
        (Family::Machine, v)
    } else {
        match r.below(100) {
            0..72 => (Family::Machine, secrets::machine(r, words, false)),
            72..84 => (Family::Letters, secrets::letters(r)),
            84..94 => (Family::Letters, secrets::same_shape(r, original)),
            _ => (Family::Human, people::human(r, words)),
        }
    }
}

/// A URL's password holds nothing that ends it.
fn clean(mut v: Vec<u8>, url: bool) -> Vec<u8> {
    if url {
        v.retain(|b| !matches!(b, b'/' | b'@' | b'?' | b'#' | b':' | b'%'));
    }
    v
}

/// Random values that identify and do not open: hashes, identifiers, public keys.
fn id_like(r: &mut Random, words: &[&str]) -> Vec<u8> {
    match r.below(6) {
        0 => r.run(b"0123456789abcdef", 40),
        1 => r.run(b"0123456789abcdef", 64),
        2 => secrets::uuid(r),
        3 => {
            let mut v = b"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A".to_vec();
            let bytes: Vec<u8> = (0..90).map(|_| r.next() as u8).collect();
            v.extend(secrets::base64(&bytes, false));
            v
        }
        4 => {
            let mut v = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI".to_vec();
            let bytes: Vec<u8> = (0..32).map(|_| r.next() as u8).collect();
            v.extend(secrets::base64(&bytes, false));
            v
        }
        _ => secrets::machine(r, words, false),
    }
}

/// A name in one of the case styles.
fn styled(r: &mut Random, name: &str, upper: bool) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    if upper {
        return words.join("_").to_uppercase();
    }
    let title = |w: &str| {
        let mut c = w.chars();
        c.next().map(|f| f.to_uppercase().collect::<String>() + c.as_str()).unwrap_or_default()
    };
    match r.below(5) {
        0 => words.join("-"),
        1 => words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_owned() } else { title(w) }).collect(),
        2 => words.iter().map(|w| title(w)).collect(),
        3 => words.concat(),
        _ => words.join("_"),
    }
}

/// How much a labelled line counts beside one of a tree, of which there are many more.
const LABELLED: f32 = 3.0;

/// The rows of a labelled line: as it is, and a password with others in its place.
pub fn of_case(file: &File, case: &Case, words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    let mut add = |text: &[u8], c: &Candidate, family, origin, weight: f32| {
        if dismiss_by_value(text, file.path.as_bytes(), c).is_none() {
            let row = *features::read(text, file.path.as_bytes(), c).row();
            let sample = Sample { row, secret: case.truth != Truth::Lookalike, weight: weight * LABELLED };
            out.push(Made { sample, origin, family });
        }
    };
    match case.truth {
        Truth::Lookalike => add(&file.text, &case.candidate, None, "labelled: look-alike", 1.0),
        Truth::Issued => add(&file.text, &case.candidate, Some(Family::Machine), "labelled", 1.0),
        Truth::Password => {
            add(&file.text, &case.candidate, Some(Family::Letters), "labelled", 1.0);
            for family in [Family::Human, Family::Human, Family::Human, Family::Machine] {
                let is_url = case.candidate.form == Form::Url;
                let value = match family {
                    Family::Human => people::human(r, words),
                    _ => secrets::machine(r, words, true),
                };
                if let Some((text, c)) = put(file, case, &clean(value, is_url)) {
                    add(&text, &c, Some(family), "labelled", 0.4);
                }
            }
        }
    }
    out
}

/// The text of a case with another value in its place, if the value is still found there.
pub fn put(file: &File, case: &Case, value: &[u8]) -> Option<(Vec<u8>, Candidate)> {
    let at = case.candidate.value.clone();
    let mut text = file.text[..at.start].to_vec();
    text.extend_from_slice(value);
    text.extend_from_slice(&file.text[at.end..]);
    let c = found(&text, at.start, value.len())?;
    Some((text, c))
}

/// The candidate whose value begins at `start`, and holds most of `len` bytes.
fn found(text: &[u8], start: usize, len: usize) -> Option<Candidate> {
    candidates(text).into_iter().find(|c| c.value.start == start && c.value.len() * 10 >= len * 8)
}

/// Rows from templates: secrets of every family, and values that are none in the very same lines.
pub fn of_templates(count: usize, words: &[&str], r: &mut Random) -> Vec<Made> {
    (0..count).filter_map(|_| of_template(words, r)).collect()
}

fn of_template(words: &[&str], r: &mut Random) -> Option<Made> {
    let (path, template) = *r.pick(TEMPLATES);
    let password = r.chance(45) || template.to_ascii_lowercase().contains("password");
    let base = if password { *r.pick(PASSWORDS) } else { *r.pick(OTHERS) };
    // A service's name comes before the kind of credential: `acme key`, `acme_ledger_token`.
    let service =
        if r.chance(40) { format!("{} {}", r.pick(words), r.pick(words)) } else { (*r.pick(words)).to_owned() };
    let named = format!("{service} {}", r.pick(&["key", "token", "secret", "api key", "auth token"]));
    let base = if !password && r.chance(50) { named.as_str() } else { base };
    let kind = match (password, name::read(base.as_bytes()).kind) {
        (true, _) => Kind::Password,
        (false, Kind::Key) => Kind::Key,
        (false, _) => Kind::Token,
    };
    let url = template.contains("://%u:%v@");
    let (family, value) = if r.chance(38) {
        (None, ordinary(r, words, base))
    } else if template.contains("Basic %v") {
        let pair = [r.pick(USERS).as_bytes(), b":", &secrets::letters(r)[..]].concat();
        (Some(Family::Machine), secrets::base64(&pair, false))
    } else {
        let original = r.pick(words).as_bytes().to_vec();
        let (f, v) = choose(r, &kind, url, &original, words);
        (Some(f), v)
    };
    let value = clean(value, url);
    let (text, start) = filled(r, template, base, &value)?;
    let row = row_at(&text, start, value.len(), elsewhere(r, path.as_bytes()))?;
    Some(Made {
        sample: Sample { row, secret: family.is_some(), weight: 1.0 },
        origin: if family.is_some() { "template" } else { "template: ordinary value" },
        family,
    })
}

/// A template with its parts, and the position of the value in it.
fn filled(r: &mut Random, template: &str, name: &str, value: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut text, mut at, mut rest) = (Vec::new(), None, template);
    while let Some(p) = rest.find('%') {
        text.extend_from_slice(&rest.as_bytes()[..p]);
        match rest.as_bytes().get(p + 1) {
            Some(b'n') => text.extend_from_slice(styled(r, name, false).as_bytes()),
            Some(b'N') => text.extend_from_slice(styled(r, name, true).as_bytes()),
            Some(b'u') => text.extend_from_slice(r.pick(USERS).as_bytes()),
            Some(b'h') => text.extend_from_slice(r.pick(HOSTS).as_bytes()),
            _ => {
                at = Some(text.len());
                text.extend_from_slice(value);
            }
        }
        rest = &rest[p + 2..];
    }
    text.extend_from_slice(rest.as_bytes());
    at.map(|start| (text, start))
}

/// Values that such names have in code: words, identifiers, names of variables, paths.
fn ordinary(r: &mut Random, words: &[&str], name: &str) -> Vec<u8> {
    let n = r.between(1, 3);
    let list: Vec<&str> = (0..n).map(|_| *r.pick(words)).collect();
    let joined = list.join(" ");
    match r.below(12) {
        0 => styled(r, &joined, false).into_bytes(),
        1 => styled(r, &joined, true).into_bytes(),
        2 => {
            let mixed = format!("{} {}", list[0], name);
            styled(r, &mixed, false).into_bytes()
        }
        3 => list.join(".").into_bytes(),
        4 => list.join("/").into_bytes(),
        5 => format!("{}-{}", list[0], r.below(10)).into_bytes(),
        6 => list.join(":").into_bytes(),
        7 => format!("{}.{}.{}", r.below(12), r.below(30), r.below(9)).into_bytes(),
        8 => format!("20{:02}-{:02}-{:02}", r.below(27), r.between(1, 12), r.between(1, 28)).into_bytes(),
        9 => format!("{}@{}.example", list[0], words[r.below(words.len())]).into_bytes(),
        10 => format!(
            "{}.{}",
            list.join("-"),
            r.pick(&["json", "pem", "key", "com", "txt", "png", "example.com", "service"])
        )
        .into_bytes(),
        _ => list[0].as_bytes().to_vec(),
    }
}
