//! The commits that some tips lead to and others do not: `git rev-list --objects TIPS --not HIDDEN`, walked as git
//! does.
//!
//! Commits are visited from the newest to the oldest. The ancestors of a hidden commit are hidden, and the walk ends
//! once the queue holds only hidden commits older than the last new one: its cost follows the push, not the history.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};

use bstr::{BStr, BString};

use super::commits::{CommitStore, KnownCommits, TipKind};
use crate::error::Result;
use crate::git::read::tree::{MAX_DEPTH, Tree, join};
use crate::git::{EntryMode, Objects, Oid, Repo, Unread};

/// The number of hidden commits visited after the last that could matter: with wrong clocks a parent can be younger
/// than its child. The same number as in git's revision.c.
const SLOP: usize = 5;

/// The objects that the tips lead to and the hidden tips do not.
#[derive(Clone, Debug, Default)]
pub struct NewObjects {
    /// The commits, newest first.
    pub commits: Vec<NewCommit>,
    /// Annotated tags, each before its target.
    pub tags: Vec<Oid>,
    /// Trees that a tip or a tag names without a commit.
    pub trees: Vec<Oid>,
    /// Blobs that a tip or a tag names without a commit.
    pub blobs: Vec<Oid>,
    /// The objects that could not be read: the lists lack everything behind them.
    pub unread: Vec<(Oid, Unread)>,
    /// Commits of the list at which the history ends because the clone is shallow.
    pub cut: Vec<Oid>,
    /// The content that the hidden side is known to have.
    pub known: HiddenContent,
    /// The hidden commits among the tips and the parents of new commits.
    pub boundary: Vec<Boundary>,
}

/// A hidden commit at which a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// The commit.
    pub commit: Oid,
    /// A hidden tip that leads to it, by its position in the argument of the walk.
    pub hidden_by: usize,
}

/// A commit that only the tips lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    /// Its id.
    pub id: Oid,
    /// All its parents, new and hidden ones.
    pub parents: Vec<Oid>,
}

/// Content that the hidden side has: the trees next to the new commits, and those of the hidden tips.
#[derive(Clone, Debug, Default)]
pub struct HiddenContent {
    /// Commits, trees and blobs at the boundary, whose content git leaves out.
    edge: Vec<Oid>,
    /// The hidden tips.
    tips: Vec<Oid>,
}

/// Walks from `tips` to the ancestors of `hidden`.
///
/// Missing hidden objects hide nothing; a missing tip is in [`NewObjects::unread`].
///
/// # Errors
/// The list of a shallow clone's last commits cannot be read.
pub fn outgoing(repo: &Repo, objects: &mut Objects, tips: &[Oid], hidden: &[Oid]) -> Result<NewObjects> {
    outgoing_with(repo, objects, KnownCommits::default(), tips, hidden)
}

/// The same walk, with some commits known already.
pub(super) fn outgoing_with(
    repo: &Repo,
    objects: &mut Objects,
    known: KnownCommits,
    tips: &[Oid],
    hidden: &[Oid],
) -> Result<NewObjects> {
    let mut commits = CommitStore::new(repo, objects)?.knowing(known);
    let (mut found, mut walk) = (NewObjects::default(), RevisionWalk::default());
    let mut hidden_tags = HashSet::new();
    let mut seen = HashSet::new();
    for (n, id) in hidden.iter().enumerate().filter(|(_, id)| seen.insert(**id)) {
        let peeled = commits.peel(*id);
        hidden_tags.extend(peeled.tags);
        match peeled.target {
            Some((id, TipKind::Commit)) => walk.start(&mut commits, id, Some(n), &mut found.unread),
            Some((id, TipKind::Tree | TipKind::Blob)) => found.known.edge.push(id),
            None => continue,
        }
        found.known.tips.extend(peeled.target.map(|(id, _)| id));
    }
    let known: HashSet<Oid> = found.known.edge.iter().copied().collect();
    let mut seen = hidden_tags;
    for id in tips.iter().filter(|id| !seen.contains(*id)).copied().collect::<Vec<_>>() {
        let peeled = commits.peel(id);
        found.unread.extend(peeled.unread);
        found.tags.extend(peeled.tags.into_iter().filter(|tag| seen.insert(*tag)));
        match peeled.target {
            Some((id, TipKind::Commit)) => {
                walk.start(&mut commits, id, None, &mut found.unread);
                walk.tips.push(id);
            }
            Some((id, TipKind::Tree)) if !known.contains(&id) && seen.insert(id) => found.trees.push(id),
            Some((id, TipKind::Blob)) if !known.contains(&id) && seen.insert(id) => found.blobs.push(id),
            _ => {}
        }
    }
    walk.run(&mut commits, &mut found);
    Ok(found)
}

/// One step from `base` to `to`, as if all commits between were one.
pub fn squashed(base: Oid, to: Oid) -> NewObjects {
    NewObjects {
        commits: vec![NewCommit { id: to, parents: vec![base] }],
        known: HiddenContent { edge: vec![base], tips: Vec::new() },
        ..NewObjects::default()
    }
}

/// The state of a commit in the walk.
struct CommitState {
    parents: Vec<Oid>,
    /// The position of a hidden tip that leads to it.
    hidden: Option<usize>,
    queued: bool,
}

/// The state of one walk.
#[derive(Default)]
struct RevisionWalk {
    met: HashMap<Oid, CommitState>,
    /// Newest first; equally old commits in the order of arrival.
    queue: BinaryHeap<(i64, Reverse<usize>, Oid)>,
    /// The commits that the tips name.
    tips: Vec<Oid>,
    /// The number of commits in the queue that are not hidden.
    interesting: usize,
    order: usize,
}

impl RevisionWalk {
    /// Puts a commit into the queue, once.
    fn start(&mut self, commits: &mut CommitStore, id: Oid, hidden: Option<usize>, unread: &mut Vec<(Oid, Unread)>) {
        if let Entry::Vacant(entry) = self.met.entry(id) {
            match commits.read(&id) {
                Ok(c) => {
                    entry.insert(CommitState { parents: c.parents, hidden: None, queued: true });
                    self.queue.push((c.date, Reverse(self.order), id));
                    (self.order, self.interesting) = (self.order + 1, self.interesting + 1);
                }
                // The repository may lack commits of the other side.
                Err(_) if hidden.is_some() => return,
                Err(why) => {
                    if !unread.iter().any(|(known, _)| *known == id) {
                        unread.push((id, why));
                    }
                    return;
                }
            }
        }
        if let Some(by) = hidden {
            self.hide(id, by);
        }
    }

    /// Hides a commit and those of its ancestors that the walk has met.
    fn hide(&mut self, id: Oid, by: usize) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if let Some(met) = self.met.get_mut(&id)
                && met.hidden.is_none()
            {
                met.hidden = Some(by);
                self.interesting -= usize::from(met.queued);
                stack.extend(&met.parents);
            }
        }
    }

    fn run(mut self, commits: &mut CommitStore, found: &mut NewObjects) {
        let (mut listed, mut slop, mut last) = (Vec::new(), SLOP, i64::MAX);
        while let Some((date, _, id)) = self.queue.pop() {
            let Some(met) = self.met.get_mut(&id) else { continue };
            met.queued = false;
            let (hidden, parents) = (met.hidden, met.parents.clone());
            self.interesting -= usize::from(hidden.is_none());
            for parent in &parents {
                self.start(commits, *parent, hidden, &mut found.unread);
            }
            if hidden.is_none() {
                last = date;
                listed.push(id);
                continue;
            }
            slop = match self.queue.peek() {
                None => break,
                Some((next, ..)) if last <= *next || self.interesting > 0 => SLOP,
                Some(_) => slop - 1,
            };
            if slop == 0 {
                break;
            }
        }
        let mut edge = HashSet::new();
        for id in listed {
            let Some(met) = self.met.get(&id) else { continue };
            if met.hidden.is_some() {
                edge.insert(id);
                continue;
            }
            edge.extend(met.parents.iter().filter(|p| self.met.get(*p).is_some_and(|m| m.hidden.is_some())));
            if commits.is_cut(&id) {
                found.cut.push(id);
            }
            found.commits.push(NewCommit { id, parents: met.parents.clone() });
        }
        let mut edge: Vec<Oid> = edge.into_iter().collect();
        edge.sort();
        let hidden_by = |id: &Oid| self.met.get(id).and_then(|met| met.hidden);
        let bound = |id: &Oid| hidden_by(id).map(|hidden_by| Boundary { commit: *id, hidden_by });
        found.boundary =
            edge.iter().chain(self.tips.iter().filter(|id| !edge.contains(id))).filter_map(bound).collect();
        found.known.edge.extend(edge);
    }
}

impl HiddenContent {
    /// Every tree and blob that `git rev-list --objects` leaves out because the hidden side is known to have it, and those
    /// of its files whose paths `is_apart` picks. `None` when more than `budget` trees would have to be read.
    pub fn near_boundary(&self, objects: &mut Objects, budget: usize, is_apart: PathFilter) -> Option<KnownContent> {
        let mut known = KnownContent::default();
        collect(objects, &self.edge, budget, is_apart, &mut known).then_some(known)
    }

    /// The same with the content of the hidden tips, at any cost. Needed only after a finding.
    pub fn all(&self, objects: &mut Objects, is_apart: PathFilter) -> KnownContent {
        let mut known = KnownContent::default();
        collect(objects, &self.edge, usize::MAX, is_apart, &mut known);
        collect(objects, &self.tips, usize::MAX, is_apart, &mut known);
        known
    }
}

/// Picks paths.
pub type PathFilter = fn(&BStr) -> bool;

/// The objects of the hidden side.
#[derive(Clone, Debug, Default)]
pub struct KnownContent {
    /// All of them.
    pub all: HashSet<Oid>,
    /// Blobs that were seen at picked paths alone, each with one.
    pub apart: HashMap<Oid, BString>,
}

impl KnownContent {
    fn add(&mut self, id: Oid, path: BString, is_apart: PathFilter) {
        let is_first = self.all.insert(id);
        if !is_apart(path.as_ref()) {
            self.apart.remove(&id);
        } else if is_first {
            self.apart.insert(id, path);
        }
    }
}

/// Adds every tree and blob below `roots` (commits, trees or blobs). Returns false when the budget is exhausted.
fn collect(objects: &mut Objects, roots: &[Oid], budget: usize, is_apart: PathFilter, into: &mut KnownContent) -> bool {
    let mut budget = budget;
    let mut stack = Vec::new();
    for root in roots {
        match objects.tree_of(root) {
            Ok(tree) => stack.push((tree, 0, BString::default())),
            Err(_) => {
                into.all.insert(*root);
            }
        }
    }
    while let Some((tree, depth, dir)) = stack.pop() {
        if depth >= MAX_DEPTH || !into.all.insert(tree) {
            continue;
        }
        if budget == 0 {
            return false;
        }
        budget -= 1;
        // The content of a missing tree is unknown, and counts as new.
        let Ok(tree) = Tree::read(objects, tree) else { continue };
        for entry in tree.entries() {
            match entry.mode {
                None => stack.push((entry.id, depth + 1, join(dir.as_ref(), &entry.name))),
                Some(EntryMode::Gitlink) => {}
                Some(_) => into.add(entry.id, join(dir.as_ref(), &entry.name), is_apart),
            }
        }
    }
    true
}
