//! Files made to keep keys in: Java keystores, PKCS#12, bare DER keys, password databases, keytabs, wallets, keyrings.
//!
//! They are binary, so no keyword leads to them. The first bytes of a text say which kind it claims to be; its parts are
//! then read as that kind lays them out, and only what parses is taken. What counts is what is kept inside: a store of
//! nothing but certificates is public. Whether a password protects the rest is told as far as that can be known offline:
//! some kinds are sealed with a digest of the password, which a guess can be compared with.

mod ber;
mod databases;
mod java;
mod kerberos;
mod keyring;
mod password;
mod pkcs12;

use std::ops::Range;

/// Something kept in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The id of the rule that tells of it.
    pub rule: &'static str,
    /// Where it stands: what changes when the key does, and does not when something else in the store does.
    pub span: Range<usize>,
    pub lock: Lock,
    /// For people: what it is.
    pub note: &'static str,
}

/// What keeps a reader from using what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// Nothing.
    Open,
    /// A password that everybody tries first, as the store's own seal proves.
    WellKnown,
    /// A password that is not known.
    Password,
    /// A passphrase, as it protects a key in armor.
    Strong,
    /// It was made to be public.
    Public,
}

/// What a text claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
}

/// Which kind a text claims to be by its first bytes.
pub(super) fn kind(text: &[u8]) -> Option<Kind> {
    match text {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(Kind::Jks),
        [0, 0, 0, 1 | 2, 0, 0, 0, 8..=64, ..] => Some(Kind::Bks),
        [0x30, 0..=0x80, 2, 1, ..]
        | [0x30, 0x81, _, 2, 1, ..]
        | [0x30, 0x82, _, _, 2, 1, ..]
        | [0x30, 0x83, _, _, _, 2, 1, ..] => Some(Kind::Der),
        [0x03, 0xd9, 0xa2, 0x9a, ..] => Some(Kind::KeePass),
        [5, 1 | 2, 0, 0, ..] => Some(Kind::Keytab),
        [0x94..=0x97 | 0xc5, ..] => Some(Kind::Packets),
        [b'P', b'W', b'S', b'3', ..] => Some(Kind::PasswordSafe),
        [b'k', b'y', b'c', b'h', 0, ..] => Some(Kind::Keychain),
        [b'S', b'Q', b'L', b'i', ..] if text.starts_with(b"SQLite format 3\0") => Some(Kind::Sqlite),
        [b'G', b'n', ..] if text.starts_with(b"GnomeKeyring\n\r\0\n") => Some(Kind::Gnome),
        [b'K', b'W', ..] if text.starts_with(b"KWALLET\n\r\0\r\n") => Some(Kind::KWallet),
        [b'(', b'1', b'1', b':', ..] if text.starts_with(b"(11:private-key") => Some(Kind::Expression),
        [b'(', b'2', b'1', b':', ..] if text.starts_with(b"(21:protected-p") => Some(Kind::Expression),
        [_, _, _, _, _, _, _, _, _, _, _, _, 0x62, 0x31, 5, 0, ..]
        | [_, _, _, _, _, _, _, _, _, _, _, _, 0, 5, 0x31, 0x62, ..] => Some(Kind::BerkeleyDb),
        _ => None,
    }
}

/// The most keys of one store that are told of one by one.
const MOST: usize = 64;

/// Everything that a text of this kind keeps. Empty when it is not what it claims to be.
pub(super) fn kept(kind: Kind, text: &[u8]) -> Vec<Kept> {
    let mut kept = match kind {
        Kind::Jks => java::jks(text),
        Kind::Bks => java::bks(text),
        Kind::Der => pkcs12::sequence(text),
        Kind::KeePass => databases::keepass(text),
        Kind::PasswordSafe => databases::password_safe(text),
        Kind::Keychain => databases::keychain(text),
        Kind::Gnome => databases::gnome(text),
        Kind::KWallet => databases::kwallet(text),
        Kind::Keytab => kerberos::keytab(text),
        Kind::Sqlite => databases::sqlite(text),
        Kind::BerkeleyDb => databases::berkeley(text),
        Kind::Packets => keyring::packets(text),
        Kind::Expression => keyring::expression(text),
    }
    .unwrap_or_default();
    if let Some(end) = kept.last().map(|last| last.span.end)
        && kept.len() > MOST
    {
        kept.truncate(MOST);
        // A key more or less still makes a difference.
        kept[MOST - 1].span.end = end;
    }
    kept
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

    /// What follows a length of two bytes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let len = self.short()?;
        self.take(len)
    }

    /// What follows a length of four bytes, and where it stands.
    fn block(&mut self) -> Option<Range<usize>> {
        let len = self.int()?;
        let start = self.at;
        self.take(len)?;
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests;
