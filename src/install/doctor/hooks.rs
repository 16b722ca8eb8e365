//! Hooks that git does not run, or that do not run our program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::inspect::{HookState, InstalledHook};
use super::super::site::Site;
use super::super::stub::{Stub, quote};
use super::super::{directory, files, framework, global, names};
use super::{Diagnosis, Problem, Repair, in_path, work_trees};
use crate::error::Result;

const INSTALL: &str = "shield-hook install";

/// The state's name in JSON.
pub fn state(what: &HookState) -> &'static str {
    match what {
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
    let seen = diagnosis.seen.clone();
    let wanted: &[&str] = if site.bare { &[names::SERVER] } else { &names::USUAL };
    let (mut ours, mut problems) = (0, Vec::new());
    let nowhere = hooks_path(site, &mut problems)?;
    let by_framework = seen.iter().any(|s| matches!(s.state, HookState::Framework(_)));
    for seen in &seen {
        ours += usize::from(seen.is_ours());
        if seen.is_ours() || wanted.contains(&seen.hook) || matches!(seen.state, HookState::NotExecutable) {
            one(site, seen, nowhere, by_framework, &mut problems);
        }
    }
    diagnosis.facts.push(format!("{ours} of {} hooks run ours", wanted.len().max(ours)));
    programs(&seen, program, &mut problems);
    shadowed(site, &seen, &mut problems)?;
    work_trees::check(site, &seen, &mut problems)?;
    switched_off(site, &mut problems)?;
    aliases(site, &mut problems)?;
    diagnosis.problems.extend(problems);
    Ok(())
}

/// Checks for a hooks path that is no directory. Returns whether it is one such.
fn hooks_path(site: &Site, problems: &mut Vec<Problem>) -> Result<bool> {
    let Some(path) = &site.hooks_path else { return Ok(false) };
    if site.hooks.is_dir() && !path.value.is_empty() {
        return Ok(false);
    }
    if let Some(fix) = work_trees::hooks_of_another(site)? {
        let message =
            format!("core.hooksPath is {}, which this linked work tree lacks: git runs no hook here", path.value);
        problems.push(Problem::error("worktree-without-hooks", message, fix));
        return Ok(true);
    }
    let flag = match path.scope.as_str() {
        "command" => "the command line or GIT_CONFIG_* variables".to_owned(),
        scope => format!("{scope} configuration, {}", path.origin),
    };
    problems.push(Problem::error(
        "hooks-path-nowhere",
        match path.value.as_str() {
            "" => format!("core.hooksPath is empty ({flag}): git runs no hook"),
            value => format!("core.hooksPath is {value} ({flag}), which is no directory here: git runs no hook"),
        },
        match path.scope.as_str() {
            "command" => path.way_out(),
            _ => format!("{} && {INSTALL}", path.way_out()),
        },
    ));
    Ok(true)
}

/// A hook that the pre-commit framework could run, because it runs others of ours.
fn beside_framework(site: &Site, hook: &str) -> Problem {
    let config = framework::config(&site.root);
    let manager =
        if config.as_ref().is_some_and(|c| c.extension().is_some_and(|e| e == "toml")) { "prek" } else { "pre-commit" };
    let message = format!("git runs no {hook} hook; the pre-commit framework runs others of ours");
    if config.is_some_and(|config| framework::configured(&config, hook)) {
        return Problem::error("hook-missing", message, format!("{manager} install --hook-type {hook}"));
    }
    match hook {
        // A push reads messages too, and examines every commit that bypassed a hook.
        "commit-msg" | "post-commit" => Problem::note("hook-missing", message, INSTALL).by(Repair::Install),
        _ => Problem::error("hook-missing", message, INSTALL).by(Repair::Install),
    }
}

fn one(site: &Site, seen: &InstalledHook, nowhere: bool, by_framework: bool, problems: &mut Vec<Problem>) {
    let (hook, path) = (seen.hook, site.shown(&seen.path));
    match &seen.state {
        // The hooks path is reported already.
        HookState::Nothing if nowhere => {}
        HookState::Nothing if by_framework => problems.push(beside_framework(site, hook)),
        HookState::Nothing => problems.push(
            Problem::error("hook-missing", format!("git runs no {hook} hook: there is no {path}"), INSTALL)
                .by(Repair::Install),
        ),
        HookState::NotExecutable => {
            let is_ours = directory::find(&site.hooks, hook).is_ok_and(|stub| stub.is_some());
            let problem = Problem::error(
                "hook-not-executable",
                format!("git passes {path} over: it is not executable"),
                if is_ours { format!("chmod +x {}", quote(&seen.path.to_string_lossy())) } else { INSTALL.into() },
            );
            problems.push(problem.by(Repair::Install));
        }
        HookState::Foreign(who) => problems.push(
            Problem::error("hook-foreign", format!("{path} is {who}, which does not run ours"), INSTALL)
                .by(Repair::Install),
        ),
        HookState::Husky { first: false, script } => problems.push(Problem::warning(
            "hook-not-first",
            format!("{}: commands stand before ours, and may end the script first", site.shown(script)),
            INSTALL,
        )),
        HookState::BehindManager(stub) | HookState::Ours(stub) | HookState::Config(_, stub) => {
            stub_state(hook, &path, stub, problems)
        }
        HookState::Husky { .. } | HookState::Lefthook(_) | HookState::Framework(_) => {}
    }
}

fn stub_state(hook: &str, path: &str, stub: &Stub, problems: &mut Vec<Problem>) {
    let repair = if stub.kind == "stub" { Repair::Install } else { Repair::InstallGlobal };
    let fix = if stub.kind == "stub" { INSTALL } else { "shield-hook install --global" };
    if !stub.intact {
        let message = format!("{path} is our hook, edited: it may do anything");
        problems.push(Problem::error("stub-edited", message, fix).by(repair));
    } else if stub.version != env!("CARGO_PKG_VERSION") {
        let message =
            format!("{path} was written by version {}, and this is {}", stub.version, env!("CARGO_PKG_VERSION"));
        problems.push(Problem::warning("stub-outdated", message, fix).by(repair));
    }
    if stub.hook != hook {
        let message = format!("{path} is our hook for {}, under another name", stub.hook);
        problems.push(Problem::error("stub-misplaced", message, fix).by(repair));
    }
}

/// The programs that the hooks would run: each must exist, be this program, and have this version.
fn programs(seen: &[InstalledHook], program: &Path, problems: &mut Vec<Problem>) {
    let named: BTreeSet<PathBuf> = seen.iter().filter_map(|s| s.stub()?.binary.clone()).collect();
    let by_path = seen
        .iter()
        .any(|s| matches!(s.state, HookState::Husky { .. } | HookState::Lefthook(_) | HookState::Framework(_)));
    for path in &named {
        let shown = path.display();
        if files::is_executable(path) {
            version_of(path, program, problems);
            continue;
        }
        let gone = if path.exists() { "is not executable" } else { "is gone" };
        let (message, level) = match in_path() {
            Some(other) => {
                version_of(&other, program, problems);
                (format!("the program that the hooks name, {shown}, {gone}; PATH has {}", other.display()), false)
            }
            None => (
                format!("the program that the hooks name, {shown}, {gone}, and PATH has none: every commit is stopped"),
                true,
            ),
        };
        let problem = if level { Problem::error } else { Problem::warning };
        problems.push(problem("program-missing", message, INSTALL.to_owned()).by(Repair::Install));
    }
    if by_path && in_path().is_none() {
        problems.push(Problem::warning(
            "program-not-in-path",
            "the hooks that a manager runs look for shield-hook in PATH on other machines, and here it is not in it",
            format!("add {} to PATH", quote(&program.parent().unwrap_or(Path::new("/")).to_string_lossy())),
        ));
    }
}

fn version_of(path: &Path, program: &Path, problems: &mut Vec<Problem>) {
    if path == program {
        return;
    }
    let output = Command::new(path).arg("--version").stdin(Stdio::null()).output();
    let said = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    match said.strip_prefix("shield-hook ") {
        Some(env!("CARGO_PKG_VERSION")) => {}
        Some(version) => problems.push(
            Problem::warning(
                "program-version",
                format!("the hooks run {}, version {version}; this is {}", path.display(), env!("CARGO_PKG_VERSION")),
                INSTALL,
            )
            .by(Repair::Install),
        ),
        None => problems.push(
            Problem::error(
                "program-foreign",
                format!(
                    "the hooks run {}, which is not shield-hook: asked for its version it says {said:?}",
                    path.display()
                ),
                INSTALL,
            )
            .by(Repair::Install),
        ),
    }
}

/// Stubs of ours in a directory that git no longer uses.
fn shadowed(site: &Site, seen: &[InstalledHook], problems: &mut Vec<Problem>) -> Result<()> {
    let Some(path) = &site.hooks_path else { return Ok(()) };
    let own = site.common.join("hooks");
    if own == site.hooks || global::is_dispatcher(path) {
        return Ok(());
    }
    let ours_run = seen.iter().any(InstalledHook::is_ours);
    for hook in names::OURS {
        if directory::find(&own, hook)?.is_some() && !ours_run {
            problems.push(
                Problem::error(
                    "hook-shadowed",
                    format!(
                        "our {hook} hook in {} is not run: core.hooksPath ({}, {}) leads to {}",
                        site.shown(&own),
                        path.scope,
                        path.origin,
                        path.value
                    ),
                    INSTALL,
                )
                .by(Repair::Install),
            );
            break;
        }
    }
    if !path.is_shared() && !ours_run && site.git.ask(["config", "--global", "--get", "core.hooksPath"])?.is_some() {
        problems.push(
            Problem::warning(
                "global-shadowed",
                format!("core.hooksPath ({}) stands before the one for all your repositories", path.origin),
                INSTALL,
            )
            .by(Repair::Install),
        );
    }
    Ok(())
}

/// Configuration hooks that are disabled, or unknown to this git.
fn switched_off(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let named = global::config_hooks(&site.git)?;
    let version = site.git.version()?;
    if !named.is_empty() && version < super::super::usergit::CONFIG_HOOKS {
        let message = format!(
            "your configuration names hooks, which git {}.{} does not know: they are not run",
            version.0, version.1
        );
        problems.push(
            Problem::error("config-hooks-unknown", message, "shield-hook install --global").by(Repair::InstallGlobal),
        );
    }
    for GitSetting { scope, key, value } in settings(site, r"^hook\..*\.enabled$")? {
        let name = key.trim_start_matches("hook.").trim_end_matches(".enabled");
        let ours = name.starts_with("shield-hook-") || names::OURS.contains(&name);
        let off = matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        if ours && off {
            problems.push(Problem::error(
                "config-hook-off",
                format!("{key} is {value}: git does not run that hook"),
                format!("git config --{scope} --unset-all {key}"),
            ));
        }
    }
    for (hook, command) in named {
        let stub = super::super::stub::unquote(&command).map(PathBuf::from);
        if !stub.as_deref().is_some_and(files::is_executable) {
            problems.push(
                Problem::error(
                    "config-hook-broken",
                    format!("the configuration hook for {hook} names {command}, which cannot be run"),
                    "shield-hook install --global",
                )
                .by(Repair::InstallGlobal),
            );
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
    let said = site.git.ask(["config", "-z", "--show-scope", "--get-regexp", key])?.unwrap_or_default();
    let fields: Vec<&str> = said.split('\0').collect();
    let pairs = fields.chunks_exact(2).map(|pair| {
        let (key, value) = pair[1].split_once('\n').unwrap_or((pair[1], "true"));
        GitSetting { scope: pair[0].into(), key: key.into(), value: value.into() }
    });
    Ok(pairs.collect())
}

/// Aliases that bypass the hooks.
fn aliases(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    for GitSetting { scope, key, value } in settings(site, r"^alias\.")? {
        let words: Vec<&str> = value.split_whitespace().collect();
        let short = words.contains(&"commit")
            && words.iter().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('n') && !w.contains('m'));
        if words.contains(&"--no-verify") || short || value.to_lowercase().contains("core.hookspath") {
            problems.push(Problem::warning(
                "alias-without-hooks",
                format!("git {} leaves the hooks out: {value}", key.trim_start_matches("alias.")),
                format!("git config --{scope} --unset-all {key}   # `shield-hook install --strict` cannot be left out"),
            ));
        }
    }
    Ok(())
}
