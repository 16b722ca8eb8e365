//! Secrets that a change took out of one file and put into another: they are reported as moved.
//!
//! Git pairs entire files; a single line that moved, or a file beyond the number that git compares, is found here only.

use std::collections::{BTreeMap, VecDeque};

use bstr::{BStr, BString};

use super::ScanPart;
use super::copies::{Needle, Needles};
use super::witness::Witness;
use crate::engine::{Match, Scratch};
use crate::error::Result;
use crate::finding::{Verdict, WarnReason};
use crate::git::Oid;
use crate::source::{AlteredFile, Plan};

/// A new finding that may have been moved.
pub(super) struct NewFinding {
    /// Its position among the findings of its part.
    pub finding: usize,
    /// The secret to search for in the files that the change altered.
    pub needle: Needle,
}

/// Gives moved findings their verdict, in the order of the plan. Where moved secrets block, and
/// where something excused them at the old path, they still stop the operation, and only get a note with that path.
///
/// # Errors
/// The object database cannot be opened.
pub(super) fn settle(
    plan: &Plan<'_>,
    parts: &mut [(u32, ScanPart)],
    witness: Witness<'_>,
    are_new: impl Fn(&[Oid]) -> bool,
) -> Result<()> {
    let mut changes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (item, part)) in parts.iter().enumerate() {
        if let (Some(change), false) = (plan.items[*item as usize].change(), part.new.is_empty()) {
            changes.entry(change).or_default().push(at);
        }
    }
    let blocks = |at: &usize| parts[*at].1.findings.iter().any(|finding| finding.verdict.blocks());
    changes.retain(|_, positions| positions.iter().any(blocks));
    if changes.is_empty() {
        return Ok(());
    }
    let (mut reader, mut scratch) = (plan.reader()?, Scratch::default());
    for (change, positions) in changes {
        let new: Vec<Vec<NewFinding>> = positions.iter().map(|at| std::mem::take(&mut parts[*at].1.new)).collect();
        let needles = Needles::new(new.iter().flatten().map(|new| &new.needle));
        let mut left = vec![VecDeque::<Copies>::new(); needles.len()];
        reader.altered(change, &mut |AlteredFile { path, old_ids, old, now }| {
            let remaining = needles.count(now);
            let mut most = vec![0; needles.len()];
            for side in old {
                most.iter_mut().zip(needles.count(side)).for_each(|(most, count)| *most = count.max(*most));
            }
            let gone = most.iter().zip(&remaining).any(|(was, remaining)| was > remaining);
            let is_new_side = gone && are_new(old_ids);
            let excused =
                if gone { excused(witness, (path, is_new_side), old, &needles, &mut scratch) } else { Vec::new() };
            for (number, (was, remaining)) in most.into_iter().zip(remaining).enumerate() {
                if was > remaining {
                    let (path, is_excused) = (path.to_owned(), excused[number]);
                    left[number].push_back(Copies { path, number: was - remaining, is_excused });
                }
            }
        });
        for (at, new) in positions.iter().zip(&new) {
            for new in new {
                let from = needles.number(&new.needle).and_then(|number| take(&mut left[number]));
                let finding = &mut parts[*at].1.findings[new.finding];
                match from.filter(|_| finding.verdict.blocks()) {
                    Some((path, true)) => {
                        finding.notes.push(format!("moved here from {path}, where it did not block"));
                    }
                    Some((path, _)) if witness.policy.block_moved => {
                        finding.notes.push(format!("moved here from {path}"));
                    }
                    Some((path, _)) => finding.verdict = Verdict::Warn(WarnReason::MovedFrom(path.to_string())),
                    None => {}
                }
            }
        }
    }
    Ok(())
}

/// Copies of a secret that a file lost.
#[derive(Clone)]
struct Copies {
    path: BString,
    number: usize,
    /// Whether something excused them there.
    is_excused: bool,
}

/// For each needle, by its number, whether something excused it in every old side of the file. In sides that are new themselves
/// everything is excused that did not block there.
fn excused(
    witness: Witness<'_>,
    (path, is_new_side): (&BStr, bool),
    old: &[Vec<u8>],
    needles: &Needles<'_>,
    scratch: &mut Scratch,
) -> Vec<bool> {
    let mut excused = vec![true; needles.len()];
    for side in old {
        let key = |text: &[u8], found: &Match| Needle::at(text, &found.span);
        let testimony = match is_new_side {
            true => Some(witness.hear_new(side, path, scratch, key)),
            false => witness.hear(side, (path, true), scratch, key),
        };
        match testimony {
            Some(testimony) => needles.each(|number, needle| excused[number] &= testimony.excuses(needle)),
            None => excused.fill(false),
        }
    }
    excused
}

/// The file that the next copy was removed from, and whether something excused it there.
fn take(left: &mut VecDeque<Copies>) -> Option<(BString, bool)> {
    let copies = left.front_mut()?;
    let from = (copies.path.clone(), copies.is_excused);
    copies.number -= 1;
    if copies.number == 0 {
        left.pop_front();
    }
    Some(from)
}
