//! npm: package-lock.json 1, 2 and 3, npm-shrinkwrap.json, node_modules/.package-lock.json.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::{Entry, Node};
use super::{Format, javascript, json};

pub(super) struct PackageLock;

impl Format for PackageLock {
    fn name(&self) -> &'static str {
        "package-lock.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        matches!(name, "package-lock.json" | "npm-shrinkwrap.json" | ".package-lock.json")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a package-lock")?;
        let mut packages = Vec::new();
        for entry in root.entries_at("packages") {
            packages.extend(installed(entry)?);
        }
        // Version 2 lists every package twice. Both lists are read because npm 6 installs from the second.
        nested(root, &mut packages)?;
        if root.get("packages").is_none() && root.get("dependencies").is_none() && root.get("lockfileVersion").is_none()
        {
            return Err(LockError::new(1, "neither `packages` nor `dependencies` nor a `lockfileVersion`"));
        }
        dedupe(&mut packages);
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// Versions 2 and 3: a map from the path in node_modules.
fn installed(entry: &Entry<'_>) -> Result<Vec<Package>, LockError> {
    let node = entry.node.expect_map("a package")?;
    let version = node.text_at("version").map(str::to_owned);
    let place = entry.key.rsplit_once("node_modules/").map(|(_, name)| name);
    let declared = node.text_at("name");
    let Some(name) = declared.or(place) else { return Ok(Vec::new()) };
    let mut package = Package::new(Ecosystem::Npm, name, version, entry.line);
    package.alias = place.filter(|place| *place != name).map(str::to_owned);
    package.integrity = javascript::integrity(node.text_at("integrity"));
    package.install_script = node.is_true("hasInstallScript");
    if place.is_none() {
        package.source = Source::Workspace;
        return Ok(vec![package]);
    }
    if node.is_true("link") {
        package.source = Source::Link(node.text_at("resolved").unwrap_or_default().to_owned());
        return Ok(vec![package]);
    }
    Ok(javascript::resolved(package, node.text_at("resolved")))
}

/// Version 1: `dependencies` inside `dependencies`.
fn nested(node: &Node<'_>, packages: &mut Vec<Package>) -> Result<(), LockError> {
    for entry in node.entries_at("dependencies") {
        let node = &entry.node;
        let written = node.text_at("version").unwrap_or_default();
        let spec = javascript::spec(written);
        let name = spec.name.as_deref().unwrap_or(&entry.key);
        let version = match spec.source {
            Source::Registry(_) => spec.version.or_else(|| Some(written.to_owned()).filter(|v| !v.is_empty())),
            _ => None,
        };
        let mut package = Package::new(Ecosystem::Npm, name, version, entry.line);
        package.alias = (name != entry.key).then(|| entry.key.to_string());
        package.integrity = javascript::integrity(node.text_at("integrity"));
        match spec.source {
            Source::Registry(url) => {
                packages.extend(javascript::resolved(package, node.text_at("resolved").or(url.as_deref())));
            }
            source => packages.push(Package { source, ..package }),
        }
        nested(node, packages)?;
    }
    Ok(())
}

/// Removes repeated entries: a second path in the tree is no other package.
fn dedupe(packages: &mut Vec<Package>) {
    let mut seen = std::collections::HashMap::new();
    let mut kept: Vec<Package> = Vec::with_capacity(packages.len());
    for package in packages.drain(..) {
        // Version 2 gives a package from outside the registry a version in one list and a specifier in the other.
        let registry = package.is_registry().then(|| (package.version.clone(), package.source.clone()));
        let key = (
            package.name.clone(),
            registry,
            std::mem::discriminant(&package.source),
            package.alias.clone(),
            package.integrity.clone(),
        );
        match seen.get(&key) {
            Some(at) => {
                let first: &mut Package = &mut kept[*at];
                first.install_script |= package.install_script;
            }
            None => {
                seen.insert(key, kept.len());
                kept.push(package);
            }
        }
    }
    *packages = kept;
}
