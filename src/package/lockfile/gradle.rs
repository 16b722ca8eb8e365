//! Gradle: dependency locks, version catalogues and verification metadata.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package};
use super::tree::{Entry, Node, Value};
use super::{Format, toml, xml};

pub(super) struct GradleLock;

impl Format for GradleLock {
    fn name(&self) -> &'static str {
        "gradle.lockfile"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        name.ends_with("gradle.lockfile") || name.ends_with(".lockfile") && directory.ends_with("dependency-locks")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with("empty=") {
                continue;
            }
            // Until version 6.8 a configuration had a file of its own, without `=`.
            let module = line.split('=').next().unwrap_or(line);
            let [group, artifact, version] = module.split(':').collect::<Vec<_>>()[..] else {
                return Err(LockError::new(number, "a line is `group:artifact:version=configurations`"));
            };
            packages.push(package(group, artifact, Some(version), number));
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

fn package(group: &str, artifact: &str, version: Option<&str>, line: u32) -> Package {
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    Package::new(Ecosystem::Maven, format!("{group}:{artifact}"), version, line)
}

pub(super) struct VersionCatalog;

impl Format for VersionCatalog {
    fn name(&self) -> &'static str {
        "libs.versions.toml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name.ends_with(".versions.toml")
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let named = root.entries_at("versions");
        let libraries = root.entries_at("libraries").iter().filter_map(|entry| library(entry, named));
        let plugins = root.entries_at("plugins").iter().filter_map(|entry| plugin(entry, named));
        Ok(Inventory { packages: libraries.chain(plugins).collect(), ..Inventory::default() })
    }
}

/// `"group:artifact:version"`, `{module = "group:artifact", ...}` or `{group = "...", name = "...", ...}`.
fn library(entry: &Entry<'_>, named: &[Entry<'_>]) -> Option<Package> {
    if let Some(text) = entry.node.text() {
        let mut parts = text.split(':');
        return Some(package(parts.next()?, parts.next()?, parts.next().and_then(exact), entry.line));
    }
    let (group, artifact) = match entry.node.text_at("module") {
        Some(module) => module.split_once(':')?,
        None => (entry.node.text_at("group")?, entry.node.text_at("name")?),
    };
    Some(package(group, artifact, version(&entry.node, named), entry.line))
}

/// `"id:version"` or `{id = "...", ...}`. A plugin is published under a name that is made from its id.
fn plugin(entry: &Entry<'_>, named: &[Entry<'_>]) -> Option<Package> {
    let (id, version) = match entry.node.text() {
        Some(text) => text.split_once(':').map(|(id, version)| (id, exact(version)))?,
        None => (entry.node.text_at("id")?, version(&entry.node, named)),
    };
    Some(package(id, &format!("{id}.gradle.plugin"), version, entry.line))
}

/// The version of an entry, by itself or by the name of another entry.
fn version<'n>(node: &'n Node<'_>, named: &'n [Entry<'_>]) -> Option<&'n str> {
    let version = node.get("version")?;
    match version.text_at("ref") {
        Some(name) => rich(&named.iter().find(|entry| entry.key == name)?.node),
        None => rich(version),
    }
}

/// A version that is demanded: a text, or the strictest word of a table.
fn rich<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.value {
        Value::Text(text) => exact(text),
        _ => ["strictly", "require", "prefer"].into_iter().find_map(|key| node.text_at(key)).and_then(exact),
    }
}

/// The text, if it is one version and not a range.
fn exact(text: &str) -> Option<&str> {
    let text = text.trim_end_matches("!!");
    (!text.contains(['[', ']', '(', ')', ',', '+', '$', ' ']) && !text.starts_with("latest.")).then_some(text)
}

pub(super) struct VerificationMetadata;

impl Format for VerificationMetadata {
    fn name(&self) -> &'static str {
        "verification-metadata.xml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "verification-metadata.xml"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        const HASHES: [&str; 4] = ["md5", "sha1", "sha256", "sha512"];
        let document = xml::parse(text)?;
        let mut packages = Vec::new();
        for node in document.elements(&["component"]) {
            let line = document.line(node);
            let [group, artifact, version] = ["group", "name", "version"].map(|key| node.attribute(key));
            let (Some(group), Some(artifact)) = (group, artifact) else {
                return Err(LockError::new(line, "a component without a group or a name"));
            };
            let mut package = package(group, artifact, version, line);
            for file in node.children().filter(|child| child.tag_name().name() == "artifact") {
                let hashes = file.children().filter(|child| HASHES.contains(&child.tag_name().name()));
                package.integrity.extend(hashes.filter_map(|hash| {
                    let kind = format!("{} {}", file.attribute("name")?, hash.tag_name().name());
                    Some((kind, hash.attribute("value")?.to_owned()))
                }));
            }
            packages.push(package);
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn locks_of_both_ages() {
        let text = "# This is a Gradle generated file.\ncom.example:left:1.0.0=compileClasspath,runtimeClasspath\ncom.example:right:2.0\nempty=annotationProcessor\n";
        assert_eq!(
            summary(&GradleLock, text),
            ["maven com.example:left@1.0.0:2 Registry(None)", "maven com.example:right@2.0:3 Registry(None)"]
        );
    }

    #[test]
    fn catalogues_refer_to_versions() {
        let text = "[versions]\nleft = \"1.0.0\"\nright = { strictly = \"[1.0, 2.0[\", prefer = \"1.7\" }\nthird = { require = \"3.0\" }\n[libraries]\n\
                    left = { module = \"com.example:left\", version.ref = \"left\" }\nright = { group = \"com.example\", name = \"right\", version = { ref = \"right\" } }\n\
                    third = { module = \"com.example:third\", version.ref = \"third\" }\nshort = \"com.example:short:4.0\"\nbare = { module = \"com.example:bare\" }\n[plugins]\nlint = { id = \"com.example.lint\", version = \"5.0\" }\n";
        assert_eq!(
            summary(&VersionCatalog, text),
            [
                "maven com.example:left@1.0.0:6 Registry(None)",
                "maven com.example:right@-:7 Registry(None)",
                "maven com.example:third@3.0:8 Registry(None)",
                "maven com.example:short@4.0:9 Registry(None)",
                "maven com.example:bare@-:10 Registry(None)",
                "maven com.example.lint:com.example.lint.gradle.plugin@5.0:12 Registry(None)",
            ]
        );
    }

    #[test]
    fn verification_metadata_has_a_hash_for_each_file() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<verification-metadata xmlns=\"https://schema.example\">\n<components>\n\
                    <component group=\"com.example\" name=\"left\" version=\"1.0.0\">\n<artifact name=\"left-1.0.0.jar\"><sha256 value=\"aa\" origin=\"x\"><also-trust value=\"bb\"/></sha256></artifact>\n</component></components>\n</verification-metadata>\n";
        assert_eq!(
            summary(&VerificationMetadata, text),
            ["maven com.example:left@1.0.0:4 Registry(None) left-1.0.0.jar sha256=aa"]
        );
    }
}
