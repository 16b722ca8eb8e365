//! Secrets that a change took out of one file and put into another: they are told as moved.
//!
//! Git pairs whole files; a line that went elsewhere, or a file beyond the number that git compares, is known by this alone.

use std::collections::{BTreeMap, VecDeque};

use bstr::BString;

use super::Part;
use super::copies::{Needle, Needles};
use crate::error::Result;
use crate::finding::Verdict;
use crate::source::{Item, Source};

/// A new finding: its place among those of its part, and what is looked for in the files that its change took from.
pub(super) struct Fresh {
    pub finding: usize,
    pub needle: Needle,
}

/// Gives the findings that were moved here their verdict, in the order of the plan. With `block` they still stop the
/// operation, and only say where they stood.
///
/// # Errors
/// When the object database cannot be opened.
pub(super) fn settle(source: &dyn Source, items: &[Item], parts: &mut [(u32, Part)], block: bool) -> Result<()> {
    let mut changes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, (item, part)) in parts.iter().enumerate() {
        if let (Some(change), false) = (items[*item as usize].change(), part.fresh.is_empty()) {
            changes.entry(change).or_default().push(place);
        }
    }
    let blocks = |place: &usize| parts[*place].1.findings.iter().any(|finding| finding.verdict.blocks());
    changes.retain(|_, places| places.iter().any(blocks));
    if changes.is_empty() {
        return Ok(());
    }
    let mut reader = source.reader()?;
    for (change, places) in changes {
        let fresh: Vec<Vec<Fresh>> = places.iter().map(|place| std::mem::take(&mut parts[*place].1.fresh)).collect();
        let needles = Needles::new(fresh.iter().flatten().map(|fresh| &fresh.needle));
        let mut left = vec![VecDeque::<(BString, usize)>::new(); needles.len()];
        reader.altered(change, &mut |path, old, now| {
            let kept = needles.count(now);
            let mut most = vec![0; needles.len()];
            for side in old {
                most.iter_mut().zip(needles.count(side)).for_each(|(most, count)| *most = count.max(*most));
            }
            for (number, (was, kept)) in most.into_iter().zip(kept).enumerate() {
                if was > kept {
                    left[number].push_back((path.to_owned(), was - kept));
                }
            }
        });
        for (place, fresh) in places.iter().zip(&fresh) {
            for fresh in fresh {
                let from = needles.number(&fresh.needle).and_then(|number| take(&mut left[number]));
                let finding = &mut parts[*place].1.findings[fresh.finding];
                match from.filter(|_| finding.verdict.blocks()) {
                    Some(path) if block => finding.notes.push(format!("moved here from {path}")),
                    Some(path) => {
                        finding.verdict = Verdict::Warn(format!("moved here from {path}, where it stood before"))
                    }
                    None => {}
                }
            }
        }
    }
    Ok(())
}

/// The file that the next copy was taken out of.
fn take(left: &mut VecDeque<(BString, usize)>) -> Option<BString> {
    let (path, copies) = left.front_mut()?;
    let path = path.clone();
    *copies -= 1;
    if *copies == 0 {
        left.pop_front();
    }
    Some(path)
}
