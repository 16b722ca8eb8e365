//! Files that configure a package manager: .npmrc, .yarnrc, .yarnrc.yml, pip.conf, uv.toml, bunfig.toml, .pnpmfile.cjs.

use super::super::inventory::{Inventory, LockError, Setting};
use super::tree::Node;
use super::{Format, setting, toml, yaml};
use sha2::{Digest, Sha256};

fn of(settings: Vec<Setting>) -> Inventory {
    Inventory { settings, ..Inventory::default() }
}

/// A format without packages.
macro_rules! config {
    ($format:ident, $name:literal, $($claimed:literal)|+, $read:expr) => {
        pub(super) struct $format;

        impl Format for $format {
            fn name(&self) -> &'static str {
                $name
            }

            fn claims(&self, name: &str, _directory: &str) -> bool {
                matches!(name, $($claimed)|+)
            }

            fn is_lock(&self) -> bool {
                false
            }

            fn read(&self, text: &str) -> Result<Inventory, LockError> {
                let read: fn(&str) -> Result<Vec<Setting>, LockError> = $read;
                read(text).map(of)
            }
        }
    };
}

config!(Npmrc, ".npmrc", ".npmrc", |text| Ok(assigned(text, false, setting::javascript)));
config!(Yarnrc, ".yarnrc", ".yarnrc", |text| Ok(yarnrc(text)));
config!(YarnrcYml, ".yarnrc.yml", ".yarnrc.yml" | ".yarnrc.yaml", yarnrc_yml);
config!(PipConf, "pip.conf", "pip.conf" | "pip.ini", |text| Ok(assigned(text, true, setting::python)));
config!(UvToml, "uv.toml", "uv.toml", |text| Ok(setting::uv(&toml::parse(text)?)));
config!(Bunfig, "bunfig.toml", "bunfig.toml" | ".bunfig.toml", |text| Ok(bunfig(&toml::parse(text)?)));
config!(Pnpmfile, ".pnpmfile.cjs", ".pnpmfile.cjs" | ".pnpmfile.mjs" | "pnpmfile.cjs" | "pnpmfile.js", |text| Ok(
    pnpmfile(text)
));

/// `key = value` lines. With `continued`, as pip reads them, one that is indented goes on with the value before.
fn assigned(text: &str, continued: bool, means: fn(&str, &str, u32) -> Option<Setting>) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut key = "";
    for (line, number) in text.lines().zip(1u32..) {
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';', '[']) {
            continue;
        }
        let value = match body.split_once('=') {
            _ if continued && line.starts_with([' ', '\t']) && !key.is_empty() => body,
            Some((name, value)) => {
                key = name.trim().trim_end_matches("[]").trim_matches(['"', '\'']);
                value
            }
            None => {
                key = body;
                "true"
            }
        };
        // One line may hold several addresses; only addresses hold no blanks.
        let several = value.contains("://") && !value.contains("--");
        let values: Vec<&str> = if several { value.split_whitespace().collect() } else { vec![value] };
        found.extend(values.into_iter().filter_map(|value| means(key, value, number)));
    }
    found
}

/// `key "value"` lines of yarn 1; `--install.key` is the key of one command.
fn yarnrc(text: &str) -> Vec<Setting> {
    let lines = text.lines().zip(1u32..).filter(|(line, _)| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|(line, number)| {
            let (key, value) = line.trim().split_once(char::is_whitespace)?;
            let key = key.trim_matches('"');
            let key = key.strip_prefix("--").map_or(key, |option| option.rsplit('.').next().unwrap_or(option));
            setting::javascript(key, value, number)
        })
        .collect()
}

fn yarnrc_yml(text: &str) -> Result<Vec<Setting>, LockError> {
    let mut found = Vec::new();
    if text.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
        return Ok(found);
    }
    for root in yaml::documents(text)? {
        let root = root.expect_map("a .yarnrc.yml")?;
        for entry in root.entries() {
            found.extend(entry.node.text().and_then(|value| setting::javascript(&entry.key, value, entry.line)));
        }
        for scope in root.entries_at("npmScopes").iter().chain(root.entries_at("npmRegistries")) {
            let server = scope.node.get("npmRegistryServer");
            found.extend(server.and_then(|node| setting::place(&scope.key, node.text()?, node.line)));
        }
        for plugin in root.items_at("plugins") {
            let path = plugin.text().or_else(|| plugin.text_at("path")).unwrap_or_default();
            found.push(setting::runs("plugins", path, plugin.line));
        }
    }
    Ok(found)
}

fn bunfig(root: &Node<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    let preloads = root.get("preload").into_iter().flat_map(|node| match node.items() {
        [] => std::slice::from_ref(node),
        items => items,
    });
    found.extend(preloads.filter_map(|node| Some(setting::runs("preload", node.text()?, node.line))));
    let Some(install) = root.get("install") else { return found };
    found.extend(setting::places("registry", install.get("registry").into_iter()));
    found.extend(setting::places("scopes", install.entries_at("scopes").iter().map(|scope| &scope.node)));
    for key in ["ignoreScripts", "minimumReleaseAge"] {
        let value = if install.is_true(key) { "true" } else { install.text_at(key).unwrap_or("false") };
        found.extend(install.get(key).and_then(|node| setting::javascript(key, value, node.line)));
    }
    found
}

/// pnpm runs the file at every install, so both its presence and its content are a setting.
fn pnpmfile(text: &str) -> Vec<Setting> {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..6]);
    vec![setting::runs("pnpmfile", &format!("this file, at every install (SHA-256 {hash}...)"), 1)]
}
