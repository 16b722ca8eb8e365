//! One tree of the object database, decoded.

use bstr::{BStr, BString};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;

use crate::git::{Objects, Oid, Unread};

/// The type of a tree entry other than a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryMode {
    /// A file, executable or not.
    File,
    /// A symbolic link; its target is its content.
    Symlink,
    /// A submodule's commit, whose content is in another repository.
    Gitlink,
}

/// The limit for nested directories. Git refuses more than 2,048 (core.maxTreeDepth); twice that is an attack.
pub(in crate::git) const MAX_DEPTH: usize = 4096;

/// One decoded tree, with its entries in git's order.
#[derive(Default)]
pub(in crate::git) struct Tree {
    entries: Vec<TreeEntry>,
}

/// One entry of a tree.
#[derive(Clone)]
pub(in crate::git) struct TreeEntry {
    pub(in crate::git) name: BString,
    pub(in crate::git) id: Oid,
    /// `None`: a directory.
    pub(in crate::git) mode: Option<EntryMode>,
}

impl Tree {
    pub(in crate::git) fn read(objects: &mut Objects, id: Oid) -> Result<Self, Unread> {
        let mut buffer = Vec::new();
        if objects.read(&id, u64::MAX, &mut buffer)? != gix::objs::Kind::Tree {
            return Err(Unread::Corrupt(format!("{id} is not a tree")));
        }
        let mut entries = Vec::new();
        for entry in TreeRefIter::from_bytes(&buffer, id.kind()) {
            let entry = entry.map_err(|e| Unread::Corrupt(e.to_string()))?;
            let mode = match entry.mode.kind() {
                EntryKind::Tree => None,
                EntryKind::Link => Some(EntryMode::Symlink),
                EntryKind::Commit => Some(EntryMode::Gitlink),
                EntryKind::Blob | EntryKind::BlobExecutable => Some(EntryMode::File),
            };
            entries.push(TreeEntry { name: entry.filename.to_owned(), id: entry.oid.to_owned(), mode });
        }
        Ok(Self { entries })
    }

    pub(in crate::git) fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }
}

pub(in crate::git) fn join(dir: &BStr, name: &[u8]) -> BString {
    let mut path = Vec::with_capacity(dir.len() + 1 + name.len());
    path.extend_from_slice(dir);
    if !dir.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path.into()
}
