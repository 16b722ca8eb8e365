//! Makes `src/data/keyword_rarity.txt`: how often the four-byte pieces of keywords stand in ordinary code.
//!
//! `cargo run --release --example keyword_rarity TREE... > src/data/keyword_rarity.txt`
//!
//! The file in the repository was made from the trees, as they were in 2026, of astral-sh/ruff, curl/curl,
//! hashicorp/terraform, jj-vcs/jj, spring-projects/spring-boot, rails/rails, vuejs/core and dotnet/eShop.

use std::error::Error;
use std::fs;
use std::io::Write;

use ignore::WalkBuilder;
use shield_hook::data::keywords::{RARITIES, rarity_of};

fn main() -> Result<(), Box<dyn Error>> {
    let mut counts = vec![0_u64; RARITIES];
    let mut total = 0_u64;
    for tree in std::env::args_os().skip(1) {
        for entry in WalkBuilder::new(tree).build() {
            let entry = entry?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            for piece in fs::read(entry.path())?.windows(4).step_by(7) {
                counts[rarity_of([piece[0], piece[1], piece[2], piece[3]])] += 1;
                total += 1;
            }
        }
    }
    // In a text of ten million pieces, whatever was read.
    let level = |count: u64| {
        let often = count as f64 * 1e7 / total.max(1) as f64;
        char::from(b'0' + ((often + 1.0).ln() * 4.0).round().min(76.0) as u8)
    };
    let mut out = std::io::stdout().lock();
    for line in counts.chunks(128) {
        writeln!(out, "{}", line.iter().map(|&count| level(count)).collect::<String>())?;
    }
    Ok(())
}
