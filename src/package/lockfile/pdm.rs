//! pdm.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Entry;
use super::{Format, python, toml};

pub(super) struct PdmLock;

impl Format for PdmLock {
    fn name(&self) -> &'static str {
        "pdm.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pdm.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let mut inventory = Inventory::default();
        for node in root.items_at("package") {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let name_text = name.text().unwrap_or_default();
            let version = node.text_at("version").map(str::to_owned);
            let mut package = Package::new(Ecosystem::Pypi, name_text, version, name.line);
            package.source = match python::keyed_source(node) {
                Some(Source::File(path)) if node.is_true("editable") => Source::Link(path),
                Some(source) => source,
                None => Source::Registry(None),
            };
            // Before version 4.3 the metadata listed the files under `name version`.
            let old = root.get("metadata").and_then(|m| m.get("files")).map(|f| f.entries()).unwrap_or_default();
            let of_this = |e: &&Entry<'_>| e.key.split(' ').next() == Some(name_text);
            let files = node.items_at("files").iter().chain(old.iter().filter(of_this).flat_map(|e| e.node.items()));
            package.files = python::addresses(&package, files.clone().filter_map(|file| file.text_at("url")));
            package.integrity = files.filter_map(python::hash_of).collect();
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}
