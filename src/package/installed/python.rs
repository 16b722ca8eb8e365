//! Packages in Python environments: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO` and `*.egg-info`.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, Package, Source};
use crate::file;
use std::path::Path;

/// Returns whether this file is an installed package's metadata.
pub(super) fn is_installed(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy());
    folder.is_some_and(|f| f.ends_with(".dist-info") || f.ends_with(".egg-info") || f == "EGG-INFO")
}

/// The package of the metadata's headers. A `direct_url.json` beside them names a source other than a registry.
pub(super) fn package(path: &Path, bytes: &[u8]) -> Result<Inventory, String> {
    let mut inventory = Inventory::default();
    let text = String::from_utf8_lossy(bytes);
    let headers = text.lines().take_while(|line| !line.is_empty());
    let (mut name, mut version) = (None, None);
    for line in headers {
        match line.split_once(':') {
            Some(("Name", value)) => name = name.or(Some(value.trim().to_owned())),
            Some(("Version", value)) => version = version.or(Some(value.trim().to_owned())),
            _ => {}
        }
    }
    let (Some(name), Some(version)) = (name, version) else { return Err("neither a name nor a version in it".into()) };
    let mut package = Package::new(Ecosystem::Pypi, name, Some(version), 1);
    if let Ok(direct) = file::read(path.with_file_name("direct_url.json")) {
        let direct: serde_json::Value = serde_json::from_slice(&direct).unwrap_or_default();
        let url = direct.get("url").and_then(|u| u.as_str()).unwrap_or_default().to_owned();
        if direct.get("vcs_info").is_some() {
            package.source = Source::Git(url);
        } else if direct.get("dir_info").is_some() {
            package.source = Source::Link(url);
        } else if let Some(file) = url.strip_prefix("file://") {
            package.source = Source::File(file.to_owned());
        } else if !url.is_empty() {
            package.source = Source::Url(url);
        }
    }
    inventory.packages.push(package);
    Ok(inventory)
}
