//! uv.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, python, toml};

pub(super) struct UvLock;

impl Format for UvLock {
    fn name(&self) -> &'static str {
        "uv.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "uv.lock" || name.ends_with(".py.lock")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let mut inventory = Inventory::default();
        for node in root.items_at("package").iter().chain(root.items_at("distribution")) {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let version = node.text_at("version").map(str::to_owned);
            let mut package = Package::new(Ecosystem::Pypi, name.text().unwrap_or_default(), version, name.line);
            package.source = source(node);
            let artefacts: Vec<&Node<'_>> = node.get("sdist").into_iter().chain(node.items_at("wheels")).collect();
            package.integrity = artefacts.iter().filter_map(|a| python::hash_of(a)).collect();
            package.files = python::addresses(&package, artefacts.iter().filter_map(|a| a.text_at("url")));
            // The first artefact to appear is the release.
            package.published = artefacts.iter().filter_map(|a| a.text_at("upload-time")).min().map(str::to_owned);
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

fn source(node: &Node<'_>) -> Source {
    let Some(source) = node.get("source") else { return Source::Registry(None) };
    let at = |key: &str| source.text_at(key).map(str::to_owned);
    if let Some(url) = at("registry") {
        return Source::Registry(Some(url));
    }
    if let Some(url) = at("git") {
        return Source::Git(url);
    }
    if let Some(url) = at("url").or_else(|| at("direct")) {
        return python::from_url(&url);
    }
    if let Some(path) = at("path") {
        return Source::File(path);
    }
    if let Some(path) = at("editable").or_else(|| at("directory")).or_else(|| at("virtual")) {
        return if path == "." { Source::Workspace } else { Source::Link(path) };
    }
    Source::Registry(source.text().map(str::to_owned))
}
