//! The index file.

use gix::index::{File, decode};

use super::Repo;
use crate::error::{Error, Result};

/// The index, or none in a repository in which nothing was ever staged.
///
/// Its trailing checksum is not compared, as git does not either when it reads an index: that costs more than all the
/// rest of a small commit, and what is decoded is checked entry by entry.
///
/// # Errors
/// When it is there and cannot be decoded.
pub(super) fn open(repo: &Repo) -> Result<Option<File>> {
    let local = repo.local();
    let path = local.index_path();
    // One thread: starting others takes longer than decoding.
    let options = decode::Options { thread_limit: Some(1), ..Default::default() };
    match File::at(&path, local.object_hash(), true, options) {
        Ok(index) => Ok(Some(index)),
        Err(_) if !path.exists() => Ok(None),
        Err(e) => Err(Error::incomplete(format!("the index {} is unreadable: {e}", path.display()))
            .help("`git fsck` says more; `git reset` writes a new index and leaves your files alone")),
    }
}
