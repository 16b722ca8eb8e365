//! An entire history without reading every version of every file in full.
//!
//! Git stores most objects as deltas against a base. A sweep follows the delta trees of each pack from the bases down
//! and scans an object only where it differs from its base; findings in copied bytes are carried over. The plan is the
//! one of [`super::history`] less the objects in which nothing was found, in three steps:
//!
//! 1. [`messages`] sweeps commits and tags, and [`git::TreeStore`] all trees.
//! 2. [`first_seen`] walks the trees of all commits: the first path and commit of every blob, in the order of the plan.
//! 3. [`blobs`] sweeps the blobs.
//!
//! Invariants: a blob is dropped only after all of it was scanned, here or as a part copied from a scanned base; every
//! filter errs towards reading; and whenever anything cannot be read here, there is no plan, and the plain walk
//! decides.

mod blobs;
mod first_seen;
mod messages;

use std::collections::{HashMap, HashSet};

use super::commits::{CommitSource, Tips, bare_blob, commit_message, counted_tips, only_from, tag_message};
use super::objects::gitlink;
use super::{Content, Coverage, Item, Old};
use crate::chunk::{Chunk, ChunkPlace, Origin};
use crate::engine::{Engine, Scratch};
use crate::error::Result;
use crate::git::{self, KnownCommits, NewObjects, ObjectKind, Objects, Oid, Store, TreeStore};
use blobs::{BlobFindings, BlobSweep};
use first_seen::{CommitNumber, FirstSeen, FirstSeenWalk, PathId, PlanStep, TreeRoot, UnreadableTree};
use messages::MessageSweep;

type OfPath<'a> = dyn Fn(&str) -> bool + Sync + 'a;
type OfText<'a> = dyn Fn(&[u8]) -> bool + Sync + 'a;
type OfFile<'a> = dyn Fn(&str, &[u8]) -> bool + Sync + 'a;

/// Decides which content of a history has to be scanned in full. Each predicate errs towards yes.
pub struct HistoryFilter<'a> {
    /// Finds secrets.
    pub engine: &'a Engine,
    /// Returns whether a file at this path is inspected for more than secrets and hidden text.
    pub inspects_path: Box<OfPath<'a>>,
    /// Returns whether a text holds hidden characters. The predicate is line-local: lines can be asked about one by
    /// one.
    pub has_hidden_text: Box<OfText<'a>>,
    /// Returns whether the file at this path has a finding other than secrets.
    pub has_package_finding: Box<OfFile<'a>>,
}

/// The most tree entries that are held in memory, 8 bytes each.
const MOST_ENTRIES: usize = 12 << 20;

/// The plan, or `None` where only the plain walk is right: the objects are not all in readable packs, one of them
/// cannot be read, or the trees do not fit into memory.
pub(super) fn plan(
    source: CommitSource<'_>,
    filter: &HistoryFilter,
    coverage: &mut Coverage,
) -> Result<Option<Vec<Item>>> {
    let CommitSource { repo, max_object: max, .. } = source;
    if repo.is_shallow() || repo.is_partial() || repo.git_knows_more() {
        return Ok(None);
    }
    let Some(store) = repo.store()? else { return Ok(None) };
    let Some(mut messages) = Messages::sweep(&store, filter, max) else { return Ok(None) };
    let Some(mut trees) = TreeStore::read(&store, MOST_ENTRIES) else { return Ok(None) };
    let mut objects = repo.objects();
    let (mut new, tips) = git::reachable(repo, &mut objects, std::mem::take(&mut messages.commits))?;
    if !new.unread.is_empty() {
        return Ok(None);
    }
    new.commits.reverse();
    let notes: Vec<Oid> = repo.refs("refs/notes/")?.into_iter().map(|r| r.id).collect();
    let notes = only_from(&new.commits, Tips { all: &tips, notes: &notes });
    let Ok(walk) = walk(&store, &mut trees, filter, (&new, &notes), &messages) else { return Ok(None) };
    drop(trees);
    let Some(blobs) = BlobSweep { walk: &walk, filter, max }.run(&store) else { return Ok(None) };

    coverage.refs.push(counted_tips(tips.len()));
    coverage.commits += new.commits.len();
    for (path, id) in &walk.gitlinks {
        coverage.skipped.push(gitlink(path.as_ref(), *id));
    }
    let mut planner = SweepPlanner {
        store: &store,
        filter,
        new: &new,
        walk: &walk,
        messages,
        blobs,
        objects: &mut objects,
        reported: HashSet::new(),
        scratch: Scratch::default(),
    };
    let mut items = planner.items(coverage);
    let is_seen = |id: &Oid| store.lookup(id).is_some_and(|n| walk.first_seen(n).is_some());
    items.extend(new.blobs.iter().filter(|id| !is_seen(id)).map(|id| bare_blob(*id)));
    Ok(Some(items))
}

/// Walks all trees of the history.
fn walk<'a>(
    store: &Store,
    trees: &mut TreeStore,
    filter: &'a HistoryFilter,
    (new, notes): (&NewObjects, &HashSet<Oid>),
    messages: &Messages,
) -> Result<FirstSeenWalk<'a>, UnreadableTree> {
    let mut walk = FirstSeenWalk::new(store, trees, &*filter.inspects_path);
    walk.order.extend(new.tags.iter().map(|tag| PlanStep::Tag(*tag)));
    for (n, commit) in new.commits.iter().enumerate() {
        let number = CommitNumber::new(n);
        walk.order.push(PlanStep::Commit(number));
        let tree = store.lookup(&commit.id).and_then(|commit| messages.trees.get(&commit).copied());
        walk.visit(
            trees,
            tree.ok_or(UnreadableTree)?,
            TreeRoot { commit: Some(number), is_notes: notes.contains(&commit.id) },
        )?;
    }
    for tree in &new.trees {
        walk.visit(trees, store.lookup(tree).ok_or(UnreadableTree)?, TreeRoot { commit: None, is_notes: false })?;
    }
    walk.end();
    Ok(walk)
}

/// The results of the sweep over commits and tags.
#[derive(Default)]
struct Messages {
    commits: KnownCommits,
    /// The tree of each commit, both by number.
    trees: HashMap<u32, u32>,
    /// How many bytes were scanned of each object.
    sizes: HashMap<u32, u64>,
    /// The objects that have to be scanned as part of the plan.
    must_scan: HashSet<u32>,
}

impl Messages {
    fn sweep(store: &Store, filter: &HistoryFilter, max: u64) -> Option<Self> {
        let sweep = MessageSweep { store, filter, max };
        let mut messages = Self::default();
        for worker in store.sweep(&[ObjectKind::Commit, ObjectKind::Tag], &sweep)? {
            messages.trees.extend(worker.trees);
            messages.commits.extend(worker.commits);
            messages.sizes.extend(worker.sizes);
            messages.must_scan.extend(worker.must_scan);
        }
        Some(messages)
    }
}

/// Turns the steps of a walk into items.
struct SweepPlanner<'a> {
    store: &'a Store,
    filter: &'a HistoryFilter<'a>,
    new: &'a NewObjects,
    walk: &'a FirstSeenWalk<'a>,
    messages: Messages,
    blobs: BlobFindings,
    objects: &'a mut Objects,
    /// The path and the key of each secret that an earlier item reports.
    reported: HashSet<(PathId, u64)>,
    scratch: Scratch,
}

impl SweepPlanner<'_> {
    /// The items that have to be scanned; everything else goes into the coverage as read.
    fn items(&mut self, coverage: &mut Coverage) -> Vec<Item> {
        let mut items = Vec::new();
        for step in &self.walk.order {
            let item = match *step {
                PlanStep::Tag(id) => self.message(id, tag_message),
                PlanStep::Commit(n) => self.message(self.new.commits[n.index()].id, |_, id| commit_message(id)),
                PlanStep::Path { path, commit } => self.path_name(path, commit),
                PlanStep::Blob(number) => self.blob(number),
                PlanStep::Again { number, seen } => self.further(number, seen),
            };
            match item {
                SweepStep::Scan(item) => items.push(item),
                SweepStep::Done { blobs, bytes } => {
                    coverage.blobs += blobs;
                    coverage.bytes += bytes;
                }
            }
        }
        items
    }

    fn message(&mut self, id: Oid, item: fn(&mut Objects, Oid) -> Item) -> SweepStep {
        let number = self.store.lookup(&id).filter(|n| !self.messages.must_scan.contains(n));
        match number.and_then(|n| self.messages.sizes.get(&n)) {
            Some(size) => SweepStep::Done { blobs: 0, bytes: *size },
            None => SweepStep::Scan(item(self.objects, id)),
        }
    }

    fn path_name(&mut self, path: PathId, commit: Option<CommitNumber>) -> SweepStep {
        let path = self.walk.path(path);
        let origin = Origin { place: ChunkPlace::PathName(path.clone()), commit: self.hex(commit) };
        if self.filter.engine.scan(Chunk { origin: &origin, bytes: &path }, &mut self.scratch).is_empty() {
            return SweepStep::Done { blobs: 0, bytes: path.len() as u64 };
        }
        SweepStep::Scan(Item { origin, content: Content::Bytes(path.to_vec().into()), old: Old::Nothing })
    }

    fn blob(&mut self, number: u32) -> SweepStep {
        let Some(seen) = self.walk.first_seen(number) else { return self.done(number) };
        // A secret is reported once for a path: only the version that brings it has to be scanned in full. Every key
        // has to be noted, not only the first new one.
        let mut is_new = false;
        for key in self.blobs.found.get(&number).into_iter().flatten() {
            is_new |= self.reported.insert((seen.path, *key));
        }
        match is_new || self.blobs.must_scan.contains(&number) {
            true => self.content(number, seen),
            false => self.done(number),
        }
    }

    fn further(&self, number: u32, seen: FirstSeen) -> SweepStep {
        match self.blobs.must_scan_again.contains(&(number, seen.path)) {
            true => self.content(number, seen),
            false => self.done(number),
        }
    }

    fn content(&self, number: u32, seen: FirstSeen) -> SweepStep {
        let origin = Origin { place: self.walk.named(seen), commit: self.hex(seen.commit) };
        SweepStep::Scan(Item { origin, content: Content::Object(self.store.id(number)), old: Old::Nothing })
    }

    fn done(&self, number: u32) -> SweepStep {
        SweepStep::Done { blobs: 1, bytes: self.blobs.lengths[number as usize] }
    }

    fn hex(&self, commit: Option<CommitNumber>) -> Option<String> {
        commit.map(|n| self.new.commits[n.index()].id.to_string())
    }
}

/// The outcome of one step of the plan.
enum SweepStep {
    /// The item has to be scanned.
    Scan(Item),
    /// It was scanned during a sweep, and nothing was found.
    Done { blobs: usize, bytes: u64 },
}
