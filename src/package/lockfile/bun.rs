//! bun.lock; and bun.lockb, which is present but not readable.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::{Entry, Value, short};
use super::{Format, javascript, json};

pub(super) struct BunLock;

impl Format for BunLock {
    fn name(&self) -> &'static str {
        "bun.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "bun.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::relaxed(text)?;
        let root = root.expect_map("a bun.lock")?;
        if root.get("lockfileVersion").is_none() {
            return Err(LockError::new(1, "no `lockfileVersion`"));
        }
        let mut packages = Vec::new();
        for entry in root.entries_at("packages") {
            packages.extend(package(entry)?);
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// `"path/name": ["real@reference", "registry", {...}, "sha512-..."]`
fn package(entry: &Entry<'_>) -> Result<Vec<Package>, LockError> {
    let items = entry.node.items();
    let wrong =
        || LockError::new(entry.line, format!("`{}` should be a list that opens with name@version", short(&entry.key)));
    let first = items.first().and_then(|n| n.text()).ok_or_else(wrong)?;
    let (name, reference) = javascript::name_and_rest(first);
    let reference = reference.ok_or_else(wrong)?;
    let place = last_name(&entry.key);
    let mut package = Package::new(Ecosystem::Npm, name, None, entry.line);
    package.alias = (place != name).then(|| place.to_owned());
    package.integrity = items
        .last()
        .and_then(|n| n.text())
        .filter(|t| items.len() > 1 && t.starts_with("sha"))
        .map(|t| javascript::integrity(Some(t)))
        .unwrap_or_default();
    let reference = reference.strip_prefix("npm:").unwrap_or(reference);
    if reference.starts_with("root:") {
        package.source = Source::Workspace;
        return Ok(vec![package]);
    }
    let spec = javascript::spec(reference);
    if !matches!(spec.source, Source::Registry(_)) {
        package.source = spec.source;
        return Ok(vec![package]);
    }
    package.version = Some(spec.version.unwrap_or_else(|| reference.to_owned()));
    // The second item is the address of another registry than the default one, or of the tarball.
    let registry = items.get(1).filter(|n| matches!(n.value, Value::Text(_))).and_then(|n| n.text());
    match registry.filter(|r| !r.is_empty() && items.len() > 2) {
        Some(url) if url.ends_with(".tgz") => Ok(javascript::resolved(package, Some(url))),
        Some(url) => {
            package.source = Source::Registry(Some(url.to_owned()));
            Ok(vec![package])
        }
        None => match spec.source {
            Source::Registry(Some(url)) => Ok(javascript::resolved(package, Some(&url))),
            _ => Ok(vec![package]),
        },
    }
}

/// The package's own name at the end of its path: `parent/@scope/name`.
fn last_name(place: &str) -> &str {
    let Some((before, last)) = place.rsplit_once('/') else { return place };
    let scope = before.rsplit('/').next().unwrap_or(before);
    if scope.starts_with('@') { &place[place.len() - last.len() - 1 - scope.len()..] } else { last }
}

pub(super) struct BunLockBinary;

impl Format for BunLockBinary {
    fn name(&self) -> &'static str {
        "bun.lockb"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "bun.lockb"
    }

    fn is_text(&self) -> bool {
        false
    }

    fn read(&self, _text: &str) -> Result<Inventory, LockError> {
        Err(LockError::new(
            1,
            "present, not readable: bun's binary lockfile; `bun install --save-text-lockfile` writes the readable bun.lock",
        ))
    }
}
