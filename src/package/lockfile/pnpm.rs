//! pnpm-lock.yaml, versions 5, 6 and 9.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::{Entry, Node};
use super::{Format, javascript, manifest, setting, yaml};

pub(super) struct PnpmLock;

impl Format for PnpmLock {
    fn name(&self) -> &'static str {
        "pnpm-lock.yaml"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        name == "pnpm-lock.yaml" || name == "lock.yaml" && directory.ends_with("node_modules/.pnpm")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        // pnpm 11 puts a first document before its lockfile, for the package manager itself.
        for root in yaml::documents(text)? {
            let version =
                root.text_at("lockfileVersion").ok_or_else(|| LockError::new(root.line, "no `lockfileVersion`"))?;
            // `shrinkwrap.yaml` had 3; 5 has `/name/1.0.0`, later ones `/name@1.0.0` and `name@1.0.0`.
            let slashed = version.starts_with(['3', '4', '5']);
            let bare = Node { line: root.line, value: super::tree::Value::Null };
            let mut seen = std::collections::HashSet::new();
            for entry in root.entries_at("packages") {
                seen.insert(bare_key(&entry.key).to_owned());
                packages.extend(package(&entry.key, entry.line, &entry.node, slashed)?);
            }
            // A snapshot without its package cannot be installed, but it is no less there.
            for Entry { key, line, .. } in root.entries_at("snapshots") {
                if seen.insert(bare_key(key).to_owned()) {
                    packages.extend(package(key, *line, &bare, slashed)?);
                }
            }
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// A key without its peers: `a@1.0.0(b@2.0.0)`.
fn bare_key(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

fn package(key: &str, line: u32, node: &Node<'_>, slashed: bool) -> Result<Vec<Package>, LockError> {
    let (name, reference) = if slashed { split_slashed(key) } else { split_at(key) };
    let name = node.text_at("name").unwrap_or(name);
    let version = node.text_at("version").or(Some(reference).filter(|r| javascript::exact(r).is_some()));
    let mut package = Package::new(Ecosystem::Npm, name, version.map(str::to_owned), line);
    // pnpm does not fetch what another platform needs, and notes of every optional package that it may have a script.
    package.install_script = node.is_true("requiresBuild") && !node.is_true("optional");
    let resolution = node.get("resolution");
    let field = |key: &str| resolution.and_then(|r| r.text_at(key));
    package.integrity = javascript::integrity(field("integrity"));
    package.source = match (field("type"), field("directory"), field("repo")) {
        (Some("git"), _, repo) | (None, None, repo @ Some(_)) => Source::Git(repo.unwrap_or(reference).to_owned()),
        (Some("directory"), directory, _) | (None, directory @ Some(_), _) => {
            Source::Link(directory.unwrap_or(reference).to_owned())
        }
        _ if reference.starts_with("link:") => Source::Link(reference.to_owned()),
        _ => match field("tarball") {
            Some(tarball) => return Ok(javascript::resolved(package, Some(tarball))),
            None if javascript::exact(reference).is_some() => Source::Registry(None),
            None => match javascript::spec(reference).source {
                // An entry with neither version nor source is taken as the registry's: fail closed.
                Source::Registry(_) if package.version.is_none() => {
                    package.version = Some(reference.to_owned()).filter(|r| !r.is_empty());
                    Source::Registry(None)
                }
                source => source,
            },
        },
    };
    Ok(vec![package])
}

/// `/@scope/name/1.0.0_peer@2.0.0`, `host.example/name/1.0.0`, `file:../a`, `github.com/owner/name/commit`.
fn split_slashed(key: &str) -> (&str, &str) {
    if key.starts_with("file:") || key.starts_with("link:") || key.starts_with('@') {
        return ("", key.strip_prefix('@').unwrap_or(key));
    }
    let Some(rest) = key.strip_prefix('/') else {
        // A package of another registry, under its host; or a commit under a git host.
        let Some((_, rest)) = key.split_once('/') else { return ("", key) };
        let (name, version) = name_slash_version(rest);
        return if javascript::exact(version).is_some() { (name, version) } else { ("", key) };
    };
    name_slash_version(rest)
}

fn name_slash_version(text: &str) -> (&str, &str) {
    let after_scope = if text.starts_with('@') { text.find('/').map_or(0, |slash| slash + 1) } else { 0 };
    match text[after_scope..].find('/') {
        Some(slash) => {
            let version = &text[after_scope + slash + 1..];
            // Versions hold no underscore: peers or their hash follow it.
            (&text[..after_scope + slash], version.split(['_', '(']).next().unwrap_or(version))
        }
        None => (text, ""),
    }
}

/// pnpm-workspace.yaml: the versions of its catalogs, and its overrides.
pub(super) struct PnpmWorkspace;

impl Format for PnpmWorkspace {
    fn name(&self) -> &'static str {
        "pnpm-workspace.yaml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pnpm-workspace.yaml"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let (mut packages, mut settings) = (Vec::new(), Vec::new());
        if text.lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#')) {
            return Ok(Inventory::default());
        }
        for root in yaml::documents(text)? {
            let root = root.expect_map("a pnpm-workspace.yaml")?;
            let named = root.entries_at("catalogs").iter().flat_map(|catalog| catalog.node.entries());
            for entry in root.entries() {
                settings.extend(entry.node.text().and_then(|value| setting::javascript(&entry.key, value, entry.line)));
            }
            settings
                .extend(setting::places("registries", root.entries_at("registries").iter().map(|entry| &entry.node)));
            settings.extend(root.items_at("onlyBuiltDependencies").iter().filter_map(manifest::may_run));
            let own = root.entries_at("catalog").iter().chain(root.entries_at("overrides"));
            packages.extend(own.chain(named).flat_map(manifest::asked));
        }
        Ok(Inventory { packages, settings, ..Inventory::default() })
    }
}

/// `/@scope/name@1.0.0(peer@2.0.0)` (6) and the same without the slash (9).
fn split_at(key: &str) -> (&str, &str) {
    let key = bare_key(key);
    let key = key.strip_prefix('/').unwrap_or(key);
    let (name, rest) = javascript::name_and_rest(key);
    match rest {
        Some(reference) => (name, reference),
        None => ("", key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_an_optional_package_is_a_guess() {
        let text = "lockfileVersion: '6.0'\npackages:\n\n  /a@1.0.0:\n    resolution: {integrity: sha512-aa}\n    requiresBuild: true\n\n  /b@1.0.0:\n    resolution: {integrity: sha512-bb}\n    requiresBuild: true\n    optional: true\n";
        let inventory = PnpmLock.read(text).unwrap();
        let scripts: Vec<(&str, bool)> = inventory.packages.iter().map(|p| (&*p.name, p.install_script)).collect();
        assert_eq!(scripts, [("a", true), ("b", false)]);
    }

    #[test]
    fn keys() {
        assert_eq!(split_slashed("/a/1.0.0"), ("a", "1.0.0"));
        assert_eq!(split_slashed("/@s/a/1.0.0_react@17.0.0+b@1.0.0"), ("@s/a", "1.0.0"));
        assert_eq!(split_slashed("host.example/@s/a/1.0.0"), ("@s/a", "1.0.0"));
        assert_eq!(split_slashed("github.com/owner/name/abcdef").0, "");
        assert_eq!(split_at("/@s/a@1.0.0(react@17.0.0)(b@1.0.0(c@1.0.0))"), ("@s/a", "1.0.0"));
        assert_eq!(split_at("a@1.0.0-rc.1"), ("a", "1.0.0-rc.1"));
        assert_eq!(split_at("a@https://host.example/a.tgz"), ("a", "https://host.example/a.tgz"));
    }
}
