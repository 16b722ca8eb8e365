//! Rows to learn from: what stands in the trees is no secret; made-up secrets in the same places and in templates are.

use std::collections::HashSet;

use shield_hook::engine::generic::candidate::{Candidate, Form, candidates};
use shield_hook::engine::generic::name::{self, Kind};
use shield_hook::engine::generic::path::{Language, language};
use shield_hook::engine::generic::{dismiss, features, looks_random};

use crate::boost::Sample;
use crate::harvest::File;
use crate::secrets::{self, Family, Random};
use crate::templates::{HOSTS, OTHERS, PASSWORDS, TEMPLATES, USERS};

/// Rows with what they were made from, for the evaluation.
pub struct Made {
    /// The row.
    pub sample: Sample,
    /// What kind of row it is.
    pub origin: &'static str,
    /// The value's family, for positives.
    pub family: Option<Family>,
}

fn name_of<'a>(text: &'a [u8], c: &Candidate) -> &'a [u8] {
    c.name.clone().map_or(&b""[..], |r| &text[r])
}

/// Whether a value in this place would be a literal.
fn literal(path: &[u8], c: &Candidate) -> bool {
    c.quote != 0
        || matches!(c.form, Form::Url | Form::Xml)
        || c.scheme
        || matches!(language(path), Language::Config | Language::Shell | Language::Unknown | Language::Prose)
        || c.form == Form::Space
}

/// The path, or that of a note: lines of every language are pasted into files that say nothing about theirs.
fn elsewhere<'a>(r: &mut Random, path: &'a [u8]) -> &'a [u8] {
    if r.chance(12) { b"notes.txt" } else { path }
}

/// The rows of one tree.
pub fn of_tree(files: &[&File], words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    let mut seen: HashSet<(Vec<u8>, Vec<u8>)> = HashSet::new();
    let mut mutated: HashSet<Vec<u8>> = HashSet::new();
    for f in files {
        let path = f.path.as_bytes();
        let mut per_file = 0;
        for c in candidates(&f.text) {
            let value = &f.text[c.value.clone()];
            let name_text = name_of(&f.text, &c);
            let n = name::read(name_text);
            let url = c.form == Form::Url;
            let strong = url || n.kind >= Kind::Token && n.is_plain() && n.after <= 1;
            let random = looks_random(value);
            let unknown = random > 0.5
                && literal(path, &c)
                && (strong || n.kind == Kind::Auth && n.is_plain() || n.kind == Kind::Key && n.words == 1);
            let fresh = seen.insert((name_text.to_vec(), value.to_vec()));
            // What stands there is no secret, unless it looks like one and nobody can tell.
            if fresh && !unknown && per_file < 40 && dismiss(&f.text, path, &c).is_none() {
                per_file += 1;
                let row = *features::read(&f.text, elsewhere(r, path), &c).row();
                out.push(Made { sample: Sample { row, secret: false, weight: 1.0 }, origin: "natural", family: None });
            }
            if !literal(path, &c) || value.len() > 200 {
                continue;
            }
            let usual =
                strong || n.kind == Kind::Auth && n.is_plain() || n.kind == Kind::Key && n.is_plain() && n.words <= 2;
            let not = !url && n.kind != Kind::None && !n.is_plain() && c.quote != 0;
            if !(usual || not) || !r.chance(if usual { 70 } else { 25 }) {
                continue;
            }
            // Each line is used a few times: the same fixture line stands in hundreds of files.
            let (begin, end) = window(&f.text, &c);
            let mut key = f.text[begin..end].to_vec();
            key.retain(|b| !b.is_ascii_digit());
            if !mutated.insert(key) {
                continue;
            }
            let rounds = if usual { 2 } else { 1 };
            for _ in 0..rounds {
                let (family, secret) =
                    if usual { choose(r, &n.kind, url, value, words) } else { (Family::Machine, id_like(r, words)) };
                let path = elsewhere(r, path);
                if let Some(row) =
                    replaced(&f.text[begin..end], c.value.start - begin..c.value.end - begin, &secret, path)
                {
                    let weight = if usual { 1.0 } else { 0.7 };
                    out.push(Made {
                        sample: Sample { row, secret: usual, weight },
                        origin: if usual { "mutated" } else { "mutated: not a credential" },
                        family: usual.then_some(family),
                    });
                }
            }
        }
    }
    out
}

/// The part of a text around a candidate that its features can see.
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

/// The row of the candidate whose value stands at `start`, unless hard evidence dismisses it.
fn row_at(text: &[u8], start: usize, len: usize, path: &[u8]) -> Option<[f32; features::COUNT]> {
    let c = candidates(text).into_iter().find(|c| c.value.start == start && c.value.len() * 10 >= len * 8)?;
    if dismiss(text, path, &c).is_some() {
        return None;
    }
    Some(*features::read(text, path, &c).row())
}

/// A secret for a place.
fn choose(r: &mut Random, kind: &Kind, url: bool, original: &[u8], words: &[&str]) -> (Family, Vec<u8>) {
    if *kind == Kind::Password || url {
        match r.below(100) {
            0..40 => (Family::Machine, clean(secrets::machine(r, words, true), url)),
            40..62 => (Family::Letters, clean(secrets::letters(r), url)),
            62..74 => (Family::Letters, clean(secrets::same_shape(r, original), url)),
            _ => (Family::Human, clean(secrets::human(r, words), url)),
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
            _ => (Family::Human, secrets::human(r, words)),
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

/// Rows from templates: secrets of every family, and values that are none in the very same places.
pub fn of_templates(count: usize, words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    for _ in 0..count {
        let (path, template) = *r.pick(TEMPLATES);
        let password = r.chance(45) || template.to_ascii_lowercase().contains("password");
        let base = if password { *r.pick(PASSWORDS) } else { *r.pick(OTHERS) };
        // A service's name stands before what it is: `acme key`, `acme_token`.
        let named = format!("{} {}", r.pick(words), r.pick(&["key", "token", "secret", "api key", "auth token"]));
        let base = if !password && r.chance(30) { named.as_str() } else { base };
        let kind = match (password, name::read(base.as_bytes()).kind) {
            (true, _) => Kind::Password,
            (false, Kind::Key) => Kind::Key,
            (false, _) => Kind::Token,
        };
        let url = template.contains("://%u:%v@");
        let negative = r.chance(38);
        let (family, value) = if negative {
            (None, ordinary(r, words, base))
        } else if template.contains("Basic %v") {
            let mut pair = r.pick(USERS).as_bytes().to_vec();
            pair.push(b':');
            pair.extend(secrets::letters(r));
            (Some(Family::Machine), secrets::base64(&pair, false))
        } else {
            let original = r.pick(words).as_bytes().to_vec();
            let (f, v) = choose(r, &kind, url, &original, words);
            (Some(f), v)
        };
        let value = clean(value, url);
        let mut text = Vec::new();
        let mut at = None;
        let mut rest = template;
        while let Some(p) = rest.find('%') {
            text.extend_from_slice(&rest.as_bytes()[..p]);
            match rest.as_bytes().get(p + 1) {
                Some(b'n') => text.extend_from_slice(styled(r, base, false).as_bytes()),
                Some(b'N') => text.extend_from_slice(styled(r, base, true).as_bytes()),
                Some(b'u') => text.extend_from_slice(r.pick(USERS).as_bytes()),
                Some(b'h') => text.extend_from_slice(r.pick(HOSTS).as_bytes()),
                _ => {
                    at = Some(text.len());
                    text.extend_from_slice(&value);
                }
            }
            rest = &rest[p + 2..];
        }
        text.extend_from_slice(rest.as_bytes());
        let Some(start) = at else { continue };
        if let Some(row) = row_at(&text, start, value.len(), elsewhere(r, path.as_bytes())) {
            out.push(Made {
                sample: Sample { row, secret: family.is_some(), weight: 1.0 },
                origin: if family.is_some() { "template" } else { "template: ordinary value" },
                family,
            });
        }
    }
    out
}

/// What else stands behind such names: words, identifiers, names of variables, paths.
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
