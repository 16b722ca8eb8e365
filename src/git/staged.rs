//! What `git commit` would record: the index against HEAD.
//!
//! The index's cache-tree knows the tree id of every directory that did not change since it was last written; where that
//! is the id in HEAD's tree, the whole directory is skipped. The cost follows the change, not the repository.

use bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Flags, Mode as EntryMode};
use gix::index::extension::Tree as CacheTree;
use gix::index::{Entry, File};

use super::trees::{self, Change, Changes, MAX_DEPTH, Mode, Olds};
use super::{Objects, Oid, Repo, Unread, index};
use crate::error::{Error, Result};

/// What is staged, compared with the trees of HEAD and of every merged parent that some remote already holds.
///
/// # Errors
/// When the index or HEAD cannot be read.
pub fn staged(repo: &Repo, objects: &mut Objects) -> Result<Changes> {
    let mut changes = Changes::default();
    let Some(index) = index::open(repo)? else { return Ok(changes) };
    let mut old = Vec::new();
    for commit in repo.head()?.into_iter().chain(published_parents(repo, objects)?) {
        match objects.tree_of(&commit) {
            Ok(tree) => old.push(tree),
            // Without its old side everything counts as new, which errs towards scanning more.
            Err(Unread::Missing) => {}
            Err(why) => return Err(Error::incomplete(format!("commit {commit}: {}", why.reason()))),
        }
    }
    let mut walk = Walk { objects, into: &mut changes, index: &index };
    walk.into.root = index.tree().filter(|tree| tree.num_entries.is_some()).map(|tree| tree.id);
    walk.directory(BStr::new(""), index.entries(), index.tree(), &old, 0);
    Ok(changes)
}

/// The parents, other than HEAD, of a merge under way that a remote-tracking ref already holds.
///
/// They stand in MERGE_HEAD; while pre-merge-commit runs, git names them in `GITHEAD_<id>` variables instead.
fn published_parents(repo: &Repo, objects: &mut Objects) -> Result<Vec<Oid>> {
    let mut parents: Vec<Oid> = std::env::vars_os()
        .filter_map(|(name, _)| Oid::from_hex(name.to_str()?.strip_prefix("GITHEAD_")?.as_bytes()).ok())
        .collect();
    if let Ok(text) = std::fs::read(repo.git_dir().join("MERGE_HEAD")) {
        parents.extend(text.lines().filter_map(|line| Oid::from_hex(line.trim()).ok()));
    }
    parents.sort();
    parents.dedup();
    if parents.is_empty() {
        return Ok(parents);
    }
    let tips: Vec<Oid> = repo.refs("refs/remotes/")?.into_iter().map(|r| r.id).collect();
    parents.retain(|parent| super::reach::reaches(objects, &tips, *parent));
    Ok(parents)
}

struct Walk<'a> {
    objects: &'a mut Objects,
    into: &'a mut Changes,
    index: &'a File,
}

impl Walk<'_> {
    /// Compares the entries below `dir` (whose paths all begin with it) with the old trees of that directory.
    fn directory(&mut self, dir: &BStr, entries: &[Entry], cached: Option<&CacheTree>, old: &[Oid], depth: usize) {
        if cached.is_some_and(|c| c.num_entries.is_some() && old.contains(&c.id)) {
            return;
        }
        if depth >= MAX_DEPTH {
            let why = Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories"));
            return self.into.unread.push((dir.to_owned(), Oid::null(self.index.object_hash()), why));
        }
        let mut olds = Olds::read(self.objects, old);
        // Where this directory's names begin: after its own path and a slash.
        let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let path = first.path(self.index);
            let name = &path[skip..];
            // A sparse index ends the path of a directory it does not list with a slash.
            match name.find_byte(b'/') {
                None => {
                    let same = rest.iter().take_while(|e| e.path(self.index) == path).count();
                    self.file(dir, name.as_ref(), &rest[..same], &mut olds);
                    rest = &rest[same..];
                }
                Some(slash) => {
                    let below = path[..skip + slash].as_bstr();
                    let prefix = &path[..=skip + slash];
                    let inside = rest.partition_point(|e| e.path(self.index).starts_with(prefix));
                    let gone = |e: &trees::Entry| trees::remove(self.into, dir, e);
                    let was = olds.at(name[..slash].as_bstr(), true, gone);
                    let was: Vec<Oid> = was.iter().filter(|e| e.mode.is_none()).map(|e| e.id).collect();
                    let child = cached.and_then(|c| c.children.iter().find(|t| t.name[..] == name[..slash]));
                    if first.mode == EntryMode::DIR && path.len() == prefix.len() {
                        trees::compare_below(self.objects, below.to_owned(), first.id, &was, self.into);
                    } else {
                        self.directory(below, &rest[..inside], child, &was, depth + 1);
                    }
                    rest = &rest[inside..];
                }
            }
        }
        olds.rest(|e| trees::remove(self.into, dir, e));
    }

    /// One path; several entries when it is unmerged (stage 1 the common ancestor, 2 ours, 3 theirs).
    fn file(&mut self, dir: &BStr, name: &BStr, entries: &[Entry], olds: &mut Olds) {
        let was = olds.at(name, false, |gone| trees::remove(self.into, dir, gone));
        let path = trees::join(dir, name);
        let base: Vec<Oid> = entries.iter().filter(|e| e.stage_raw() == 1).map(|e| e.id).collect();
        for entry in entries {
            // Intent-to-add records a name without content; the common ancestor of a conflict is not new.
            if entry.flags.contains(Flags::INTENT_TO_ADD) || entry.stage_raw() == 1 {
                continue;
            }
            let mode = match entry.mode {
                EntryMode::SYMLINK => Mode::Symlink,
                EntryMode::COMMIT => Mode::Gitlink,
                _ => Mode::File,
            };
            if was.iter().any(|o| o.id == entry.id && o.mode == Some(mode)) {
                continue;
            }
            let old = was.iter().filter(|o| matches!(o.mode, Some(m) if m != Mode::Gitlink)).map(|o| o.id);
            let old: Vec<Oid> = old.chain(base.iter().copied()).collect();
            self.into.new.push(Change { path: BString::clone(&path), id: entry.id, mode, old });
        }
    }
}
