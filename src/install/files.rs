//! Atomic writes, and the checks that precede them.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::error::{Context, Error, Result};
use crate::file;

/// Writes `bytes` to `path` atomically. An existing file keeps its mode; a new one is executable if `executable` is
/// set.
///
/// # Errors
/// When the directory cannot be written, with the way out.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    writable(directory)?;
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = target.parent().unwrap_or(directory);
    let mut file = tempfile::Builder::new()
        .prefix(".shield-hook-")
        .tempfile_in(directory)
        .or_incomplete(format!("{} cannot be written", path.display()))?;
    file.write_all(bytes).or_incomplete(path.display())?;
    set_mode(file.as_file(), &target, executable).or_incomplete(path.display())?;
    file.as_file().sync_all().or_incomplete(path.display())?;
    file.persist(&target)
        .map_err(|e| Error::incomplete(format!("{} cannot be written: {}", path.display(), e.error)))?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &fs::File, target: &Path, executable: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match fs::metadata(target) {
        Ok(before) => before.permissions().mode() | if executable { 0o111 } else { 0 },
        Err(_) if executable => 0o755,
        Err(_) => 0o644,
    };
    file.set_permissions(fs::Permissions::from_mode(mode & 0o7777))
}

#[cfg(not(unix))]
fn set_mode(_: &fs::File, _: &Path, _: bool) -> std::io::Result<()> {
    Ok(())
}

/// Refuses a directory that its owner made read-only, even for root, who could write there all the same.
fn writable(directory: &Path) -> Result<()> {
    let about = fs::metadata(directory).or_incomplete(directory.display())?;
    if !about.is_dir() {
        return Err(Error::incomplete(format!("{} is not a directory", directory.display())));
    }
    if about.permissions().readonly() {
        return Err(Error::incomplete(format!("{} is read-only", directory.display()))
            .help(format!("make it writable and run this again: chmod u+w '{}'", directory.display())));
    }
    Ok(())
}

/// Creates a directory with its parents. Returns whether it did not exist.
///
/// # Errors
/// When it cannot be created.
pub fn make_directory(path: &Path) -> Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    if let Some(above) = path.ancestors().skip(1).find(|above| above.exists()) {
        writable(above)?;
    }
    fs::create_dir_all(path).or_incomplete(format!("{} cannot be made", path.display()))?;
    Ok(true)
}

/// Moves a file within its file system; content, mode and times stay the same.
///
/// # Errors
/// When either directory cannot be written.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    if let Some(directory) = from.parent() {
        writable(directory)?;
    }
    if let Some(directory) = to.parent() {
        make_directory(directory)?;
    }
    fs::rename(from, to).or_incomplete(format!("{} cannot be moved to {}", from.display(), to.display()))
}

/// Deletes a file.
///
/// # Errors
/// When the directory cannot be written.
pub fn remove(path: &Path) -> Result<()> {
    if let Some(directory) = path.parent() {
        writable(directory)?;
    }
    fs::remove_file(path).or_incomplete(format!("{} cannot be removed", path.display()))
}

/// The file's bytes; `None` if it does not exist.
///
/// # Errors
/// When it exists and cannot be read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match file::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::incomplete(format!("{} cannot be read: {e}", path.display()))),
    }
}

/// The file's text; `None` if it does not exist.
///
/// # Errors
/// When it exists and cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    read(path)?.map(String::from_utf8).transpose().or_incomplete(format!("{} is not UTF-8", path.display()))
}

/// Returns whether git would run this file as a hook.
#[cfg(unix)]
pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// Returns whether git would run this file as a hook.
#[cfg(not(unix))]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Largest set-up file that is read, in bytes: beyond any file written by hand.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The text of the file below `root`, if it is one of a size that people write.
pub fn read_below(root: &Path, file: &str) -> Option<String> {
    let path = root.join(file);
    let about = path.metadata().ok()?;
    (about.is_file() && about.len() <= MAX_FILE_BYTES).then(|| crate::file::read_to_string(&path).ok())?
}
