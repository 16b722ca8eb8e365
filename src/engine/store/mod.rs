//! Key stores: Java keystores, PKCS#12, bare DER keys, password databases, keytabs, wallets, keyrings.
//!
//! They are binary, so no keyword leads to them. The first bytes of a text name a format; the text is then parsed, and
//! only entries that parse count. A store of nothing but certificates is public. The protection is determined as far as
//! that is possible offline: some formats are sealed with a digest of the password, which a guess can be compared with.

mod databases;
mod git_crypt;
mod java;
mod kerberos;
mod keyring;
mod password;
mod pkcs12;

use std::ops::Range;

/// An entry of a key store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoreEntry {
    /// The id of the rule that reports it.
    pub rule: &'static str,
    /// The bytes that change when the key does, and not with the rest of the store.
    pub span: Range<usize>,
    pub lock: Protection,
    /// A description for people.
    pub note: &'static str,
}

/// The protection of an entry against its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// None.
    Open,
    /// A password that everybody tries first; the store's own seal proves it.
    WellKnown,
    /// A password that is not known.
    Password,
    /// A passphrase, as it protects a key in armor.
    Strong,
    /// None, on purpose: the entry is public.
    Public,
}

/// The format that a text claims by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreKind {
    Jks,
    Bks,
    /// A sequence that begins with a number: a private key or PKCS#12.
    Der,
    KeePass,
    PasswordSafe,
    Keychain,
    Gnome,
    KWallet,
    Keytab,
    Sqlite,
    BerkeleyDb,
    /// OpenPGP packets.
    Packets,
    /// libgcrypt's keys.
    Expression,
    GitCrypt,
}

/// The format that a text claims by its first bytes; nothing for other texts.
pub(super) fn kind(text: &[u8]) -> Option<StoreKind> {
    match text {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(StoreKind::Jks),
        [0, 0, 0, 1 | 2, 0, 0, 0, 8..=64, ..] => Some(StoreKind::Bks),
        [0x30, 0..=0x80, 2, 1, ..]
        | [0x30, 0x81, _, 2, 1, ..]
        | [0x30, 0x82, _, _, 2, 1, ..]
        | [0x30, 0x83, _, _, _, 2, 1, ..] => Some(StoreKind::Der),
        [0x03, 0xd9, 0xa2, 0x9a, ..] => Some(StoreKind::KeePass),
        [5, 1 | 2, 0, 0, ..] => Some(StoreKind::Keytab),
        [0x94..=0x97 | 0xc5, ..] => Some(StoreKind::Packets),
        [b'P', b'W', b'S', b'3', ..] => Some(StoreKind::PasswordSafe),
        [b'k', b'y', b'c', b'h', 0, ..] => Some(StoreKind::Keychain),
        [b'S', b'Q', b'L', b'i', ..] if text.starts_with(b"SQLite format 3\0") => Some(StoreKind::Sqlite),
        [b'G', b'n', ..] if text.starts_with(b"GnomeKeyring\n\r\0\n") => Some(StoreKind::Gnome),
        [b'K', b'W', ..] if text.starts_with(b"KWALLET\n\r\0\r\n") => Some(StoreKind::KWallet),
        [0, b'G', b'I', b'T', ..] if text.starts_with(b"\0GITCRYPTKEY") => Some(StoreKind::GitCrypt),
        [b'(', b'1', b'1', b':', ..] if text.starts_with(b"(11:private-key") => Some(StoreKind::Expression),
        [b'(', b'2', b'1', b':', ..] if text.starts_with(b"(21:protected-p") => Some(StoreKind::Expression),
        [_, _, _, _, _, _, _, _, _, _, _, _, 0x62, 0x31, 5, 0, ..]
        | [_, _, _, _, _, _, _, _, _, _, _, _, 0, 5, 0x31, 0x62, ..] => Some(StoreKind::BerkeleyDb),
        _ => None,
    }
}

/// The most entries of one store that are reported one by one.
const MOST: usize = 64;

/// The entries of a key store of this format. Empty when the text does not parse as one.
pub(super) fn entries(kind: StoreKind, text: &[u8]) -> Vec<StoreEntry> {
    let mut entries = match kind {
        StoreKind::Jks => java::jks(text),
        StoreKind::Bks => java::bks(text),
        StoreKind::Der => pkcs12::sequence(text),
        StoreKind::KeePass => databases::keepass(text),
        StoreKind::PasswordSafe => databases::password_safe(text),
        StoreKind::Keychain => databases::keychain(text),
        StoreKind::Gnome => databases::gnome(text),
        StoreKind::KWallet => databases::kwallet(text),
        StoreKind::Keytab => kerberos::keytab(text),
        StoreKind::Sqlite => databases::sqlite(text),
        StoreKind::BerkeleyDb => databases::berkeley(text),
        StoreKind::Packets => keyring::packets(text),
        StoreKind::Expression => keyring::expression(text),
        StoreKind::GitCrypt => git_crypt::key(text),
    }
    .unwrap_or_default();
    if let Some(end) = entries.last().map(|last| last.span.end)
        && entries.len() > MOST
    {
        entries.truncate(MOST);
        // The last span covers the rest, so that one key more or less changes the fingerprint.
        entries[MOST - 1].span.end = end;
    }
    entries
}

/// Takes numbers and strings off the front of a text, most significant byte first.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a [u8]) -> Self {
        Cursor { text, at: 0 }
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let taken = self.text.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn short(&mut self) -> Option<usize> {
        self.take(2).map(|taken| usize::from(u16::from_be_bytes([taken[0], taken[1]])))
    }

    fn int(&mut self) -> Option<usize> {
        self.take(4).and_then(|taken| taken.first_chunk()).map(|four| u32::from_be_bytes(*four) as usize)
    }

    /// The bytes behind a length of two bytes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let len = self.short()?;
        self.take(len)
    }

    /// The position of the bytes behind a length of four bytes.
    fn block(&mut self) -> Option<Range<usize>> {
        let len = self.int()?;
        let start = self.at;
        self.take(len)?;
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests;
