//! The fuzz targets on their seeds, and on some variations: the cheap part of fuzzing, for every run of the tests.

#[path = "../../fuzz/src/lib.rs"]
mod replayed;

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(root().join("seeds").join(format!("{target}.txt"))).expect("the target's seeds");
    replayed::seeds(&text)
}

/// The stems of the files in a directory of `fuzz/`.
fn stems(directory: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(directory)).expect("a directory");
    entries.flatten().map(|e| e.path().file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_target_is_built_and_has_seeds() {
    let names: BTreeSet<String> = replayed::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("seeds"), names);
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    for name in &names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not built");
        assert!(!seeds(name).is_empty(), "{name} has no seeds");
    }
}

#[test]
fn every_seed_runs() {
    for (name, target) in replayed::TARGETS {
        for seed in seeds(name) {
            target(&seed);
        }
    }
}

/// A change that a fuzzer makes: what it does with the seed and with another one, at a position.
fn varied(seed: &[u8], other: &[u8], (kind, at, byte): (u8, usize, u8)) -> Vec<u8> {
    let at = at % (seed.len() + 1);
    let (head, tail) = seed.split_at(at);
    match kind % 6 {
        0 => head.to_vec(),
        1 => [head, tail.get(1..).unwrap_or_default()].concat(),
        2 => [head, &[byte], tail].concat(),
        3 => [head, &[byte], tail.get(1..).unwrap_or_default()].concat(),
        4 => [head, &other[at.min(other.len())..]].concat(),
        _ => [head, tail, tail].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn variations_of_seeds_run(
        pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..4),
    ) {
        for (name, target) in replayed::TARGETS {
            let seeds = seeds(name);
            let (mut seed, other) = (pick.get(&seeds).clone(), other.get(&seeds));
            for change in &changes {
                seed = varied(&seed, other, *change);
            }
            target(&seed);
        }
    }
}
