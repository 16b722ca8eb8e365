//! The symmetric key of git-crypt, as `git-crypt export-key` and `git-crypt init` write it.

use super::{Cursor, Protection, StoreEntry};

/// The header: the magic bytes, and the version of the format.
const HEADER: &[u8] = b"\0GITCRYPTKEY\0\0\0\x02";
/// The length of the key of AES-256 in it, in bytes, and of the key of its MAC.
const KEYS: [usize; 2] = [32, 64];
/// More fields than any key file has.
const FIELDS: usize = 64;

/// Fields of a number and a value: those of the file, then those of each key, a zero behind both.
pub(super) fn key(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let mut cursor = Cursor::new(text);
    cursor.take(HEADER.len()).filter(|header| *header == HEADER)?;
    let mut span: Option<std::ops::Range<usize>> = None;
    let mut found = Vec::new();
    for _ in 0..FIELDS {
        if cursor.at == text.len() {
            break;
        }
        if cursor.int()? == 0 {
            continue;
        }
        let value = cursor.block()?;
        if KEYS.contains(&value.len()) {
            found.push(value.len());
            span = Some(span.map_or(value.clone(), |first| first.start..value.end));
        }
    }
    let span = span.filter(|_| KEYS.iter().all(|length| found.contains(length)))?;
    Some(vec![StoreEntry { rule: "git-crypt-key", span, lock: Protection::Open, note: "git-crypt" }])
}
