//! The merge bases of two commits.

use std::collections::{BinaryHeap, HashMap};

use super::commits::{CommitStore, TipKind};
use crate::error::{Error, Result};
use crate::git::{Objects, Oid, Repo, Unread};

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
/// Already below a common ancestor.
const STALE: u8 = 4;

/// The best common ancestors of two commits (or tags on commits), the newest first: those that no other common ancestor
/// descends from. None when the histories share no commit of this repository.
///
/// # Errors
/// Either does not lead to a commit, or a commit on the way cannot be read.
pub fn merge_bases(repo: &Repo, objects: &mut Objects, left: Oid, right: Oid) -> Result<Vec<Oid>> {
    let mut commits = CommitStore::new(repo, objects)?;
    let failed = |(id, why): (Oid, Unread)| Error::incomplete(format!("commit {id}: {}", why.reason()));
    let mut walk = Painting { commits: &mut commits, seen: HashMap::new(), queue: BinaryHeap::new(), fresh: 0 };
    for (tip, side) in [(left, LEFT), (right, RIGHT)] {
        let peeled = walk.commits.peel(tip);
        if let Some(unread) = peeled.unread {
            return Err(failed(unread));
        }
        let Some((id, TipKind::Commit)) = peeled.target else {
            return Err(Error::incomplete(format!("{tip} does not lead to a commit")));
        };
        walk.paint(id, side).map_err(failed)?;
    }
    walk.run().map_err(failed)
}

struct Painting<'a, 'b> {
    commits: &'a mut CommitStore<'b>,
    seen: HashMap<Oid, PaintedCommit>,
    queue: BinaryHeap<(i64, Oid)>,
    /// The number of commits in the queue that are not stale.
    fresh: usize,
}

struct PaintedCommit {
    paint: u8,
    date: i64,
    parents: Vec<Oid>,
    queued: usize,
}

impl Painting<'_, '_> {
    /// Adds paint to a commit, and queues it for its parents when that changes it.
    fn paint(&mut self, id: Oid, paint: u8) -> Result<(), (Oid, Unread)> {
        if !self.seen.contains_key(&id) {
            let commit = self.commits.read(&id).map_err(|why| (id, why))?;
            self.seen.insert(id, PaintedCommit { paint: 0, date: commit.date, parents: commit.parents, queued: 0 });
        }
        let Some(seen) = self.seen.get_mut(&id) else { return Ok(()) };
        if seen.paint & paint == paint {
            return Ok(());
        }
        if seen.paint & STALE == 0 && paint & STALE != 0 {
            self.fresh -= seen.queued;
        }
        seen.paint |= paint;
        seen.queued += 1;
        self.fresh += usize::from(seen.paint & STALE == 0);
        self.queue.push((seen.date, id));
        Ok(())
    }

    fn run(&mut self) -> Result<Vec<Oid>, (Oid, Unread)> {
        let mut common = Vec::new();
        while self.fresh > 0 {
            let Some((_, id)) = self.queue.pop() else { break };
            let Some(seen) = self.seen.get_mut(&id) else { continue };
            seen.queued -= 1;
            self.fresh -= usize::from(seen.paint & STALE == 0);
            let (mut down, parents) = (seen.paint, seen.parents.clone());
            if down & (LEFT | RIGHT) == LEFT | RIGHT {
                if down & STALE == 0 {
                    common.push((seen.date, id));
                }
                down |= STALE;
            }
            for parent in parents {
                self.paint(parent, down)?;
            }
        }
        // A common ancestor of another common ancestor is not among the best.
        common.retain(|(_, id)| self.seen.get(id).is_some_and(|s| s.paint & STALE == 0));
        common.sort_unstable_by(|a, b| b.cmp(a));
        Ok(common.into_iter().map(|(_, id)| id).collect())
    }
}
