//! Keytabs: the long-term keys of Kerberos principals, in clear.

use super::{Cursor, Protection, StoreEntry};

/// Every entry of a keytab of MIT's or Heimdal's second version; the first is in the order of the machine that wrote it
/// and has not been written for decades.
pub(super) fn keytab(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let mut cursor = Cursor::new(text);
    (cursor.take(2)? == [5, 2]).then_some(())?;
    let mut entries = Vec::new();
    while cursor.at < text.len() {
        let size = i32::from_be_bytes(*cursor.take(4)?.first_chunk()?);
        let len = usize::try_from(size.unsigned_abs()).ok()?;
        if size <= 0 {
            // A hole where an entry was; zero is the end.
            if size == 0 {
                break;
            }
            cursor.take(len)?;
            continue;
        }
        let start = cursor.at;
        let mut entry = Cursor::new(cursor.take(len)?);
        for _ in 0..=entry.short().filter(|count| *count <= 16)? {
            entry.string().filter(|part| part.iter().all(|b| !b.is_ascii_control()))?;
        }
        let _name_type = entry.int()?;
        let _written = entry.int()?;
        let _version = entry.byte()?;
        let kind = entry.short()?;
        let key = entry.string()?;
        (key_len(kind)? == key.len()).then_some(())?;
        let end = start + entry.at;
        entries.push(StoreEntry {
            rule: "kerberos-keytab",
            span: end - key.len()..end,
            lock: Protection::Open,
            note: "keytab",
        });
    }
    Some(entries)
}

/// How long the keys of an encryption type are, in bytes (the registry of Kerberos' parameters).
fn key_len(kind: usize) -> Option<usize> {
    match kind {
        1..=3 => Some(8),
        5 | 7 | 16 => Some(24),
        17 | 19 | 23..=25 => Some(16),
        18 | 20 | 26 => Some(32),
        _ => None,
    }
}
