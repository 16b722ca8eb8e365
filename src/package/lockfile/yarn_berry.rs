//! yarn.lock as berry (yarn 2 and later) writes it: YAML.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::{Entry, short};
use super::{javascript, yaml};

pub(super) fn read(text: &str) -> Result<Inventory, LockError> {
    let documents = yaml::documents(text)?;
    let mut packages = Vec::new();
    for root in &documents {
        let cache = root.get("__metadata").and_then(|metadata| metadata.text_at("cacheKey")).unwrap_or_default();
        for entry in root.entries().iter().filter(|entry| entry.key != "__metadata") {
            packages.extend(package(entry, cache)?);
        }
    }
    Ok(Inventory { packages, ..Inventory::default() })
}

/// `cache` is the file's `cacheKey`.
fn package(entry: &Entry<'_>, cache: &str) -> Result<Vec<Package>, LockError> {
    let node = entry.node.expect_map("an entry")?;
    let resolution = node
        .text_at("resolution")
        .ok_or_else(|| LockError::new(entry.line, format!("`{}` has no resolution", short(&entry.key))))?;
    let (name, reference) = javascript::name_and_rest(resolution);
    let reference = reference.unwrap_or_default();
    let version = node.text_at("version").unwrap_or_default();
    let mut package = Package::new(Ecosystem::Npm, name, Some(version.to_owned()), entry.line);
    // The descriptor's name is the one it is installed under.
    let descriptor = entry.key.split(", ").next().unwrap_or_default();
    let (alias, _) = javascript::name_and_rest(descriptor);
    package.alias = (alias != name).then(|| alias.to_owned());
    if let Some(checksum) = node.text_at("checksum") {
        // The hash is that of yarn's own archive, so only hashes of one cache version compare: the version precedes the
        // slash (`10c0/<hash>`), or is in the metadata only.
        let (cache, hash) = checksum.rsplit_once('/').unwrap_or((cache, checksum));
        package.integrity.push((format!("cache {cache}"), hash.to_owned()));
    }
    // A patch is laid over a package that is fetched all the same.
    let reference = match reference.strip_prefix("patch:") {
        Some(patched) => unescape(patched.split_once('#').map_or(patched, |(locator, _)| locator)),
        None => reference.to_owned(),
    };
    let reference = match reference.rsplit_once("@npm:") {
        Some((_, version)) => format!("npm:{version}"),
        None => reference,
    };
    if let Some(rest) = reference.strip_prefix("npm:") {
        let (fetched, parameters) = rest.split_once("::").unwrap_or((rest, ""));
        package.version = Some(fetched.to_owned()).filter(|v| !v.is_empty()).or(package.version);
        let url = parameters.split('&').find_map(|p| p.strip_prefix("__archiveUrl=")).map(unescape);
        return Ok(javascript::resolved(package, url.as_deref()));
    }
    package.source = match javascript::spec(&reference).source {
        _ if node.text_at("linkType") == Some("soft") && reference.starts_with("workspace:") => Source::Workspace,
        Source::Registry(None) => Source::Url(reference),
        source @ Source::Registry(_) => return Ok(javascript::resolved(package, url_of(&source))),
        source => source,
    };
    Ok(vec![package])
}

fn url_of(source: &Source) -> Option<&str> {
    match source {
        Source::Registry(url) => url.as_deref(),
        _ => None,
    }
}

/// `%3A` and the like put back.
fn unescape(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
