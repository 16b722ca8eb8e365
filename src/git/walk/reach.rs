//! Reachability of one commit from others.

use std::collections::{BinaryHeap, HashSet};

use gix::objs::{CommitRefIter, Kind};

use crate::git::{Objects, Oid};

/// The number of commits older than the target that are still visited: with wrong clocks a parent can be younger than
/// its child. Git's own limited walks use a lower number.
const SLOP: usize = 64;

/// Returns whether `target` is one of `tips` or an ancestor of one.
///
/// The walk from the tips follows the commit dates and ends once the queue holds only commits older than the target. A
/// commit that cannot be read counts as a dead end.
pub fn reaches(objects: &mut Objects, tips: &[Oid], target: Oid) -> bool {
    if tips.contains(&target) {
        return true;
    }
    let mut buffer = Vec::new();
    let Some((until, _)) = commit(objects, target, &mut buffer) else { return false };
    let (mut seen, mut queue, mut slop) = (HashSet::new(), BinaryHeap::new(), SLOP);
    for tip in tips {
        if let Some(tip) = peel(objects, *tip, &mut buffer)
            && seen.insert(tip)
            && let Some((date, parents)) = commit(objects, tip, &mut buffer)
        {
            queue.push((date, tip, parents));
        }
    }
    while let Some((date, id, parents)) = queue.pop() {
        if id == target || parents.contains(&target) {
            return true;
        }
        if date < until {
            slop -= 1;
            if slop == 0 {
                return false;
            }
        }
        for parent in parents {
            if seen.insert(parent)
                && let Some((date, parents)) = commit(objects, parent, &mut buffer)
            {
                queue.push((date, parent, parents));
            }
        }
    }
    false
}

/// The commit that an annotated tag leads to.
fn peel(objects: &mut Objects, mut id: Oid, buffer: &mut Vec<u8>) -> Option<Oid> {
    loop {
        match objects.read(&id, u64::MAX, buffer).ok()? {
            Kind::Commit => return Some(id),
            Kind::Tag => id = gix::objs::TagRefIter::from_bytes(buffer, id.kind()).target_id().ok()?,
            Kind::Tree | Kind::Blob => return None,
        }
    }
}

/// A commit's date, in seconds since 1970, and parents.
fn commit(objects: &mut Objects, id: Oid, buffer: &mut Vec<u8>) -> Option<(i64, Vec<Oid>)> {
    if objects.read(&id, u64::MAX, buffer).ok()? != Kind::Commit {
        return None;
    }
    let date = CommitRefIter::from_bytes(buffer, id.kind()).committer().ok()?.seconds();
    Some((date, CommitRefIter::from_bytes(buffer, id.kind()).parent_ids().collect()))
}
