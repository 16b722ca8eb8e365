//! What was looked at before in this run, so that it is not looked at again: the versions of a file say the same things
//! over and over.
//!
//! What is remembered of a text is a hash of it. The texts are strangers', so the hash has to hold against one who wants
//! two of them to be taken for each other: it is keyed at random for each worker, and whatever two texts are, no more
//! than one key in 2^64 gives them one hash.

use std::hash::{BuildHasher, RandomState};

use super::decode;
use super::prefilter::Hit;

/// Longer texts are not remembered, in bytes.
const LONGEST: usize = 8 << 10;
/// A longer line is not remembered.
const LONGEST_LINE: usize = 1024;
/// How many windows are remembered.
const WINDOWS: usize = 1 << 15;
/// How many lines are remembered.
const LINES: usize = 1 << 15;
/// A line with more keywords is not remembered.
const MOST_HITS: usize = 3;

/// What a line is hashed for.
const LINE: u64 = 1 << 62;
/// What a candidate's surroundings are hashed for.
const JUDGED: u64 = 1 << 63;

/// NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999) with words of 64 bits.
struct Hasher {
    key: Box<[u64]>,
}

impl Hasher {
    fn new() -> Hasher {
        // SipHash under a key of the operating system's.
        let random = RandomState::new();
        Hasher { key: (0..LONGEST as u64 / 8 + 4).map(|n| random.hash_one(n)).collect() }
    }

    /// Of a text of at most [`LONGEST`] bytes, and what it is hashed for.
    fn hash(&self, what: u64, text: &[u8]) -> u128 {
        let add = |sum: u128, key: &[u64], a: u64, b: u64| {
            sum.wrapping_add(u128::from(a.wrapping_add(key[0])) * u128::from(b.wrapping_add(key[1])))
        };
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        let (head, keys) = self.key.split_at(2);
        let mut sum = add(0, head, what, text.len() as u64);
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

/// Where in a table of `size` places, a power of two, a hash is kept.
fn place(hash: u128, size: usize) -> usize {
    let mixed = ((hash >> 64) as u64 ^ hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize & (size - 1)
}

/// What one worker remembers. What comes later takes the place of what came before.
pub(super) struct Seen {
    hasher: Hasher,
    windows: Box<[u128]>,
    lines: Box<[Line]>,
}

/// A window that was asked for, to be remembered or not.
#[derive(Clone, Copy)]
pub(super) struct Window(u128);

/// What is known of a line, whatever stands around it.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    hash: u128,
    /// The keywords in it, and where.
    hits: [(u16, u16); MOST_HITS],
    count: u8,
    /// What may be encoded on it: see [`decode::kinds`].
    pub kinds: u8,
}

impl Line {
    /// The keywords in the line, which begins at `start`.
    pub fn hits(&self, start: usize) -> impl Iterator<Item = Hit> + '_ {
        self.hits[..usize::from(self.count)]
            .iter()
            .map(move |(at, keyword)| Hit { at: start + usize::from(*at), keyword: u32::from(*keyword) })
    }
}

impl Seen {
    pub fn new() -> Seen {
        Seen { hasher: Hasher::new(), windows: vec![0; WINDOWS].into(), lines: vec![Line::default(); LINES].into() }
    }

    /// Asks for a text in which `rule` may find something; `at` is where in it the search begins. Says whether it is
    /// known that there is nothing, or else under what to remember that.
    pub fn window(&self, rule: usize, at: usize, text: &[u8]) -> Result<(), Option<Window>> {
        self.known((rule as u64) << 32 | at as u64, text)
    }

    /// Asks for the surroundings of a generic candidate, all that it is judged by; `what` is all else, in 63 bits.
    pub fn judged(&self, what: u64, text: &[u8]) -> Result<(), Option<Window>> {
        self.known(JUDGED | what, text)
    }

    fn known(&self, what: u64, text: &[u8]) -> Result<(), Option<Window>> {
        if text.len() > LONGEST {
            return Err(None);
        }
        let hash = self.hasher.hash(what, text);
        if self.windows[place(hash, WINDOWS)] == hash { Ok(()) } else { Err(Some(Window(hash))) }
    }

    /// There is nothing in that window.
    pub fn nothing(&mut self, Window(hash): Window) {
        self.windows[place(hash, WINDOWS)] = hash;
    }

    /// Asks for a line.
    pub fn line(&self, text: &[u8]) -> Result<&Line, Option<Window>> {
        if text.len() > LONGEST_LINE {
            return Err(None);
        }
        let hash = self.hasher.hash(LINE, text);
        let line = &self.lines[place(hash, LINES)];
        if line.hash == hash { Ok(line) } else { Err(Some(Window(hash))) }
    }

    /// Remembers a line that begins at `start`, and its hits. Gives what may be encoded on it.
    pub fn note(&mut self, Window(hash): Window, start: usize, text: &[u8], hits: &[Hit]) -> u8 {
        let mut line = Line { hash, kinds: decode::kinds(text), ..Line::default() };
        if hits.len() <= MOST_HITS && hits.iter().all(|hit| u16::try_from(hit.keyword).is_ok()) {
            for (hit, into) in hits.iter().zip(&mut line.hits) {
                *into = ((hit.at - start) as u16, hit.keyword as u16);
            }
            line.count = hits.len() as u8;
            self.lines[place(hash, LINES)] = line;
        }
        line.kinds
    }
}
