//! Package.resolved of the Swift package manager, versions 1 to 3.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{COMMIT, Inventory, LockError, Package, Source};
use super::{Format, json};

pub(super) struct PackageResolved;

impl Format for PackageResolved {
    fn name(&self) -> &'static str {
        "Package.resolved"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "Package.resolved"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a Package.resolved")?;
        let pins = root.get("object").unwrap_or(root);
        if pins.get("pins").is_none() {
            return Err(LockError::new(1, "no `pins`"));
        }
        let mut inventory = Inventory::default();
        for node in pins.items_at("pins") {
            let location = node.get("location").or(node.get("repositoryURL"));
            let location = location.ok_or_else(|| LockError::new(node.line, "a pin without a location"))?;
            let state =
                |key: &str| node.get("state").and_then(|state| state.text_at(key)).filter(|text| !text.is_empty());
            let (version, commit) = (state("version"), state("revision"));
            let url = location.text().unwrap_or_default();
            let name = node.text_at("identity").filter(|_| url.is_empty()).unwrap_or(without_scheme(url));
            let mut package =
                Package::new(Ecosystem::Swift, name, version.or(commit).map(str::to_owned), location.line);
            if node.text_at("kind").is_some_and(|kind| kind.starts_with("local")) {
                package.source = Source::Link(url.to_owned());
            }
            // A branch moves as it should, a release does not.
            let commit = commit.filter(|_| version.is_some()).map(|commit| (COMMIT.to_owned(), commit.to_owned()));
            package.integrity = commit.into_iter().collect();
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

/// A repository's host and path: its name in this ecosystem.
fn without_scheme(url: &str) -> &str {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    path.strip_suffix(".git").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn every_version_of_the_file() {
        let new = r#"{"originHash": "aa", "pins": [
{"identity": "left", "kind": "remoteSourceControl", "location": "https://github.com/o/left.git", "state": {"revision": "0123", "version": "1.0.0"}},
{"identity": "right", "kind": "remoteSourceControl", "location": "https://github.com/o/right", "state": {"branch": "main", "revision": "4567"}},
{"identity": "own", "kind": "localSourceControl", "location": "/home/own", "state": {"revision": "89", "version": "2.0.0"}},
{"identity": "scope.name", "kind": "registry", "location": "", "state": {"version": "3.0.0"}}], "version": 3}"#;
        assert_eq!(
            summary(&PackageResolved, new),
            [
                "swift github.com/o/left@1.0.0:2 Registry(None) commit=0123",
                "swift github.com/o/right@4567:3 Registry(None)",
                "swift /home/own@2.0.0:4 Link(\"/home/own\") commit=89",
                "swift scope.name@3.0.0:5 Registry(None)",
            ]
        );
        let old = r#"{"object": {"pins": [{"package": "Left", "repositoryURL": "https://github.com/o/left.git", "state": {"branch": null, "revision": "0123", "version": "1.0.0"}}]}, "version": 1}"#;
        assert_eq!(summary(&PackageResolved, old), ["swift github.com/o/left@1.0.0:1 Registry(None) commit=0123"]);
    }
}
