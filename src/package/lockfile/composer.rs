//! composer.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{COMMIT, Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, json};

pub(super) struct ComposerLock;

impl Format for ComposerLock {
    fn name(&self) -> &'static str {
        "composer.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "composer.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a composer.lock")?;
        if root.get("packages").is_none() && root.get("packages-dev").is_none() {
            return Err(LockError::new(1, "neither `packages` nor `packages-dev`"));
        }
        let mut inventory = Inventory::default();
        for node in root.items_at("packages").iter().chain(root.items_at("packages-dev")) {
            let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
            let version = node.text_at("version").map(str::to_owned);
            let url_of = |key: &str| node.get(key)?.text_at("url").filter(|url| !url.is_empty());
            let name_text = name.text().unwrap_or_default();
            if let Some(asset) = name_text.strip_prefix("npm-asset/") {
                let mut package = Package::new(Ecosystem::Npm, npm_name(asset), version, name.line);
                package.source = Source::Registry(url_of("dist").map(str::to_owned));
                inventory.packages.push(package);
                continue;
            }
            let mut package = Package::new(Ecosystem::Packagist, name_text, version, name.line);
            package.source = source(node, url_of("dist").or(url_of("source")), url_of("source"));
            if package.is_registry() {
                package.files = ["dist", "source"].into_iter().filter_map(url_of).map(str::to_owned).collect();
            }
            package.integrity = hashes(node);
            // The date of the commit that is installed.
            package.published = node.text_at("time").map(str::to_owned);
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}

/// The name at npm of a package that asset-packagist mirrors from there: `scope--name` is `@scope/name`.
fn npm_name(asset: &str) -> String {
    match asset.split_once("--") {
        Some((scope, name)) => format!("@{scope}/{name}"),
        None => asset.to_owned(),
    }
}

/// A package of a registry names the address that counts its installations. Of the others, a branch comes from a repository;
/// a release may be the public one, served by a registry that counts nothing.
fn source(node: &Node<'_>, archive: Option<&str>, repository: Option<&str>) -> Source {
    let is_folder = node.get("dist").is_some_and(|dist| dist.text_at("type") == Some("path"));
    match (node.text_at("notification-url"), archive) {
        (Some(registry), _) => Source::Registry(Some(registry.to_owned())),
        (None, Some(url)) if is_folder => Source::Link(url.to_owned()),
        (None, Some(url)) if is_branch(node) => Source::Git(repository.unwrap_or(url).to_owned()),
        (None, Some(url)) => Source::Url(url.to_owned()),
        (None, None) => Source::Workspace,
    }
}

fn is_branch(node: &Node<'_>) -> bool {
    node.text_at("version").is_none_or(|version| version.starts_with("dev-") || version.ends_with("-dev"))
}

/// The archive's hash, which few registries give, and the commit of a release. A branch moves as it should.
fn hashes(node: &Node<'_>) -> Vec<(String, String)> {
    let text_of = |key: &str, field: &str| node.get(key)?.text_at(field).filter(|text| !text.is_empty());
    let commit = text_of("dist", "reference").or(text_of("source", "reference")).filter(|_| !is_branch(node));
    let hashes = [("sha1", text_of("dist", "shasum")), (COMMIT, commit)];
    hashes.into_iter().filter_map(|(kind, hash)| Some((kind.to_owned(), hash?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn only_packages_of_a_registry_have_one() {
        let text = r#"{"packages": [
{"name": "o/left", "version": "v1.0.0", "notification-url": "https://packages.example/downloads/",
 "source": {"type": "git", "url": "https://github.com/o/left.git", "reference": "0123"},
 "dist": {"type": "zip", "url": "https://api.github.com/repos/o/left/zipball/0123", "reference": "0123", "shasum": ""}},
{"name": "o/satis", "version": "2.0.0", "source": {"type": "git", "url": "git@host.example:o/satis.git", "reference": "77"},
 "dist": {"type": "zip", "url": "https://satis.example/o-satis-77.zip", "reference": "77"}},
{"name": "npm-asset/left--pad", "version": "1.3.0", "dist": {"type": "tar", "url": "https://npm.example/@left/pad/-/pad-1.3.0.tgz"}},
{"name": "o/fork", "version": "dev-main", "source": {"type": "git", "url": "https://host.example/o/fork.git", "reference": "4567"}}
], "packages-dev": [
{"name": "o/own", "version": "1.0.0", "dist": {"type": "path", "url": "packages/own", "reference": "89"}}]}"#;
        assert_eq!(
            summary(&ComposerLock, text),
            [
                "packagist o/left@v1.0.0:2 Registry(Some(\"https://packages.example/downloads/\")) commit=0123",
                "packagist o/satis@2.0.0:5 Url(\"https://satis.example/o-satis-77.zip\") commit=77",
                "npm @left/pad@1.3.0:7 Registry(Some(\"https://npm.example/@left/pad/-/pad-1.3.0.tgz\"))",
                "packagist o/fork@dev-main:8 Git(\"https://host.example/o/fork.git\")",
                "packagist o/own@1.0.0:10 Link(\"packages/own\") commit=89",
            ]
        );
    }
}
