//! Secrets that a change took out of one file and put into another: they are reported as moved.
//!
//! Git pairs entire files; a single line that moved, or a file beyond the number that git compares, is found here only.

use std::collections::{BTreeMap, VecDeque};

use bstr::BString;

use super::ScanPart;
use super::copies::{Needle, Needles};
use crate::error::Result;
use crate::finding::{Verdict, WarnReason};
use crate::source::Plan;

/// A new finding that may have been moved.
pub(super) struct NewFinding {
    /// Its position among the findings of its part.
    pub finding: usize,
    /// The secret to search for in the files that the change altered.
    pub needle: Needle,
}

/// Gives moved findings their verdict, in the order of the plan. With `block` they still stop the operation, and only
/// get a note with the old path.
///
/// # Errors
/// The object database cannot be opened.
pub(super) fn settle(plan: &Plan<'_>, parts: &mut [(u32, ScanPart)], block: bool) -> Result<()> {
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
    let mut reader = plan.reader()?;
    for (change, positions) in changes {
        let new: Vec<Vec<NewFinding>> = positions.iter().map(|at| std::mem::take(&mut parts[*at].1.new)).collect();
        let needles = Needles::new(new.iter().flatten().map(|new| &new.needle));
        let mut left = vec![VecDeque::<(BString, usize)>::new(); needles.len()];
        reader.altered(change, &mut |path, old, now| {
            let remaining = needles.count(now);
            let mut most = vec![0; needles.len()];
            for side in old {
                most.iter_mut().zip(needles.count(side)).for_each(|(most, count)| *most = count.max(*most));
            }
            for (number, (was, remaining)) in most.into_iter().zip(remaining).enumerate() {
                if was > remaining {
                    left[number].push_back((path.to_owned(), was - remaining));
                }
            }
        });
        for (at, new) in positions.iter().zip(&new) {
            for new in new {
                let from = needles.number(&new.needle).and_then(|number| take(&mut left[number]));
                let finding = &mut parts[*at].1.findings[new.finding];
                match from.filter(|_| finding.verdict.blocks()) {
                    Some(path) if block => finding.notes.push(format!("moved here from {path}")),
                    Some(path) => finding.verdict = Verdict::Warn(WarnReason::MovedFrom(path.to_string())),
                    None => {}
                }
            }
        }
    }
    Ok(())
}

/// The file that the next copy was removed from.
fn take(left: &mut VecDeque<(BString, usize)>) -> Option<BString> {
    let (path, copies) = left.front_mut()?;
    let path = path.clone();
    *copies -= 1;
    if *copies == 0 {
        left.pop_front();
    }
    Some(path)
}
