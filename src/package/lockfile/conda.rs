//! Conda: conda-lock.yml, explicit lists, and pixi.lock.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, python, yaml};
use std::collections::HashMap;

/// The packages of a file, each once: platforms share most of them.
#[derive(Default)]
struct Merged {
    packages: Vec<Package>,
    at: HashMap<(Ecosystem, String, Option<String>), usize>,
}

impl Merged {
    fn add(&mut self, package: Package) {
        let key = (package.ecosystem, package.name.clone(), package.version.clone());
        match self.at.get(&key) {
            Some(at) => {
                let known = &mut self.packages[*at];
                known.integrity.extend(package.integrity);
                let address = match package.source {
                    Source::Registry(Some(url)) => Some(url),
                    _ => None,
                };
                let host = |url: &str| super::super::origin::host_of(url).map(str::to_owned);
                let known_hosts = || known.files.iter().chain(registry_of(known)).filter_map(|url| host(url));
                let new = address.filter(|url| known_hosts().all(|known| Some(known) != host(url)));
                known.files.extend(new);
            }
            None => {
                self.at.insert(key, self.packages.len());
                self.packages.push(package);
            }
        }
    }

    fn into_inventory(self) -> Inventory {
        Inventory { packages: self.packages, ..Inventory::default() }
    }
}

fn registry_of(package: &Package) -> Option<&String> {
    match &package.source {
        Source::Registry(url) => url.as_ref(),
        _ => None,
    }
}

/// A package of a channel, by the address of its file: `.../channel/platform/name-version-build.conda`.
fn of_channel(url: &str, line: u32) -> Option<Package> {
    let url = url.split('#').next().unwrap_or(url);
    let file = url.rsplit('/').next()?;
    let file = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let mut parts = file.rsplitn(3, '-');
    let (_, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let source = Source::Registry(Some(url.to_owned()));
    Some(Package { source, ..Package::new(Ecosystem::Conda, name, Some(version.to_owned()), line) })
}

/// The hashes of the file at `url`, which are comparable with those of the same file only.
fn hashes(node: &Node<'_>, url: &str) -> Vec<(String, String)> {
    let file = url.split('#').next().unwrap_or(url).rsplit('/').next().unwrap_or(url);
    let hash = |kind: &str| Some((format!("{file} {kind}"), node.text_at(kind)?.to_owned()));
    ["sha256", "md5"].into_iter().filter_map(hash).collect()
}

pub(super) struct CondaLock;

impl Format for CondaLock {
    fn name(&self) -> &'static str {
        "conda-lock.yml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut merged = Merged::default();
        for root in &yaml::documents(text)? {
            let root = root.expect_map("a conda-lock.yml")?;
            for node in root.items_at("package") {
                let name = node.get("name").ok_or_else(|| LockError::new(node.line, "a package without a name"))?;
                let is_pip = node.text_at("manager") == Some("pip");
                let ecosystem = if is_pip { Ecosystem::Pypi } else { Ecosystem::Conda };
                let version = node.text_at("version").map(str::to_owned);
                let mut package = Package::new(ecosystem, name.text().unwrap_or_default(), version, name.line);
                let url = node.text_at("url").unwrap_or_default();
                package.source = source(url, is_pip);
                package.integrity = node.get("hash").map(|hash| hashes(hash, url)).unwrap_or_default();
                merged.add(package);
            }
        }
        Ok(merged.into_inventory())
    }
}

fn source(url: &str, is_python: bool) -> Source {
    match url {
        "" => Source::Registry(None),
        url if is_python => python::from_url(url),
        url => Source::Registry(Some(url.to_owned())),
    }
}

pub(super) struct ExplicitLock;

impl Format for ExplicitLock {
    fn name(&self) -> &'static str {
        "conda-linux-64.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name.starts_with("conda-") && name.ends_with(".lock")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut merged = Merged::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line == "@EXPLICIT" {
                continue;
            }
            let package = line.contains("://").then(|| of_channel(line, number)).flatten();
            let mut package = package.ok_or_else(|| LockError::new(number, "not the address of a conda package"))?;
            let hash = line.split_once('#').map(|(url, hash)| (url.rsplit('/').next().unwrap_or_default(), hash));
            package.integrity = hash.map(|(file, hash)| (format!("{file} md5"), hash.to_owned())).into_iter().collect();
            merged.add(package);
        }
        Ok(merged.into_inventory())
    }
}

pub(super) struct PixiLock;

impl Format for PixiLock {
    fn name(&self) -> &'static str {
        "pixi.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pixi.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut merged = Merged::default();
        for root in &yaml::documents(text)? {
            for node in root.expect_map("a pixi.lock")?.items_at("packages") {
                let package = locked(node);
                let mut package =
                    package.ok_or_else(|| LockError::new(node.line, "neither a conda nor a pypi package"))?;
                let url = ["conda", "pypi", "url"].into_iter().find_map(|key| node.text_at(key)).unwrap_or_default();
                package.integrity = hashes(node, url);
                merged.add(package);
            }
        }
        Ok(merged.into_inventory())
    }
}

/// One entry of pixi's list: `conda: URL`, `pypi: URL` with a name, or in older files `kind: conda`.
fn locked(node: &Node<'_>) -> Option<Package> {
    let is_conda = node.get("conda").is_some() || node.text_at("kind") == Some("conda");
    let url = ["conda", "pypi", "url"].into_iter().find_map(|key| node.get(key));
    let (line, address) = (url.map_or(node.line, |url| url.line), url.and_then(Node::text).unwrap_or_default());
    let name = node.get("name").and_then(|name| Some((name.text()?, name.line)));
    let version = node.text_at("version").map(str::to_owned);
    if is_conda {
        let by_address = of_channel(address, line);
        let Some((name, line)) = name else {
            // A package that is built from a folder has no version here.
            let folder = || Package {
                source: Source::Link(address.to_owned()),
                ..Package::new(Ecosystem::Conda, address, None, line)
            };
            return Some(by_address.unwrap_or_else(folder));
        };
        let source = if address.contains("://") {
            Source::Registry(Some(address.to_owned()))
        } else {
            Source::Link(address.to_owned())
        };
        let version = version.or(by_address.and_then(|package| package.version));
        return Some(Package { source, ..Package::new(Ecosystem::Conda, name, version, line) });
    }
    let (name, line) = name?;
    let source = match address {
        _ if node.get("pypi").is_none() && node.text_at("kind") != Some("pypi") => return None,
        address if address.contains("://") => python::from_url(address),
        address => Source::Link(address.to_owned()),
    };
    Some(Package { source, ..Package::new(Ecosystem::Pypi, name, version, line) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn platforms_share_a_package() {
        let text = "version: 1\npackage:\n- name: left\n  version: 1.0.0\n  manager: conda\n  platform: linux-64\n  url: https://channel.example/linux-64/left-1.0.0-h_0.conda\n  hash:\n    sha256: aa\n- name: left\n  version: 1.0.0\n  manager: conda\n  platform: osx-64\n  url: https://channel.example/osx-64/left-1.0.0-h_1.conda\n  hash:\n    sha256: bb\n- name: right\n  version: 2.0.0\n  manager: pip\n  url: ''\n";
        assert_eq!(
            summary(&CondaLock, text),
            [
                "conda left@1.0.0:3 Registry(Some(\"https://channel.example/linux-64/left-1.0.0-h_0.conda\")) left-1.0.0-h_0.conda sha256=aa left-1.0.0-h_1.conda sha256=bb",
                "pypi right@2.0.0:17 Registry(None)",
            ]
        );
    }

    #[test]
    fn an_address_names_the_package() {
        let text = "# platform: linux-64\n@EXPLICIT\nhttps://channel.example/linux-64/left-pad-1.0.0-h_0.tar.bz2#aa\n";
        assert_eq!(
            summary(&ExplicitLock, text),
            [
                "conda left-pad@1.0.0:3 Registry(Some(\"https://channel.example/linux-64/left-pad-1.0.0-h_0.tar.bz2\")) left-pad-1.0.0-h_0.tar.bz2 md5=aa"
            ]
        );
        assert!(super::super::read(&ExplicitLock, b"left-pad\n").is_err());
    }

    #[test]
    fn pixi_of_both_ages() {
        let new = "version: 6\nenvironments: {}\npackages:\n- conda: https://channel.example/noarch/left-1.0.0-h_0.conda\n  sha256: aa\n- pypi: https://files.example/right-2.0.0-py3-none-any.whl\n  name: right\n  version: 2.0.0\n  sha256: bb\n- pypi: ./own\n  name: own\n  version: 0.1.0\n- conda: ./tool\n";
        let old = "version: 5\npackages:\n- kind: conda\n  name: left\n  version: 1.0.0\n  url: https://channel.example/noarch/left-1.0.0-h_0.conda\n  sha256: aa\n";
        let names = |text: &str| -> Vec<String> {
            summary(&PixiLock, text).iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
        };
        assert_eq!(names(new), ["conda left@1.0.0:4", "pypi right@2.0.0:7", "pypi own@0.1.0:11", "conda ./tool@-:13"]);
        assert_eq!(names(old), ["conda left@1.0.0:4"]);
    }
}
