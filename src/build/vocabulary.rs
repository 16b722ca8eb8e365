//! Writes the Bloom filter in front of the generic detector's vocabulary.

use std::fs;

use crate::BuildContext;
use crate::data::vocabulary::{bloom, words};

/// Writes `vocabulary.bin`.
pub fn write(context: &BuildContext) {
    let bits = bloom::of(&[&words::COMMON, &words::WORDS]);
    let bytes: Vec<u8> = bits.into_iter().flat_map(u64::to_le_bytes).collect();
    fs::write(context.out.join("vocabulary.bin"), bytes).expect("OUT_DIR is writable");
}
