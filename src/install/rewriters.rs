//! Tools and scripts of a repository's set-up that overwrite our hooks or lead git away from them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::files;
use super::site::Site;
use crate::path::hook_managers::{HOOK_MANAGERS, HookManagerKind};

/// A part of the set-up that removes our hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewriter {
    /// The tool's name; `None` for a line of a script.
    pub name: Option<&'static str>,
    /// The file that names it, relative to the root.
    pub file: String,
    /// The line of the script, from 1.
    pub line: Option<usize>,
    /// Its effect on our hooks.
    pub effect: Effect,
}

/// The way in which our hooks get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It writes files into the hooks directory.
    WritesHooks,
    /// It sets `core.hooksPath`.
    SetsHooksPath,
}

/// Managers with a key in package.json.
const PACKAGE_KEYS: [(&str, &str); 3] =
    [("simple-git-hooks", "simple-git-hooks"), ("gitHooks", "yorkie"), ("git-hooks", "git-hooks")];

/// Managers that are a dependency in a manifest.
const DEPENDENCIES: [(&str, &str, &str); 17] = [
    ("package.json", "simple-git-hooks", "simple-git-hooks"),
    ("package.json", "yorkie", "yorkie"),
    ("package.json", "ghooks", "ghooks"),
    ("package.json", "git-hooks", "git-hooks"),
    ("package.json", "pre-commit", "the pre-commit package of npm"),
    ("package.json", "pre-push", "the pre-push package of npm"),
    ("package.json", "git-validate", "git-validate"),
    ("composer.json", "captainhook/captainhook", "CaptainHook"),
    ("composer.json", "captainhook/plugin-composer", "CaptainHook"),
    ("composer.json", "phpro/grumphp", "GrumPHP"),
    ("composer.json", "brainmaestro/composer-git-hooks", "composer-git-hooks"),
    ("Gemfile", "overcommit", "overcommit"),
    ("Gemfile", "githooks", "githooks"),
    ("Gemfile", "pre-commit", "the pre-commit gem"),
    ("Cargo.toml", "cargo-husky", "cargo-husky"),
    ("pom.xml", "git-build-hook-maven-plugin", "git-build-hook"),
    ("pom.xml", "githook-maven-plugin", "githook-maven-plugin"),
];

/// Files whose commands people run after a clone.
const SETUP_FILES: [&str; 38] = [
    "package.json",
    "composer.json",
    "Gemfile",
    "Rakefile",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    ".justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "tox.ini",
    "noxfile.py",
    "tasks.py",
    "pyproject.toml",
    "setup.py",
    "build.rs",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "CMakeLists.txt",
    "mix.exs",
    "deno.json",
    "mise.toml",
    ".mise.toml",
    ".envrc",
    "flake.nix",
    "devenv.nix",
    ".devcontainer/devcontainer.json",
    "setup.sh",
    "bootstrap.sh",
    "bin/setup",
    "script/setup",
    "script/bootstrap",
    "scripts/setup.sh",
    "scripts/install-hooks.sh",
    "scripts/bootstrap.sh",
];

/// Most scripts that are read, beyond any set-up written by hand.
const MAX_SCRIPTS: usize = 200;

/// The parts of the set-up that remove our hooks when they run again.
pub fn find(site: &Site) -> Vec<Rewriter> {
    if site.bare {
        return Vec::new();
    }
    let mut found: Vec<Rewriter> = Vec::new();
    let mut add = |rewriter: Rewriter| {
        let known = found.iter().any(|r| r.name.is_some() && r.name == rewriter.name);
        if !known {
            found.push(rewriter);
        }
    };
    let named =
        |name, file: &str| Rewriter { name: Some(name), file: file.into(), line: None, effect: Effect::WritesHooks };
    let package =
        files::read_below(&site.root, "package.json").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    for (key, name) in PACKAGE_KEYS {
        if package.as_ref().is_some_and(|package| package.get(key).is_some()) {
            add(named(name, "package.json"));
        }
    }
    // husky 4 and earlier has commands in package.json instead of scripts.
    if package.as_ref().is_some_and(|package| package.pointer("/husky/hooks").is_some()) {
        add(named("husky 4", "package.json"));
    }
    for manager in HOOK_MANAGERS.iter().filter(|manager| manager.kind == HookManagerKind::Rewrites) {
        for file in manager.files.iter().filter(|file| site.root.join(file).is_file()) {
            add(named(manager.name, file));
        }
    }
    for (file, dependency, name) in DEPENDENCIES {
        if files::read_below(&site.root, file).is_some_and(|text| depends(file, &text, dependency)) {
            add(named(name, file));
        }
    }
    for (file, text) in setup_files(&site.root) {
        for (number, line) in text.lines().enumerate() {
            if let Some(effect) = effect_of(site, line) {
                add(Rewriter { name: None, file: file.clone(), line: Some(number + 1), effect });
            }
        }
    }
    found
}

/// The files whose commands people run after a clone, and the scripts that they name.
fn setup_files(root: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> =
        SETUP_FILES.iter().filter_map(|file| Some(((*file).to_owned(), files::read_below(root, file)?))).collect();
    let mut scripts = BTreeSet::new();
    for (_, text) in &files {
        let words = text.split(|c: char| c.is_whitespace() || "\"'`;&|()$=,".contains(c));
        let words = words.map(|word| word.trim_start_matches("./"));
        scripts.extend(words.filter(|word| is_script(word)).map(str::to_owned));
    }
    let known = |file: &String| !files.iter().any(|(name, _)| name == file);
    let scripts: Vec<String> = scripts.into_iter().filter(known).take(MAX_SCRIPTS).collect();
    files.extend(scripts.into_iter().filter_map(|file| files::read_below(root, &file).map(|text| (file, text))));
    files
}

fn is_script(word: &str) -> bool {
    let kinds = [".sh", ".bash", ".js", ".cjs", ".mjs", ".ts", ".mts", ".py", ".rb", ".php", ".pl", ".ps1"];
    let plain = Path::new(word).is_relative() && !word.contains("..") && !word.contains("node_modules");
    plain && (kinds.iter().any(|kind| word.ends_with(kind)) || (word.contains('/') && !word.contains(['.', '*', ':'])))
}

fn depends(file: &str, text: &str, dependency: &str) -> bool {
    if file.ends_with(".json") {
        let Ok(manifest) = serde_json::from_str::<Value>(text) else { return false };
        let tables = ["dependencies", "devDependencies", "optionalDependencies", "require", "require-dev"];
        return tables.iter().any(|table| manifest.get(table).is_some_and(|all| all.get(dependency).is_some()));
    }
    text.lines().map(str::trim).any(|line| !line.starts_with('#') && line.contains(dependency))
}

/// The effect of a script's line on our hooks, if it has one.
fn effect_of(site: &Site, line: &str) -> Option<Effect> {
    let trimmed = line.trim_start();
    if ["#", "//", "<!--"].iter().any(|comment| trimmed.starts_with(comment)) {
        return None;
    }
    if let Some(at) = line.to_ascii_lowercase().find("core.hookspath") {
        let value = line[at + "core.hooksPath".len()..]
            .trim_start_matches(|c: char| c.is_whitespace() || "=\"'\\,".contains(c))
            .split(|c: char| c.is_whitespace() || "\"'\\,;&|)`".contains(c))
            .next()
            .unwrap_or_default();
        let elsewhere = !value.is_empty() && site.root.join(value) != site.hooks && !line.contains("--unset");
        return elsewhere.then_some(Effect::SetsHooksPath);
    }
    line.contains(".git/hooks").then_some(Effect::WritesHooks)
}
