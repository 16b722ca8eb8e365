//! The content that `git commit` would record: the index against HEAD.
//!
//! The cache-tree of the index has the tree id of every directory that did not change since it was written; a directory
//! with the same id in HEAD's tree is skipped. The cost follows the change, not the repository.

use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

use super::index::{CachedDirectory, GitIndex};
use super::trees::{self, ChangedPath, Olds, TreeChanges};
use crate::environment;
use crate::error::{Error, Result};
use crate::file;
use crate::git::read::tree::{MAX_DEPTH, TreeEntry, join};
use crate::git::{EntryMode, Objects, Oid, Repo, Unread, reaches};

/// The index, compared with the trees of HEAD and of every merged parent that some remote already holds.
///
/// # Errors
/// The index or HEAD cannot be read.
pub fn staged(repo: &Repo, objects: &mut Objects) -> Result<TreeChanges> {
    let mut changes = TreeChanges::default();
    let Some(index) = GitIndex::open(repo)? else { return Ok(changes) };
    let mut old = Vec::new();
    for commit in repo.head()?.into_iter().chain(published_parents(repo, objects)?) {
        match objects.tree_of(&commit) {
            Ok(tree) => old.push(tree),
            // Without an old side everything counts as new, which errs towards scanning more.
            Err(Unread::Missing) => {}
            Err(why) => return Err(Error::incomplete(format!("commit {commit}: {}", why.reason()))),
        }
    }
    let mut walk = IndexWalk { objects, into: &mut changes, index: &index };
    walk.into.root = index.tree().and_then(CachedDirectory::id);
    walk.directory(BStr::new(""), 0..index.len(), index.tree(), &old, 0);
    Ok(changes)
}

/// The parents, other than HEAD, of a merge in progress that another repository already holds: a remote-tracking ref
/// leads to them, or the last fetch, possibly from an address without a configured remote, brought them.
///
/// MERGE_HEAD names them; while pre-merge-commit runs, `GITHEAD_<id>` variables do instead.
fn published_parents(repo: &Repo, objects: &mut Objects) -> Result<Vec<Oid>> {
    let mut parents: Vec<Oid> = environment::variables()
        .filter_map(|(name, _)| Oid::from_hex(name.to_str()?.strip_prefix("GITHEAD_")?.as_bytes()).ok())
        .collect();
    if let Ok(text) = file::read(repo.git_dir().join("MERGE_HEAD")) {
        parents.extend(text.lines().filter_map(|line| Oid::from_hex(line.trim()).ok()));
    }
    parents.sort();
    parents.dedup();
    if parents.is_empty() {
        return Ok(parents);
    }
    let mut tips: Vec<Oid> = repo.fetched().tips.into_iter().map(|(id, _)| id).collect();
    tips.extend(repo.refs("refs/remotes/")?.into_iter().map(|r| r.id));
    parents.retain(|parent| reaches(objects, &tips, *parent));
    Ok(parents)
}

struct IndexWalk<'a> {
    objects: &'a mut Objects,
    into: &'a mut TreeChanges,
    index: &'a GitIndex,
}

impl IndexWalk<'_> {
    /// Compares the entries below `dir` (whose paths all begin with it) with the old trees of that directory.
    fn directory(
        &mut self,
        dir: &BStr,
        entries: Range<usize>,
        cached: Option<CachedDirectory<'_>>,
        old: &[Oid],
        depth: usize,
    ) {
        if cached.and_then(CachedDirectory::id).is_some_and(|id| old.contains(&id)) {
            return;
        }
        if depth >= MAX_DEPTH {
            let why = Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories"));
            return self.into.unread.push((dir.to_owned(), Oid::null(self.index.hash()), why));
        }
        let index = self.index;
        let mut olds = Olds::read(self.objects, old);
        // The names of this directory follow its path and a slash.
        let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
        let mut rest = entries;
        while !rest.is_empty() {
            let first = rest.start;
            let path = index.path(first);
            let name = &path[skip..];
            // In a sparse index, the path of a collapsed directory ends in a slash.
            match name.find_byte(b'/') {
                None => {
                    let same = rest.clone().take_while(|&e| index.path(e) == path).count();
                    self.file(dir, name.as_ref(), first..first + same, &mut olds);
                    rest.start += same;
                }
                Some(slash) => {
                    let below = path[..skip + slash].as_bstr();
                    let prefix = &path[..=skip + slash];
                    let end = partition_point(rest.clone(), |e| index.path(e).starts_with(prefix));
                    let gone = |e: &TreeEntry| trees::remove(self.into, dir, e);
                    let was = olds.at(name[..slash].as_bstr(), true, gone);
                    let was: Vec<Oid> = was.iter().filter(|e| e.mode.is_none()).map(|e| e.id).collect();
                    let entry = index.entry(first);
                    if entry.mode == DIRECTORY && path.len() == prefix.len() {
                        trees::compare_below(self.objects, below.to_owned(), entry.id, &was, self.into);
                    } else {
                        let child = cached.and_then(|c| c.child(&name[..slash]));
                        self.directory(below, first..end, child, &was, depth + 1);
                    }
                    rest.start = end;
                }
            }
        }
        olds.rest(|e| trees::remove(self.into, dir, e));
    }

    /// Compares one path, which has several entries when it is unmerged (stage 1 the common ancestor, 2 ours, 3
    /// theirs).
    fn file(&mut self, dir: &BStr, name: &BStr, entries: Range<usize>, olds: &mut Olds) {
        let was = olds.at(name, false, |gone| trees::remove(self.into, dir, gone));
        let path = join(dir, name);
        let index = self.index;
        let entries = || entries.clone().map(|entry| index.entry(entry));
        let base: Vec<Oid> = entries().filter(|e| e.stage == 1).map(|e| e.id).collect();
        for entry in entries() {
            // Intent-to-add records a name without content; the common ancestor of a conflict is not new.
            if entry.intent_to_add || entry.stage == 1 {
                continue;
            }
            let mode = match entry.mode {
                SYMLINK => EntryMode::Symlink,
                GITLINK => EntryMode::Gitlink,
                _ => EntryMode::File,
            };
            if was.iter().any(|o| o.id == entry.id && o.mode == Some(mode)) {
                continue;
            }
            let old = was.iter().filter(|o| matches!(o.mode, Some(m) if m != EntryMode::Gitlink)).map(|o| o.id);
            let old: Vec<Oid> = old.chain(base.iter().copied()).collect();
            self.into.new.push(ChangedPath { path: BString::clone(&path), id: entry.id, mode, old });
        }
    }
}

/// File modes in an index.
const DIRECTORY: u32 = 0o040_000;
const SYMLINK: u32 = 0o120_000;
const GITLINK: u32 = 0o160_000;

/// The first number of `range` for which `is` does not hold; `is` must not hold for any later one.
fn partition_point(range: Range<usize>, is: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        if is(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
