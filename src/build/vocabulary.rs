//! The vocabulary of the generic judge -> the filter in front of it.

use std::fs;

#[path = "../engine/generic/filter.rs"]
mod filter;
#[path = "../engine/generic/words.rs"]
#[allow(dead_code)]
mod words;

use crate::Context;

/// Writes the filter.
pub fn write(context: &Context) {
    println!("cargo:rerun-if-changed=src/engine/generic/filter.rs");
    println!("cargo:rerun-if-changed=src/engine/generic/words.rs");
    let bits = filter::of(&[&words::COMMON, &words::WORDS]);
    let bytes: Vec<u8> = bits.into_iter().flat_map(u64::to_le_bytes).collect();
    fs::write(context.out.join("vocabulary.bin"), bytes).expect("OUT_DIR is writable");
}
