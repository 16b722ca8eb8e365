//! Writes the advisory index and the popularity lists into `OUT_DIR`.

use std::fs;
use std::path::Path;

use crate::BuildContext;
use crate::data::advisory::ecosystem::Ecosystem;
use crate::data::advisory::{feed, index, row};

const DIR: &str = "rules/advisories";

/// Writes `advisories.idx` and `popular.fst` from `rules/advisories/`. Wrong data stops the build with its line.
pub(crate) fn write(context: &BuildContext) {
    println!("cargo:rerun-if-changed={DIR}");
    let dir = context.root.join(DIR);
    let read = |name: &str| read(&dir.join(name));

    let rows = row::parse_rows(&read("compromised.tsv")).unwrap_or_else(|e| panic!("{DIR}/compromised.tsv: {e}"));
    let incidents = row::parse_incidents(&read("incidents.tsv")).unwrap_or_else(|e| panic!("{DIR}/incidents.tsv: {e}"));
    let feeds = feed::parse_feeds(&read("feeds.tsv")).unwrap_or_else(|e| panic!("{DIR}/feeds.tsv: {e}"));
    let blob = index::write_with_feeds(read("DATE").trim(), &feeds, &rows, &incidents);
    let blob = blob.unwrap_or_else(|e| panic!("{DIR}: {e}"));
    fs::write(context.out.join("advisories.idx"), blob).expect("OUT_DIR is writable");
    fs::write(context.out.join("popular.fst"), popular(&read)).expect("OUT_DIR is writable");
}

/// The map from ecosystem and name to rank, counted from 0.
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
