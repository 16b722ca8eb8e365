//! Manifests: the packages that a project asks for, and the scripts that run when it is installed.

use super::super::ecosystem::Ecosystem;
use super::super::install_script;
use super::super::inventory::{Inventory, LockError, Package, Script, Setting, Source};
use super::tree::{Entry, Node};
use super::{Format, javascript, json, python, recipe, setting, toml};

/// The scripts npm runs by itself when it installs a package, and those it runs for a git dependency.
const INSTALL_EVENTS: [&str; 7] =
    ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare", "dependencies"];

pub(super) struct PackageJson;

impl Format for PackageJson {
    fn name(&self) -> &'static str {
        "package.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "package.json"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a package.json")?;
        let mut inventory = Inventory::default();
        for entry in root.entries_at("scripts") {
            inventory
                .packages
                .extend(entry.node.text().map(|command| fetched(command, entry.line)).unwrap_or_default());
            if let Some(command) = entry.node.text().filter(|_| INSTALL_EVENTS.contains(&entry.key.as_ref())) {
                let (event, command) = (entry.key.to_string(), command.to_owned());
                inventory.scripts.push(Script { event, command, line: entry.line });
            }
        }
        for key in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "resolutions"] {
            for entry in root.entries_at(key) {
                inventory.packages.extend(asked(entry));
            }
        }
        let pnpm = root.get("pnpm").map_or(&[][..], |pnpm| pnpm.items_at("onlyBuiltDependencies"));
        for allowed in root.items_at("trustedDependencies").iter().chain(pnpm) {
            inventory.settings.extend(may_run(allowed));
        }
        overrides(root.entries_at("overrides"), &mut inventory.packages);
        overrides(root.get("pnpm").map_or(&[], |p| p.entries_at("overrides")), &mut inventory.packages);
        Ok(inventory)
    }
}

/// The packages that a script fetches. A runner looks among the installed packages first, so a name alone counts only
/// where the command demands it from the registry.
fn fetched(command: &str, line: u32) -> Vec<Package> {
    const FETCHES: [&str; 6] = ["npx -y ", "npx --yes ", " dlx ", "npm create ", "npm init ", "npm install -g "];
    let mut packages = recipe::in_command(command, line);
    packages.retain(|package| package.version.is_some() || FETCHES.iter().any(|words| command.contains(words)));
    packages
}

/// A package whose scripts are let run, unless everybody lets them.
pub(super) fn may_run(allowed: &Node<'_>) -> Option<Setting> {
    let name = allowed.text().filter(|name| !install_script::is_known_package(name))?;
    Some(setting::runs("scripts allowed", name, allowed.line))
}

/// The package that `name: specifier` asks for.
pub(super) fn asked(entry: &Entry<'_>) -> Vec<Package> {
    let Some(text) = entry.node.text() else { return Vec::new() };
    // `1.0.0 || 2.0.0` may bring either.
    let mut packages: Vec<Package> = text.split("||").map(|one| asked_for(entry, one)).collect();
    if packages.len() > 1 {
        packages.sort_by_key(|package| package.version.is_none());
        let exact = packages.iter().filter(|package| package.version.is_some()).count();
        packages.truncate(exact.max(1));
    }
    packages
}

fn asked_for(entry: &Entry<'_>, text: &str) -> Package {
    let spec = javascript::spec(text);
    // Resolutions carry a path or a range before or after the name: `a/**/b`, `b@^1`.
    let key = entry.key.rsplit_once("**/").map_or(entry.key.as_ref(), |(_, name)| name);
    let (key, _) = javascript::name_and_rest(key.rsplit('>').next().unwrap_or(key));
    let name = spec.name.as_deref().unwrap_or(key);
    let mut package = Package::new(Ecosystem::Npm, name, spec.version, entry.line);
    package.alias = (name != key).then(|| key.to_owned());
    package.source = spec.source;
    package
}

fn overrides(entries: &[Entry<'_>], packages: &mut Vec<Package>) {
    for entry in entries {
        packages.extend(asked(entry));
        overrides(entry.node.entries(), packages);
    }
}

pub(super) struct Pyproject;

impl Format for Pyproject {
    fn name(&self) -> &'static str {
        "pyproject.toml"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "pyproject.toml"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let mut inventory = Inventory::default();
        let packages = &mut inventory.packages;
        if let Some(project) = root.get("project") {
            listed(project.items_at("dependencies"), packages);
            for group in project.entries_at("optional-dependencies") {
                listed(group.node.items(), packages);
            }
        }
        for group in root.entries_at("dependency-groups") {
            listed(group.node.items(), packages);
        }
        if let Some(system) = root.get("build-system") {
            listed(system.items_at("requires"), packages);
            // A backend found through `backend-path` is the project's own code, and runs at installation.
            if let (Some(backend), Some(_)) = (system.get("build-backend"), system.get("backend-path")) {
                let command = backend.text().unwrap_or_default().to_owned();
                inventory.scripts.push(Script { event: "build-backend".to_owned(), command, line: backend.line });
            }
        }
        let tool = |name: &str| root.get("tool").and_then(|t| t.get(name));
        inventory.settings.extend(tool("uv").map(setting::uv).unwrap_or_default());
        for sources in [tool("poetry"), tool("pdm")].into_iter().flatten() {
            inventory.settings.extend(setting::places("source", sources.items_at("source").iter()));
        }
        if let Some(poetry) = tool("poetry") {
            for key in ["dependencies", "dev-dependencies"] {
                keyed(poetry.entries_at(key), packages);
            }
            for group in poetry.entries_at("group") {
                keyed(group.node.entries_at("dependencies"), packages);
            }
        }
        Ok(inventory)
    }
}

pub(super) struct Pipfile;

impl Format for Pipfile {
    fn name(&self) -> &'static str {
        "Pipfile"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "Pipfile"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = toml::parse(text)?;
        let settings = setting::places("source", root.items_at("source").iter());
        let mut inventory = Inventory { settings, ..Inventory::default() };
        for category in root.entries() {
            if !matches!(category.key.as_ref(), "requires" | "scripts" | "pipenv" | "source") {
                keyed(category.node.entries(), &mut inventory.packages);
            }
        }
        Ok(inventory)
    }
}

/// A list of requirement strings; an item that is no string (`{include-group = "..."}`) names no package.
fn listed(items: &[Node<'_>], packages: &mut Vec<Package>) {
    packages.extend(items.iter().filter_map(|n| python::requirement(n.text()?, n.line)));
}

/// `name = "==1.0"` and `name = {version = "==1.0", git = "..."}`.
fn keyed(entries: &[Entry<'_>], packages: &mut Vec<Package>) {
    for entry in entries.iter().filter(|e| e.key != "python") {
        let version = entry.node.text().or_else(|| entry.node.text_at("version"));
        let version = version.and_then(|v| python::pinned(v).or_else(|| exact(v)));
        let mut package = Package::new(Ecosystem::Pypi, entry.key.as_ref(), version, entry.line);
        package.source = python::keyed_source(&entry.node).unwrap_or(Source::Registry(None));
        packages.push(package);
    }
}

/// poetry reads a bare `1.0` as that version.
fn exact(text: &str) -> Option<String> {
    python::pinned(&format!("=={}", text.trim()))
}
