//! `--output FILE`: the complete report or the old file, never a part of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Replaces the file at `path` with `bytes`, by way of a temporary file in the same directory.
///
/// # Errors
/// When the disk is full or the directory cannot be written; the old file is then unchanged.
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
