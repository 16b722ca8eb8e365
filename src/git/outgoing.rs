//! What some tips lead to and others do not: `git rev-list --objects TIPS --not HIDDEN`, walked as git walks it.
//!
//! Commits are visited from the newest to the oldest. Whatever a hidden one leads to is hidden, and the walk ends once
//! everything left is hidden and older than the last commit found: its cost follows the push, not the history.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};

use bstr::BString;

use super::commits::{Commits, KnownCommits, Target};
use super::trees::{self, Changes, MAX_DEPTH, Tree};
use super::{Objects, Oid, Repo, Unread};
use crate::error::Result;

/// How many hidden commits are looked at after the last that could matter: clocks that ran wrong make a parent look
/// younger than its child. The same number as in git's revision.c.
const SLOP: usize = 5;

/// What the tips lead to and the hidden ones do not.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// The commits, newest first.
    pub commits: Vec<NewCommit>,
    /// Annotated tags, each before what it names.
    pub tags: Vec<Oid>,
    /// Trees that a tip or a tag names without a commit.
    pub trees: Vec<Oid>,
    /// Blobs that a tip or a tag names without a commit.
    pub blobs: Vec<Oid>,
    /// What could not be read: whatever lies behind it is not in the lists.
    pub unread: Vec<(Oid, Unread)>,
    /// Commits of the list at which the history ends because the clone is shallow.
    pub cut: Vec<Oid>,
    /// What is known to lie on the other side already.
    pub known: Known,
    /// The hidden commits that the new ones, or the tips, stand on.
    pub borders: Vec<Border>,
}

/// A hidden commit at which a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    /// The commit.
    pub commit: Oid,
    /// The hidden tip that leads to it, or one of them: its position in what was given to the walk.
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
pub struct Known {
    /// Commits, trees and blobs whose content git leaves out.
    near: Vec<Oid>,
    /// The hidden tips.
    tips: Vec<Oid>,
}

/// Walks from `tips`, up to what `hidden` leads to.
///
/// Hidden objects that are not here hide nothing; a tip that is not here is in [`Outgoing::unread`].
///
/// # Errors
/// When the repository itself cannot be read.
pub fn outgoing(repo: &Repo, objects: &mut Objects, tips: &[Oid], hidden: &[Oid]) -> Result<Outgoing> {
    outgoing_with(repo, objects, KnownCommits::default(), tips, hidden)
}

/// The same, where some commits are known already.
pub(super) fn outgoing_with(
    repo: &Repo,
    objects: &mut Objects,
    known: KnownCommits,
    tips: &[Oid],
    hidden: &[Oid],
) -> Result<Outgoing> {
    let mut commits = Commits::new(repo, objects)?.knowing(known);
    let (mut found, mut walk) = (Outgoing::default(), Walk::default());
    let mut hidden_tags = HashSet::new();
    let mut seen = HashSet::new();
    for (n, id) in hidden.iter().enumerate().filter(|(_, id)| seen.insert(**id)) {
        let peeled = commits.peel(*id);
        hidden_tags.extend(peeled.tags);
        match peeled.target {
            Some((id, Target::Commit)) => walk.start(&mut commits, id, Some(n), &mut found.unread),
            Some((id, Target::Tree | Target::Blob)) => found.known.near.push(id),
            None => continue,
        }
        found.known.tips.extend(peeled.target.map(|(id, _)| id));
    }
    let known: HashSet<Oid> = found.known.near.iter().copied().collect();
    let mut seen = hidden_tags;
    for id in tips.iter().filter(|id| !seen.contains(*id)).copied().collect::<Vec<_>>() {
        let peeled = commits.peel(id);
        found.unread.extend(peeled.unread);
        found.tags.extend(peeled.tags.into_iter().filter(|tag| seen.insert(*tag)));
        match peeled.target {
            Some((id, Target::Commit)) => {
                walk.start(&mut commits, id, None, &mut found.unread);
                walk.tips.push(id);
            }
            Some((id, Target::Tree)) if !known.contains(&id) && seen.insert(id) => found.trees.push(id),
            Some((id, Target::Blob)) if !known.contains(&id) && seen.insert(id) => found.blobs.push(id),
            _ => {}
        }
    }
    walk.run(&mut commits, &mut found);
    Ok(found)
}

/// The one step from `base` to `to`, whatever lies between.
pub fn net(base: Oid, to: Oid) -> Outgoing {
    Outgoing {
        commits: vec![NewCommit { id: to, parents: vec![base] }],
        known: Known { near: vec![base], tips: Vec::new() },
        ..Outgoing::default()
    }
}

/// What a commit brings: its tree against those of all its parents. What is in any of them is not new.
pub fn brought(objects: &mut Objects, commit: &NewCommit) -> Changes {
    let mut changes = Changes::default();
    // A parent that is not here counts as empty, which errs towards scanning more.
    let old: Vec<Oid> = commit.parents.iter().filter_map(|parent| objects.tree_of(parent).ok()).collect();
    match objects.tree_of(&commit.id) {
        Ok(tree) => trees::compare(objects, tree, &old, &mut changes),
        Err(why) => changes.unread.push((BString::default(), commit.id, why)),
    }
    changes
}

/// What the walk knows of a commit it met.
struct Met {
    parents: Vec<Oid>,
    /// Which of the hidden tips leads to it, if one does.
    hidden: Option<usize>,
    queued: bool,
}

/// The state of one walk.
#[derive(Default)]
struct Walk {
    met: HashMap<Oid, Met>,
    /// Newest first; among equals, first come first served.
    queue: BinaryHeap<(i64, Reverse<usize>, Oid)>,
    /// The commits that the tips name.
    tips: Vec<Oid>,
    /// How many of the queue are not hidden.
    interesting: usize,
    order: usize,
}

impl Walk {
    /// Puts a commit into the queue, once.
    fn start(&mut self, commits: &mut Commits, id: Oid, hidden: Option<usize>, unread: &mut Vec<(Oid, Unread)>) {
        if let Entry::Vacant(entry) = self.met.entry(id) {
            match commits.read(&id) {
                Ok(c) => {
                    entry.insert(Met { parents: c.parents, hidden: None, queued: true });
                    self.queue.push((c.date, Reverse(self.order), id));
                    (self.order, self.interesting) = (self.order + 1, self.interesting + 1);
                }
                // What the other side has need not be here.
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

    /// Hides a commit and, as far as they were met, its ancestors.
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

    fn run(mut self, commits: &mut Commits, found: &mut Outgoing) {
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
        let mut near = HashSet::new();
        for id in listed {
            let Some(met) = self.met.get(&id) else { continue };
            if met.hidden.is_some() {
                near.insert(id);
                continue;
            }
            near.extend(met.parents.iter().filter(|p| self.met.get(*p).is_some_and(|m| m.hidden.is_some())));
            if commits.is_cut(&id) {
                found.cut.push(id);
            }
            found.commits.push(NewCommit { id, parents: met.parents.clone() });
        }
        let mut near: Vec<Oid> = near.into_iter().collect();
        near.sort();
        let hidden_by = |id: &Oid| self.met.get(id).and_then(|met| met.hidden);
        let border = |id: &Oid| hidden_by(id).map(|hidden_by| Border { commit: *id, hidden_by });
        found.borders =
            near.iter().chain(self.tips.iter().filter(|id| !near.contains(id))).filter_map(border).collect();
        found.known.near.extend(near);
    }
}

impl Known {
    /// Every tree and blob that `git rev-list --objects` leaves out because the hidden side is known to have it. `None`
    /// when that would take reading more than `budget` trees.
    pub fn near(&self, objects: &mut Objects, budget: usize) -> Option<HashSet<Oid>> {
        let mut all = HashSet::new();
        collect(objects, &self.near, budget, &mut all).then_some(all)
    }

    /// The same, with what the hidden tips hold, whatever it costs. Asked once something was found.
    pub fn all(&self, objects: &mut Objects) -> HashSet<Oid> {
        let mut all = HashSet::new();
        collect(objects, &self.near, usize::MAX, &mut all);
        collect(objects, &self.tips, usize::MAX, &mut all);
        all
    }
}

/// Adds every tree and blob below `roots` (commits, trees or blobs). False when the budget did not last.
fn collect(objects: &mut Objects, roots: &[Oid], budget: usize, into: &mut HashSet<Oid>) -> bool {
    let mut budget = budget;
    let mut stack = Vec::new();
    for root in roots {
        match objects.tree_of(root) {
            Ok(tree) => stack.push((tree, 0)),
            Err(_) => {
                into.insert(*root);
            }
        }
    }
    while let Some((tree, depth)) = stack.pop() {
        if depth >= MAX_DEPTH || !into.insert(tree) {
            continue;
        }
        if budget == 0 {
            return false;
        }
        budget -= 1;
        // What is not here cannot be told; it then counts as new.
        let Ok(tree) = Tree::read(objects, tree) else { continue };
        for entry in tree.entries() {
            match entry.mode {
                None => stack.push((entry.id, depth + 1)),
                Some(super::Mode::Gitlink) => {}
                Some(_) => {
                    into.insert(entry.id);
                }
            }
        }
    }
    true
}
