//! The index file.

use std::io::ErrorKind;
use std::path::Path;

use bstr::BStr;
use gix::index::entry::Flags;
use gix::index::extension::Tree;
use gix::index::{File, decode};

use super::lean::{self, Entry};
use super::{Oid, Repo};
use crate::error::{Error, Result};

/// The index, for one who looks at few of its entries.
pub(super) enum Index {
    /// As it lies in the file.
    Lean(lean::Index),
    /// As the general reader makes it.
    General(Box<File>),
}

/// A directory of the cache-tree.
#[derive(Clone, Copy)]
pub(super) enum Directory<'a> {
    Lean(&'a lean::Index, usize),
    General(&'a Tree),
}

impl Index {
    /// The index, or none in a repository in which nothing was ever staged.
    ///
    /// # Errors
    /// When it is there and cannot be decoded.
    pub(super) fn open(repo: &Repo) -> Result<Option<Index>> {
        let bytes = std::fs::read(repo.index_path()).unwrap_or_default();
        match lean::Index::read(bytes, repo.hash_kind()) {
            Some(index) => Ok(Some(Index::Lean(index))),
            None => Ok(open(repo)?.map(|file| Index::General(Box::new(file)))),
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Index::Lean(index) => index.len(),
            Index::General(file) => file.entries().len(),
        }
    }

    /// What hash names objects here.
    pub(super) fn hash(&self) -> gix::hash::Kind {
        match self {
            Index::Lean(index) => index.hash(),
            Index::General(file) => file.object_hash(),
        }
    }

    /// An entry's path.
    pub(super) fn path(&self, entry: usize) -> &BStr {
        match self {
            Index::Lean(index) => index.path(entry),
            Index::General(file) => file.entries()[entry].path(file),
        }
    }

    /// An entry.
    pub(super) fn entry(&self, entry: usize) -> Entry<'_> {
        match self {
            Index::Lean(index) => index.entry(entry),
            Index::General(file) => {
                let entry = &file.entries()[entry];
                Entry {
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
    pub(super) fn tree(&self) -> Option<Directory<'_>> {
        match self {
            Index::Lean(index) => index.root().map(|root| Directory::Lean(index, root)),
            Index::General(file) => file.tree().map(Directory::General),
        }
    }
}

impl<'a> Directory<'a> {
    /// Its tree, if nothing below it was changed since that was written.
    pub(super) fn id(self) -> Option<Oid> {
        match self {
            Directory::Lean(index, node) => index.tree_id(node),
            Directory::General(tree) => tree.num_entries.map(|_| tree.id),
        }
    }

    /// The directory called `name` in it.
    pub(super) fn child(self, name: &[u8]) -> Option<Directory<'a>> {
        match self {
            Directory::Lean(index, node) => index.child(node, name).map(|node| Directory::Lean(index, node)),
            Directory::General(tree) => tree.children.iter().find(|t| t.name[..] == *name).map(Directory::General),
        }
    }
}

/// The index, or none in a repository in which nothing was ever staged.
///
/// Its trailing checksum is not compared, as git does not either when it reads an index: that costs more than all the
/// rest of a small commit, and what is decoded is checked entry by entry.
///
/// # Errors
/// When it is there and cannot be decoded.
pub(super) fn open(repo: &Repo) -> Result<Option<File>> {
    let local = repo.local();
    let path = repo.index_path();
    // One thread: starting others takes longer than decoding.
    let options = decode::Options { thread_limit: Some(1), ..Default::default() };
    match File::at(&path, local.object_hash(), true, options) {
        Ok(index) => Ok(Some(index)),
        Err(_) if is_absent(&path) => Ok(None),
        Err(e) => Err(Error::incomplete(format!("the index {} is unreadable: {e}", path.display()))
            .help("`git fsck` says more; `git reset` writes a new index and leaves your files alone")),
    }
}

/// Whether nothing is there: what may not be looked at is not that.
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

    /// All that either reader tells of an index.
    fn told(index: &Index) -> Vec<String> {
        let mut all: Vec<String> = (0..index.len()).map(|n| format!("{:?}", index.entry(n))).collect();
        assert!((0..index.len()).all(|n| index.path(n) == index.entry(n).path));
        // Every directory that a path leads through, as the cache-tree knows it.
        for entry in 0..index.len() {
            let mut at = index.tree();
            all.push(format!("{:?}", at.map(Directory::id)));
            for name in index.path(entry).split(|b| *b == b'/') {
                at = at.and_then(|dir| dir.child(name));
                all.push(format!("{:?}", at.map(Directory::id)));
            }
        }
        all
    }

    /// Compares the two readers; whether the lean one took the index.
    #[track_caller]
    fn compare(dir: &Path) -> bool {
        let repo = Repo::discover(dir).unwrap();
        let general = Index::General(Box::new(open(&repo).unwrap().expect("an index")));
        let opened = Index::open(&repo).unwrap().expect("an index");
        assert_eq!(told(&opened), told(&general));
        matches!(opened, Index::Lean(_))
    }

    #[test]
    fn both_readers_tell_the_same() {
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
            // Longer than the length in an entry's flags can tell.
            let id = Index::open(&Repo::discover(dir).unwrap()).unwrap().unwrap().entry(0).id;
            let long = format!("c/{}f", "long/".repeat(1000));
            git(dir, &["update-index", "--add", "--cacheinfo", &format!("100644,{id},{long}")]);
            // The general reader loses its way behind such a path.
            let index = Index::open(&Repo::discover(dir).unwrap()).unwrap().unwrap();
            let paths: Vec<_> = (0..index.len()).map(|n| index.path(n).to_string()).collect();
            assert_eq!(paths, ["a", "b.c", "b/c/d", "b/c/e", "b/f", &long, "new"]);
            assert!(matches!(index, Index::Lean(_)));
            git(dir, &["update-index", "--force-remove", &long]);
            git(dir, &["update-index", "--index-version", "4"]);
            assert!(!compare(dir), "version 4 is left to the general reader");
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
        let index = Index::open(&Repo::discover(dir).unwrap()).unwrap().unwrap();
        assert_eq!((0..index.len()).map(|n| index.entry(n).stage).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_damaged_index_is_left_to_the_general_reader() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        git(dir, &["init", "-q", "-b", "main"]);
        std::fs::create_dir(dir.join("d")).unwrap();
        std::fs::write(dir.join("d/f"), "text").unwrap();
        git(dir, &["add", "d"]);
        git(dir, &["commit", "-q", "-m", "first"]);
        let whole = std::fs::read(dir.join(".git/index")).unwrap();
        let hash = gix::hash::Kind::Sha1;
        assert!(lean::Index::read(whole.clone(), hash).is_some());
        for len in 0..whole.len() {
            // Cut anywhere, no entry is lost; the cache-tree behind them may be.
            let index = lean::Index::read(whole[..len].to_vec(), hash);
            assert!(index.is_none_or(|index| index.len() == 1), "{len}");
        }
        for at in 0..whole.len() {
            // Whatever a byte becomes, nothing panics.
            for byte in [0, 1, 0x40, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                if let Some(index) = lean::Index::read(bytes, hash) {
                    told(&Index::Lean(index));
                }
            }
        }
    }
}
