//! Packages in node_modules, by the package.json of each.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, Package};
use serde::Deserialize;
use std::path::Path;

/// Returns whether this package.json belongs to an installed package: `node_modules/name/` or
/// `node_modules/@scope/name/`.
pub(super) fn is_installed(path: &Path) -> bool {
    let mut up = path.components().rev().skip(2).map(|c| c.as_os_str());
    match up.next() {
        Some(folder) if folder == "node_modules" => true,
        Some(scope) if scope.to_string_lossy().starts_with('@') => up.next().is_some_and(|f| f == "node_modules"),
        _ => false,
    }
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: serde_json::Value,
    #[serde(default)]
    version: serde_json::Value,
}

/// The package of a package.json; none if it has no name or no version.
pub(super) fn package(_path: &Path, bytes: &[u8]) -> Result<Inventory, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| format!("line {}: not a package.json", error.line().max(1)))?;
    let mut inventory = Inventory::default();
    if let (Some(name), Some(version)) = (manifest.name.as_str(), manifest.version.as_str()) {
        inventory.packages.push(Package::new(Ecosystem::Npm, name, Some(version.to_owned()), 1));
    }
    Ok(inventory)
}
