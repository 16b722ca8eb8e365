//! The index's view of the files on disk.

use std::path::PathBuf;

use bstr::BString;
use gix::index::entry::{Flags, Mode as EntryMode, Stat};

use super::{Mode, Oid, Repo, index};
use crate::error::{Error, Result};

/// A path that the index holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Relative to the repository's root.
    pub path: BString,
    /// The staged content.
    pub id: Oid,
    /// What it is.
    pub mode: Mode,
    /// Where it is on disk; none where git did not check it out (sparse checkout).
    pub file: Option<PathBuf>,
    /// Whether the file's size and times are those that git noted when it last saw the staged content there.
    pub unchanged: bool,
}

/// Everything the index holds, in its order.
///
/// # Errors
/// When there is no work tree, or the index cannot be read.
pub fn tracked(repo: &Repo) -> Result<Vec<Tracked>> {
    let root = repo.work_dir().ok_or_else(|| {
        Error::incomplete("this repository is bare: it has no work tree")
            .help("scan its history: shield-hook scan --history")
    })?;
    let Some(index) = index::open(repo)? else { return Ok(Vec::new()) };
    let written = index.timestamp();
    let mut tracked = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        // A sparse index stands for a whole directory that is not on disk.
        if entry.mode == EntryMode::DIR {
            continue;
        }
        let path = entry.path(&index);
        let mode = match entry.mode {
            EntryMode::SYMLINK => Mode::Symlink,
            EntryMode::COMMIT => Mode::Gitlink,
            _ => Mode::File,
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
                // A file written in the same instant as the index may have changed without a trace.
                entry.stat.matches(&s, Default::default()) && !entry.stat.is_racy(written, Default::default())
            });
        tracked.push(Tracked { path: path.to_owned(), id: entry.id, mode, file, unchanged });
    }
    Ok(tracked)
}
