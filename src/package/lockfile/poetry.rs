//! poetry.lock, versions 1 and 2.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::{Format, python, toml};

pub(super) struct PoetryLock;

impl Format for PoetryLock {
    fn name(&self) -> &'static str {
        "poetry.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "poetry.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let mut inventory = Inventory::default();
        // Old versions keep the hashes apart, by package name.
        let old_files = root.get("metadata").and_then(|m| m.get("files"));
        for node in root.items_at("package") {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let name_text = name.text().unwrap_or_default();
            let version = node.text_at("version").map(str::to_owned);
            let mut package = Package::new(Ecosystem::Pypi, name_text, version, name.line);
            let files = node.get("files").or_else(|| old_files.and_then(|f| f.get(name_text)));
            package.integrity =
                files.map(|f| f.items().iter().filter_map(python::hash_of).collect()).unwrap_or_default();
            if let Some(source) = node.get("source") {
                let url = source.text_at("url").unwrap_or_default().to_owned();
                package.source = match source.text_at("type") {
                    Some("git") => Source::Git(url),
                    Some("url") => Source::Url(url),
                    Some("file") => Source::File(url),
                    Some("directory") => Source::Link(url),
                    // `legacy` is a package index other than the default one.
                    _ => Source::Registry(Some(url)),
                };
            }
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}
