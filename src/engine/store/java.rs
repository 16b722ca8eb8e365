//! Java's own keystores (JKS, JCEKS) and those of Bouncy Castle (BKS, UBER).

use std::ops::Range;

use super::password::{self, Algorithm, Seal};
use super::{Cursor, Protection, StoreEntry};
use crate::engine::asn1;

const RULE: &str = "java-keystore";
const KNOWN: &str = "keystore-known-password";

/// The length of the digest at a store's end, in bytes.
const SUM: usize = 20;
/// The name that Android's tools give the key for debugging, whose password is documented.
const DEBUG_KEY: &[u8] = b"androiddebugkey";
/// More entries than any store has.
const ENTRIES: usize = 100_000;

/// JKS and JCEKS: entries one after the other, and a digest of the password and all of it.
pub(super) fn jks(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let (data, sum) = text.split_at_checked(text.len().checked_sub(SUM)?)?;
    let mut cursor = Cursor::new(data);
    cursor.take(4)?;
    let version = cursor.int().filter(|version| matches!(version, 1 | 2))?;
    let count = cursor.int().filter(|count| *count <= ENTRIES)?;
    let (mut keys, mut public): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let kind = cursor.int()?;
        let is_for_debugging = cursor.string()? == DEBUG_KEY;
        let _created = cursor.take(8)?;
        match kind {
            // A private key and the certificates that go with it.
            1 => {
                let key = cursor.block()?;
                asn1::element(&data[key.clone()]).filter(|(element, _)| element.tag == asn1::SEQUENCE)?;
                for _ in 0..cursor.int()? {
                    certificate(&mut cursor, version)?;
                }
                if is_for_debugging { public.push(key) } else { keys.push(key) }
            }
            2 => certificate(&mut cursor, version)?,
            // A secret key, as Java writes objects: without a length.
            3 => {
                data[cursor.at..].starts_with(&[0xac, 0xed, 0, 5]).then_some(())?;
                keys.push(cursor.at..data.len());
                cursor.at = data.len();
                break;
            }
            _ => return None,
        }
    }
    (cursor.at == data.len()).then_some(())?;
    let note = if text[0] == 0xfe { "JKS" } else { "JCEKS" };
    let mut entries = with_protection(keys, note, || password::opens_jks(data, sum));
    entries.extend(public.into_iter().map(|span| StoreEntry { rule: RULE, span, lock: Protection::Public, note }));
    Some(entries)
}

fn certificate(cursor: &mut Cursor<'_>, version: usize) -> Option<()> {
    if version == 2 {
        cursor.string()?;
    }
    cursor.block().map(|_| ())
}

/// Entries with their protection; passwords are tried only where an entry needs one.
fn with_protection(keys: Vec<Range<usize>>, note: &'static str, is_known: impl Fn() -> bool) -> Vec<StoreEntry> {
    let (rule, lock) =
        if !keys.is_empty() && is_known() { (KNOWN, Protection::WellKnown) } else { (RULE, Protection::Password) };
    keys.into_iter().map(|span| StoreEntry { rule, span, lock, note }).collect()
}

/// BKS: entries, and a MAC. Where they do not read as such they may be encrypted all together: UBER.
pub(super) fn bks(text: &[u8]) -> Option<Vec<StoreEntry>> {
    let mut cursor = Cursor::new(text);
    let version = cursor.int()?;
    let salt = cursor.block()?;
    let rounds = cursor.int().filter(|rounds| (1..1 << 24).contains(rounds))?;
    let start = cursor.at;
    let Some((open, locked, end)) = entries(text, cursor) else { return uber(text, version, start) };
    let sum = text.get(end..).filter(|sum| sum.len() == SUM)?;
    // The first version took the length in bytes for one in bits.
    let key = (version == 1).then_some(SUM / 8);
    let seal = Seal { algorithm: Algorithm::Sha1, salt: &text[salt], rounds, key, sum };
    let mut entries = with_protection(locked, "BKS", || seal.opens(&text[start..end]));
    entries.extend(open.into_iter().map(|span| StoreEntry { rule: RULE, span, lock: Protection::Open, note: "BKS" }));
    entries.sort_by_key(|entry| entry.span.start);
    Some(entries)
}

type Entries = (Vec<Range<usize>>, Vec<Range<usize>>, usize);

/// The keys that lie open, those that a password protects, and where the entries end.
fn entries(text: &[u8], mut cursor: Cursor<'_>) -> Option<Entries> {
    let (mut open, mut locked) = (Vec::new(), Vec::new());
    loop {
        let kind = cursor.byte()?;
        if kind == 0 {
            break;
        }
        let _alias = cursor.string()?;
        let _created = cursor.take(8)?;
        for _ in 0..cursor.int()? {
            cursor.string()?;
            cursor.block()?;
        }
        match kind {
            1 => {
                cursor.string()?;
                cursor.block()?;
            }
            2 => {
                // Private, public or secret.
                let which = cursor.byte().filter(|which| *which <= 2)?;
                cursor.string()?;
                cursor.string()?;
                let key = cursor.block()?;
                if which != 1 {
                    open.push(key);
                }
            }
            3 | 4 => locked.push(cursor.block()?),
            _ => return None,
        }
    }
    (text.len() == cursor.at + SUM).then_some((open, locked, cursor.at))
}

/// UBER: after salt and rounds all is encrypted, in blocks of 16 bytes, and looks as random as that.
fn uber(text: &[u8], version: usize, start: usize) -> Option<Vec<StoreEntry>> {
    const LEAST: usize = 256;
    let sealed = &text[start..];
    (version == 1 && sealed.len() >= LEAST && sealed.len().is_multiple_of(16) && is_random(sealed))
        .then(|| vec![StoreEntry { rule: RULE, span: start..text.len(), lock: Protection::Password, note: "UBER" }])
}

/// Whether bytes are as evenly spread as those of a cipher: none occurs much more often than by chance.
fn is_random(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(1 << 16)];
    let mut counts = [0_usize; 256];
    bytes.iter().for_each(|b| counts[usize::from(*b)] += 1);
    let expected = bytes.len() / 256;
    counts.iter().all(|count| *count <= expected * 2 + 8)
}
