//! The first look: which keywords of which rules stand where.
//!
//! One pass in steps of two bytes: four bytes are folded, hashed and looked up in a bitmap, with no branch that depends
//! on the text. The few positions that pass (3 in 100 of the steps in ordinary code) are compared with the keywords whose
//! pieces they may be.

#[doc(hidden)]
pub mod table;

use table::{Entry, Tables, WORDS, fold, slot};

/// One keyword in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Where it begins.
    pub at: usize,
    /// Which one, as numbered by the prefilter.
    pub keyword: u32,
}

/// Finds every keyword, in whatever case, overlapping ones included.
#[derive(Clone, Copy)]
pub struct Prefilter {
    bitmap: &'static [u32; WORDS],
    ranks: &'static [u32; WORDS],
    ends: &'static [u32],
    entries: &'static [Entry],
    /// All keywords in lower case, one after the other, and where each ends.
    keywords: &'static str,
    keyword_ends: &'static [u32],
}

/// The rules that each keyword wakes.
#[derive(Clone, Copy)]
pub struct Wakes {
    rules: &'static [u16],
    ends: &'static [u32],
}

include!(concat!(env!("OUT_DIR"), "/prefilter.rs"));

/// Bytes looked at before the positions that passed are compared.
const BLOCK: usize = 4096;
/// Bytes that one turn of the loop steps over, and how far its last piece reaches beyond.
const STEPS: usize = 16;
const AHEAD: usize = 2;

impl Prefilter {
    /// For the keywords of the built-in rules, made at build time, and which of these rules each wakes.
    pub fn builtin() -> (Self, Wakes) {
        (BUILTIN, BUILTIN_WAKES)
    }

    /// For these keywords, which are ASCII and at least three bytes long, each with the numbers of the rules it wakes.
    /// Equal keywords must be given once. The tables live until the process ends, as rules do.
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
        let Tables { bitmap, ranks, ends, entries } = table::build(&names);
        let prefilter = Prefilter {
            bitmap: (&*bitmap.leak()).try_into().expect("the bitmap has its size"),
            ranks: (&*ranks.leak()).try_into().expect("there is a rank for each word"),
            ends: ends.leak(),
            entries: entries.leak(),
            keywords: text.leak(),
            keyword_ends: keyword_ends.leak(),
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
        let mut passed = [0_u16; BLOCK / 2];
        while let Some(block) = block(text, base) {
            let mut count = 0;
            for start in (0..block.len() - AHEAD).step_by(STEPS) {
                let Some(bytes) = block[start..].first_chunk::<{ STEPS + AHEAD }>() else { break };
                for i in (0..STEPS).step_by(2) {
                    // One load: from four single bytes the compiler would make four.
                    let piece = bytes[i..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
                    passed[count % (BLOCK / 2)] = (start + i) as u16;
                    count += self.passes(fold(piece)) as usize;
                }
            }
            for &at in &passed[..count] {
                self.confirm(text, base + usize::from(at), from, out);
            }
            base += block.len() - AHEAD;
        }
        // The rest, with zeros behind the end.
        let mut rest = [0; STEPS + AHEAD + 4];
        let len = text.len().saturating_sub(base);
        rest[..len].copy_from_slice(&text[text.len() - len..]);
        for at in (0..len).step_by(2) {
            let piece = fold(u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]));
            if self.passes(piece) == 1 {
                self.confirm(text, base + at, from, out);
            }
        }
        if !out.is_sorted() {
            out.sort_unstable();
        }
    }

    fn passes(&self, piece: u32) -> u32 {
        let slot = slot(piece);
        self.bitmap[(slot >> 5) as usize] >> (slot & 31) & 1
    }

    /// Compares what stands around `at` with the keywords that have a piece there.
    fn confirm(&self, text: &[u8], at: usize, from: usize, out: &mut Vec<Hit>) {
        let piece = fold(u32::from_le_bytes(bytes_at(text, at)));
        let slot = slot(piece);
        let word = (slot >> 5) as usize;
        let before = self.bitmap[word] & ((1 << (slot & 31)) - 1);
        let number = (self.ranks[word] + before.count_ones()) as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        for entry in &self.entries[start as usize..self.ends[number] as usize] {
            let start = at.wrapping_add_signed(-isize::from(entry.shift));
            if entry.piece != piece || start > at + 1 || start < from || start >= text.len() {
                continue;
            }
            if table::head(bytes_at(text, start), entry.len) != entry.head {
                continue;
            }
            let number = u32::from(entry.keyword);
            let keyword = self.keyword(number).as_bytes();
            if text.get(start..start + keyword.len()).is_some_and(|there| there.eq_ignore_ascii_case(keyword)) {
                out.push(Hit { at: start, keyword: number });
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

/// Up to [`BLOCK`] bytes from `base` on in whole groups of steps, and [`AHEAD`] more; none when there is no group.
fn block(text: &[u8], base: usize) -> Option<&[u8]> {
    let rest = text.get(base..)?;
    let len = rest.len().checked_sub(AHEAD)?.min(BLOCK) / STEPS * STEPS;
    (len > 0).then(|| &rest[..len + AHEAD])
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
