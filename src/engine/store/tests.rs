//! Stores that generators make, whole and broken. Those that `keytool` and `openssl` write are tried in `.ci/stores`.

use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;

use super::password::{Algorithm, Seal};
use super::*;
use crate::rule::RuleSet;
use crate::rule::generate::Generator;

fn store(name: &str) -> Vec<u8> {
    let set = RuleSet::builtin();
    let rule = set.get("java-keystore").unwrap();
    let sample = Generator::with_seed(&set, 7).expand(rule, &format!("${{store:{name}}}")).unwrap();
    BASE64.decode(sample.text.as_bytes()).unwrap()
}

fn entries_of(text: &[u8]) -> Vec<(&'static str, Protection)> {
    kind(text)
        .map(|kind| entries(kind, text))
        .unwrap_or_default()
        .into_iter()
        .map(|entry| (entry.rule, entry.lock))
        .collect()
}

#[test]
fn every_entry_is_reported() {
    for (name, rule, lock) in [
        ("der", "private-key-der", Protection::Open),
        ("git-crypt", "git-crypt-key", Protection::Open),
        ("jks", "java-keystore", Protection::Password),
        ("jks-debug", "java-keystore", Protection::Public),
        ("jks-known", "keystore-known-password", Protection::WellKnown),
        ("kdbx", "password-database", Protection::Password),
        ("keytab", "kerberos-keytab", Protection::Open),
        ("nss", "nss-key-database", Protection::Password),
        ("pkcs12", "pkcs12-keystore", Protection::Password),
        ("secring", "gnupg-secret-key", Protection::Open),
        ("wallet", "bitcoin-wallet", Protection::Open),
    ] {
        assert_eq!(entries_of(&store(name)), [(rule, lock)], "{name}");
    }
    for name in ["jks-certificates", "pkcs12-certificates"] {
        assert!(kind(&store(name)).is_some());
        assert_eq!(entries_of(&store(name)), []);
    }
}

#[test]
fn a_store_that_was_cut_off_is_none() {
    for name in ["der", "jks", "jks-known", "keytab", "pkcs12"] {
        let whole = store(name);
        for len in 0..whole.len() {
            assert_eq!(entries_of(&whole[..len]), [], "{name} {len}");
        }
    }
}

/// A store of Bouncy Castle: salt and rounds, an entry of this kind, and a MAC over it.
fn bks(kind: u8, mac: &[u8]) -> Vec<u8> {
    let mut text = [&[0, 0, 0, 2, 0, 0, 0, 20][..], &[9; 20], &[0, 0, 4, 0]].concat();
    text.extend([&[kind, 0, 1, b'a'][..], &[0; 8], &[0; 4]].concat());
    match kind {
        1 => text.extend([&[0, 5][..], b"X.509", &[0, 0, 0, 3, 1, 2, 3]].concat()),
        2 => text.extend([&[0, 0, 3][..], b"RAW", &[0, 3], b"AES", &[0, 0, 0, 3, 1, 2, 3]].concat()),
        _ => text.extend([0, 0, 0, 3, 1, 2, 3]),
    }
    text.push(0);
    text.extend(mac);
    text
}

#[test]
fn bouncy_castles_stores_are_read() {
    assert_eq!(entries_of(&bks(4, &[1; 20])), [("java-keystore", Protection::Password)]);
    assert_eq!(entries_of(&bks(2, &[1; 20])), [("java-keystore", Protection::Open)]);
    assert_eq!(entries_of(&bks(1, &[1; 20])), []);
    // All in one: encrypted, and so even that no byte is rare.
    let mut random = fastrand::Rng::with_seed(1);
    let sealed: Vec<u8> = (0..1024).map(|_| random.u8(..)).collect();
    let head = [&[0, 0, 0, 1, 0, 0, 0, 20][..], &[9; 20], &[0, 0, 4, 0]].concat();
    assert_eq!(entries_of(&[&head[..], &sealed].concat()), [("java-keystore", Protection::Password)]);
    assert_eq!(entries_of(&[&head[..], &[7; 1024]].concat()), []);
}

#[test]
fn the_seal_of_a_well_known_password_is_known() {
    // Made with another implementation: RFC 7292, B.2, over `changeit`, the salt 0 to 7 and 3 rounds; the MAC of `data`.
    let salt: Vec<u8> = (0..8).collect();
    for (algorithm, sum) in [
        (Algorithm::Sha1, "ed880d7f4a41612ef0892eaf578b018b6ff2a3f0"),
        (Algorithm::Sha256, "43e9fec0d5db502b211f2bc4e7ea33a61961f665b7b91cd3b536c2526486bcf5"),
        (
            Algorithm::Sha512,
            "6411879ec50c5862618cf19b42c1809501e54633d28b8a7d4b8bffee006af067\
             24724e27a5d4cc655f669be2bb0d772b20d518f80162bd71ee635ecb3b9b22cc",
        ),
    ] {
        let sum = HEXLOWER.decode(sum.as_bytes()).unwrap();
        let seal = Seal { algorithm, salt: &salt, rounds: 3, key: None, sum: &sum };
        assert!(seal.opens(b"data"));
        assert!(!seal.opens(b"date"));
        assert!(!Seal { rounds: 4, ..seal }.opens(b"data"));
        // However many rounds are asked for, it comes to an end.
        assert!(!Seal { rounds: usize::MAX, ..seal }.opens(b"data"));
    }
}

#[test]
fn other_files_are_none() {
    for text in [
        &b""[..],
        b"0",
        b"0\x82",
        b"SQLite format 3\0\x10\0CREATE TABLE users",
        b"\x05\x02\0\0",
        b"\x05\x02\0\0\0\x04abcd",
        b"kych\0\x01\0\0",
        b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0",
        b"\x95\x05\x58\x04",
    ] {
        assert_eq!(entries_of(text), [], "{text:?}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_broken_does_harm(
        name in prop::sample::select(vec!["der", "git-crypt", "jks", "kdbx", "keytab", "nss", "pkcs12", "secring", "wallet"]),
        changes in prop::collection::vec((0..200_usize, any::<u8>()), 1..6),
        cut in 0..2000_usize,
    ) {
        let mut text = store(name);
        for (at, byte) in changes {
            if let Some(there) = text.get_mut(at) {
                *there = byte;
            }
        }
        text.truncate(cut);
        for entry in kind(&text).map(|kind| entries(kind, &text)).unwrap_or_default() {
            prop_assert!(entry.span.start <= entry.span.end && entry.span.end <= text.len());
        }
    }
}
