//! The keywords of all rules -> the prefilter's tables, and which rules each keyword wakes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

#[path = "../engine/prefilter/table.rs"]
#[allow(dead_code)]
mod table;

use crate::Context;
use table::{Entry, Tables};

/// Writes the tables.
pub fn write(context: &Context) {
    println!("cargo:rerun-if-changed=src/engine/prefilter");
    let mut wakes: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for (number, spec) in context.rules.iter().enumerate() {
        for keyword in &spec.keywords {
            let rules = wakes.entry(keyword.to_ascii_lowercase()).or_default();
            if rules.last() != Some(&(number as u16)) {
                rules.push(number as u16);
            }
        }
    }
    let keywords: Vec<&str> = wakes.keys().map(String::as_str).collect();
    let built = table::build(&keywords);
    let mut out = String::new();
    tables(&mut out, &built).expect("a String takes everything");
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
    writeln!(
        out,
        "static BUILTIN: Prefilter = Prefilter {{ bitmap: &BITMAP, ranks: &RANKS, ends: ENDS, entries: ENTRIES, keywords: {:?}, \
         keyword_ends: &{:?} }};\nstatic BUILTIN_WAKES: Wakes = Wakes {{ rules: &{rules:?}, ends: &{:?} }};",
        keywords.concat(),
        ends_of(&mut keywords.iter().map(|k| k.len())),
        ends_of(&mut wakes.values().map(Vec::len)),
    )
    .expect("a String takes everything");
    fs::write(context.out.join("prefilter.rs"), out).expect("OUT_DIR is writable");
}

fn tables(out: &mut String, built: &Tables) -> std::fmt::Result {
    let Tables { bitmap, ranks, ends, entries } = built;
    writeln!(out, "static BITMAP: [u32; WORDS] = {bitmap:?};")?;
    writeln!(out, "static RANKS: [u32; WORDS] = {ranks:?};")?;
    writeln!(out, "static ENDS: &[u32] = &{ends:?};")?;
    writeln!(out, "static ENTRIES: &[Entry] = &[")?;
    for Entry { head, piece, keyword, shift, len } in entries {
        writeln!(out, "Entry {{ head: {head}, piece: {piece}, keyword: {keyword}, shift: {shift}, len: {len} }},")?;
    }
    writeln!(out, "];")
}
