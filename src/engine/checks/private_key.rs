//! The forms of private keys in PEM files, parsed as far as it takes to distinguish a key from a text that looks like one.

use crate::engine::asn1::{Element, INTEGER, OCTETS, OID, SEQUENCE, element};

/// The protection of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum PrivateKey {
    /// None; the kind of the key, for people.
    Open(String),
    /// A passphrase.
    Encrypted,
}

/// The private key that `bytes` are, in any of the forms that PEM files hold.
pub(in crate::engine) fn private_key(bytes: &[u8]) -> Option<PrivateKey> {
    // Bytes behind the key (padding, a trailing newline that was encoded too) do not matter.
    let parts = element(bytes)?.0.sequence()?;
    let integers = parts.iter().take_while(|part| part.tag == INTEGER).count();
    match parts.as_slice() {
        // PKCS#1: version and eight numbers; more primes follow in a version 1.
        [_, Element { content: modulus, .. }, ..] if integers == 9 && parts.len() <= 10 => {
            Some(PrivateKey::Open(format!("RSA, {} bits", bits(modulus))))
        }
        // The traditional DSA form: version, p, q, g, the public and the private number.
        [_, Element { content: p, .. }, ..] if integers == 6 && parts.len() == 6 => {
            Some(PrivateKey::Open(format!("DSA, {} bits", bits(p))))
        }
        // SEC 1.
        [Element { tag: INTEGER, content: [1] }, Element { tag: OCTETS, content: number }, ..]
            if number.len() >= 16 =>
        {
            Some(PrivateKey::Open(format!("EC, {} bits", number.len() * 8)))
        }
        // PKCS#8.
        [Element { tag: INTEGER, content: [0 | 1] }, algorithm, Element { tag: OCTETS, content: key }, ..]
            if !key.is_empty() =>
        {
            let Element { tag: OID, content: oid } = *algorithm.sequence()?.first()? else { return None };
            pkcs8(oid, key).map(PrivateKey::Open)
        }
        // PKCS#8, encrypted.
        [algorithm @ Element { tag: SEQUENCE, .. }, Element { tag: OCTETS, content: data }] if data.len() >= 16 => {
            (algorithm.sequence()?.first()?.tag == OID).then_some(PrivateKey::Encrypted)
        }
        _ => None,
    }
}

/// The kind of a PKCS#8 key, parsed further where its form is known.
fn pkcs8(oid: &[u8], key: &[u8]) -> Option<String> {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, ..] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => {
            match private_key(key)? {
                PrivateKey::Open(kind) => Some(kind),
                PrivateKey::Encrypted => None,
            }
        }
        [0x2b, 0x65, kind @ 0x6e..=0x71] => {
            let (Element { tag: OCTETS, content: number }, _) = element(key)? else { return None };
            let name = ["X25519", "X448", "Ed25519", "Ed448"][usize::from(kind - 0x6e)];
            (number.len() >= 32).then(|| name.to_owned())
        }
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1] => Some("DSA".into()),
        _ => Some("PKCS#8".into()),
    }
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|&&b| b == 0).count();
    let top = number.get(zeros).map_or(0, |b| b.leading_zeros() as usize);
    (number.len() - zeros) * 8 - top
}
