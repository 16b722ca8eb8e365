//! The Bloom filter in front of the vocabulary.

/// The number of its bits.
pub const BITS: usize = 1 << 18;

/// One step of a word's hash, which is taken from its last letter to its first.
pub fn step(hash: u32, letter: u8) -> u32 {
    (hash ^ u32::from(letter)).wrapping_mul(0x9E37_79B1).rotate_left(15)
}

/// The set of the hashes of all words in `tables`, which have the words of each length one after the other: one look-up
/// dismisses nearly every run of letters that is no word.
#[cfg_attr(not(test), allow(dead_code))]
pub fn of(tables: &[&[&str]]) -> Vec<u64> {
    let mut bits = vec![0; BITS / 64];
    for (len, row) in tables.iter().flat_map(|table| table.iter().enumerate()).filter(|(len, _)| *len > 0) {
        for word in row.as_bytes().chunks_exact(len) {
            let hash = word.iter().rev().fold(0, |hash, letter| step(hash, *letter)) as usize % BITS;
            bits[hash / 64] |= 1 << (hash % 64);
        }
    }
    bits
}
