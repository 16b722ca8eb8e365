//! Writes the prefilter's tables for the keywords of all rules, and the rules that each keyword wakes.

use std::collections::BTreeMap;
use std::fs;

use crate::BuildContext;
use crate::data::keywords::{self, Tables};

/// Writes `prefilter.rs` and `prefilter-tags.bin`.
pub fn write(context: &BuildContext) {
    let mut wakes: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for (number, spec) in context.rules.iter().enumerate() {
        for keyword in &spec.keywords {
            let rules = wakes.entry(keyword.to_ascii_lowercase()).or_default();
            if rules.last() != Some(&(number as u16)) {
                rules.push(number as u16);
            }
        }
    }
    let names: Vec<&str> = wakes.keys().map(String::as_str).collect();
    let Tables { tags, neighbours, used, ranks, ends, entries } = keywords::build(&names);
    let tags: Vec<u8> = tags.into_iter().flat_map(u16::to_le_bytes).collect();
    fs::write(context.out.join("prefilter-tags.bin"), tags).expect("OUT_DIR is writable");
    let entries: Vec<u32> = entries.into_iter().map(|entry| entry.0).collect();
    let heads: Vec<(u64, u64)> = names.iter().map(|keyword| keywords::head(keyword.as_bytes())).collect();
    let ends_of = |lengths: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
        lengths
            .scan(0, |sum, len| {
                Some({
                    *sum += len;
                    *sum
                })
            })
            .collect()
    };
    let rules: Vec<u16> = wakes.values().flatten().copied().collect();
    let out = format!(
        "static TAGS: &[[u8; 2]; SLOTS] = \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/prefilter-tags.bin\")).as_chunks().0.first_chunk().unwrap();\n\
         static BUILTIN: Prefilter = Prefilter {{ tags: TAGS, neighbours: &{neighbours:?}, used: &{used:?}, ranks: &{ranks:?}, ends: &{ends:?}, \
         entries: &{entries:?}, keywords: {:?}, keyword_ends: &{:?}, heads: &{heads:?} }};\n\
         static BUILTIN_WAKES: Wakes = Wakes {{ rules: &{rules:?}, ends: &{:?} }};\n",
        names.concat(),
        ends_of(&mut names.iter().map(|k| k.len())),
        ends_of(&mut wakes.values().map(Vec::len)),
    );
    fs::write(context.out.join("prefilter.rs"), out).expect("OUT_DIR is writable");
}
