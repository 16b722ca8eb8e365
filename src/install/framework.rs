//! The pre-commit framework and prek: their script runs the previous hook as `<hook>.legacy`, and their configuration
//! may name hooks of ours.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::files;
use crate::error::Result;
use crate::hook;

/// The configuration that both read unless their script names another.
pub const CONFIG: &str = ".pre-commit-config.yaml";
/// prek's own configuration.
const PREK: &str = "prek.toml";

/// Returns whether a hook file is a script of either.
pub fn wrote(bytes: &[u8]) -> bool {
    bytes.contains_str("hook-impl") && (bytes.contains_str("pre-commit") || bytes.contains_str("prek"))
}

/// Returns whether a script runs `<hook>.legacy` first. Earlier scripts of prek do not.
pub fn runs_legacy(bytes: &[u8]) -> bool {
    wrote(bytes) && bytes.contains_str("--hook-dir")
}

/// The configuration that a script reads, usually relative to the work tree.
pub fn config_of(script: &[u8]) -> PathBuf {
    let text = String::from_utf8_lossy(script);
    let named = text.lines().filter(|line| line.contains("hook-impl")).find_map(|line| {
        let rest = line.split_once("--config=")?.1;
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c));
        match quote {
            Some(quote) => rest[1..].split(quote).next().map(PathBuf::from),
            None => rest.split([' ', ')']).next().map(PathBuf::from),
        }
    });
    named.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| CONFIG.into())
}

/// The configuration of a work tree, if it has one.
pub fn config(root: &Path) -> Option<PathBuf> {
    [CONFIG, PREK].iter().map(|name| root.join(name)).find(|path| path.is_file())
}

/// The command of the manager that reads a configuration.
pub fn manager_of(config: &Path) -> &'static str {
    if config.extension().is_some_and(|e| e == "toml") { "prek" } else { "pre-commit" }
}

/// The configuration below `root` that runs our `hook`, given the `script` that git runs.
///
/// # Errors
/// When it cannot be read.
pub fn runs_ours(root: &Path, script: &[u8], hook: &str) -> Result<Option<PathBuf>> {
    for path in [root.join(config_of(script)), root.join(PREK)] {
        if text_runs_ours(&path, &files::read_text(&path)?.unwrap_or_default(), hook) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Returns whether a readable configuration runs our `hook`.
pub fn configured(config: &Path, hook: &str) -> bool {
    files::read_text(config).ok().flatten().is_some_and(|text| text_runs_ours(config, &text, hook))
}

fn text_runs_ours(path: &Path, text: &str, hook: &str) -> bool {
    match path.extension().is_some_and(|e| e == "toml") {
        true => text.contains("shield-hook") && text.contains(&format!("hook {hook}")),
        false => entries(text).iter().any(|entry| entry.hooks.iter().any(|h| covers(h, hook))),
    }
}

/// The configuration at `path` reduced to our own hooks, so that the canary runs nobody else's. An idle hook is added,
/// because prek refuses an empty list.
///
/// # Errors
/// When it cannot be read.
pub fn ours_alone(path: &Path) -> Result<String> {
    let text = files::read_text(path)?.unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") {
        return Ok(alone(&text));
    }
    let mut out = String::from(IDLE);
    for hook in hook::USUAL.iter().filter(|hook| text.contains(&format!("hook {hook}"))) {
        out += &format!(
            "  - id: shield-hook-{hook}\n    name: shield-hook\n    entry: shield-hook hook {hook}\n    language: system\n    \
             stages: [{hook}]\n    always_run: true\n    pass_filenames: {}\n",
            *hook == "commit-msg"
        );
    }
    Ok(out)
}

/// A configuration with one hook that does nothing and succeeds.
pub const IDLE: &str = "repos:\n- repo: local\n  hooks:\n  - id: idle\n    name: idle\n    entry: git --version\n    \
                        language: system\n    always_run: true\n    pass_filenames: false\n";

fn alone(text: &str) -> String {
    let mut out = String::new();
    for entry in entries(text) {
        let ours: Vec<&String> =
            entry.hooks.iter().filter(|h| hook::USUAL.iter().any(|hook| covers(h, hook))).collect();
        if !ours.is_empty() {
            out += &entry.head;
            ours.into_iter().for_each(|hook| out += hook);
        }
    }
    // The added entry must have the indentation of the list.
    let by = out.len() - out.trim_start_matches(' ').len();
    let idle = IDLE.lines().skip(1).map(|line| format!("{}{line}\n", " ".repeat(by)));
    format!("repos:\n{out}{}", idle.collect::<String>())
}

/// One repository of hooks, as source lines.
struct RepoEntry {
    /// The lines before its first hook.
    head: String,
    hooks: Vec<String>,
}

/// The repositories of a configuration in block style.
fn entries(text: &str) -> Vec<RepoEntry> {
    let Some(at) = text.find("\nrepos:").map(|at| at + 1).or_else(|| text.starts_with("repos:").then_some(0)) else {
        return Vec::new();
    };
    let body = text[at..].split_once('\n').map_or("", |(_, body)| body);
    let end = |line: &&str| line.starts_with([' ', '-', '#', '\n', '\r']);
    let body: Vec<&str> = body.split_inclusive('\n').take_while(end).collect();
    let (_, repositories) = items(&body);
    repositories
        .into_iter()
        .map(|lines| {
            let hooks = lines.iter().position(|line| line.trim().trim_start_matches("- ").starts_with("hooks:"));
            let (head, rest) = lines.split_at(hooks.map_or(lines.len(), |at| at + 1));
            let (_, hooks) = items(rest);
            RepoEntry { head: head.concat(), hooks: hooks.into_iter().map(|hook| hook.concat()).collect() }
        })
        .collect()
}

/// Splits lines into the ones before a list and its items, which begin with a dash at the indentation of the first.
fn items<'a>(lines: &[&'a str]) -> (Vec<&'a str>, Vec<Vec<&'a str>>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let dashed = |line: &&str| line.trim_start().starts_with("- ");
    let Some(level) = lines.iter().find(|line| dashed(line)).map(|line| indent(line)) else {
        return (lines.to_vec(), Vec::new());
    };
    let (mut before, mut found) = (Vec::new(), Vec::<Vec<&str>>::new());
    for line in lines {
        if dashed(line) && indent(line) == level {
            found.push(vec![line]);
            continue;
        }
        match found.last_mut() {
            Some(item) => item.push(line),
            None => before.push(*line),
        }
    }
    (before, found)
}

/// Returns whether a hook of the configuration is ours and runs as `hook`.
fn covers(text: &str, hook: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let text = lines.join(" ");
    let by_entry = text.split_once("shield-hook hook ").map(|(_, rest)| rest.split([' ', ',', '}', '"', '\'']).next());
    // The ids of .pre-commit-hooks.yaml. Those for Python run the same hooks.
    let by_id = || {
        let id = text.split_once("id:")?.1.trim_start_matches([' ', '"', '\'']);
        let id = id.split([' ', ',', '}', '"', '\'']).next()?;
        Some(match id.strip_suffix("-python").unwrap_or(id) {
            "shield-hook" => "pre-commit",
            "shield-hook-message" => "commit-msg",
            "shield-hook-push" => "pre-push",
            _ => return None,
        })
    };
    let Some(runs) = by_entry.flatten().or_else(by_id) else { return false };
    let stages = text.split_once("stages:").map(|(_, rest)| rest.split([']', ':']).next().unwrap_or_default());
    let named = |stages: &str| {
        let short = hook.strip_prefix("pre-").unwrap_or(hook);
        stages.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|stage| stage == hook || stage == short)
    };
    (runs == hook || (runs == "pre-commit" && hook == "pre-merge-commit")) && stages.is_none_or(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGS: [&str; 3] = [
        "default_install_hook_types: [pre-commit]\nrepos:\n- repo: local\n  hooks:\n  - {id: mine, name: mine, entry: touch x}\n  \
         - id: shield-hook\n    entry: shield-hook hook pre-commit\n    stages: [pre-commit, pre-merge-commit]\n  - id: more\n    \
         entry: x\n- repo: https://git.example/other\n  rev: v1\n  hooks:\n  - id: other\n",
        "repos:\n  - repo: https://git.example/team/shield-hook\n    rev: abc\n    hooks:\n      - id: shield-hook\n      - id: \
         shield-hook-push\n  - repo: local\n    hooks:\n      - id: mine\nfail_fast: true\n",
        "repos:\n  - repo: local\n    hooks:\n      - {id: a, entry: '/opt/shield-hook hook pre-push', stages: [push]}\n      - {id: \
         mine, entry: x}\n",
    ];

    #[test]
    fn our_hooks_are_found_and_taken_out_alone() {
        let ran = CONFIGS.map(|text| {
            let covered = |text: &str| -> Vec<&str> {
                let found = entries(text);
                let by = |hook: &&str| found.iter().any(|e| e.hooks.iter().any(|h| covers(h, hook)));
                hook::USUAL.into_iter().filter(by).collect()
            };
            let alone = alone(text);
            assert!(!alone.contains("mine") && !alone.contains("other") && !alone.contains("more"), "{alone}");
            assert_eq!(covered(&alone), covered(text), "{alone}");
            covered(text)
        });
        assert_eq!(ran[0], ["pre-commit", "pre-merge-commit"]);
        assert_eq!(ran[1], ["pre-commit", "pre-merge-commit", "pre-push"]);
        assert_eq!(ran[2], ["pre-push"]);
    }

    #[test]
    fn every_published_id_is_known() {
        let published = include_str!("../../.pre-commit-hooks.yaml");
        let ids: Vec<&str> = published.lines().filter_map(|line| line.strip_prefix("- id: ")).collect();
        assert_eq!(ids.len(), 6, "{ids:?}");
        for id in ids {
            let text =
                format!("repos:\n- repo: https://git.example/team/shield-hook\n  rev: abc\n  hooks:\n  - id: {id}\n");
            let entry = published.split(&format!("- id: {id}\n")).nth(1).expect("its lines");
            let runs =
                entry.split_once("entry: shield-hook hook ").expect("its entry").1.lines().next().expect("a hook");
            assert!(entries(&text)[0].hooks.iter().any(|hook| covers(hook, runs)), "{id} runs {runs}");
        }
    }

    #[test]
    fn a_configuration_without_ours_runs_none() {
        for text in ["", "repos: []\n", "repos:\n- repo: local\n  hooks:\n  # shield-hook hook pre-commit\n  - id: a\n"]
        {
            assert!(entries(text).iter().all(|e| e.hooks.iter().all(|h| !covers(h, "pre-commit"))), "{text}");
            assert!(alone(text).contains("id: idle"));
        }
    }

    #[test]
    fn the_configuration_is_the_one_that_the_script_names() {
        let script = b"ARGS=(hook-impl --config=dev/hooks.yaml --hook-type=pre-commit)\n";
        assert_eq!(config_of(script), Path::new("dev/hooks.yaml"));
        assert_eq!(config_of(b"exec prek hook-impl --config=\"a b.yaml\" --\n"), Path::new("a b.yaml"));
        assert_eq!(config_of(b"exec prek hook-impl --hook-type=pre-commit --\n"), Path::new(CONFIG));
    }
}
