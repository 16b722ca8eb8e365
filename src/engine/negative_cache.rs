//! A cache of windows without a match: the versions of a file repeat the same lines, and each is searched once a worker.
//!
//! # Collisions
//! The cache stores hashes, not texts, and a collision would hide a secret. The texts are strangers', so the hash must
//! resist an author who looks for two texts with one hash. [`Hasher`] is NH, the universal hash of UMAC (Black, Halevi,
//! Krawczyk, Krovetz, Rogaway 1999), over 64-bit words: for any two different texts of one length at most one key in
//! 2^64 gives both the same hash. The length and the purpose of the entry are hashed with the text. The key is random
//! for each worker and never leaves it, so nobody can choose texts by it. A faster unkeyed hash would fail against an
//! author; a cryptographic one would cost more than the search that it saves.

use std::hash::{BuildHasher, RandomState};

use super::decode;
use super::prefilter::Hit;

/// The longest text with an entry, in bytes.
const LONGEST: usize = 8 << 10;
/// The longest line with an entry, in bytes.
const LONGEST_LINE: usize = 1024;
/// Slots for windows.
const WINDOWS: usize = 1 << 15;
/// Slots for lines.
const LINES: usize = 1 << 15;
/// The most keywords of a line with an entry.
const MOST_HITS: usize = 3;

/// The purpose of an entry for a line.
const LINE: u64 = 1 << 62;
/// The purpose of an entry for the context of a generic candidate.
const GENERIC: u64 = 1 << 63;

/// NH with a random key: see the module's notes on collisions.
struct Hasher {
    key: Box<[u64]>,
}

impl Hasher {
    fn new() -> Self {
        // SipHash under a key of the operating system's.
        let random = RandomState::new();
        Self { key: (0..LONGEST as u64 / 8 + 4).map(|n| random.hash_one(n)).collect() }
    }

    /// The hash of a text of at most [`LONGEST`] bytes and its purpose.
    fn hash(&self, purpose: u64, text: &[u8]) -> u128 {
        let add = |sum: u128, key: &[u64], a: u64, b: u64| {
            sum.wrapping_add(u128::from(a.wrapping_add(key[0])) * u128::from(b.wrapping_add(key[1])))
        };
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        let (head, keys) = self.key.split_at(2);
        let mut sum = add(0, head, purpose, text.len() as u64);
        let pairs = text.chunks_exact(16);
        let rest = pairs.remainder();
        let mut keys = keys.chunks_exact(2);
        for (pair, key) in pairs.zip(keys.by_ref()) {
            sum = add(sum, key, word(&pair[..8]), word(&pair[8..]));
        }
        if let (false, Some(key)) = (rest.is_empty(), keys.next()) {
            let mut last = [0; 16];
            last[..rest.len()].copy_from_slice(rest);
            sum = add(sum, key, word(&last[..8]), word(&last[8..]));
        }
        sum
    }
}

/// The slot of a hash in a table of `size` slots, a power of two.
fn slot(hash: u128, size: usize) -> usize {
    let mixed = ((hash >> 64) as u64 ^ hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize & (size - 1)
}

/// The entries of one worker. A newer entry replaces an older one in its slot.
pub(super) struct NegativeCache {
    hasher: Hasher,
    windows: Box<[u128]>,
    lines: Box<[CachedLine]>,
}

/// The hash of a text without an entry, under which an entry can be stored.
#[derive(Clone, Copy)]
pub(super) struct WindowKey(u128);

/// The result of a look-up.
#[derive(Clone, Copy)]
pub(super) enum Lookup {
    /// The text was searched before, without a match.
    KnownEmpty,
    /// The text was not searched before, or its entry was replaced.
    Unknown(WindowKey),
    /// The text is too long for an entry.
    TooLong,
}

/// The result of a look-up of a line.
#[derive(Clone, Copy)]
pub(super) enum LineLookup {
    /// The line was searched before.
    Known(CachedLine),
    /// The line was not searched before, or its entry was replaced.
    Unknown(WindowKey),
    /// The line is too long for an entry.
    TooLong,
}

/// The keywords and encodings of a line; both are line-local, so they hold in any text.
#[derive(Clone, Copy, Default)]
pub(super) struct CachedLine {
    hash: u128,
    /// Offset and number of each keyword.
    hits: [(u16, u16); MOST_HITS],
    count: u8,
    /// The possible encodings: see [`decode::kinds`].
    pub kinds: u8,
}

impl CachedLine {
    /// The keywords of the line, which begins at `start`.
    pub fn hits(&self, start: usize) -> impl Iterator<Item = Hit> + '_ {
        self.hits[..usize::from(self.count)]
            .iter()
            .map(move |(at, keyword)| Hit { at: start + usize::from(*at), keyword: u32::from(*keyword) })
    }
}

impl NegativeCache {
    pub fn new() -> Self {
        Self {
            hasher: Hasher::new(),
            windows: vec![0; WINDOWS].into(),
            lines: vec![CachedLine::default(); LINES].into(),
        }
    }

    /// Looks up a window that `rule` is to search from its byte `at` on.
    pub fn window(&self, rule: usize, at: usize, text: &[u8]) -> Lookup {
        self.look_up((rule as u64) << 32 | at as u64, text)
    }

    /// Looks up the context of a generic candidate; `rest` holds everything else that its score depends on, in 63 bits.
    pub fn generic(&self, rest: u64, text: &[u8]) -> Lookup {
        self.look_up(GENERIC | rest, text)
    }

    fn look_up(&self, purpose: u64, text: &[u8]) -> Lookup {
        if text.len() > LONGEST {
            return Lookup::TooLong;
        }
        let hash = self.hasher.hash(purpose, text);
        if self.windows[slot(hash, WINDOWS)] == hash { Lookup::KnownEmpty } else { Lookup::Unknown(WindowKey(hash)) }
    }

    /// Stores that the text of this key holds no match.
    pub fn store_empty(&mut self, WindowKey(hash): WindowKey) {
        self.windows[slot(hash, WINDOWS)] = hash;
    }

    /// Looks up a line.
    pub fn line(&self, text: &[u8]) -> LineLookup {
        if text.len() > LONGEST_LINE {
            return LineLookup::TooLong;
        }
        let hash = self.hasher.hash(LINE, text);
        let line = self.lines[slot(hash, LINES)];
        if line.hash == hash { LineLookup::Known(line) } else { LineLookup::Unknown(WindowKey(hash)) }
    }

    /// Stores a line that begins at `start`, and its hits. Returns the possible encodings on it.
    pub fn store_line(&mut self, WindowKey(hash): WindowKey, start: usize, text: &[u8], hits: &[Hit]) -> u8 {
        let mut line = CachedLine { hash, kinds: decode::kinds(text), ..CachedLine::default() };
        if hits.len() <= MOST_HITS && hits.iter().all(|hit| u16::try_from(hit.keyword).is_ok()) {
            for (hit, into) in hits.iter().zip(&mut line.hits) {
                *into = ((hit.at - start) as u16, hit.keyword as u16);
            }
            line.count = hits.len() as u8;
            self.lines[slot(hash, LINES)] = line;
        }
        line.kinds
    }
}
