//! Containers inside base64: gzip as Kubernetes and cloud-init wrap their content, and whatever else is packed.

use super::Budget;
use crate::archive::{self, ArchiveFormat, ArchiveLimits, Member, MemberKind};

/// So many members of one container are read, so deep in each other.
const MEMBERS: usize = 10_000;
const DEPTH: usize = 4;

/// Returns whether a run of base64 begins as a container does: gzip, zip, bzip2, xz, Zstandard, and zlib at each of its
/// levels.
pub(super) fn is_begun(run: &[u8]) -> bool {
    match run {
        [b'e', b'J', b'w'..=b'z', ..]
        | [b'e', b'N', b'o'..=b'r', ..]
        | [b'e', b'A', b'E'..=b'H', ..]
        | [b'e', b'F', b'4'..=b'7', ..] => true,
        _ => [&b"H4sI"[..], b"UEsDB", b"Qlpo", b"/Td6WF", b"KLUv/"].iter().any(|magic| run.starts_with(magic)),
    }
}

/// Returns whether these are a container's bytes from the first one on.
pub(super) fn is_one(packed: &[u8]) -> bool {
    archive::recognise(packed).is_some_and(|format| format != ArchiveFormat::Embedded)
}

/// Everything in a container, one member after the other; nothing where these are no container's bytes. A stream that breaks
/// off is read as far as it goes; what is locked counts as not read.
pub(super) fn unpack(packed: &[u8], budget: &mut Budget) -> Option<Vec<u8>> {
    let format = archive::recognise(packed)?;
    let mut is_locked = matches!(format, ArchiveFormat::Closed(_) | ArchiveFormat::EncryptedOffice);
    let room = budget.left() as u64;
    let limits = ArchiveLimits { bytes: room.saturating_add(1), member: room, members: MEMBERS, depth: DEPTH };
    let mut plain = Vec::new();
    archive::read(packed, format, "".into(), limits, &mut |member| {
        is_locked |= member.content.as_ref().is_err_and(|reason| reason == archive::ENCRYPTED);
        if let (Member { content: Ok(content), kind: MemberKind::File, .. }, true) =
            (member, plain.len() as u64 <= room)
        {
            plain.extend_from_slice(content);
            plain.push(b'\n');
        }
    });
    if is_locked {
        budget.end();
    }
    if plain.len() as u64 > room {
        plain.truncate(room as usize);
        budget.end();
    }
    budget.take(plain.len());
    Some(plain)
}
