//! Zip archives of advisories, read entry by entry and never unpacked to disk.
//!
//! An archive may come from anywhere, so its uncompressed size is limited, and every entry's size and checksum are
//! verified.

use crate::terminal;
use rawzip::{CompressionMethod, ZipArchive, ZipVerification};
use zlib_rs::{InflateConfig, ReturnCode};

/// The largest uncompressed entry, in bytes. An advisory is a few kilobytes.
const ENTRY: u64 = 16 << 20;
/// The largest uncompressed size of all entries, in bytes: some thirty times that of all public advisories.
const TOTAL: u64 = 4 << 30;
/// The largest number of entries.
const ENTRIES: usize = 2_000_000;

/// Returns whether the bytes are those of an archive, which may be empty.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Visits the content of every entry whose name is `wanted`, in the archive's order.
///
/// # Errors
/// A message with the entry's name when the archive is truncated or damaged, holds an encrypted entry or an unknown
/// compression, or exceeds a limit; and the errors of `visit`.
pub fn each(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
    mut visit: impl FnMut(&str, &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let archive = ZipArchive::from_slice(bytes).map_err(|error| format!("a damaged archive: {error}"))?;
    let (mut total, mut seen) = (0_u64, 0);
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(|error| format!("a damaged archive: {error}"))? {
        seen += 1;
        if seen > ENTRIES {
            return Err(format!("an archive of more than {ENTRIES} files"));
        }
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        if entry.is_dir() || !wanted(&name) {
            continue;
        }
        let within = |error: String| format!("{}: {error}", shown(&name));
        if entry.flags().is_encrypted() {
            return Err(within("encrypted".into()));
        }
        let size = entry.uncompressed_size_hint();
        total = total.saturating_add(size);
        if size > ENTRY || total > TOTAL {
            return Err(within(format!("{size} bytes; the limits are {ENTRY} a file and {TOTAL} in all")));
        }
        let method = entry.compression_method();
        let data = archive.get_entry(entry.wayfinder()).map_err(|error| within(error.to_string()))?;
        let text = inflate(method, data.data(), size).map_err(within)?;
        let is = ZipVerification { crc: crc32fast::hash(&text), uncompressed_size: text.len() as u64 };
        data.claim_verifier().valid(is).map_err(|error| within(error.to_string()))?;
        visit(&name, &text).map_err(within)?;
    }
    Ok(())
}

/// The content of an entry. It never exceeds the size in the entry's header.
fn inflate(method: CompressionMethod, data: &[u8], size: u64) -> Result<Vec<u8>, String> {
    if method == CompressionMethod::STORE {
        return Ok(data.to_vec());
    }
    if method != CompressionMethod::DEFLATE {
        return Err("compressed in a way that is not read here (stored and deflated files are)".into());
    }
    let mut text = vec![0; usize::try_from(size).map_err(|_| "too large")?];
    // A negative window selects deflate without a header.
    let (plain, code) = zlib_rs::decompress_slice(&mut text, data, InflateConfig { window_bits: -15 });
    let length = plain.len();
    if code != ReturnCode::Ok {
        return Err("damaged: it does not decompress to the size it states".into());
    }
    text.truncate(length);
    Ok(text)
}

/// A name from an archive, printable in a message.
fn shown(name: &str) -> String {
    terminal::name(&name.chars().take(100).collect::<String>())
}
