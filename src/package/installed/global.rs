//! The folders that package managers install into for a user or the machine, found without running a program.

use std::path::{Path, PathBuf};

use super::super::wildcard;
use crate::environment;
use crate::file;

/// Every global folder that exists: those of npm, pnpm, yarn and bun, of Node and Python version managers, and of
/// Python tools.
pub fn folders() -> Vec<PathBuf> {
    let home = environment::path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let mut found = Vec::new();
    for variable in ["NPM_CONFIG_PREFIX", "npm_config_prefix"] {
        if let Some(prefix) = environment::variable(variable) {
            found.extend(node_modules_of(Path::new(&prefix)));
        }
    }
    for variable in ["PNPM_HOME", "BUN_INSTALL", "VIRTUAL_ENV", "CONDA_PREFIX", "PIPX_HOME", "UV_TOOL_DIR"] {
        found.extend(environment::path(variable).filter(|p| p.is_dir()));
    }
    if let Some(home) = &home {
        if let Some(prefix) = npmrc_prefix(home) {
            found.extend(node_modules_of(&prefix));
        }
        HOME.iter().for_each(|pattern| expand(home, pattern, &mut found));
    }
    SYSTEM.iter().for_each(|pattern| expand(Path::new("/"), pattern, &mut found));
    if let Some(roaming) = environment::variable("APPDATA") {
        found.extend([Path::new(&roaming).join("npm/node_modules")].into_iter().filter(|p| p.is_dir()));
    }
    found.sort();
    found.dedup();
    // The walk of a folder includes the folders inside it.
    let all = found.clone();
    found.retain(|folder| !all.iter().any(|other| other != folder && folder.starts_with(other)));
    found
}

/// Paths below the home directory; `*` is one part of a path.
const HOME: [&str; 25] = [
    ".npm-global/lib/node_modules",
    ".npm/_npx",
    ".nvm/versions/node/*/lib/node_modules",
    ".volta/tools/image",
    ".fnm/node-versions/*/installation/lib/node_modules",
    ".local/share/fnm/node-versions/*/installation/lib/node_modules",
    ".asdf/installs/nodejs/*/lib/node_modules",
    ".asdf/installs/python",
    ".local/share/mise/installs/node/*/lib/node_modules",
    ".local/share/mise/installs/python",
    ".local/share/pnpm/global",
    "Library/pnpm/global",
    "AppData/Local/pnpm/global",
    ".config/yarn/global/node_modules",
    ".bun/install/global/node_modules",
    ".local/lib/python*",
    "Library/Python/*/lib",
    ".pyenv/versions",
    ".local/share/pipx/venvs",
    ".local/pipx/venvs",
    ".local/share/uv/tools",
    ".local/share/uv/python",
    "miniconda3",
    "anaconda3",
    ".conda/envs",
];

/// Paths below the root directory.
const SYSTEM: [&str; 8] = [
    "usr/lib/node_modules",
    "usr/local/lib/node_modules",
    "opt/homebrew/lib/node_modules",
    "usr/lib/python3*",
    "usr/lib64/python3*",
    "usr/local/lib/python3*",
    "opt/homebrew/lib/python3*",
    "opt/conda",
];

fn node_modules_of(prefix: &Path) -> Option<PathBuf> {
    [prefix.join("lib/node_modules"), prefix.join("node_modules")].into_iter().find(|p| p.is_dir())
}

/// `prefix=...` in the user's .npmrc.
fn npmrc_prefix(home: &Path) -> Option<PathBuf> {
    let text = file::read_to_string(home.join(".npmrc")).ok()?;
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "prefix").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    let value = value.replace("${HOME}", &home.to_string_lossy());
    Some(match value.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => PathBuf::from(value),
    })
}

/// The folders that match a pattern.
fn expand(base: &Path, pattern: &str, into: &mut Vec<PathBuf>) {
    let mut folders = vec![base.to_owned()];
    for part in pattern.split('/') {
        if !part.contains('*') {
            folders.iter_mut().for_each(|f| f.push(part));
            continue;
        }
        let children = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().flatten();
        let matching = children.filter(|child| wildcard::matches(part, &child.file_name().to_string_lossy()));
        folders = matching.map(|child| child.path()).collect();
    }
    into.extend(folders.into_iter().filter(|f| f.is_dir()));
}
