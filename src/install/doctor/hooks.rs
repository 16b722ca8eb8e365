//! Hooks that git does not run, or that do not run our program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::inspect::{HookState, InstalledHook};
use super::super::site::Site;
use super::super::stub::{self, Stub};
use super::super::{directory, files, framework, global, usergit};
use super::{Diagnosis, Problem, in_path, messages, work_trees};
use crate::error::Result;
use crate::hook;

/// The state's name in JSON.
pub fn state_name(state: &HookState) -> &'static str {
    match state {
        HookState::Nothing => "missing",
        HookState::NotExecutable => "not-executable",
        HookState::Ours(_) => "ours",
        HookState::BehindManager(_) => "behind-a-manager",
        HookState::Husky { .. } => "husky",
        HookState::Lefthook(_) => "lefthook",
        HookState::Framework(_) => "framework",
        HookState::Config(..) => "config-hook",
        HookState::Foreign(_) => "foreign",
    }
}

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis, program: &Path) -> Result<()> {
    let hooks = diagnosis.hooks.clone();
    let wanted: &[&str] = if site.bare { &[hook::SERVER] } else { &hook::USUAL };
    let mut problems = Vec::new();
    let mut missing = Vec::new();
    let reported = check_hooks_path(site, &mut problems)?;
    for hook in &hooks {
        let is_missing = hook.state == HookState::Nothing;
        if is_missing && (reported || !wanted.contains(&hook.hook)) {
            continue;
        }
        if is_missing && hooks.iter().any(|h| matches!(h.state, HookState::Framework(_))) {
            problems.push(missing_in_framework(site, hook.hook));
        } else if is_missing {
            missing.push(hook);
        } else if hook.is_ours() || wanted.contains(&hook.hook) || hook.state == HookState::NotExecutable {
            check_hook(site, hook, &mut problems);
        }
    }
    problems.extend(match missing.as_slice() {
        [] => None,
        [one] => Some(messages::hook_missing(one.hook, &site.shown(&one.path))),
        some => {
            let names: Vec<&str> = some.iter().map(|hook| hook.hook).collect();
            Some(messages::hooks_missing(&names, &site.shown(&site.hooks)))
        }
    });
    let ours = hooks.iter().filter(|hook| hook.is_ours()).count();
    diagnosis.facts.push(format!("{ours} of {} hooks run shield-hook", wanted.len().max(ours)));
    check_programs(&hooks, program, &mut problems);
    check_shadowed(site, &hooks, &mut problems)?;
    work_trees::check(site, &hooks, &mut problems)?;
    check_config_hooks(site, &mut problems)?;
    check_aliases(site, &mut problems)?;
    diagnosis.problems.extend(problems);
    Ok(())
}

/// Checks that the hooks path is a directory. Returns whether it is not, and a problem was reported.
fn check_hooks_path(site: &Site, problems: &mut Vec<Problem>) -> Result<bool> {
    let Some(path) = &site.hooks_path else { return Ok(false) };
    if site.hooks.is_dir() && !path.value.is_empty() {
        return Ok(false);
    }
    problems.push(match work_trees::hooks_of_another(site)? {
        Some(fix) => messages::work_tree_lacks_directory(path, fix),
        None => messages::hooks_path_nowhere(path),
    });
    Ok(true)
}

/// A hook that the pre-commit framework could run, because it runs others of ours.
fn missing_in_framework(site: &Site, hook: &str) -> Problem {
    let installer = framework::config(&site.root).filter(|config| framework::configured(config, hook));
    messages::hook_missing_in_framework(hook, installer.as_deref().map(framework::manager_of))
}

fn check_hook(site: &Site, hook: &InstalledHook, problems: &mut Vec<Problem>) {
    let path = site.shown(&hook.path);
    match &hook.state {
        HookState::Nothing => {}
        HookState::NotExecutable => {
            let is_ours = directory::find(&site.hooks, hook.hook).is_ok_and(|stub| stub.is_some());
            problems.push(messages::hook_not_executable(&path, &hook.path, is_ours));
        }
        HookState::Foreign(owner) => problems.push(messages::hook_foreign(&path, owner)),
        HookState::Husky { first: false, script } => problems.push(messages::hook_not_first(&site.shown(script))),
        HookState::BehindManager(stub) | HookState::Ours(stub) | HookState::Config(_, stub) => {
            check_stub(hook.hook, &path, stub, problems);
        }
        HookState::Husky { .. } | HookState::Lefthook(_) | HookState::Framework(_) => {}
    }
}

fn check_stub(hook: &str, path: &str, stub: &Stub, problems: &mut Vec<Problem>) {
    if !stub.intact {
        problems.push(messages::stub_edited(path, stub));
    } else if stub.version != env!("CARGO_PKG_VERSION") {
        problems.push(messages::stub_outdated(path, stub));
    }
    if stub.hook != hook {
        problems.push(messages::stub_misplaced(path, stub));
    }
}

/// The programs that the hooks would run: each must exist, be this program, and have this version.
fn check_programs(hooks: &[InstalledHook], program: &Path, problems: &mut Vec<Problem>) {
    let named: BTreeSet<PathBuf> = hooks.iter().filter_map(|hook| hook.stub()?.binary.clone()).collect();
    for path in &named {
        if files::is_executable(path) {
            problems.extend(wrong_version(path, program));
            continue;
        }
        let other = in_path();
        problems.extend(other.as_deref().and_then(|other| wrong_version(other, program)));
        problems.push(messages::program_missing(path, other.as_deref()));
    }
    let is_found_by_path =
        |state: &HookState| matches!(state, HookState::Husky { .. } | HookState::Lefthook(_) | HookState::Framework(_));
    if hooks.iter().any(|hook| is_found_by_path(&hook.state)) && in_path().is_none() {
        problems.push(messages::program_not_in_path(program));
    }
}

fn wrong_version(path: &Path, program: &Path) -> Option<Problem> {
    if path == program {
        return None;
    }
    let output = Command::new(path).arg("--version").stdin(Stdio::null()).output();
    let output = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    match output.strip_prefix("shield-hook ") {
        Some(env!("CARGO_PKG_VERSION")) => None,
        Some(version) => Some(messages::program_version(path, version)),
        None => Some(messages::program_foreign(path, &output)),
    }
}

/// Stubs of ours in a directory that git no longer uses.
fn check_shadowed(site: &Site, hooks: &[InstalledHook], problems: &mut Vec<Problem>) -> Result<()> {
    let Some(path) = &site.hooks_path else { return Ok(()) };
    let own = site.common.join("hooks");
    if own == site.hooks || global::is_dispatcher(path) || hooks.iter().any(InstalledHook::is_ours) {
        return Ok(());
    }
    for hook in hook::OURS {
        if directory::find(&own, hook)?.is_some() {
            problems.push(messages::hook_shadowed(hook, &site.shown(&own), path));
            break;
        }
    }
    if !path.is_shared() && site.git.ask(["config", "--global", "--get", "core.hooksPath"])?.is_some() {
        problems.push(messages::global_shadowed(path));
    }
    Ok(())
}

/// Configuration hooks that are disabled, or unknown to this git.
fn check_config_hooks(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let named = global::config_hooks(&site.git)?;
    let version = site.git.version()?;
    if !named.is_empty() && version < usergit::CONFIG_HOOKS {
        problems.push(messages::config_hooks_unknown(version));
    }
    for GitSetting { scope, key, value } in settings(site, r"^hook\..*\.enabled$")? {
        let name = key.trim_start_matches("hook.").trim_end_matches(".enabled");
        let is_ours = name.starts_with("shield-hook-") || hook::OURS.contains(&name);
        let is_off = matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        if is_ours && is_off {
            problems.push(messages::config_hook_off(&scope, &key, &value));
        }
    }
    for (hook, command) in named {
        let stub = stub::unquote(&command).map(PathBuf::from);
        if !stub.as_deref().is_some_and(files::is_executable) {
            problems.push(messages::config_hook_broken(&hook, &command));
        }
    }
    Ok(())
}

/// A setting of git.
struct GitSetting {
    /// `local`, `global` and so on: the scope to remove it from.
    scope: String,
    key: String,
    value: String,
}

/// The settings whose key matches a regex.
fn settings(site: &Site, key: &str) -> Result<Vec<GitSetting>> {
    let output = site.git.ask(["config", "-z", "--show-scope", "--get-regexp", key])?.unwrap_or_default();
    let fields: Vec<&str> = output.split('\0').collect();
    let pairs = fields.chunks_exact(2).map(|pair| {
        let (key, value) = pair[1].split_once('\n').unwrap_or((pair[1], "true"));
        GitSetting { scope: pair[0].into(), key: key.into(), value: value.into() }
    });
    Ok(pairs.collect())
}

/// Aliases that bypass the hooks.
fn check_aliases(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    for GitSetting { scope, key, value } in settings(site, r"^alias\.")? {
        let words: Vec<&str> = value.split_whitespace().collect();
        let short = words.contains(&"commit")
            && words.iter().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('n') && !w.contains('m'));
        if words.contains(&"--no-verify") || short || value.to_lowercase().contains("core.hookspath") {
            problems.push(messages::alias_without_hooks(&scope, &key, &value));
        }
    }
    Ok(())
}
