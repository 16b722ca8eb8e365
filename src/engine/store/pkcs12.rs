//! Sequences that begin with a number: private keys as they are, and PKCS#12 (RFC 7292).

use std::borrow::Cow;
use std::ops::Range;

use super::password::{Algorithm, Seal};
use super::{Protection, StoreEntry};
use crate::engine::asn1::{self, Element, INTEGER, OCTETS, OID, SET, ZERO};
use crate::engine::checks::private_key::{PrivateKey, private_key};

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
/// The first bytes of the ids of bags; the last number is the type.
const BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1];
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20];
const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];
/// The first bytes of the ids of the SHA-2 family.
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

/// Bags in bags, at most.
const DEEPEST: usize = 8;

/// The key or the store that a text is.
pub(super) fn sequence(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let (outer, rest) = asn1::element(text)?;
    // A line end that an editor or a shell added.
    rest.trim_ascii().is_empty().then_some(())?;
    if let Some(entries) = store(text, outer) {
        return Some(entries);
    }
    matches!(private_key(text), Some(PrivateKey::Open(_))).then(|| {
        vec![StoreEntry {
            rule: "private-key-der",
            span: 0..text.len() - rest.len(),
            lock: Protection::Open,
            note: "DER",
        }]
    })
}

/// The entries of a store.
#[derive(Default)]
struct Held {
    open: Vec<Range<usize>>,
    locked: Vec<Range<usize>>,
    /// The key that Android's tools make for everybody who builds.
    public: Vec<Range<usize>>,
}

fn store(text: &[u8], outer: Element<'_>) -> Option<Vec<StoreEntry>> {
    let parts = outer.sequence()?;
    let [Element { tag: INTEGER, content: [3] }, safe, mac @ ..] = parts.as_slice() else { return None };
    let (DATA, content) = info(*safe)? else { return None };
    let content = content.octets()?;
    let mut held = Held::default();
    for part in asn1::element(&content)?.0.sequence()? {
        match info(part)? {
            (DATA, bags) => bags_in(text, asn1::element(&bags.octets()?)?.0, DEEPEST, &mut held)?,
            // Encrypted: certificates, nearly always.
            (ENCRYPTED, _) => {}
            _ => return None,
        }
    }
    let is_known = !held.locked.is_empty() && mac.first().is_some_and(|mac| opens(*mac, &content).unwrap_or(false));
    let (rule, lock) = match is_known {
        true => ("keystore-known-password", Protection::WellKnown),
        false => ("pkcs12-keystore", Protection::Password),
    };
    let entry = |rule, lock| move |span| StoreEntry { rule, span, lock, note: "PKCS#12" };
    let mut all: Vec<StoreEntry> = held.locked.into_iter().map(entry(rule, lock)).collect();
    all.extend(held.open.into_iter().map(entry("pkcs12-keystore", Protection::Open)));
    all.extend(held.public.into_iter().map(entry("pkcs12-keystore", Protection::Public)));
    all.sort_by_key(|entry| entry.span.start);
    Some(all)
}

/// The kind and the content of a ContentInfo.
fn info(element: Element<'_>) -> Option<(&[u8], Element<'_>)> {
    match element.sequence()?.as_slice() {
        [Element { tag: OID, content: kind }, outer @ Element { tag: ZERO, .. }] => {
            Some((kind, *outer.inside()?.first()?))
        }
        _ => None,
    }
}

fn bags_in(text: &[u8], bags: Element<'_>, deepest: usize, held: &mut Held) -> Option<()> {
    for bag in bags.sequence()? {
        let parts = bag.sequence()?;
        let [Element { tag: OID, content: id }, value @ Element { tag: ZERO, .. }, attributes @ ..] = parts.as_slice()
        else {
            return None;
        };
        let span = position(text, value.content);
        match id.strip_prefix(BAG)? {
            [1] => held.open.push(span),
            [2 | 5] if attributes.iter().any(|set| is_debug_key(*set).unwrap_or(false)) => held.public.push(span),
            [2 | 5] => held.locked.push(span),
            [6] => bags_in(text, *value.inside()?.first()?, deepest.checked_sub(1)?, held)?,
            _ => {}
        }
    }
    Some(())
}

/// Whether the key's name is the one that Android's tools give the key for debugging, whose password is documented.
fn is_debug_key(attributes: Element<'_>) -> Option<bool> {
    let name: Vec<u8> = "androiddebugkey".encode_utf16().flat_map(u16::to_be_bytes).collect();
    if attributes.tag != SET {
        return None;
    }
    for attribute in attributes.inside()? {
        if let [Element { tag: OID, content: FRIENDLY_NAME }, values] = attribute.sequence()?.as_slice() {
            return Some(values.inside()?.first()?.content == name);
        }
    }
    Some(false)
}

/// The position of a part in the text; all of the text for a part that was joined from pieces.
fn position(text: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    match start.checked_add(part.len()) {
        Some(end) if start < text.len() && end <= text.len() => start..end,
        _ => 0..text.len(),
    }
}

/// Returns whether a well-known password makes the store's MAC.
fn opens(mac: Element<'_>, content: &[u8]) -> Option<bool> {
    let parts = mac.sequence()?;
    let [digest, salt @ Element { tag: OCTETS, .. }, rounds @ ..] = parts.as_slice() else { return None };
    let [algorithm, sum] = digest.sequence()?[..] else { return None };
    let Element { tag: OID, content: id } = *algorithm.sequence()?.first()? else { return None };
    let algorithm = match (id, id.strip_prefix(SHA2)) {
        (SHA1, _) => Algorithm::Sha1,
        (_, Some([1])) => Algorithm::Sha256,
        (_, Some([3])) => Algorithm::Sha512,
        _ => return None,
    };
    let rounds = match rounds {
        [Element { tag: INTEGER, content }] if content.len() <= 4 => {
            content.iter().fold(0, |n, &b| n << 8 | usize::from(b))
        }
        [] => 1,
        _ => return None,
    };
    let sum: Cow<'_, [u8]> = sum.octets()?;
    Some(Seal { algorithm, salt: salt.content, rounds, key: None, sum: &sum }.opens(content))
}
