//! pylock.toml (PEP 751).

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, python, toml};

pub(super) struct Pylock;

impl Format for Pylock {
    fn name(&self) -> &'static str {
        "pylock.toml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pylock.toml" || name.starts_with("pylock.") && name.ends_with(".toml")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        if root.get("lock-version").is_none() {
            return Err(LockError::new(1, "no `lock-version`"));
        }
        let mut inventory = Inventory::default();
        for node in root.items_at("packages") {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let version = node.text_at("version").map(str::to_owned);
            let mut package = Package::new(Ecosystem::Pypi, name.text().unwrap_or_default(), version, name.line);
            package.source = source(node);
            let artefacts: Vec<&Node<'_>> =
                node.get("sdist").into_iter().chain(node.get("archive")).chain(node.items_at("wheels")).collect();
            package.integrity = artefacts.iter().flat_map(|a| hashes(a)).collect();
            package.files = python::addresses(&package, artefacts.iter().filter_map(|a| a.text_at("url")));
            package.published = artefacts.iter().filter_map(|a| a.text_at("upload-time")).min().map(str::to_owned);
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

fn source(node: &Node<'_>) -> Source {
    if let Some(vcs) = node.get("vcs") {
        return Source::Git(vcs.text_at("url").or(vcs.text_at("path")).unwrap_or_default().to_owned());
    }
    if let Some(directory) = node.get("directory") {
        return Source::Link(directory.text_at("path").unwrap_or_default().to_owned());
    }
    if let Some(archive) = node.get("archive") {
        return match archive.text_at("url") {
            Some(url) => python::from_url(url),
            None => Source::File(archive.text_at("path").unwrap_or_default().to_owned()),
        };
    }
    Source::Registry(node.text_at("index").map(str::to_owned))
}

/// `hashes = {sha256 = "..."}`, by file.
fn hashes(artefact: &Node<'_>) -> Vec<(String, String)> {
    let file = artefact
        .text_at("name")
        .or_else(|| artefact.text_at("url").or(artefact.text_at("path")).and_then(|u| u.rsplit('/').next()))
        .unwrap_or_default();
    artefact
        .entries_at("hashes")
        .iter()
        .filter_map(|e| Some((format!("{file} {}", e.key), e.node.text()?.to_owned())))
        .collect()
}
