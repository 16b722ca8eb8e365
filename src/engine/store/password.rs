//! Passwords that everybody tries first, and the seals made from them.

use hmac::{Mac, SimpleHmac};
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::digest::core_api::BlockSizeUser;
use sha2::{Sha256, Sha512};

/// The defaults of `keytool`'s documentation, of Android's tools and of tutorials; none at all first. One guess costs a
/// pass over the store.
const WELL_KNOWN: &[&str] =
    &["", "changeit", "changeme", "password", "android", "secret", "123456", "keystore", "test", "storepass"];
/// So many hashes are spent on one store, at most: a file may ask for any number. `openssl` asks for 2,048 a guess,
/// `keytool` for 10,000.
const MOST_ROUNDS: usize = 60_000;

/// How a MAC is made.
#[derive(Clone, Copy)]
pub(super) enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// The parameters of a MAC of PKCS#12.
#[derive(Clone, Copy)]
pub(super) struct Seal<'a> {
    pub algorithm: Algorithm,
    pub salt: &'a [u8],
    pub rounds: usize,
    /// How much of the derived key is used, in bytes; all of it by default.
    pub key: Option<usize>,
    pub sum: &'a [u8],
}

impl Seal<'_> {
    /// Returns whether a well-known password makes the seal on `data`.
    pub fn opens(&self, data: &[u8]) -> bool {
        let rounds = self.rounds.max(1);
        // No password is written in two ways: as nothing, and as an empty string with its end.
        let passwords = std::iter::once(Vec::new()).chain(WELL_KNOWN.iter().map(|word| wide(word)));
        passwords.take(MOST_ROUNDS / rounds).any(|password| match self.algorithm {
            Algorithm::Sha1 => self.is_made_from::<Sha1>(&password, data),
            Algorithm::Sha256 => self.is_made_from::<Sha256>(&password, data),
            Algorithm::Sha512 => self.is_made_from::<Sha512>(&password, data),
        })
    }

    fn is_made_from<D: Digest + BlockSizeUser>(&self, password: &[u8], data: &[u8]) -> bool {
        let key = derive::<D>(password, self.salt, self.rounds.max(1));
        let key = &key[..self.key.unwrap_or(key.len()).min(key.len())];
        SimpleHmac::<D>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(data).verify_slice(self.sum).is_ok())
    }
}

/// The key of a MAC, as PKCS#12 makes it of a password (RFC 7292, B.2, with the id 3): as long as the digest, so that one
/// block is all of it.
fn derive<D: Digest + BlockSizeUser>(password: &[u8], salt: &[u8], rounds: usize) -> Vec<u8> {
    let block = D::block_size();
    let filled =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect() };
    let mut sum =
        D::new().chain_update(vec![3_u8; block]).chain_update(filled(salt)).chain_update(filled(password)).finalize();
    for _ in 1..rounds {
        sum = D::digest(&sum);
    }
    sum.to_vec()
}

/// A password as PKCS#12 reads it: two bytes a character, and a zero at the end.
fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
}

/// Returns whether a well-known password makes the digest that ends a JKS or JCEKS store.
pub(super) fn opens_jks(data: &[u8], sum: &[u8]) -> bool {
    WELL_KNOWN.iter().any(|password| {
        let mut hash = Sha1::new();
        password.encode_utf16().for_each(|unit| hash.update(unit.to_be_bytes()));
        hash.update(b"Mighty Aphrodite");
        hash.update(data);
        hash.finalize()[..] == *sum
    })
}
