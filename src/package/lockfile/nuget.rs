//! NuGet: packages.lock.json, projects, central versions, packages.config, and the tools of a project.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::{Format, json, xml};
use std::collections::{HashMap, HashSet};

pub(super) struct PackagesLock;

impl Format for PackagesLock {
    fn name(&self) -> &'static str {
        "packages.lock.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "packages.lock.json" || name.starts_with("packages.") && name.ends_with(".lock.json")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a packages.lock.json")?;
        if root.get("dependencies").is_none() {
            return Err(LockError::new(1, "no `dependencies`"));
        }
        let mut inventory = Inventory::default();
        // Every framework has its own list, most of it the same.
        let mut seen = HashSet::new();
        for entry in root.entries_at("dependencies").iter().flat_map(|framework| framework.node.entries()) {
            let node = entry.node.expect_map("a package")?;
            let version = node.text_at("resolved");
            if !seen.insert((entry.key.as_ref(), version, node.text_at("contentHash"))) {
                continue;
            }
            let mut package =
                Package::new(Ecosystem::Nuget, entry.key.as_ref(), version.map(str::to_owned), entry.line);
            if node.text_at("type").is_some_and(|kind| kind.eq_ignore_ascii_case("project")) {
                package.source = Source::Workspace;
            }
            let hash = node.text_at("contentHash").map(|hash| ("sha512".to_owned(), hash.to_owned()));
            package.integrity = hash.into_iter().collect();
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

pub(super) struct Project;

impl Format for Project {
    fn name(&self) -> &'static str {
        "csproj"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        matches!(name, "Directory.Packages.props" | "Directory.Build.props" | "Packages.props")
            || name.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "csproj" | "fsproj" | "vbproj"))
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        const REFERENCES: [&str; 5] = [
            "PackageReference",
            "PackageVersion",
            "GlobalPackageReference",
            "PackageDownload",
            "DotNetCliToolReference",
        ];
        let document = xml::parse(text)?;
        let groups = document.elements(&["PropertyGroup"]).flat_map(|group| group.children());
        let properties: HashMap<&str, &str> =
            groups.filter_map(|property| Some((property.tag_name().name(), property.text()?.trim()))).collect();
        let mut packages = Vec::new();
        for node in document.elements(&REFERENCES) {
            let Some(names) = node.attribute("Include").or(node.attribute("Update")) else { continue };
            let written = ["Version", "VersionOverride"]
                .into_iter()
                .find_map(|key| node.attribute(key).or_else(|| xml::text_of(node, key)));
            let version = written.and_then(|text| exact(text, &properties));
            for name in names.split(';').map(str::trim).filter(|name| !name.is_empty() && !name.contains("$(")) {
                packages.push(Package::new(Ecosystem::Nuget, name, version.clone(), document.line(node)));
            }
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// The version that a requirement installs. NuGet takes the lowest one that fits, so `1.0` and `[1.0]` install 1.0.
fn exact(text: &str, properties: &HashMap<&str, &str>) -> Option<String> {
    let text = text.trim();
    let text = match text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) {
        Some(property) => properties.get(property)?,
        None => text,
    };
    let version = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).trim();
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'));
    is_version.then(|| version.to_owned())
}

pub(super) struct PackagesConfig;

impl Format for PackagesConfig {
    fn name(&self) -> &'static str {
        "packages.config"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "packages.config"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let document = xml::parse(text)?;
        let mut packages = Vec::new();
        for node in document.elements(&["package"]) {
            let line = document.line(node);
            let name = node.attribute("id").ok_or_else(|| LockError::new(line, "a package without an id"))?;
            let version = node.attribute("version").map(|version| version.trim().to_owned());
            packages.push(Package::new(Ecosystem::Nuget, name, version, line));
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

pub(super) struct DotnetTools;

impl Format for DotnetTools {
    fn name(&self) -> &'static str {
        "dotnet-tools.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "dotnet-tools.json"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::relaxed(text)?;
        let root = root.expect_map("a dotnet-tools.json")?;
        let tool = |entry: &super::tree::Entry<'_>| {
            let version = entry.node.text_at("version").map(str::to_owned);
            Package::new(Ecosystem::Nuget, entry.key.as_ref(), version, entry.line)
        };
        Ok(Inventory { packages: root.entries_at("tools").iter().map(tool).collect(), ..Inventory::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn a_project_has_properties_ranges_and_central_versions() {
        let text = "<Project Sdk=\"x\">\n<PropertyGroup><LeftVersion>1.2.3</LeftVersion></PropertyGroup>\n<ItemGroup>\n\
                    <PackageReference Include=\"Left\" Version=\"$(LeftVersion)\" />\n<PackageReference Include=\"Right\"><Version>[2.0.0]</Version></PackageReference>\n\
                    <PackageReference Include=\"Open\" Version=\"3.*\" />\n<PackageVersion Include=\"A;B\" Version=\"4.0\" />\n<PackageReference Include=\"None\" />\n\
                    <PackageReference Include=\"Range\" Version=\"[1.0,2.0)\" />\n</ItemGroup></Project>\n";
        assert_eq!(
            summary(&Project, text),
            [
                "nuget Left@1.2.3:4 Registry(None)",
                "nuget Right@2.0.0:5 Registry(None)",
                "nuget Open@-:6 Registry(None)",
                "nuget A@4.0:7 Registry(None)",
                "nuget B@4.0:7 Registry(None)",
                "nuget None@-:8 Registry(None)",
                "nuget Range@-:9 Registry(None)",
            ]
        );
    }

    #[test]
    fn a_package_of_several_frameworks_is_one() {
        let package = r#""Left": {"type": "Direct", "requested": "[1.0, )", "resolved": "1.0.0", "contentHash": "aa"}"#;
        let text = format!(
            "{{\"version\": 1, \"dependencies\": {{\"net8.0\": {{{package}, \"own\": {{\"type\": \"Project\"}}}}, \"net9.0\": {{{package}}}}}}}"
        );
        assert_eq!(
            summary(&PackagesLock, &text),
            ["nuget Left@1.0.0:1 Registry(None) sha512=aa", "nuget own@-:1 Workspace"]
        );
    }

    #[test]
    fn entities_are_refused() {
        let text = "<!DOCTYPE a [<!ENTITY b \"x\">]>\n<Project>&b;</Project>\n";
        assert!(super::super::read(&Project, text.as_bytes()).is_err());
    }
}
