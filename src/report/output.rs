//! `--output FILE`: the whole report or the old file, never half of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Puts `bytes` into the file at `path`: written beside it first, then moved into its place.
///
/// # Errors
/// When the disk is full, the directory cannot be written and the like; what was at `path` is then still there.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A pipe or a device cannot be replaced: it is written to. A link is followed, not replaced.
    let path = match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return OpenOptions::new().write(true).open(path)?.write_all(bytes),
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_owned(),
    };
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".shield-hook-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    set_mode(&path, &file)?;
    // Dropped anywhere above, the temporary file is removed.
    file.persist(&path)?;
    Ok(())
}

/// The old file's permissions, or those of any new file: a temporary file is closed to others.
fn set_mode(path: &Path, file: &tempfile::NamedTempFile) -> io::Result<()> {
    if let Ok(old) = fs::metadata(path) {
        return file.as_file().set_permissions(old.permissions());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's mask can be read only by setting it: a report holds no secret, so the usual one is taken.
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
