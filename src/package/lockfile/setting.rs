//! Settings of a package manager: the registries it fetches from, and the code that may run when it installs.

use super::super::inventory::{Setting, Topic};
use super::super::origin::{host_of, is_official, without_credentials};
use super::tree::Node;
use crate::package::ecosystem::Ecosystem;

/// A source of packages. The public registries and folders of the project are no findings.
pub(super) fn place(key: &str, address: &str, line: u32) -> Option<Setting> {
    let address = address.trim().trim_matches(['"', '\'']);
    let official = |host: &str| [Ecosystem::Npm, Ecosystem::Pypi].into_iter().any(|e| is_official(e, host));
    let named = address.contains("://") || address.contains("${") || key.contains("host") || key.contains("proxy");
    if address.is_empty() || !named || host_of(address).is_some_and(official) && address.starts_with("https://") {
        return None;
    }
    Some(Setting { key: key.to_owned(), value: without_credentials(address), topic: Topic::Place, guard: false, line })
}

/// Something that runs, or lets something run.
pub(super) fn runs(key: &str, value: &str, line: u32) -> Setting {
    Setting { key: key.to_owned(), value: value.to_owned(), topic: Topic::Script, guard: false, line }
}

/// A setting that makes installing safer: its removal is the finding.
fn guard(key: &str, value: &str, topic: Topic, line: u32) -> Setting {
    Setting { key: key.to_owned(), value: value.to_owned(), topic, guard: true, line }
}

/// The meaning of a key of npm, yarn, pnpm or bun, however its words are joined.
pub(super) fn javascript(key: &str, value: &str, line: u32) -> Option<Setting> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    let off = matches!(value, "false" | "0" | "null" | "ignore" | "update" | "reset");
    let weaker = |topic| Some(Setting { key: key.to_owned(), value: value.to_owned(), topic, guard: false, line });
    if key.starts_with('@') && key.ends_with(":registry") {
        return place(key, value, line);
    }
    match joined(key).as_str() {
        "registry" | "npmregistryserver" | "npmpublishregistry" | "proxy" | "httpsproxy" | "httpproxy" => {
            place(key, value, line)
        }
        "nodeoptions" => (!only_tunes(value)).then(|| runs(key, value, line)),
        "scriptshell" | "git" | "initmodule" | "pnpmfile" | "globalpnpmfile" | "preload" => {
            Some(runs(key, value, line))
        }
        "yarnpath" => Some(runs(key, if is_yarns_release(value) { YARNS_RELEASE } else { value }, line)),
        "ignorescripts" if off => weaker(Topic::Script),
        "ignorescripts" => Some(guard(key, value, Topic::Script, line)),
        "enablescripts" if off => Some(guard(key, value, Topic::Script, line)),
        "enablescripts" | "unsafeperm" | "dangerouslyallowallbuilds" if !off => weaker(Topic::Script),
        "strictssl" | "enablestrictssl" | "packagelock" | "lockfile" | "verifystoreintegrity" | "checksumbehavior"
            if off =>
        {
            weaker(Topic::Place)
        }
        "enablehardenedmode" | "minimumreleaseage" | "npmminimalagegate" | "trustpolicy" | "strictdepbuilds"
        | "blockexoticsubdeps" | "requirehashes" | "onlybinary" | "excludenewer" | "nobuild"
            if !off =>
        {
            Some(guard(key, value, Topic::Place, line))
        }
        _ => None,
    }
}

/// The meaning of a key of pip or uv.
pub(super) fn python(key: &str, value: &str, line: u32) -> Option<Setting> {
    match joined(key).as_str() {
        "indexurl" | "pypiurl" | "extraindexurl" | "index" | "findlinks" | "defaultindex" | "trustedhost" | "proxy"
        | "allowinsecurehost" => place(key, value, line),
        "requirehashes" | "onlybinary" | "excludenewer" | "nobuild" => javascript(key, value, line),
        _ => None,
    }
}

fn joined(key: &str) -> String {
    key.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase()
}

/// The path of yarn's own release without its version, because an update of yarn is no finding.
const YARNS_RELEASE: &str = ".yarn/releases/yarn-*.cjs";

fn is_yarns_release(path: &str) -> bool {
    let name = path.strip_prefix("./").unwrap_or(path).strip_prefix(".yarn/releases/yarn-");
    let version = name.and_then(|name| name.strip_suffix(".cjs").or_else(|| name.strip_suffix(".js")));
    version.is_some_and(|version| semver::Version::parse(version).is_ok())
}

/// Returns whether node's options load no code.
fn only_tunes(options: &str) -> bool {
    const TUNES: [&str; 9] = [
        "--max-old-space-size",
        "--max_old_space_size",
        "--max-semi-space-size",
        "--no-warnings",
        "--openssl-legacy-provider",
        "--experimental-vm-modules",
        "--enable-source-maps",
        "--unhandled-rejections",
        "--no-deprecation",
    ];
    options.split_ascii_whitespace().all(|option| TUNES.contains(&option.split('=').next().unwrap_or(option)))
}

/// `url`, or a table with one, under the keys that TOML files name package indexes with.
pub(super) fn places<'a>(key: &str, nodes: impl Iterator<Item = &'a Node<'a>>) -> Vec<Setting> {
    nodes.filter_map(|node| place(key, node.text().or_else(|| node.text_at("url"))?, node.line)).collect()
}

/// The settings of uv, in a file of its own or in the project's.
pub(super) fn uv(table: &Node<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    for entry in table.entries().iter().chain(table.entries_at("pip")) {
        let single = std::slice::from_ref(&entry.node);
        let nodes = if entry.node.items().is_empty() { single } else { entry.node.items() };
        for node in nodes {
            let value = node.text().or_else(|| node.text_at("url")).unwrap_or("true");
            found.extend(python(&entry.key, value, node.line));
        }
    }
    found
}
