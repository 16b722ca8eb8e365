//! The index file.

use std::io::ErrorKind;
use std::path::Path;

use bstr::BStr;
use gix::index::decode;
use gix::index::entry::Flags;
use gix::index::extension::Tree;

use crate::error::{Error, Result};
use crate::git::read::index_file::{IndexEntry, IndexFile};
use crate::git::{Oid, Repo};

/// The index, for readers of few entries.
pub(in crate::git) enum GitIndex {
    /// As the bytes of its file.
    File(IndexFile),
    /// As gix decodes it.
    General(Box<gix::index::File>),
}

/// A directory of the cache-tree.
#[derive(Clone, Copy)]
pub(in crate::git) enum CachedDirectory<'a> {
    File(&'a IndexFile, usize),
    General(&'a Tree),
}

impl GitIndex {
    /// The index, or none in a repository without one.
    ///
    /// # Errors
    /// It exists and cannot be decoded.
    pub(in crate::git) fn open(repo: &Repo) -> Result<Option<Self>> {
        let bytes = std::fs::read(repo.index_path()).unwrap_or_default();
        match IndexFile::read(bytes, repo.hash_kind()) {
            Some(index) => Ok(Some(Self::File(index))),
            None => Ok(open(repo)?.map(|file| Self::General(Box::new(file)))),
        }
    }

    /// How many entries there are.
    pub(in crate::git) fn len(&self) -> usize {
        match self {
            Self::File(index) => index.len(),
            Self::General(file) => file.entries().len(),
        }
    }

    /// The hash function of the ids.
    pub(in crate::git) fn hash(&self) -> gix::hash::Kind {
        match self {
            Self::File(index) => index.hash(),
            Self::General(file) => file.object_hash(),
        }
    }

    /// An entry's path.
    pub(in crate::git) fn path(&self, entry: usize) -> &BStr {
        match self {
            Self::File(index) => index.path(entry),
            Self::General(file) => file.entries()[entry].path(file),
        }
    }

    /// An entry.
    pub(in crate::git) fn entry(&self, entry: usize) -> IndexEntry<'_> {
        match self {
            Self::File(index) => index.entry(entry),
            Self::General(file) => {
                let entry = &file.entries()[entry];
                IndexEntry {
                    path: entry.path(file),
                    id: entry.id,
                    mode: entry.mode.bits(),
                    stage: entry.stage_raw() as u8,
                    intent_to_add: entry.flags.contains(Flags::INTENT_TO_ADD),
                }
            }
        }
    }

    /// The root of the cache-tree.
    pub(in crate::git) fn tree(&self) -> Option<CachedDirectory<'_>> {
        match self {
            Self::File(index) => index.root().map(|root| CachedDirectory::File(index, root)),
            Self::General(file) => file.tree().map(CachedDirectory::General),
        }
    }
}

impl<'a> CachedDirectory<'a> {
    /// Its tree, if nothing below it was changed since the tree was written.
    pub(in crate::git) fn id(self) -> Option<Oid> {
        match self {
            CachedDirectory::File(index, node) => index.tree_id(node),
            CachedDirectory::General(tree) => tree.num_entries.map(|_| tree.id),
        }
    }

    /// The directory called `name` in it.
    pub(in crate::git) fn child(self, name: &[u8]) -> Option<Self> {
        match self {
            CachedDirectory::File(index, node) => {
                index.child(node, name).map(|node| CachedDirectory::File(index, node))
            }
            CachedDirectory::General(tree) => {
                tree.children.iter().find(|t| t.name[..] == *name).map(CachedDirectory::General)
            }
        }
    }
}

/// The index as gix decodes it, or none in a repository without one.
///
/// As in git, its trailing checksum is not compared: that costs more than all the rest of a small commit, and decoding
/// checks every entry.
///
/// # Errors
/// It exists and cannot be decoded.
pub(in crate::git) fn open(repo: &Repo) -> Result<Option<gix::index::File>> {
    let local = repo.local();
    let path = repo.index_path();
    // On one thread: starting others takes longer than decoding.
    let options = decode::Options { thread_limit: Some(1), ..Default::default() };
    match gix::index::File::at(&path, local.object_hash(), true, options) {
        Ok(index) => Ok(Some(index)),
        Err(_) if is_absent(&path) => Ok(None),
        Err(e) => Err(Error::incomplete(format!("the index {} is unreadable: {e}", path.display()))
            .help("`git fsck` has the details; `git reset` writes a new index and does not touch your files")),
    }
}

/// Returns whether the file does not exist; one without permission does.
fn is_absent(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|e| e.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(dir: &Path, args: &[&str]) {
        let out = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false"])
            .args(args)
            .current_dir(dir)
            .env("HOME", dir)
            .env("GIT_CONFIG_GLOBAL", dir.join("none"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// Everything that a reader finds in an index.
    fn described(index: &GitIndex) -> Vec<String> {
        let mut all: Vec<String> = (0..index.len()).map(|n| format!("{:?}", index.entry(n))).collect();
        assert!((0..index.len()).all(|n| index.path(n) == index.entry(n).path));
        // Every directory that a path leads through, as the cache-tree knows it.
        for entry in 0..index.len() {
            let mut at = index.tree();
            all.push(format!("{:?}", at.map(CachedDirectory::id)));
            for name in index.path(entry).split(|b| *b == b'/') {
                at = at.and_then(|dir| dir.child(name));
                all.push(format!("{:?}", at.map(CachedDirectory::id)));
            }
        }
        all
    }

    /// Compares the two readers; returns whether the one for files took the index.
    #[track_caller]
    fn compare(dir: &Path) -> bool {
        let repo = Repo::discover(dir).unwrap();
        let general = GitIndex::General(Box::new(open(&repo).unwrap().expect("an index")));
        let opened = GitIndex::open(&repo).unwrap().expect("an index");
        assert_eq!(described(&opened), described(&general));
        matches!(opened, GitIndex::File(_))
    }

    #[test]
    fn both_readers_agree() {
        for format in ["sha1", "sha256"] {
            let dir = tempfile::tempdir().unwrap();
            let dir = dir.path();
            git(dir, &["init", "-q", "-b", "main", "--object-format", format]);
            for path in ["a", "b/c/d", "b/c/e", "b/f", "b.c"] {
                std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
                std::fs::write(dir.join(path), path.as_bytes()).unwrap();
            }
            git(dir, &["add", "--", "a", "b", "b.c"]);
            assert!(compare(dir), "without a cache-tree");
            git(dir, &["commit", "-q", "-m", "first"]);
            assert!(compare(dir), "with one");
            std::fs::write(dir.join("b/c/e"), "more").unwrap();
            std::fs::write(dir.join("new"), "new").unwrap();
            git(dir, &["add", "b/c/e"]);
            assert!(compare(dir), "with a part of it invalid");
            git(dir, &["add", "-N", "new"]);
            assert!(compare(dir), "with extended flags");
            git(dir, &["update-index", "--skip-worktree", "b/f"]);
            assert!(compare(dir), "with a file that is not checked out");
            // Longer than the length field of an entry's flags allows.
            let id = GitIndex::open(&Repo::discover(dir).unwrap()).unwrap().unwrap().entry(0).id;
            let long = format!("c/{}f", "long/".repeat(1000));
            git(dir, &["update-index", "--add", "--cacheinfo", &format!("100644,{id},{long}")]);
            // Gix misreads the entries after such a path.
            let index = GitIndex::open(&Repo::discover(dir).unwrap()).unwrap().unwrap();
            let paths: Vec<_> = (0..index.len()).map(|n| index.path(n).to_string()).collect();
            assert_eq!(paths, ["a", "b.c", "b/c/d", "b/c/e", "b/f", &long, "new"]);
            assert!(matches!(index, GitIndex::File(_)));
            git(dir, &["update-index", "--force-remove", &long]);
            git(dir, &["update-index", "--index-version", "4"]);
            assert!(!compare(dir), "version 4 is left to gix");
            git(dir, &["update-index", "--index-version", "2"]);
            git(dir, &["update-index", "--split-index"]);
            assert!(!compare(dir), "so is a split index");
        }
    }

    #[test]
    fn a_conflict_has_its_sides() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        git(dir, &["init", "-q", "-b", "main"]);
        for (branch, text) in [("main", "one"), ("side", "two"), ("main", "three")] {
            if branch == "side" {
                git(dir, &["checkout", "-q", "-b", branch]);
            } else {
                let _ = Command::new("git").args(["checkout", "-q", branch]).current_dir(dir).output();
            }
            std::fs::write(dir.join("f"), text).unwrap();
            git(dir, &["add", "f"]);
            git(dir, &["commit", "-q", "-m", text]);
        }
        let _ = Command::new("git").args(["merge", "side"]).current_dir(dir).output();
        assert!(compare(dir));
        let index = GitIndex::open(&Repo::discover(dir).unwrap()).unwrap().unwrap();
        assert_eq!((0..index.len()).map(|n| index.entry(n).stage).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_damaged_index_is_left_to_gix() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        git(dir, &["init", "-q", "-b", "main"]);
        std::fs::create_dir(dir.join("d")).unwrap();
        std::fs::write(dir.join("d/f"), "text").unwrap();
        git(dir, &["add", "d"]);
        git(dir, &["commit", "-q", "-m", "first"]);
        let intact = std::fs::read(dir.join(".git/index")).unwrap();
        let hash = gix::hash::Kind::Sha1;
        assert!(IndexFile::read(intact.clone(), hash).is_some());
        for len in 0..intact.len() {
            // Cut anywhere, no entry is lost; the cache-tree behind them may be.
            let index = IndexFile::read(intact[..len].to_vec(), hash);
            assert!(index.is_none_or(|index| index.len() == 1), "{len}");
        }
        for at in 0..intact.len() {
            // Whatever a byte becomes, nothing panics.
            for byte in [0, 1, 0x40, 0x7f, 0xff] {
                let mut bytes = intact.clone();
                bytes[at] = byte;
                if let Some(index) = IndexFile::read(bytes, hash) {
                    described(&GitIndex::File(index));
                }
            }
        }
    }
}
