//! Cargo.lock, every version.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::{Format, toml};

pub(super) struct CargoLock;

impl Format for CargoLock {
    fn name(&self) -> &'static str {
        "Cargo.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "Cargo.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let mut inventory = Inventory::default();
        // Version 1 has the checksums apart, by name, version and source, and the project itself as `[root]`.
        let apart = root.entries_at("metadata");
        for node in root.get("root").into_iter().chain(root.items_at("package")) {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let (name_text, version) = (name.text().unwrap_or_default(), node.text_at("version"));
            let mut package = Package::new(Ecosystem::Crates, name_text, version.map(str::to_owned), name.line);
            package.source = node.text_at("source").map_or(Source::Workspace, source);
            let key = || format!("checksum {name_text} {} (", version.unwrap_or_default());
            let hash = node.text_at("checksum").or_else(|| {
                let key = (!apart.is_empty()).then(key)?;
                apart.iter().find(|entry| entry.key.starts_with(&key))?.node.text()
            });
            package.integrity = hash.filter(|hash| *hash != "<none>").map(sha256).into_iter().collect();
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

fn sha256(hash: &str) -> (String, String) {
    ("sha256".to_owned(), hash.to_owned())
}

/// The index of the public registry lies at a host of everyone's code, so only its full address is known.
fn source(text: &str) -> Source {
    const PUBLIC: [&str; 2] =
        [concat!("https://github.com/rust-lang/crates", ".io-index"), concat!("https://index.crates", ".io/")];
    match text.split_once('+') {
        Some(("registry" | "sparse", url)) if PUBLIC.contains(&url) => Source::Registry(None),
        Some(("registry" | "sparse", url)) => Source::Registry(Some(url.to_owned())),
        Some(("git", url)) => Source::Git(url.to_owned()),
        _ => Source::Url(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn sources_and_checksums_of_every_version() {
        let index = concat!("https://github.com/rust-lang/crates", ".io-index");
        let text = format!(
            "[root]\nname = \"own\"\nversion = \"0.1.0\"\n[[package]]\nname = \"left\"\nversion = \"1.0.0\"\nsource = \"registry+{index}\"\n\
             [[package]]\nname = \"mine\"\nversion = \"2.0.0\"\nsource = \"sparse+https://crates.example/index/\"\nchecksum = \"bb\"\n\
             [[package]]\nname = \"right\"\nversion = \"3.0.0\"\nsource = \"git+https://host.example/o/r?branch=main#0123\"\n\
             [metadata]\n\"checksum left 1.0.0 (registry+{index})\" = \"aa\"\n"
        );
        assert_eq!(
            summary(&CargoLock, &text),
            [
                "crates own@0.1.0:2 Workspace",
                "crates left@1.0.0:5 Registry(None) sha256=aa",
                "crates mine@2.0.0:9 Registry(Some(\"https://crates.example/index/\")) sha256=bb",
                "crates right@3.0.0:14 Git(\"https://host.example/o/r?branch=main#0123\")",
            ]
        );
    }
}
