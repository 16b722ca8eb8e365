//! Reading a file from a position, without moving in it: many threads share one handle.

use std::fs::File;
use std::io;

/// Fills `into` with the bytes from `at` on.
///
/// # Errors
/// The file cannot be read, or ends before.
#[cfg(unix)]
pub(in crate::git) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

/// Fills `into` with the bytes from `at` on.
///
/// # Errors
/// The file cannot be read, or ends before.
#[cfg(windows)]
pub(in crate::git) fn read_at(file: &File, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (into, at) = (&mut into[count..], at + count as u64),
        }
    }
    Ok(())
}
