//! Containers inside base64: gzip as Kubernetes and cloud-init wrap their content, and whatever else is packed.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{Budget, base};
use crate::archive::{self, ArchiveLimits, Member, MemberKind};
use crate::engine::decoded_text::DecodedText;

/// The first characters of containers in base64: gzip, zip, bzip2, xz, Zstandard, and zlib at each of its levels.
const MAGICS: &[&str] = &[
    "H4sI", "UEsDB", "Qlpo", "/Td6WF", "KLUv/", "eJw", "eJx", "eJy", "eJz", "eNo", "eNp", "eNq", "eNr", "eAE", "eAF",
    "eAG", "eAH", "eF4", "eF5", "eF6", "eF7",
];
/// So many members of one container are read, so deep in each other.
const MEMBERS: usize = 10_000;
const DEPTH: usize = 4;

/// Unpacks every base64 run that holds a container into `view`.
pub(super) fn decode(text: &[u8], view: &mut DecodedText, budget: &mut Budget) {
    // Nearly no text has one, so look for the magics first.
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MAGICS).ok());
    if FINDER.as_ref().is_some_and(|finder| finder.find(text).is_none()) {
        return;
    }
    base::runs(text, |run| {
        if !MAGICS.iter().any(|magic| text[run.range()].starts_with(magic.as_bytes())) {
            return;
        }
        let mut packed = DecodedText::default();
        base::base64(text, run, &mut packed);
        let Some(format) = archive::recognise(&packed.text) else { return };
        let room = budget.left() as u64;
        let limits = ArchiveLimits { bytes: room.saturating_add(1), member: room, members: MEMBERS, depth: DEPTH };
        let (mut plain, mut is_full) = (Vec::new(), false);
        archive::read(&packed.text, format, "".into(), limits, &mut |member| {
            is_full |= plain.len() as u64 > room;
            // What breaks off is read as far as it goes.
            if let (Member { content: Ok(content), kind: MemberKind::File, .. }, false) = (member, is_full) {
                plain.extend_from_slice(content);
                plain.push(b'\n');
            }
        });
        if plain.len() as u64 > room {
            plain.truncate(room as usize);
            budget.end();
        }
        budget.take(plain.len());
        if !plain.is_empty() {
            view.gap();
            view.replace(run.range(), &plain);
        }
    });
}
