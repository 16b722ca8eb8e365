//! Git's own files that are opened by name before anything else: none of them may be a pipe that nobody writes to.

use std::path::{Path, PathBuf};

use crate::environment;
use crate::error::{Error, Result};
use crate::file;

/// The files in a git directory that a run opens whatever it does.
const OPENED: &[&str] = &[
    "HEAD",
    "config",
    "config.worktree",
    "commondir",
    "index",
    "packed-refs",
    "shallow",
    "FETCH_HEAD",
    "logs/HEAD",
    "objects/info/alternates",
    "info/exclude",
];

/// Looks at the files that git and its libraries open to find the repository that `dir` is in, and its refs.
///
/// # Errors
/// One of them is a pipe, a socket or a device.
pub fn refuse_endless(dir: &Path) -> Result<()> {
    let Some(git_dir) = git_dir(dir) else { return Ok(()) };
    let common = file::read_to_string(git_dir.join("commondir")).map(|dir| git_dir.join(dir.trim_end())).ok();
    for dir in common.iter().chain([&git_dir]) {
        for name in OPENED {
            refuse(&dir.join(name))?;
        }
    }
    let head = file::read_to_string(git_dir.join("HEAD")).unwrap_or_default();
    if let Some(name) = head.strip_prefix("ref: ") {
        refuse(&common.unwrap_or(git_dir).join(name.trim_end()))?;
    }
    Ok(())
}

fn refuse(path: &Path) -> Result<()> {
    match path.metadata() {
        // Nothing comes of that device, and it is how a file is switched off.
        Ok(meta)
            if file::is_endless(path, &meta)
                && !path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null")) =>
        {
            Err(Error::incomplete(format!("{}: {}", path.display(), file::ENDLESS)))
        }
        _ => Ok(()),
    }
}

/// The git directory that `dir` is in, as far as names tell; nothing in a bare repository without `GIT_DIR` but from its
/// own root.
fn git_dir(dir: &Path) -> Option<PathBuf> {
    if let Some(named) = environment::path("GIT_DIR") {
        return Some(dir.join(named));
    }
    let dir = std::path::absolute(dir).ok()?;
    let at = |dir: &Path| {
        let below = dir.join(".git");
        let meta = below.metadata().ok()?;
        if meta.is_dir() {
            return Some(below);
        }
        let text = file::read_to_string(&below).ok()?;
        Some(dir.join(text.strip_prefix("gitdir: ")?.trim_end()))
    };
    dir.ancestors().find_map(at).or_else(|| dir.join("objects").is_dir().then_some(dir))
}
