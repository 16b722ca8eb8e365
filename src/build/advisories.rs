//! Writes the advisory index and the popularity lists into `OUT_DIR`.

#[path = "../package/ecosystem.rs"]
#[allow(dead_code, unreachable_pub)]
mod ecosystem;
#[path = "../package/index.rs"]
#[allow(dead_code, unreachable_pub)]
mod index;
#[path = "../package/row.rs"]
#[allow(dead_code, unreachable_pub)]
mod row;
#[path = "../package/version.rs"]
#[allow(dead_code, unreachable_pub)]
mod version;

use ecosystem::Ecosystem;
use std::fs;
use std::path::Path;

const DIR: &str = "rules/advisories";

/// Reads `rules/advisories/` and writes `advisories.idx` and `popular.fst`. Bad data stops the build with its line.
pub(crate) fn write(context: &super::Context) {
    println!("cargo:rerun-if-changed={DIR}");
    for shared in ["ecosystem", "index", "row", "version"] {
        println!("cargo:rerun-if-changed=src/package/{shared}.rs");
    }
    let dir = context.root.join(DIR);
    let read = |name: &str| read(&dir.join(name));

    let rows = row::parse_rows(&read("compromised.tsv")).unwrap_or_else(|e| panic!("{DIR}/compromised.tsv: {e}"));
    let incidents = row::parse_incidents(&read("incidents.tsv")).unwrap_or_else(|e| panic!("{DIR}/incidents.tsv: {e}"));
    let blob = index::write(read("DATE").trim(), &rows, &incidents).unwrap_or_else(|e| panic!("{DIR}: {e}"));
    fs::write(context.out.join("advisories.idx"), blob).expect("OUT_DIR is writable");
    fs::write(context.out.join("popular.fst"), popular(&read)).expect("OUT_DIR is writable");
}

/// `ecosystem name` to rank, counted from 0.
fn popular(read: &dyn Fn(&str) -> String) -> Vec<u8> {
    let mut ranks = std::collections::BTreeMap::new();
    for ecosystem in [Ecosystem::Npm, Ecosystem::Pypi] {
        let text = read(&format!("popular-{}.txt", ecosystem.as_str()));
        for (rank, name) in text.lines().enumerate() {
            let mut key = vec![ecosystem.key()];
            key.extend_from_slice(ecosystem.normalise(name).as_bytes());
            ranks.entry(key).or_insert(rank as u64);
        }
    }
    fst::Map::from_iter(ranks).expect("a BTreeMap is sorted").into_fst().into_inner()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
