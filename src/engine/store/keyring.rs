//! OpenPGP's secret keys outside their armor: `secring.gpg`, the output of `--export-secret-keys`, and the files of
//! `private-keys-v1.d`.

use super::{Protection, StoreEntry};
use crate::engine::checks::keys;

const RULE: &str = "gnupg-secret-key";

/// The entries of a file that begins with a secret key; none if it does not.
pub(super) fn packets(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let (tag, body, rest) = packet(text)?;
    // A secret key goes before its user's name or a signature, unless it is all there is.
    let next = if rest.is_empty() { None } else { Some(packet(rest)?.0) };
    if tag != 5 || !next.is_none_or(|tag| matches!(tag, 2 | 7 | 13 | 17)) {
        return None;
    }
    // When it was made lies between 1990 and 2106, and the algorithm is one that exists.
    let [3..=6, made @ ..] = body else { return None };
    (u32::from_be_bytes(*made.first_chunk()?) > 631_152_000).then_some(())?;
    let end = text.len() - rest.len();
    let lock = match keys::secret_packet(&text[..end])? {
        0 => Protection::Open,
        1..=15 | 253..=255 => Protection::Strong,
        _ => return None,
    };
    Some(vec![StoreEntry { rule: RULE, span: end - body.len()..end, lock, note: "OpenPGP" }])
}

/// The tag and the body of the first packet, and the bytes after it (RFC 9580, 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (tag, len, rest) = match first >> 6 {
        3 => match *rest.first()? {
            len @ 0..192 => (first & 0x3f, usize::from(len), &rest[1..]),
            high @ 192..224 => {
                (first & 0x3f, ((usize::from(high) - 192) << 8) + usize::from(*rest.get(1)?) + 192, &rest[2..])
            }
            255 => (first & 0x3f, u32::from_be_bytes(*rest[1..].first_chunk()?) as usize, &rest[5..]),
            _ => return None,
        },
        2 => {
            let octets = [1, 2, 4].get(usize::from(first & 3)).copied()?;
            let (len, rest) = rest.split_at_checked(octets)?;
            (first >> 2 & 0x0f, len.iter().fold(0, |n, &b| n << 8 | usize::from(b)), rest)
        }
        _ => return None,
    };
    let (body, rest) = rest.split_at_checked(len)?;
    Some((tag, body, rest))
}

/// A key of libgcrypt, as an expression.
pub(super) fn expression(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let lock = if text.starts_with(b"(11:private-key(") { Protection::Open } else { Protection::Strong };
    let end = text.trim_ascii_end().len();
    text[..end].ends_with(b"))").then(|| vec![StoreEntry { rule: RULE, span: 0..end, lock, note: "GnuPG" }])
}
