//! How like words and code a value is: a small vocabulary and letter trigrams, both harvested by the training program.

use crate::data::vocabulary::bloom::{BITS, step};
use crate::data::vocabulary::words::{COMMON, WORDS};

/// Classes of bytes in a trigram: 26 letters, a digit, anything else.
pub const CLASSES: usize = 28;

/// Minus log2 of the probability of a byte class after two others, times 16: `[previous][last][this]`, source code.
static CODE: &[u8; CLASSES * CLASSES * CLASSES] = include_bytes!("trigrams_code.bin");
/// The same, text for people.
static PROSE: &[u8; CLASSES * CLASSES * CLASSES] = include_bytes!("trigrams_prose.bin");

/// English letters, a to z, in parts of 10,000.
const LETTERS: [f32; 26] = [
    817., 149., 278., 425., 1270., 223., 202., 609., 697., 15., 77., 403., 241., 675., 751., 193., 10., 599., 633.,
    906., 276., 98., 236., 15., 197., 7.,
];

/// The class of a byte.
pub fn class(b: u8) -> usize {
    match b {
        b'a'..=b'z' => (b - b'a') as usize,
        b'A'..=b'Z' => (b - b'A') as usize,
        b'0'..=b'9' => 26,
        _ => 27,
    }
}

/// How a value falls apart into words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// The share of its letters that are in words of four letters and more.
    pub share: f32,
    /// Bits a letter needs when it is spelled with words as far as they fit; 4.7 is no better than random.
    pub bits: f32,
    /// The longest word, as a share of the letters.
    pub longest: f32,
    /// How many words of four letters and more.
    pub words: f32,
}

/// The longest run of letters that is read.
const RUN: usize = 64;
const LETTER_BITS: f32 = 4.7;

/// The filter in front of the vocabulary, made at build time.
static FILTER: &[[u8; 8]; BITS / 64] =
    include_bytes!(concat!(env!("OUT_DIR"), "/vocabulary.bin")).as_chunks().0.first_chunk().unwrap();

/// Returns whether a word with this hash may be in the vocabulary.
fn may_be_known(hash: u32) -> bool {
    let bit = hash as usize % BITS;
    u64::from_le_bytes(FILTER[bit / 64]) >> (bit % 64) & 1 == 1
}

/// Returns whether a lower-case word is in the vocabulary: 0 no, 1 yes, 2 common.
fn known(word: &[u8]) -> u8 {
    let n = word.len();
    if find(COMMON[n.min(COMMON.len() - 1)].as_bytes(), word) {
        2
    } else if find(WORDS[n.min(WORDS.len() - 1)].as_bytes(), word) {
        1
    } else {
        0
    }
}

/// Returns whether this is a word of the vocabulary, in any case.
pub fn is_word(word: &[u8]) -> bool {
    (3..COMMON.len().min(WORDS.len())).contains(&word.len()) && known(&word.to_ascii_lowercase()) > 0
}

/// The common words.
pub fn common() -> impl Iterator<Item = &'static str> {
    COMMON.iter().enumerate().flat_map(|(n, row)| {
        (0..row.len().checked_div(n).unwrap_or(0)).filter_map(move |i| row.get(i * n..(i + 1) * n))
    })
}

/// Binary search in words of one length, sorted and written without a separator.
fn find(table: &[u8], word: &[u8]) -> bool {
    let n = word.len();
    let (mut low, mut high) = (0, table.len() / n);
    while low < high {
        let mid = (low + high) / 2;
        match table[mid * n..(mid + 1) * n].cmp(word) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = mid + 1,
            std::cmp::Ordering::Greater => high = mid,
        }
    }
    false
}

/// Splits the letters of `value` into words at least cost. With `leet`, digits and signs count as the letters they mimic.
pub fn parts(value: &[u8], leet: bool) -> Parts {
    let mut run = [0u8; RUN];
    let (mut letters, mut all) = (0usize, Spelling::default());
    let mut i = 0;
    while i < value.len() && letters < RUN {
        let mut n = 0;
        while i < value.len() && n < RUN {
            let Some(b) = letter(value[i], leet) else { break };
            // A hump in camel case is a border of words.
            if n > 0 && !leet && value[i].is_ascii_uppercase() && value[i - 1].is_ascii_lowercase() {
                break;
            }
            run[n] = b;
            n += 1;
            i += 1;
        }
        if n == 0 {
            i += 1;
            continue;
        }
        letters += n;
        all.add(&run[..n]);
    }
    if letters == 0 {
        return Parts { share: 0.0, bits: LETTER_BITS, longest: 0.0, words: 0.0 };
    }
    let total = letters as f32;
    Parts {
        share: all.covered as f32 / total,
        bits: all.bits / total,
        longest: all.longest as f32 / total,
        words: all.words as f32,
    }
}

/// Runs of letters, spelled with words and single letters.
#[derive(Default)]
struct Spelling {
    /// The bits of all pieces.
    bits: f32,
    /// The letters in words of four letters and more.
    covered: usize,
    /// The longest of these words.
    longest: usize,
    /// How many of them.
    words: usize,
}

impl Spelling {
    /// Adds a run of letters at its least cost.
    fn add(&mut self, run: &[u8]) {
        let n = run.len();
        // cost[k]: the least bits for the first k letters; from[k]: the length of the last piece, 1 for a letter.
        let mut cost = [0f32; RUN + 1];
        let mut from = [1u8; RUN + 1];
        for k in 1..=n {
            cost[k] = cost[k - 1] + LETTER_BITS;
            from[k] = 1;
            let mut hash = 0;
            for len in 1..=k.min(WORDS.len() - 1) {
                hash = step(hash, run[k - len]);
                let gain = cost[k - len];
                if len < 3 || !may_be_known(hash) || gain + 10.0 >= cost[k] {
                    continue;
                }
                let price = match known(&run[k - len..k]) {
                    2 => 11.0,
                    1 => 14.5,
                    _ => continue,
                };
                if gain + price < cost[k] {
                    cost[k] = gain + price;
                    from[k] = len as u8;
                }
            }
        }
        self.bits += cost[n];
        let mut k = n;
        while k > 0 {
            let len = from[k] as usize;
            if len >= 4 {
                self.covered += len;
                self.words += 1;
                self.longest = self.longest.max(len);
            }
            k -= len;
        }
    }
}

fn letter(b: u8, leet: bool) -> Option<u8> {
    match b {
        b'a'..=b'z' => Some(b),
        b'A'..=b'Z' => Some(b + 32),
        _ if !leet => None,
        b'0' => Some(b'o'),
        b'1' | b'!' => Some(b'i'),
        b'3' => Some(b'e'),
        b'4' | b'@' => Some(b'a'),
        b'5' | b'$' => Some(b's'),
        b'7' => Some(b't'),
        _ => None,
    }
}

/// Mean bits a byte of the value costs under source code and under prose; random letters cost 6 and more.
pub fn trigrams(value: &[u8]) -> (f32, f32) {
    let (mut a, mut b) = (27, 27);
    let (mut code, mut prose, mut n) = (0u32, 0u32, 0u32);
    for &byte in value.iter().take(128) {
        let c = class(byte);
        let i = (a * CLASSES + b) * CLASSES + c;
        code += u32::from(CODE[i]);
        prose += u32::from(PROSE[i]);
        n += 1;
        (a, b) = (b, c);
    }
    let n = (n.max(1) * 16) as f32;
    (code as f32 / n, prose as f32 / n)
}

/// Mean log2 likelihood ratio of the letters, English against uniform; words are above 0, random letters well below.
pub fn letters(value: &[u8]) -> f32 {
    let (mut sum, mut n) = (0f32, 0f32);
    for &b in value.iter().take(128) {
        if b.is_ascii_alphabetic() {
            sum += (LETTERS[class(b)] / (10_000.0 / 26.0)).log2();
            n += 1.0;
        }
    }
    if n == 0.0 { 0.0 } else { sum / n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_what_the_vocabulary_says() {
        let built = crate::data::vocabulary::bloom::of(&[&COMMON, &WORDS]);
        assert_eq!(built, FILTER.map(u64::from_le_bytes));
    }
}
