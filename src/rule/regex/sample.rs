//! A random string that a regex matches.

use fastrand::Rng;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::data::regex::analysis;

/// How much longer than its least an unbounded repetition gets.
const SPREAD: u32 = 12;
/// How much longer than its least a bounded repetition gets at most.
const STRETCH: u32 = 64;
/// The number of printable members from which a class means "anything". Letters and digits are drawn from it then,
/// because its other members (quotes, brackets) may end a value in the surrounding text.
const WIDE: usize = 72;

/// A random text that all of `regex` matches, apart from assertions at its ends.
pub fn matching(regex: &str, rng: &mut Rng) -> Result<Vec<u8>, String> {
    walk(&analysis::parse(regex)?, rng)
}

/// Walks `hir` and chooses at random wherever it leaves a choice.
pub fn walk(hir: &Hir, rng: &mut Rng) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    step(hir, rng, &mut out)?;
    Ok(out)
}

fn step(hir: &Hir, rng: &mut Rng, out: &mut Vec<u8>) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(l) => out.extend_from_slice(&l.0),
        HirKind::Class(class) => out.push(choose(class, rng)?),
        HirKind::Capture(c) => step(&c.sub, rng, out)?,
        HirKind::Concat(subs) => subs.iter().try_for_each(|s| step(s, rng, out))?,
        HirKind::Alternation(subs) => step(&subs[rng.usize(..subs.len())], rng, out)?,
        HirKind::Repetition(r) => {
            let most = r.max.unwrap_or(r.min.saturating_add(SPREAD)).min(r.min.saturating_add(STRETCH));
            // A class of any character is for passwords, and very short ones are often placeholders.
            let anything = matches!(r.sub.kind(), HirKind::Class(class) if printable(class).len() > WIDE);
            let least = if anything { r.min.max(most.min(10)) } else { r.min };
            // The ends of the range are where a rule is wrong.
            let times = match rng.u8(..4) {
                0 => least,
                1 => most,
                _ => rng.u32(least..=most),
            };
            for _ in 0..times {
                step(&r.sub, rng, out)?;
            }
        }
    }
    Ok(())
}

fn contains(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(c) => c.iter().any(|r| (r.start()..=r.end()).contains(&byte)),
        Class::Unicode(c) => c.iter().any(|r| (r.start()..=r.end()).contains(&char::from(byte))),
    }
}

fn printable(class: &Class) -> Vec<u8> {
    (0x21..0x7f).filter(|&b| contains(class, b)).collect()
}

fn choose(class: &Class, rng: &mut Rng) -> Result<u8, String> {
    let mut members = printable(class);
    if members.len() > WIDE {
        members.retain(u8::is_ascii_alphanumeric);
    }
    if members.is_empty() {
        members = [b' ', b'\n', b'\t', b'\r'].into_iter().filter(|&b| contains(class, b)).take(1).collect();
    }
    match members.len() {
        0 => Err("the secret has a class without printable characters".into()),
        n => Ok(members[rng.usize(..n)]),
    }
}
