//! An entire history: every object that any ref leads to, or every object in the store.

use std::collections::HashSet;

use bstr::{BString, ByteSlice};

use super::commits::{
    CommitContent, CommitReader, CommitSource, Tips, bare_blob, commit_message, counted_tips, note_on, only_from,
    shallow_end, tag_message, unread,
};
use super::objects::gitlink;
use super::pack_sweep::{self, HistoryFilter};
use super::{Content, ContentReader, Coverage, Item, LfsStore, Old, Plan, Readers, Skip, Source};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;
use crate::finding::Finding;
use crate::git::{self, EntryMode, KnownCommits, Objects, Oid, Repo, TreeItem, TreeWalk};
use crate::path::special::is_special;

/// Every blob, commit, tag and path name of a history. There is no old side: everything counts.
pub struct History<'a> {
    source: CommitSource<'a>,
    all_objects: bool,
    filter: Option<HistoryFilter<'a>>,
}

impl<'a> History<'a> {
    /// Every object that any ref leads to; with `all_objects` everything in the store, unreachable objects included. An
    /// object larger than `max_object` bytes makes the scan incomplete.
    pub fn new(repo: &'a Repo, all_objects: bool, max_object: u64) -> Self {
        History { source: CommitSource::of(repo, max_object), all_objects, filter: None }
    }

    /// Lets the plan itself sweep the packs, as far as that is faster, and drop objects in which the filter finds
    /// nothing.
    #[must_use]
    pub fn filtered(mut self, filter: HistoryFilter<'a>) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The plan that visits tree by tree.
    fn walk(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let repo = self.source.repo;
        let mut objects = repo.objects();
        let (mut new, tips) = git::reachable(repo, &mut objects, KnownCommits::default())?;
        coverage.refs.push(counted_tips(tips.len()));
        coverage.skipped.extend(new.unread.iter().map(|(id, why)| unread(*id, why)));
        coverage.skipped.extend(new.cut.iter().map(|id| shallow_end(*id, "older commits are not read")));
        new.commits.reverse();
        let notes: Vec<Oid> = repo.refs("refs/notes/")?.into_iter().map(|r| r.id).collect();
        let notes = only_from(&new.commits, Tips { all: &tips, notes: &notes });
        let mut plan = HistoryPlanner::new(coverage);
        let mut trees = TreeWalk::default();
        for tag in &new.tags {
            plan.items.push(tag_message(&mut objects, *tag));
        }
        for commit in &new.commits {
            plan.commit(commit.id);
            let hex = commit.id.to_string();
            let owner = if notes.contains(&commit.id) { TreeOwner::Notes(&hex) } else { TreeOwner::Commit(&hex) };
            trees.visit(&mut objects, commit.id, &mut |item| plan.tree_item(item, owner));
        }
        for tree in &new.trees {
            trees.visit(&mut objects, *tree, &mut |item| plan.tree_item(item, TreeOwner::None));
        }
        for blob in &new.blobs {
            plan.blob(*blob);
        }
        if self.all_objects {
            let reached: HashSet<Oid> = new.commits.iter().map(|c| c.id).chain(new.tags.iter().copied()).collect();
            plan.unreachable(repo, &mut objects, &mut trees, &reached)?;
        }
        Ok(plan.items)
    }
}

impl Source for History<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let swept = match self.filter.as_ref().filter(|_| !self.all_objects) {
            Some(filter) => pack_sweep::plan(self.source, filter, coverage)?,
            None => None,
        };
        let items = match swept {
            Some(items) => items,
            None => self.walk(coverage)?,
        };
        Ok(Plan::new(items, HistoryContent(CommitContent::without_old_sides(self.source))))
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.source.repo, false))
    }

    /// Reports a secret once for each path, where it first came up: not again for every later version of the file.
    fn settle(&self, findings: &mut Vec<Finding>) {
        let mut seen = HashSet::new();
        findings.retain(|f| seen.insert((f.location.path().to_owned(), f.rule.id, f.fingerprint)));
    }
}

/// A plan in the making.
struct HistoryPlanner<'a> {
    coverage: &'a mut Coverage,
    items: Vec<Item>,
    seen: HashSet<Oid>,
    /// Files that are judged by their name as well: at each path, once a content.
    named: HashSet<(Oid, BString)>,
    paths: HashSet<BString>,
}

/// The object through which a tree was reached.
#[derive(Clone, Copy)]
enum TreeOwner<'a> {
    /// A commit, in hex.
    Commit(&'a str),
    /// A commit that only notes refs lead to.
    Notes(&'a str),
    /// A tag, a ref or the store, and no commit.
    None,
}

impl<'a> HistoryPlanner<'a> {
    fn new(coverage: &'a mut Coverage) -> Self {
        let (seen, named, paths) = Default::default();
        HistoryPlanner { coverage, items: Vec::new(), seen, named, paths }
    }

    fn commit(&mut self, id: Oid) {
        self.coverage.commits += 1;
        self.items.push(commit_message(id));
    }

    fn blob(&mut self, id: Oid) {
        if self.seen.insert(id) {
            self.items.push(bare_blob(id));
        }
    }

    fn tree_item(&mut self, item: TreeItem, owner: TreeOwner) {
        let (path, id, mode) = match item {
            TreeItem::Entry { path, id, mode } => (path, id, mode),
            TreeItem::Unread { id, why, .. } => return self.coverage.skipped.push(unread(id, why)),
        };
        let commit = match owner {
            TreeOwner::Commit(commit) | TreeOwner::Notes(commit) => Some(commit),
            TreeOwner::None => None,
        };
        if let (TreeOwner::Notes(_), Some(place)) = (owner, note_on(path)) {
            if self.seen.insert(id) {
                let origin = Origin { place, commit: commit.map(str::to_owned) };
                self.items.push(Item { origin, content: Content::Object(id), old: Old::Nothing });
            }
            return;
        }
        let origin = |place: fn(BString) -> ChunkPlace| Origin {
            place: place(path.to_owned()),
            commit: commit.map(str::to_owned),
        };
        if !self.paths.contains(path) {
            self.paths.insert(path.to_owned());
            let name = path.as_bytes().into();
            self.items.push(Item {
                origin: origin(ChunkPlace::PathName),
                content: Content::Bytes(name),
                old: Old::Nothing,
            });
        }
        let place = match mode {
            EntryMode::File => ChunkPlace::File,
            EntryMode::Symlink => ChunkPlace::Symlink,
            EntryMode::Gitlink => {
                if self.seen.insert(id) {
                    self.coverage.skipped.push(gitlink(path, id));
                }
                return;
            }
        };
        // A lockfile is judged by its name as well: the same bytes at another path are no lockfile of that name.
        let named = is_special(path) && self.named.insert((id, path.to_owned()));
        if self.seen.insert(id) || named {
            self.items.push(Item { origin: origin(place), content: Content::Object(id), old: Old::Nothing });
        }
    }

    /// Adds the objects that no ref leads to.
    fn unreachable(
        &mut self,
        repo: &Repo,
        objects: &mut Objects,
        trees: &mut TreeWalk,
        reached: &HashSet<Oid>,
    ) -> Result<()> {
        let mut blobs = Vec::new();
        let mut bare_trees = Vec::new();
        for id in git::every_object(repo)? {
            if reached.contains(&id) || self.seen.contains(&id) || trees.seen().contains(&id) {
                continue;
            }
            match objects.header(&id) {
                Some((git::ObjectKind::Commit, _)) => {
                    self.commit(id);
                    let hex = id.to_string();
                    trees.visit(objects, id, &mut |item| self.tree_item(item, TreeOwner::Commit(&hex)));
                }
                Some((git::ObjectKind::Tag, _)) => self.items.push(tag_message(objects, id)),
                Some((git::ObjectKind::Tree, _)) => bare_trees.push(id),
                Some((git::ObjectKind::Blob, _)) => blobs.push(id),
                None => self.coverage.skipped.push(unread(id, &git::Unread::Corrupt("no header".into()))),
            }
        }
        // Last, so that content which an unreachable commit or tree names is reported under its path.
        for id in bare_trees {
            trees.visit(objects, id, &mut |item| self.tree_item(item, TreeOwner::None));
        }
        for id in blobs {
            self.blob(id);
        }
        Ok(())
    }
}

/// The content of a history, without old sides.
struct HistoryContent<'a>(CommitContent<'a>);

impl Readers for HistoryContent<'_> {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(HistoryReader(self.0.commit_reader())))
    }
}

/// Reads objects; nothing came before any of them.
struct HistoryReader<'a>(CommitReader<'a>);

impl ContentReader for HistoryReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.0.read_local(item, into)
    }

    fn old_sides(&mut self, _: &Item) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
