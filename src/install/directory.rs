//! Hooks as files in a directory: our stub in front, the previous hook displaced and run from its new path.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::stub::{self, Binary, Stub, StubKind};
use super::{files, framework};
use crate::error::Result;

/// Suffix of a displaced hook.
const DISPLACED: &str = ".chained-by-shield-hook";
/// Directory of displaced hooks that look at their own name, and therefore keep it.
const DISPLACED_DIRECTORY: &str = "chained-by-shield-hook";
/// Suffix of the copy of an edited stub.
const EDITED: &str = ".edited-shield-hook-stub";
/// Suffix under which the pre-commit framework and prek keep the previous hook.
const LEGACY: &str = ".legacy";
/// Suffix under which lefthook keeps the previous hook, and never runs it again.
const OLD: &str = ".old";

/// The outcome of installing one stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StubOutcome {
    /// There was no hook.
    New,
    /// The stub was up to date.
    Unchanged,
    /// The stub was outdated or edited, and was rewritten.
    Updated,
    /// Another hook was displaced; it keeps running.
    Chained,
    /// The stub is behind the script of a hook manager, which runs it first.
    BehindManager,
}

/// Installs our stub for `hook` in `directory`.
///
/// # Errors
/// When a file there cannot be read, or the directory cannot be written.
pub fn install(directory: &Path, hook: &str, kind: StubKind, binary: &Binary, ours: bool) -> Result<StubOutcome> {
    let path = match kind {
        StubKind::Repository => target_path(directory, hook)?,
        StubKind::Dispatcher | StubKind::Beside => directory.join(hook),
    };
    let behind = path != directory.join(hook);
    let existing = match path.symlink_metadata() {
        // A dangling link is somebody's hook all the same.
        Ok(_) => Some(files::read(&path)?.unwrap_or_default()),
        Err(_) => None,
    };
    let mut done = if behind { StubOutcome::BehindManager } else { StubOutcome::New };
    if let Some(bytes) = &existing {
        if let Some(found) = stub::read(bytes) {
            done = StubOutcome::Unchanged;
            if !found.intact {
                files::write(&free_name(&directory.join(format!("{hook}{EDITED}"))), bytes, false)?;
            }
        } else {
            let aside = displaced_path(directory, hook, bytes);
            if files::read(&aside)?.as_ref() == Some(bytes) {
                files::remove(&aside)?;
            } else if aside.symlink_metadata().is_ok() {
                // A hook that was displaced earlier no longer runs once another replaced our stub; it is preserved.
                files::rename(&aside, &free_name(&aside))?;
            }
            files::rename(&path, &aside)?;
            done = if behind { StubOutcome::BehindManager } else { StubOutcome::Chained };
        }
    }
    if behind {
        remove_ours(&directory.join(format!("{hook}{OLD}")))?;
    } else {
        remove_copies(directory, hook)?;
    }
    let chained = displaced(directory, hook).unwrap_or_else(|| directory.join(format!("{hook}{DISPLACED}")));
    let chained = chained.strip_prefix(directory).unwrap_or(&chained).to_string_lossy().into_owned();
    let text = stub::render(kind, hook, binary, &chained, ours);
    if existing.as_deref() == Some(text.as_bytes()) && files::is_executable(&path) {
        return Ok(StubOutcome::Unchanged);
    }
    if done == StubOutcome::Unchanged {
        done = StubOutcome::Updated;
    }
    files::write(&path, text.as_bytes(), true)?;
    Ok(done)
}

/// Removes our stub for `hook` from `directory` and restores the displaced hook. Returns a description, if anything
/// changed.
///
/// # Errors
/// When a file there cannot be read, or the directory cannot be written.
pub fn uninstall(directory: &Path, hook: &str) -> Result<Option<String>> {
    let restored = restore_manager_script(directory, hook)?;
    let path = directory.join(hook);
    if legacy_stub(directory, hook)?.is_some() {
        let legacy = legacy_path(directory, hook);
        match displaced(directory, hook) {
            Some(aside) => restore(&aside, &legacy)?,
            None => files::remove(&legacy)?,
        }
        return Ok(Some("shield-hook no longer runs before the hook manager".into()));
    }
    if let Some(outcome) = return_to_manager(directory, hook)? {
        return Ok(Some(outcome));
    }
    let legacy = remove_copies(directory, hook)?;
    let aside = displaced(directory, hook);
    let Some(found) = find(directory, hook)? else {
        return Ok(match aside {
            Some(aside) if path.symlink_metadata().is_err() => {
                // Our stub was deleted by hand.
                restore(&aside, &path)?;
                Some("the hook that was there before is back".into())
            }
            Some(aside) => Some(format!(
                "another hook has replaced that of shield-hook and stays; the previous hook is in {}",
                aside.display()
            )),
            None if restored => Some("the hook that was there before is back".into()),
            None => legacy.then(|| "shield-hook no longer runs after the hook manager".into()),
        });
    };
    let mut outcome = String::new();
    if !found.intact {
        let copy = free_name(&directory.join(format!("{hook}{EDITED}")));
        files::write(&copy, &files::read(&path)?.unwrap_or_default(), false)?;
        outcome = format!("; it had been edited, so a copy is in {}", copy.display());
    }
    Ok(Some(match aside {
        Some(aside) => {
            restore(&aside, &path)?;
            format!("the hook that was there before is back{outcome}")
        }
        None => {
            files::remove(&path)?;
            format!("removed{outcome}")
        }
    }))
}

fn restore(aside: &Path, path: &Path) -> Result<()> {
    files::rename(aside, path)?;
    if let Some(directory) = aside.parent().filter(|d| d.ends_with(DISPLACED_DIRECTORY)) {
        // Only an empty directory can be removed.
        let _ = std::fs::remove_dir(directory);
    }
    Ok(())
}

/// Our stub for `hook`, if git would run it in `directory`.
///
/// # Errors
/// When the file exists and cannot be read.
pub fn find(directory: &Path, hook: &str) -> Result<Option<Stub>> {
    let path = directory.join(hook);
    if !path.is_file() {
        return Ok(None);
    }
    Ok(files::read(&path)?.and_then(|bytes| stub::read(&bytes)))
}

/// Returns whether git runs a stub of ours for `hook`, directly or behind a hook manager's script.
///
/// # Errors
/// When a file exists and cannot be read.
pub fn has_stub(directory: &Path, hook: &str) -> Result<bool> {
    Ok(find(directory, hook)?.is_some() || legacy_stub(directory, hook)?.is_some())
}

/// Our stub for `hook` that a hook manager's script runs, if git would run that script.
///
/// # Errors
/// When a file exists and cannot be read.
pub fn legacy_stub(directory: &Path, hook: &str) -> Result<Option<Stub>> {
    let (front, legacy) = (directory.join(hook), legacy_path(directory, hook));
    if !front.is_file() || !legacy.is_file() {
        return Ok(None);
    }
    let is_managers = files::read(&front)?.is_some_and(|bytes| is_manager_script(&bytes));
    Ok(match is_managers {
        true => files::read(&legacy)?.and_then(|bytes| stub::read(&bytes)),
        false => None,
    })
}

/// The path of our stub. Behind a hook manager's script it is the `.legacy` hook, because the manager's next
/// installation would move the stub there; otherwise it has the hook's own name.
fn target_path(directory: &Path, hook: &str) -> Result<PathBuf> {
    restore_manager_script(directory, hook)?;
    let front = directory.join(hook);
    let is_managers = front.is_file() && files::read(&front)?.is_some_and(|bytes| is_manager_script(&bytes));
    Ok(if is_managers { legacy_path(directory, hook) } else { front })
}

/// Restores a displaced hook manager's script, which would run our stub and be run by it in turn. It is deleted if the
/// manager has written it anew. Returns whether it was restored.
fn restore_manager_script(directory: &Path, hook: &str) -> Result<bool> {
    let Some(aside) = displaced(directory, hook) else { return Ok(false) };
    if !aside.is_file() || !files::read(&aside)?.is_some_and(|bytes| is_manager_script(&bytes)) {
        return Ok(false);
    }
    let front = directory.join(hook);
    let goes_back = match files::read(&front)? {
        Some(bytes) if is_manager_script(&bytes) => {
            files::remove(&aside)?;
            return Ok(false);
        }
        Some(bytes) => stub::read(&bytes).is_some_and(|stub| stub.intact),
        None => true,
    };
    if goes_back {
        restore(&aside, &front)?;
    }
    Ok(goes_back)
}

fn is_manager_script(bytes: &[u8]) -> bool {
    stub::read(bytes).is_none() && framework::runs_legacy(bytes)
}

/// The path under which a hook manager keeps the hook that preceded its own.
pub fn legacy_path(directory: &Path, hook: &str) -> PathBuf {
    directory.join(format!("{hook}{LEGACY}"))
}

/// The hook that ours displaced, if there was one.
pub fn displaced(directory: &Path, hook: &str) -> Option<PathBuf> {
    [directory.join(format!("{hook}{DISPLACED}")), directory.join(DISPLACED_DIRECTORY).join(hook)]
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok())
}

/// The new path of a hook that ours displaces: beside the stub, so that files relative to its directory are still
/// found; or under the same name in a directory of ours, if it looks at its own name.
fn displaced_path(directory: &Path, hook: &str, bytes: &[u8]) -> PathBuf {
    let self_naming = [&b"basename"[..], b"##*/", b"__FILE__", b"argv[0]", b"PROGRAM_NAME", b"os.Args[0]"];
    let linked = directory.join(hook).is_symlink();
    match linked || self_naming.iter().any(|a| bytes.contains_str(a)) {
        true if !linked || link_is_absolute(&directory.join(hook)) => directory.join(DISPLACED_DIRECTORY).join(hook),
        _ => directory.join(format!("{hook}{DISPLACED}")),
    }
}

/// A relative link must stay in its directory.
fn link_is_absolute(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target.is_absolute())
}

/// Restores the displaced hook under the name that a hook manager gave our stub, as if the stub had never existed.
fn return_to_manager(directory: &Path, hook: &str) -> Result<Option<String>> {
    let front = directory.join(hook);
    if !front.is_file() || find(directory, hook)?.is_some() {
        return Ok(None);
    }
    for copy in [legacy_path(directory, hook), directory.join(format!("{hook}{OLD}"))] {
        if let (true, Some(aside)) = (is_ours(&copy)?, displaced(directory, hook)) {
            restore(&aside, &copy)?;
            return Ok(Some(format!("the hook that was there before is {} now", copy.display())));
        }
    }
    Ok(None)
}

/// Removes copies of our stub that a hook manager made: `.legacy` would run twice, `.old` blocks the manager.
fn remove_copies(directory: &Path, hook: &str) -> Result<bool> {
    let legacy = remove_ours(&legacy_path(directory, hook))?;
    Ok(remove_ours(&directory.join(format!("{hook}{OLD}")))? || legacy)
}

fn remove_ours(path: &Path) -> Result<bool> {
    let ours = is_ours(path)?;
    if ours {
        files::remove(path)?;
    }
    Ok(ours)
}

fn is_ours(path: &Path) -> Result<bool> {
    Ok(path.is_file() && files::read(path)?.is_some_and(|bytes| stub::read(&bytes).is_some()))
}

fn free_name(path: &Path) -> PathBuf {
    (1..)
        .map(|n| PathBuf::from(format!("{}.{n}", path.display())))
        .find(|p| p.symlink_metadata().is_err())
        .unwrap_or_else(|| path.to_owned())
}
