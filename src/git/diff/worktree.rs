//! The tracked files on disk, as the index describes them.

use std::path::PathBuf;

use bstr::BString;
use gix::index::entry::{Flags, Mode as RawMode, Stat};

use super::index;
use crate::error::{Error, Result};
use crate::git::{EntryMode, Oid, Repo};

/// A path that the index holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Relative to the repository's root.
    pub path: BString,
    /// The staged content.
    pub id: Oid,
    /// Its type.
    pub mode: EntryMode,
    /// The path on disk; none when git did not check it out (sparse checkout).
    pub file: Option<PathBuf>,
    /// Whether the file's size and times are those that git recorded with the staged content.
    pub unchanged: bool,
}

/// All files of the index, in its order.
///
/// # Errors
/// There is no work tree, or the index cannot be read.
pub fn tracked(repo: &Repo) -> Result<Vec<Tracked>> {
    let root = repo.work_dir().ok_or_else(|| {
        Error::incomplete("this repository is bare: it has no work tree")
            .help("scan its history: shield-hook scan --history")
    })?;
    let Some(index) = index::open(repo)? else { return Ok(Vec::new()) };
    let written = index.timestamp();
    let mut tracked = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        // An entry of a sparse index for an entire directory, which is not on disk.
        if entry.mode == RawMode::DIR {
            continue;
        }
        let path = entry.path(&index);
        let mode = match entry.mode {
            RawMode::SYMLINK => EntryMode::Symlink,
            RawMode::COMMIT => EntryMode::Gitlink,
            _ => EntryMode::File,
        };
        let file = gix::path::from_bstr(path)
            .ok()
            .filter(|_| !entry.flags.contains(Flags::SKIP_WORKTREE))
            .map(|path| root.join(path));
        let stat = file
            .as_deref()
            .and_then(|f| gix::index::fs::Metadata::from_path_no_follow(f).ok())
            .and_then(|m| Stat::from_fs(&m).ok());
        let settled = entry.stage_raw() == 0 && !entry.flags.contains(Flags::INTENT_TO_ADD);
        let unchanged = settled
            && stat.is_some_and(|s| {
                // A file that was written in the same instant as the index may have changed unnoticed.
                entry.stat.matches(&s, Default::default()) && !entry.stat.is_racy(written, Default::default())
            });
        tracked.push(Tracked { path: path.to_owned(), id: entry.id, mode, file, unchanged });
    }
    Ok(tracked)
}
