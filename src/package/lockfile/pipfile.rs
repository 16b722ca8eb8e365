//! Pipfile.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::{Format, json, python};

pub(super) struct PipfileLock;

impl Format for PipfileLock {
    fn name(&self) -> &'static str {
        "Pipfile.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "Pipfile.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a Pipfile.lock")?;
        let mut inventory = Inventory::default();
        // `default`, `develop` and any category of the project's own.
        for category in root.entries().iter().filter(|c| c.key != "_meta") {
            for entry in category.node.entries() {
                let node = entry.node.expect_map("a package")?;
                let version = node.text_at("version").and_then(python::pinned);
                let mut package = Package::new(Ecosystem::Pypi, entry.key.as_ref(), version, entry.line);
                package.source = match python::keyed_source(node) {
                    Some(Source::File(path)) if node.is_true("editable") => Source::Link(path),
                    Some(source) => source,
                    None => Source::Registry(None),
                };
                package.integrity = node
                    .items_at("hashes")
                    .iter()
                    .filter_map(|h| h.text())
                    .map(|h| (h.split(':').next().unwrap_or_default().to_owned(), h.to_owned()))
                    .collect();
                inventory.packages.push(package);
            }
        }
        Ok(inventory)
    }
}
