//! Password databases of people and programs: KeePass, Password Safe, the keychains of macOS, GNOME and KDE, the key
//! databases of browsers, wallets.

use memchr::memmem;

use super::{Cursor, Protection, StoreEntry};

const PASSWORDS: &str = "password-database";
const NSS: &str = "nss-key-database";
const WALLET: &str = "bitcoin-wallet";

fn all(rule: &'static str, from: usize, text: &[u8], lock: Protection, note: &'static str) -> Option<Vec<StoreEntry>> {
    Some(vec![StoreEntry { rule, span: from..text.len(), lock, note }])
}

/// KeePass 1 (.kdb) and 2 (.kdbx).
pub(super) fn keepass(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let start = match text.get(4..8)? {
        [0x67, 0xfb, 0x4b, 0xb5] => kdbx(text)?,
        // A header of fixed length; the version's upper half counts.
        [0x65, 0xfb, 0x4b, 0xb5] if text.get(14..16)? == [3, 0] => 124,
        _ => return None,
    };
    // One block of the cipher at least.
    (text.len() >= start + 16).then_some(())?;
    all(PASSWORDS, start, text, Protection::Password, "KeePass")
}

/// The start of the content behind the fields of a header.
fn kdbx(text: &[u8]) -> Option<usize> {
    let major = u16::from_le_bytes(*text.get(10..)?.first_chunk()?);
    let width = match major {
        2 | 3 => 2,
        4 => 4,
        _ => return None,
    };
    let mut cursor = Cursor { text, at: 12 };
    let (mut has_cipher, mut has_seed) = (false, false);
    loop {
        let field = cursor.byte()?;
        let len = cursor.take(width)?.iter().rev().fold(0, |n, &b| n << 8 | usize::from(b));
        cursor.take(len)?;
        match field {
            0 => break,
            2 => has_cipher = len == 16,
            4 => has_seed = len == 32,
            1..=12 => {}
            _ => return None,
        }
    }
    (has_cipher && has_seed).then_some(cursor.at)
}

/// Password Safe 3: salt, rounds, and a block that marks the end.
pub(super) fn password_safe(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let rounds = u32::from_le_bytes(*text.get(36..)?.first_chunk()?);
    let ends = memmem::find(text, b"PWS3-EOFPWS3-EOF")?;
    ((1024..1 << 28).contains(&rounds) && (ends - 40).is_multiple_of(16)).then_some(())?;
    all(PASSWORDS, 4, text, Protection::Password, "Password Safe")
}

/// A keychain of macOS: its header, and the blob that holds its own key.
pub(super) fn keychain(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let mut cursor = Cursor { text, at: 4 };
    let (version, header, schema) = (cursor.int()?, cursor.int()?, cursor.int()?);
    let is_whole = version == 0x1_0000 && header >= 16 && schema < text.len();
    (is_whole && memmem::find(text, &[0xfa, 0xde, 7, 0x11]).is_some()).then_some(())?;
    all(PASSWORDS, 0, text, Protection::Password, "macOS keychain")
}

/// A keyring of GNOME: versions and algorithms are zero, a name follows.
pub(super) fn gnome(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let mut cursor = Cursor { text, at: 16 };
    (cursor.take(4)? == [0; 4]).then_some(())?;
    cursor.block()?;
    all(PASSWORDS, 0, text, Protection::Password, "GNOME keyring")
}

/// A wallet of KDE: version 0, one of its ciphers and hashes.
pub(super) fn kwallet(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let [0, 0 | 1, cipher, hash] = *text.get(12..16)? else { return None };
    (cipher <= 3 && hash <= 3).then_some(())?;
    all(PASSWORDS, 0, text, Protection::Password, "KWallet")
}

/// The schema is on the first page, whose length the header gives.
fn first_page(text: &[u8]) -> &[u8] {
    let len = match text.get(16..18) {
        Some([0, 1]) => 1 << 16,
        Some([high, low]) => usize::from(*high) << 8 | usize::from(*low),
        _ => 0,
    };
    // Long schemas go on on other pages.
    &text[..text.len().min(len.max(512) * 4)]
}

/// SQLite: the key database of NSS (Firefox, certutil), and Bitcoin's wallets by descriptors.
pub(super) fn sqlite(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let schema = first_page(text);
    let names = |table: &[u8]| memmem::find(schema, table).is_some();
    if names(b"CREATE TABLE nssPrivate") && names(b"CREATE TABLE metaData") {
        return all(NSS, 0, text, Protection::Password, "key4.db");
    }
    if !names(b"CREATE TABLE main(key BLOB PRIMARY KEY") {
        return None;
    }
    if memmem::find(text, b"\x13walletdescriptorkey").is_some() {
        return all(WALLET, 0, text, Protection::Open, "descriptors");
    }
    memmem::find(text, b"\x14walletdescriptorckey")?;
    all(WALLET, 0, text, Protection::Password, "descriptors")
}

/// Berkeley DB: Bitcoin's wallets, and those of coins made after it. Names of records go before their length.
pub(super) fn berkeley(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let has = |name: &[u8]| memmem::find(text, name).is_some();
    // A public key, compressed or not, names its private one.
    if [&b"\x03key\x21\x02"[..], b"\x03key\x21\x03", b"\x03key\x41\x04", b"\x04wkey\x21", b"\x04wkey\x41"]
        .into_iter()
        .any(has)
    {
        return all(WALLET, 0, text, Protection::Open, "wallet.dat");
    }
    (has(b"\x04mkey") && has(b"\x04ckey")).then_some(())?;
    all(WALLET, 0, text, Protection::Password, "wallet.dat")
}
