//! Just enough DER to know a private key from a text that looks like one.

/// What a private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Key {
    /// It lies open; for people, its kind.
    Open(String),
    /// A passphrase protects it.
    Encrypted,
}

/// One element: its tag and its content.
type Element<'a> = (u8, &'a [u8]);

/// The elements that `bytes` consists of. None when they do not fill it.
fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = element(bytes)?;
        out.push(element);
        bytes = rest;
    }
    Some(out)
}

fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = length(first, rest)?;
    let (content, rest) = rest.split_at_checked(len)?;
    Some(((tag, content), rest))
}

/// The length that begins with the byte `first`, and what follows it. None where it is left open, or beyond any file.
pub(in crate::engine) fn length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    match first {
        0..=0x7f => Some((usize::from(first), rest)),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            Some((digits.iter().fold(0, |n, &b| n << 8 | usize::from(b)), rest))
        }
        _ => None,
    }
}

pub(in crate::engine) const INTEGER: u8 = 0x02;
pub(in crate::engine) const OCTETS: u8 = 0x04;
pub(in crate::engine) const OID: u8 = 0x06;
pub(in crate::engine) const SEQUENCE: u8 = 0x30;

/// The private key that `bytes` are, in any of the forms that PEM files hold.
pub(in crate::engine) fn private_key(bytes: &[u8]) -> Option<Key> {
    // What follows the key (padding, a trailing newline that was encoded too) does not matter.
    let ((SEQUENCE, content), _) = element(bytes)? else { return None };
    let parts = elements(content)?;
    let integers = parts.iter().take_while(|(tag, _)| *tag == INTEGER).count();
    match parts.as_slice() {
        // PKCS#1: version and eight numbers; more primes follow in a version 1.
        [_, (_, modulus), ..] if integers == 9 && parts.len() <= 10 => {
            Some(Key::Open(format!("RSA, {} bits", bits(modulus))))
        }
        // The traditional DSA form: version, p, q, g, the public and the private number.
        [_, (_, p), ..] if integers == 6 && parts.len() == 6 => Some(Key::Open(format!("DSA, {} bits", bits(p)))),
        // SEC 1.
        [(INTEGER, [1]), (OCTETS, number), ..] if number.len() >= 16 => {
            Some(Key::Open(format!("EC, {} bits", number.len() * 8)))
        }
        // PKCS#8.
        [(INTEGER, [0 | 1]), (SEQUENCE, algorithm), (OCTETS, key), ..] if !key.is_empty() => {
            let (OID, oid) = *elements(algorithm)?.first()? else { return None };
            pkcs8(oid, key).map(Key::Open)
        }
        // PKCS#8, encrypted.
        [(SEQUENCE, algorithm), (OCTETS, data)] if data.len() >= 16 => {
            matches!(elements(algorithm)?.first()?, (OID, _)).then_some(Key::Encrypted)
        }
        _ => None,
    }
}

/// The kind of a PKCS#8 key, whose inside is looked at where its form is known.
fn pkcs8(oid: &[u8], key: &[u8]) -> Option<String> {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, ..] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => {
            match private_key(key)? {
                Key::Open(kind) => Some(kind),
                Key::Encrypted => None,
            }
        }
        [0x2b, 0x65, kind @ 0x6e..=0x71] => {
            let ((OCTETS, number), _) = element(key)? else { return None };
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
