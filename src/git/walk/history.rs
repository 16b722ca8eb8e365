//! Every object that some tips lead to, once, with the first commit and path that have it.

use std::collections::HashSet;

use bstr::BStr;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, TreeRefIter};

use super::commits::KnownCommits;
use crate::error::{Error, Result};
use crate::git::read::tree::{MAX_DEPTH, join};
use crate::git::{EntryMode, NewObjects, Objects, Oid, Repo, Unread};

/// One entry of a tree in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeItem<'a> {
    /// A file, link or submodule, at the path where it first came up.
    Entry {
        /// Its path.
        path: &'a BStr,
        /// Its content, or the submodule's commit.
        id: Oid,
        /// Its type.
        mode: EntryMode,
    },
    /// A tree that could not be read.
    Unread {
        /// Its path; empty for a root tree.
        path: &'a BStr,
        /// Its id.
        id: Oid,
        /// The reason.
        why: &'a Unread,
    },
}

/// A walk over trees that opens none twice.
#[derive(Default)]
pub struct TreeWalk {
    seen: HashSet<Oid>,
    buffers: Vec<Vec<u8>>,
}

impl TreeWalk {
    /// Visits all entries of the tree that `root` leads to, except those of trees visited before.
    pub fn visit(&mut self, objects: &mut Objects, root: Oid, visit: &mut dyn FnMut(TreeItem)) {
        match objects.tree_of(&root) {
            Ok(tree) => self.tree(objects, tree, BStr::new(""), 0, visit),
            Err(why) => visit(TreeItem::Unread { path: BStr::new(""), id: root, why: &why }),
        }
    }

    /// The ids of all trees visited.
    pub fn seen(&self) -> &HashSet<Oid> {
        &self.seen
    }

    fn tree(&mut self, objects: &mut Objects, id: Oid, dir: &BStr, depth: usize, visit: &mut dyn FnMut(TreeItem)) {
        if !self.seen.insert(id) {
            return;
        }
        let mut unread = |why: Unread| visit(TreeItem::Unread { path: dir, id, why: &why });
        if depth >= MAX_DEPTH {
            return unread(Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories")));
        }
        let mut buffer = self.buffers.pop().unwrap_or_default();
        match objects.read(&id, u64::MAX, &mut buffer) {
            Ok(Kind::Tree) => {}
            Ok(_) => return unread(Unread::Corrupt(format!("{id} is not a tree"))),
            Err(why) => return unread(why),
        }
        for entry in TreeRefIter::from_bytes(&buffer, id.kind()) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    visit(TreeItem::Unread { path: dir, id, why: &Unread::Corrupt(e.to_string()) });
                    break;
                }
            };
            let below = entry.oid.to_owned();
            let mode = match entry.mode.kind() {
                EntryKind::Tree if self.seen.contains(&below) => continue,
                EntryKind::Tree => {
                    self.tree(objects, below, join(dir, entry.filename).as_ref(), depth + 1, visit);
                    continue;
                }
                EntryKind::Link => EntryMode::Symlink,
                EntryKind::Commit => EntryMode::Gitlink,
                EntryKind::Blob | EntryKind::BlobExecutable => EntryMode::File,
            };
            let path = join(dir, entry.filename);
            visit(TreeItem::Entry { path: path.as_ref(), id: below, mode });
        }
        self.buffers.push(buffer);
    }
}

/// Every object that any ref, any work tree's HEAD and the stash lead to, and the tips.
///
/// Commits that are `known` already are not read again.
///
/// # Errors
/// The refs cannot be read.
pub fn reachable(repo: &Repo, objects: &mut Objects, known: KnownCommits) -> Result<(NewObjects, Vec<Oid>)> {
    let mut tips: Vec<Oid> = repo.refs("")?.into_iter().map(|r| r.id).collect();
    tips.extend(repo.heads()?);
    let mut seen = HashSet::new();
    tips.retain(|id| seen.insert(*id));
    Ok((super::outgoing::outgoing_with(repo, objects, known, &tips, &[])?, tips))
}

/// The ids of all objects in the store, reachable or not, in no order.
///
/// # Errors
/// The store cannot be listed.
pub fn every_object(repo: &Repo) -> Result<Vec<Oid>> {
    let listing = |e: &dyn std::fmt::Display| Error::incomplete(format!("the list of all objects: {e}"));
    let local = repo.local();
    let ids = local.objects.iter().map_err(|e| listing(&e))?;
    let mut all = ids.collect::<Result<Vec<Oid>, _>>().map_err(|e| listing(&e))?;
    // Packs may hold an object twice.
    all.sort();
    all.dedup();
    Ok(all)
}
