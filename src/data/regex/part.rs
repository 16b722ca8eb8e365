//! A regex as a row of parts: the form from which both filters are built.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::analysis::{self, SECRET};
use super::byte_set::ByteSet;

/// One part of a regex: at least the texts that the regex allows there.
#[derive(Debug)]
pub enum Part {
    /// From `min` to `max` bytes of a set. A repeated group of several parts is simplified to this.
    Run {
        /// The bytes.
        set: ByteSet,
        /// The fewest.
        min: u32,
        /// The most; `u32::MAX` for no limit.
        max: u32,
    },
    /// One of several rows.
    Choice(Vec<Vec<Self>>),
    /// An assertion about the position.
    Look(Look),
    /// The group `secret`.
    Secret(Vec<Self>),
}

/// The parts of `regex`.
///
/// # Errors
/// As [`analysis::parse`].
pub fn parts(regex: &str) -> Result<Vec<Part>, String> {
    analysis::parse(regex).map(|hir| parts_of(&hir))
}

/// The parts of a regex that is parsed already.
pub fn parts_of(hir: &Hir) -> Vec<Part> {
    let mut parts = Vec::new();
    push_parts(hir, &mut parts);
    parts
}

fn push_parts(hir: &Hir, out: &mut Vec<Part>) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Look(look) => out.push(Part::Look(*look)),
        HirKind::Literal(literal) => {
            out.extend(literal.0.iter().map(|byte| Part::Run { set: ByteSet::one(*byte), min: 1, max: 1 }));
        }
        HirKind::Class(class) => out.push(Part::Run { set: ByteSet::of_class(class), min: 1, max: 1 }),
        HirKind::Capture(c) if c.name.as_deref() == Some(SECRET) => out.push(Part::Secret(parts_of(&c.sub))),
        HirKind::Capture(c) => push_parts(&c.sub, out),
        HirKind::Concat(subs) => subs.iter().for_each(|sub| push_parts(sub, out)),
        HirKind::Alternation(subs) => out.push(Part::Choice(subs.iter().map(parts_of).collect())),
        HirKind::Repetition(r) if (r.min, r.max) == (0, Some(1)) => {
            out.push(Part::Choice(vec![parts_of(&r.sub), Vec::new()]));
        }
        HirKind::Repetition(r) => {
            let length = |len: Option<usize>| len.and_then(|len| u32::try_from(len).ok());
            let (short, long) = (length(r.sub.properties().minimum_len()), length(r.sub.properties().maximum_len()));
            let min = r.min.saturating_mul(short.unwrap_or(0));
            let max = r.max.and_then(|max| max.checked_mul(long?)).unwrap_or(u32::MAX);
            out.push(Part::Run { set: bytes_of(&parts_of(&r.sub)), min, max });
        }
    }
}

/// Every byte that can be in a match of `parts`.
pub fn bytes_of(parts: &[Part]) -> ByteSet {
    parts.iter().fold(ByteSet::NONE, |set, part| match part {
        Part::Run { max: 0, .. } | Part::Look(_) => set,
        Part::Run { set: own, .. } => set.or(*own),
        Part::Choice(rows) => rows.iter().fold(set, |set, row| set.or(bytes_of(row))),
        Part::Secret(parts) => set.or(bytes_of(parts)),
    })
}
