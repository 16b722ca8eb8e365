//! Private keys in their files: PEM, OpenSSH, OpenPGP, PuTTY. A key that parses is one; a key that a passphrase protects
//! is recognised; a header over something else is a lookalike.

use super::armor::{self, Block};
use super::private_key::{self, PrivateKey};
use super::{CheckInput, Proof};
use crate::rule::checksum;

/// Any armored private key.
pub(super) fn pem(input: &CheckInput<'_>) -> Proof {
    judged(input, |block| match block.label.as_str() {
        label if label.contains("PUBLIC") || label.contains("CERTIFICATE") => Proof::NotSecret("a public key".into()),
        "OPENSSH PRIVATE KEY" => openssh_block(block),
        label if label.starts_with("PGP") => pgp_block(block),
        _ => pem_block(block),
    })
}

/// An OpenSSH private key.
pub(super) fn openssh(input: &CheckInput<'_>) -> Proof {
    judged(input, openssh_block)
}

/// An OpenPGP private key.
pub(super) fn pgp(input: &CheckInput<'_>) -> Proof {
    judged(input, pgp_block)
}

/// The proof of a block, as it is written or without the prefix of its lines.
fn judged(input: &CheckInput<'_>, judge: fn(&Block) -> Proof) -> Proof {
    let Some(block) = armor::block(input) else { return Proof::Unknown };
    match judge(&block) {
        Proof::Failed(why) => match armor::block_without_prefix(input).map(|block| judge(&block)) {
            Some(Proof::Failed(_)) | None => Proof::Failed(why),
            Some(proof) => proof,
        },
        proof => proof,
    }
}

fn pem_block(block: &Block) -> Proof {
    if block.label.contains("ENCRYPTED") || block.headers.iter().any(|h| h.contains("ENCRYPTED")) {
        return encrypted();
    }
    match block.body.as_deref().and_then(private_key::private_key) {
        Some(PrivateKey::Open(kind)) => Proof::Structure(Some(kind)),
        Some(PrivateKey::Encrypted) => encrypted(),
        None => no_key(),
    }
}

fn openssh_block(block: &Block) -> Proof {
    let Some(rest) = block.body.as_deref().and_then(|b| b.strip_prefix(b"openssh-key-v1\0")) else { return no_key() };
    let Some((cipher, rest)) = string(rest) else { return no_key() };
    if cipher != b"none" {
        return encrypted();
    }
    // Key derivation, its options, the number of keys, the public key, the private one.
    let kind = string(rest).and_then(|(_, rest)| string(rest)).and_then(|(_, rest)| {
        let (public, rest) = string(rest.get(4..)?)?;
        let (private, _) = string(rest)?;
        let (kind, _) = string(public)?;
        (private.len() > 16).then(|| String::from_utf8_lossy(kind).into_owned())
    });
    match kind {
        Some(kind) if kind.len() < 64 => Proof::Structure(Some(kind)),
        _ => no_key(),
    }
}

/// A length-prefixed string of the SSH wire format, and the bytes after it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*len) as usize)
}

fn pgp_block(block: &Block) -> Proof {
    let Some(body) = &block.body else { return no_key() };
    if block.sum.as_ref().is_some_and(|sum| checksum::crc24(body).to_be_bytes()[1..] != **sum) {
        return Proof::Failed(super::WRONG_SUM.into());
    }
    match secret_packet(body) {
        Some(0) => Proof::Structure(Some("OpenPGP, no passphrase".into())),
        Some(_) => encrypted(),
        None => no_key(),
    }
}

/// The first packet's S2K usage octet, when it is a secret key: 0 means that no passphrase protects it (RFC 9580, 5.5.3).
pub(in crate::engine) fn secret_packet(bytes: &[u8]) -> Option<u8> {
    let (&first, rest) = bytes.split_first()?;
    let (tag, packet) = if first & 0xc0 == 0xc0 {
        let rest = match *rest.first()? {
            0..192 => &rest[1..],
            192..224 => rest.get(2..)?,
            255 => rest.get(5..)?,
            _ => return None,
        };
        (first & 0x3f, rest)
    } else if first & 0x80 != 0 {
        (first >> 2 & 0x0f, rest.get([1, 2, 4, 0][usize::from(first & 3)]..)?)
    } else {
        return None;
    };
    if !matches!(tag, 5 | 7) {
        return None;
    }
    let (&version, packet) = packet.split_first()?;
    let mut rest = match version {
        3 => packet.get(6..)?,
        4 => packet.get(4..)?,
        5 | 6 => packet.get(4..)?,
        _ => return None,
    };
    let (&algorithm, more) = rest.split_first()?;
    rest = more;
    if version >= 5 {
        // The length of the public part.
        let (len, more) = rest.split_first_chunk::<4>()?;
        return more.get(u32::from_be_bytes(*len) as usize).copied();
    }
    let numbers = match algorithm {
        1..=3 => 2,
        16 => 3,
        17 => 4,
        18 | 19 | 22 => {
            rest = rest.get(1 + usize::from(*rest.first()?)..)?;
            1
        }
        25..=28 => return rest.get([32, 56, 32, 57][usize::from(algorithm - 25)]).copied(),
        _ => return None,
    };
    for _ in 0..numbers {
        let (bits, more) = rest.split_first_chunk::<2>()?;
        rest = more.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)?;
    }
    if algorithm == 18 {
        rest = rest.get(1 + usize::from(*rest.first()?)..)?;
    }
    rest.first().copied()
}

/// A PuTTY key file.
pub(super) fn putty(input: &CheckInput<'_>) -> Proof {
    let from =
        memchr::memmem::rfind(&input.text[..input.span.start], b"PuTTY-User-Key-File-").unwrap_or(input.span.start);
    let from = if input.secret.starts_with(b"PuTTY-User-Key-File-") { input.span.start } else { from };
    let text = &input.text[from..input.text.len().min(from + (64 << 10))];
    let header = |name: &[u8]| {
        let at = memchr::memmem::find(text, name)? + name.len();
        let line = text[at..].split(|&b| matches!(b, b'\r' | b'\n' | b'\\')).next()?;
        Some(line.trim_ascii())
    };
    match (header(b"Encryption:"), header(b"Private-Lines:")) {
        (Some(b"none"), Some(lines)) if lines.iter().all(u8::is_ascii_digit) => Proof::Structure(Some("PuTTY".into())),
        (Some(b"none"), _) | (None, _) => no_key(),
        (Some(_), _) => encrypted(),
    }
}

fn encrypted() -> Proof {
    Proof::NotSecret("a passphrase protects it".into())
}

fn no_key() -> Proof {
    Proof::Failed("the text after the header is not a private key".into())
}
