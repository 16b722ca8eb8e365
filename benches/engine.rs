//! What the engine's stages cost, per byte of ordinary text.
//!
//! `cargo bench --bench engine`. The text is this project's own sources, or what `SHIELD_BENCH_TEXT` names (a file, such
//! as a concatenated source tree). Throughput is shown per stage; the engine's is that of `scan`.

#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench is no run")]

use std::fs;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use ignore::WalkBuilder;
use shield_hook::chunk::{Chunk, ChunkPlace, Origin};
use shield_hook::engine::prefilter::Prefilter;
use shield_hook::engine::{Engine, Scratch, Settings};
use shield_hook::rule::RuleSet;

fn main() {
    divan::main();
}

/// About this much text is scanned, in bytes.
const SIZE: usize = 8 << 20;

fn text() -> Vec<u8> {
    let mut text = match std::env::var_os("SHIELD_BENCH_TEXT") {
        Some(path) => fs::read(path).expect("SHIELD_BENCH_TEXT names a file"),
        None => sources(),
    };
    assert!(!text.is_empty(), "no text to scan");
    while text.len() < SIZE {
        text.extend_from_within(..text.len().min(SIZE - text.len()));
    }
    text.truncate(SIZE);
    text
}

fn sources() -> Vec<u8> {
    let mut text = Vec::new();
    for entry in WalkBuilder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).build().flatten() {
        if entry.path().extension().is_some_and(|e| e == "rs") {
            text.extend(fs::read(entry.path()).expect("sources are readable"));
        }
    }
    text
}

#[divan::bench]
fn prefilter(bencher: Bencher) {
    let (text, (prefilter, _)) = (text(), Prefilter::builtin());
    let mut hits = Vec::new();
    bencher.counter(BytesCount::of_slice(&text)).bench_local(|| {
        prefilter.hits(&text, 0, &mut hits);
        hits.len()
    });
}

/// The text in pieces of 8 KB, as files are.
#[divan::bench(args = [0, 3])]
fn scan(bencher: Bencher, decode_depth: usize) {
    let text = text();
    let engine = Engine::new(RuleSet::builtin(), Settings { decode_depth, ..Settings::default() });
    let origin = Origin::of(ChunkPlace::File("src/main.c".into()));
    let mut scratch = Scratch::default();
    bencher.counter(BytesCount::of_slice(&text)).bench_local(|| {
        text.chunks(8192).map(|bytes| engine.scan(Chunk { origin: &origin, bytes }, &mut scratch).len()).sum::<usize>()
    });
}

#[divan::bench]
fn start() -> usize {
    Engine::new(RuleSet::builtin(), Settings::default()).rules().rules().len()
}
