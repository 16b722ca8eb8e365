//! Build script: turns the data files of the repository into tables, so that a run parses none of them.
//!
//! One module a table. Each gets the [`Context`] and writes one file into its `out` folder.

mod advisories;
mod prefilter;
mod rules;
mod vocabulary;

use std::path::PathBuf;

/// What the modules share.
struct Context {
    /// The crate's root.
    root: PathBuf,
    /// Where the tables go: OUT_DIR.
    out: PathBuf,
    /// The rules, in the order of their ids.
    rules: Vec<rules::spec::Spec>,
}

fn main() {
    println!("cargo:rerun-if-changed=src/build");
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).expect("cargo sets it"));
    let (root, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let mut context = Context { root, out, rules: Vec::new() };
    context.rules = rules::load(&context.root);
    rules::write(&context);
    prefilter::write(&context);
    vocabulary::write(&context);
    advisories::write(&context);
}
