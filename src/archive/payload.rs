//! Archives behind a program or a script that unpacks itself, in formats that are recognised and not read.
//!
//! A program that reads such a format holds its magic as well; the header's own check tells an archive from it.

use memchr::memmem;

/// The name of an archive's format, its magic, and the check of the header that begins with it.
type Payload = (&'static str, &'static [u8], fn(&[u8]) -> bool);

const PAYLOADS: [Payload; 5] = [
    ("7z", b"7z\xbc\xaf\x27\x1c\0", is_7z),
    ("rar", b"Rar!\x1a\x07\0", |header| header.get(9) == Some(&0x73)),
    ("rar", b"Rar!\x1a\x07\x01\0", |header| matches!(header.get(13), Some(1 | 4))),
    // The version of the format: 4.0.
    ("squashfs", b"hsqs", |header| header.get(28..32) == Some(&[4, 0, 0, 0])),
    ("cab", b"MSCF\0\0\0\0", |header| header.get(24..26) == Some(&[3, 1])),
];

/// The format of such an archive in a file, where there is one.
pub(super) fn format_in(bytes: &[u8]) -> Option<&'static str> {
    let found = |(_, magic, is_header): &&Payload| memmem::find_iter(bytes, magic).any(|at| is_header(&bytes[at..]));
    PAYLOADS.iter().find(found).map(|(name, ..)| *name)
}

/// Returns whether the checksum of the header holds.
fn is_7z(header: &[u8]) -> bool {
    let stored = header.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    header.get(12..32).is_some_and(|fields| Some(crc32fast::hash(fields)) == stored)
}
