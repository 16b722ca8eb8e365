//! Hooks as files in a directory: ours in front, the one that was there moved aside and run from there.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::files;
use super::stub::{self, Binary, Kind, Stub};
use crate::error::Result;

/// What follows the hook's name when it is moved aside.
const ASIDE: &str = ".chained-by-shield-hook";
/// The directory for a hook that asks for its own name and so must keep it.
const ASIDE_DIRECTORY: &str = "chained-by-shield-hook";
/// What follows the hook's name in a copy of a stub of ours that somebody had edited.
const EDITED: &str = ".edited-shield-hook-stub";
/// Where hook managers (the pre-commit framework, prek) put a hook that was there before theirs.
const LEGACY: &str = ".legacy";

/// What became of one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// There was none.
    New,
    /// Ours was there and is as it should be.
    Kept,
    /// Ours was there, older or edited, and was written again.
    Updated,
    /// Another hook was there; it keeps running.
    Chained,
}

/// Puts our stub for `hook` into `directory`.
///
/// # Errors
/// When the directory cannot be written.
pub fn install(directory: &Path, hook: &str, kind: Kind, binary: &Binary, ours: bool) -> Result<Done> {
    let path = directory.join(hook);
    let there = match path.symlink_metadata() {
        // A link that leads nowhere is somebody's hook all the same.
        Ok(_) => Some(files::read(&path)?.unwrap_or_default()),
        Err(_) => None,
    };
    let mut done = Done::New;
    if let Some(bytes) = &there {
        if let Some(found) = stub::read(bytes) {
            done = Done::Kept;
            if !found.intact {
                files::write(&free_name(&directory.join(format!("{hook}{EDITED}"))), bytes, false)?;
            }
        } else {
            let aside = new_aside(directory, hook, bytes);
            if aside.symlink_metadata().is_ok() {
                // An earlier one, from before somebody wrote over our stub: it no longer ran, and is not lost.
                files::rename(&aside, &free_name(&aside))?;
            }
            files::rename(&path, &aside)?;
            done = Done::Chained;
        }
    }
    remove_legacy(directory, hook)?;
    let chained = aside(directory, hook).unwrap_or_else(|| directory.join(format!("{hook}{ASIDE}")));
    let chained = chained.strip_prefix(directory).unwrap_or(&chained).to_string_lossy().into_owned();
    let text = stub::render(kind, hook, binary, &chained, ours);
    if there.as_deref() == Some(text.as_bytes()) && files::is_executable(&path) {
        return Ok(Done::Kept);
    }
    if done == Done::Kept {
        done = Done::Updated;
    }
    files::write(&path, text.as_bytes(), true)?;
    Ok(done)
}

/// Takes our stub for `hook` out of `directory` and puts back what was there; says what it did, if anything.
///
/// # Errors
/// When the directory cannot be written.
pub fn uninstall(directory: &Path, hook: &str) -> Result<Option<String>> {
    let path = directory.join(hook);
    let legacy = remove_legacy(directory, hook)?;
    let aside = aside(directory, hook);
    let Some(found) = find(directory, hook)? else {
        return Ok(match aside {
            Some(aside) if path.symlink_metadata().is_err() => {
                // Our stub was deleted by hand.
                restore(&aside, &path)?;
                Some("the hook that was there before is back".into())
            }
            Some(aside) => Some(format!(
                "another hook has been put over ours and stays; what was there before ours is in {}",
                aside.display()
            )),
            None => legacy.then(|| "ours no longer runs after the hook manager's".into()),
        });
    };
    let mut said = String::new();
    if !found.intact {
        let copy = free_name(&directory.join(format!("{hook}{EDITED}")));
        files::write(&copy, &files::read(&path)?.unwrap_or_default(), false)?;
        said = format!("; it had been edited, so a copy is in {}", copy.display());
    }
    Ok(Some(match aside {
        Some(aside) => {
            restore(&aside, &path)?;
            format!("the hook that was there before is back{said}")
        }
        None => {
            files::remove(&path)?;
            format!("removed{said}")
        }
    }))
}

fn restore(aside: &Path, path: &Path) -> Result<()> {
    files::rename(aside, path)?;
    if let Some(directory) = aside.parent().filter(|d| d.ends_with(ASIDE_DIRECTORY)) {
        // Only an empty one goes.
        let _ = std::fs::remove_dir(directory);
    }
    Ok(())
}

/// Our stub for `hook` in `directory`, if that is what git would find there.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn find(directory: &Path, hook: &str) -> Result<Option<Stub>> {
    let path = directory.join(hook);
    if !path.is_file() {
        return Ok(None);
    }
    Ok(files::read(&path)?.and_then(|bytes| stub::read(&bytes)))
}

/// Where the hook that was there before ours lies, if there was one.
pub fn aside(directory: &Path, hook: &str) -> Option<PathBuf> {
    [directory.join(format!("{hook}{ASIDE}")), directory.join(ASIDE_DIRECTORY).join(hook)]
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok())
}

/// Where to move a hook: beside ours, so that what it looks for in its own directory is still there; or, when it asks
/// for its own name, under that name in a directory of ours.
fn new_aside(directory: &Path, hook: &str, bytes: &[u8]) -> PathBuf {
    let asks = [&b"basename"[..], b"##*/", b"__FILE__", b"argv[0]", b"PROGRAM_NAME", b"os.Args[0]"];
    let linked = directory.join(hook).is_symlink();
    match linked || asks.iter().any(|a| bytes.contains_str(a)) {
        true if !linked || link_is_absolute(&directory.join(hook)) => directory.join(ASIDE_DIRECTORY).join(hook),
        _ => directory.join(format!("{hook}{ASIDE}")),
    }
}

/// A link that counts from its own directory must stay in it.
fn link_is_absolute(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target.is_absolute())
}

/// A hook manager that was installed over ours keeps ours as its "legacy" hook: with ours in front again it would run
/// twice.
fn remove_legacy(directory: &Path, hook: &str) -> Result<bool> {
    let path = directory.join(format!("{hook}{LEGACY}"));
    let ours = path.is_file() && files::read(&path)?.is_some_and(|bytes| stub::read(&bytes).is_some());
    if ours {
        files::remove(&path)?;
    }
    Ok(ours)
}

fn free_name(path: &Path) -> PathBuf {
    (1..)
        .map(|n| PathBuf::from(format!("{}.{n}", path.display())))
        .find(|p| p.symlink_metadata().is_err())
        .unwrap_or_else(|| path.to_owned())
}
