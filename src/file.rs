//! Files read by a path at which a repository, or whoever else, may have put anything.
//!
//! A pipe that nobody writes to never ends, and neither does a device: both are refused before they are opened.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// The file at `path`, links followed.
///
/// # Errors
/// When it cannot be opened, or is a pipe, a socket or a device.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    match is_endless(path, &path.metadata()?) {
        true => Err(io::Error::new(io::ErrorKind::InvalidInput, ENDLESS)),
        false => File::open(path),
    }
}

/// Why a path is refused.
pub const ENDLESS: &str = "a pipe, socket or device, not a file";

/// Returns whether `path` is neither a file nor a folder, and so may never end.
pub fn is_endless(path: &Path, meta: &Metadata) -> bool {
    !meta.is_file() && !meta.is_dir() && !is_handed_over(path)
}

/// Everything in the file at `path`.
///
/// # Errors
/// As [`open`], and when it cannot be read.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::with_capacity(file.metadata().map_or(0, |meta| meta.len() as usize + 1));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same for text.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.utf8_error()))
}

/// Returns whether the parent process opened it for this one, as the shell's `<(...)`: it is asked for by
/// name, and somebody writes to it.
fn is_handed_over(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || path == Path::new("/dev/stdin")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (pipe, link) = (dir.path().join("pipe"), dir.path().join("link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        std::os::unix::fs::symlink(&pipe, &link).expect("a link");
        for path in [&pipe, &link, Path::new("/dev/zero"), Path::new("/dev/tty")] {
            assert!(read(path).is_err(), "{}", path.display());
        }
        let file = dir.path().join("file");
        std::fs::write(&file, "text").expect("a file");
        assert_eq!(read_to_string(&file).expect("text"), "text");
        assert_eq!(read(dir.path().join("nothing")).expect_err("nothing").kind(), io::ErrorKind::NotFound);
    }
}
