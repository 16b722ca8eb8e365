//! pubspec.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, yaml};

pub(super) struct PubspecLock;

impl Format for PubspecLock {
    fn name(&self) -> &'static str {
        "pubspec.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pubspec.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut inventory = Inventory::default();
        for root in &yaml::documents(text)? {
            for entry in root.expect_map("a pubspec.lock")?.entries_at("packages") {
                let node = entry.node.expect_map("a package")?;
                let version = node.text_at("version").map(str::to_owned);
                let mut package = Package::new(Ecosystem::Pub, entry.key.as_ref(), version, entry.line);
                let described = node.get("description");
                let field = |key: &str| described.and_then(|d| d.text_at(key)).map(str::to_owned);
                if let Some(name) = field("name").filter(|name| *name != package.name) {
                    package.alias = Some(std::mem::replace(&mut package.name, name));
                }
                package.integrity = field("sha256").map(|hash| ("sha256".to_owned(), hash)).into_iter().collect();
                package.source = source(node, &field);
                inventory.packages.push(package);
            }
        }
        Ok(inventory)
    }
}

fn source(node: &Node<'_>, field: &dyn Fn(&str) -> Option<String>) -> Source {
    match node.text_at("source") {
        Some("git") => Source::Git(field("url").unwrap_or_default()),
        Some("path") => Source::Link(field("path").unwrap_or_default()),
        Some("sdk") => Source::Workspace,
        _ => Source::Registry(field("url")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn hosted_git_path_and_sdk() {
        let text = "packages:\n  left:\n    dependency: transitive\n    description:\n      name: left\n      sha256: aa\n      url: \"https://packages.example\"\n    source: hosted\n    version: \"1.0.0\"\n  flutter:\n    dependency: \"direct main\"\n    description: flutter\n    source: sdk\n    version: \"0.0.0\"\n  fork:\n    description:\n      path: \".\"\n      resolved-ref: \"0123\"\n      url: \"https://host.example/o/r.git\"\n    source: git\n    version: \"2.0.0\"\nsdks:\n  dart: \">=3.0.0\"\n";
        assert_eq!(
            summary(&PubspecLock, text),
            [
                "pub left@1.0.0:2 Registry(Some(\"https://packages.example\")) sha256=aa",
                "pub flutter@0.0.0:10 Workspace",
                "pub fork@2.0.0:15 Git(\"https://host.example/o/r.git\")",
            ]
        );
    }
}
