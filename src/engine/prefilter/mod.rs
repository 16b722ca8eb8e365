//! The first pass: the positions of the keywords of all rules.
//!
//! One pass in steps of two bytes, with no branch that depends on the text: four bytes are folded and hashed to a slot and
//! a tag, and the slot holds the tags that are worth a comparison. All but the look-up is plain arithmetic on 16 bits, eight
//! steps at a time with the vector instructions that every 64-bit machine has. The few positions that pass (2 in 100 of
//! the steps in ordinary code) are compared with the keywords whose pieces they may be.

use crate::data::keywords::{
    self, Beside, KeywordEntry, NEARBY, SLOTS, Tables, WORD, has, head, lower, nearby, slot, tag,
};

/// One keyword in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Its start.
    pub at: usize,
    /// Its number in the prefilter.
    pub keyword: u32,
}

/// Finds every keyword, in whatever case, overlapping ones included.
#[derive(Clone, Copy)]
pub struct Prefilter {
    /// See [`Tables`].
    tags: &'static [[u8; 2]; SLOTS],
    neighbours: &'static [u64; NEARBY],
    used: &'static [u64; SLOTS / WORD],
    ranks: &'static [u16; SLOTS / WORD],
    ends: &'static [u32],
    /// [`KeywordEntry`]s.
    entries: &'static [u32],
    /// All keywords in lower case, one after the other, and where each ends.
    keywords: &'static str,
    keyword_ends: &'static [u32],
    /// The first bytes of each.
    heads: &'static [(u64, u64)],
}

/// The rules that each keyword wakes.
#[derive(Clone, Copy)]
pub struct Wakes {
    rules: &'static [u16],
    ends: &'static [u32],
}

include!(concat!(env!("OUT_DIR"), "/prefilter.rs"));

/// Steps that are looked at in one go, of two bytes each, and how far the last one's piece reaches beyond them.
const STEPS: usize = 64;
const AHEAD: usize = 2;
const BLOCK: usize = STEPS * 2 + AHEAD;

/// The bytes of one part: its hits are handed on before the next part is read.
const PART: usize = 1 << 18;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPart {
    from: usize,
    to: usize,
    /// The end of the visible text: a keyword may begin in the part and end behind it.
    seen: usize,
    /// Whether the text ends with it.
    pub is_last: bool,
}

/// Positions that passed.
struct Passed {
    at: [usize; ROOM],
    count: usize,
}

/// The most positions gathered before they are compared.
const ROOM: usize = 128;

impl Prefilter {
    /// For the keywords of the built-in rules, made at build time, and which of these rules each wakes.
    pub fn builtin() -> (Self, Wakes) {
        (BUILTIN, BUILTIN_WAKES)
    }

    /// For these keywords, which are ASCII and at least three bytes long, each with the numbers of the rules it wakes.
    /// Equal keywords must be given once. The tables live until the process ends, as rules do.
    #[expect(clippy::expect_used, reason = "tables have the sizes that the constants of their module name")]
    pub fn new<'a>(keywords: impl Iterator<Item = (&'a str, &'a [u16])>) -> (Self, Wakes) {
        let (mut names, mut text, mut keyword_ends) = (Vec::new(), String::new(), Vec::new());
        let (mut rules, mut rule_ends) = (Vec::new(), Vec::new());
        for (keyword, wakes) in keywords {
            names.push(keyword);
            text.push_str(&keyword.to_ascii_lowercase());
            keyword_ends.push(text.len() as u32);
            rules.extend_from_slice(wakes);
            rule_ends.push(rules.len() as u32);
        }
        let Tables { tags, neighbours, used, ranks, ends, entries } = keywords::build(&names);
        let tags: Vec<[u8; 2]> = tags.into_iter().map(u16::to_le_bytes).collect();
        let heads: Vec<(u64, u64)> = names.iter().map(|name| head(name.as_bytes())).collect();
        let prefilter = Self {
            tags: (&*tags.leak()).try_into().expect("there are tags for each slot"),
            neighbours: (&*neighbours.leak()).try_into().expect("there are as many bits as are asked for"),
            used: (&*used.leak()).try_into().expect("there is a bit for each slot"),
            ranks: (&*ranks.leak()).try_into().expect("there is a rank for each word"),
            ends: ends.leak(),
            entries: entries.into_iter().map(|entry| entry.0).collect::<Vec<_>>().leak(),
            keywords: text.leak(),
            keyword_ends: keyword_ends.leak(),
            heads: heads.leak(),
        };
        (prefilter, Wakes { rules: rules.leak(), ends: rule_ends.leak() })
    }

    /// How many keywords there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.keyword_ends.len()
    }

    /// The keyword with this number, in lower case.
    pub fn keyword(&self, number: u32) -> &'static str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.keyword_ends[number - 1] };
        &self.keywords[start as usize..self.keyword_ends[number] as usize]
    }

    /// Every hit that begins at `from` or later, sorted by position, into `out` (which is cleared first).
    pub fn hits(&self, text: &[u8], from: usize, out: &mut Vec<Hit>) {
        out.clear();
        // A piece may begin one byte before its keyword.
        let mut base = from.saturating_sub(1) & !1;
        let mut passed = Passed { at: [0; ROOM], count: 0 };
        while let Some(block) = text.get(base..).and_then(|rest| rest.first_chunk()) {
            self.block(block, text, base, &mut passed);
            base += STEPS * 2;
            if passed.count > ROOM - STEPS {
                self.confirm_all(text, &mut passed, from, out);
            }
        }
        // The rest, with zeros behind the end.
        let rest = text.get(base..).unwrap_or_default();
        if !rest.is_empty() {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block, text, base, &mut passed);
        }
        self.confirm_all(text, &mut passed, from, out);
        if !out.is_sorted() {
            out.sort_unstable();
        }
    }

    /// The parts in which a text is searched, one after the other, each with the bytes that it must see behind its end. A
    /// text may hold a keyword at every byte: all hits of one at once would take many times the memory of the text.
    pub fn parts(&self, len: usize) -> impl Iterator<Item = TextPart> + use<> {
        let longest = if len > PART { (0..self.len() as u32).map(|n| self.keyword(n).len()).max() } else { None };
        let beyond = longest.unwrap_or(0) + BLOCK;
        (0..len.div_ceil(PART).max(1)).map(move |n| {
            let (from, to) = (n * PART, ((n + 1) * PART).min(len));
            TextPart { from, to, seen: to.saturating_add(beyond).min(len), is_last: to == len }
        })
    }

    /// Every hit that begins in `part`, sorted by position, into `out` (which is cleared first).
    pub fn hits_in(&self, text: &[u8], part: &TextPart, out: &mut Vec<Hit>) {
        self.hits(&text[..part.seen], part.from, out);
        if !part.is_last {
            out.truncate(out.partition_point(|hit| hit.at < part.to));
        }
    }

    /// Adds the positions in `block`, at `base` in the text, that have a keyword's piece with the bytes beside it that
    /// the keyword has there.
    #[inline]
    fn block(&self, block: &[u8; BLOCK], text: &[u8], base: usize, passed: &mut Passed) {
        let steps = self.passed(block);
        let bits = |eight: &[u8; 8]| (u64::from_le_bytes(*eight) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let groups = steps.as_chunks().0.iter().enumerate();
        let mut left = groups.fold(0, |all, (n, eight)| all | bits(eight) << (8 * n));
        while left != 0 {
            let at = base + left.trailing_zeros() as usize * 2;
            left &= left - 1;
            let (first, last) = keywords::halves(bytes_at(text, at));
            let (slot, tag) = (slot(first, last), tag(first, last));
            let passes = |beside: Beside| {
                let bit = nearby(slot, tag, beside);
                self.neighbours[bit / WORD] >> (bit % WORD) & 1
            };
            let byte = |at: usize| Some(text.get(at).copied().unwrap_or(0));
            let (before, behind) = (byte(at.wrapping_sub(1)), byte(at + 4));
            let has_neighbour =
                passes((before, behind)) | passes((before, None)) | passes((None, behind)) | passes((None, None));
            passed.at[passed.count % ROOM] = at;
            passed.count += has_neighbour as usize;
        }
    }

    fn confirm_all(&self, text: &[u8], passed: &mut Passed, from: usize, out: &mut Vec<Hit>) {
        for &at in &passed.at[..passed.count] {
            self.confirm(text, at, from, out);
        }
        passed.count = 0;
    }

    /// A value for each step, which is not 0 where a keyword's piece is possible.
    #[inline(never)]
    fn passed(&self, block: &[u8; BLOCK]) -> [u8; STEPS] {
        let mut halves = [0; STEPS + 1];
        for (half, bytes) in halves.iter_mut().zip(block.as_chunks().0) {
            *half = u16::from_le_bytes(*bytes);
        }
        let slots: [u16; STEPS] = std::array::from_fn(|n| slot(halves[n], halves[n + 1]));
        let tags = slots.map(|slot| u16::from_le_bytes(self.tags[usize::from(slot)]));
        std::array::from_fn(|n| has(tags[n], tag(halves[n], halves[n + 1])))
    }

    /// Compares the bytes at `at` with the keywords that have a piece there.
    fn confirm(&self, text: &[u8], at: usize, from: usize, out: &mut Vec<Hit>) {
        let (first, last) = keywords::halves(bytes_at(text, at));
        let (slot, tag) = (usize::from(slot(first, last)), tag(first, last));
        let word = self.used[slot / WORD];
        let before = word & ((1 << (slot % WORD)) - 1);
        let number = usize::from(self.ranks[slot / WORD]) + before.count_ones() as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        for &entry in &self.entries[start as usize..self.ends[number] as usize] {
            let entry = KeywordEntry(entry);
            let start = entry.start(at);
            if entry.tag() != tag || start < from || start >= text.len() {
                continue;
            }
            let number = usize::from(entry.keyword());
            let (head, counting) = self.heads[number];
            if lower(bytes_at(text, start)) & counting != head {
                continue;
            }
            let keyword = self.keyword(number as u32).as_bytes();
            if text.get(start..start + keyword.len()).is_some_and(|there| there.eq_ignore_ascii_case(keyword)) {
                out.push(Hit { at: start, keyword: number as u32 });
            }
        }
    }
}

/// The bytes from `at` on, with zeros behind the end.
fn bytes_at<const N: usize>(text: &[u8], at: usize) -> [u8; N] {
    match text.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => *bytes,
        None => std::array::from_fn(|i| text.get(at + i).copied().unwrap_or(0)),
    }
}

impl Wakes {
    /// The numbers of the rules that `keyword` wakes.
    pub fn rules(&self, keyword: u32) -> &'static [u16] {
        let keyword = keyword as usize;
        let start = if keyword == 0 { 0 } else { self.ends[keyword - 1] };
        &self.rules[start as usize..self.ends[keyword] as usize]
    }
}

#[cfg(test)]
mod tests;
