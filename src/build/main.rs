//! Build script: turns the data files of the repository into tables, so that a run parses none of them.
//!
//! One module a table: each reads the [`BuildContext`] and writes into its `out` folder. The formats are those of [`data`],
//! which the program has as well.

#![allow(clippy::print_stdout, reason = "the lines that cargo reads")]
#![allow(clippy::expect_used, reason = "a build that cannot go on stops, and cargo shows the reason")]
#![allow(clippy::disallowed_methods, reason = "cargo names the folders in variables")]

mod advisories;
#[path = "../data/mod.rs"]
#[allow(dead_code)]
mod data;
mod prefilter;
mod rules;
mod vocabulary;

use std::path::PathBuf;
use std::process::ExitCode;

/// The input of every module.
struct BuildContext {
    /// The crate's root.
    root: PathBuf,
    /// The folder of the tables: OUT_DIR.
    out: PathBuf,
    /// The rules, in the order of their ids.
    rules: Vec<data::rule::spec::Spec>,
}

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=src/build");
    println!("cargo:rerun-if-changed=src/data");
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).expect("cargo sets it"));
    let (root, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let rules = match rules::load(&root) {
        Ok(rules) => rules,
        Err(problems) => {
            problems.iter().for_each(|problem| println!("cargo::error={problem}"));
            return ExitCode::FAILURE;
        }
    };
    let context = BuildContext { root, out, rules };
    rules::write(&context);
    prefilter::write(&context);
    vocabulary::write(&context);
    advisories::write(&context);
    ExitCode::SUCCESS
}
