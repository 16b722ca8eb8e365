//! Whether git runs our hooks, and whether they run our program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::inspect::{Seen, What};
use super::super::site::Site;
use super::super::stub::{Stub, quote};
use super::super::{directory, files, framework, global, names};
use super::{Diagnosis, Repair, Trouble, in_path, work_trees};
use crate::error::Result;

const INSTALL: &str = "shield-hook install";

/// A word for machines.
pub fn state(what: &What) -> &'static str {
    match what {
        What::Nothing => "missing",
        What::NotExecutable => "not-executable",
        What::Ours(_) => "ours",
        What::Behind(_) => "behind-a-manager",
        What::Husky { .. } => "husky",
        What::Lefthook(_) => "lefthook",
        What::Framework(_) => "framework",
        What::Config(..) => "config-hook",
        What::Foreign(_) => "foreign",
    }
}

pub(super) fn look(site: &Site, diagnosis: &mut Diagnosis, program: &Path) -> Result<()> {
    let seen = diagnosis.seen.clone();
    let wanted: &[&str] = if site.bare { &[names::SERVER] } else { &names::USUAL };
    let (mut ours, mut troubles) = (0, Vec::new());
    let nowhere = hooks_path(site, &mut troubles)?;
    let by_framework = seen.iter().any(|s| matches!(s.what, What::Framework(_)));
    for seen in &seen {
        ours += usize::from(seen.is_ours());
        if seen.is_ours() || wanted.contains(&seen.hook) || matches!(seen.what, What::NotExecutable) {
            one(site, seen, nowhere, by_framework, &mut troubles);
        }
    }
    diagnosis.facts.push(format!("{ours} of {} hooks run ours", wanted.len().max(ours)));
    programs(&seen, program, &mut troubles);
    shadowed(site, &seen, &mut troubles)?;
    work_trees::look(site, &seen, &mut troubles)?;
    switched_off(site, &mut troubles)?;
    aliases(site, &mut troubles)?;
    diagnosis.troubles.extend(troubles);
    Ok(())
}

/// A hooks path that leads nowhere; says whether that is so.
fn hooks_path(site: &Site, troubles: &mut Vec<Trouble>) -> Result<bool> {
    let Some(path) = &site.hooks_path else { return Ok(false) };
    if site.hooks.is_dir() && !path.value.is_empty() {
        return Ok(false);
    }
    if let Some(fix) = work_trees::hooks_of_another(site)? {
        let what =
            format!("core.hooksPath is {}, which this linked work tree lacks: git runs no hook here", path.value);
        troubles.push(Trouble::error("worktree-without-hooks", what, fix));
        return Ok(true);
    }
    let flag = match path.scope.as_str() {
        "command" => "the command line or GIT_CONFIG_* variables".to_owned(),
        scope => format!("{scope} configuration, {}", path.origin),
    };
    troubles.push(Trouble::error(
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

/// A hook that the pre-commit framework could run for us, since it runs others of ours.
fn beside_framework(site: &Site, hook: &str) -> Trouble {
    let config = framework::config(&site.root);
    let manager =
        if config.as_ref().is_some_and(|c| c.extension().is_some_and(|e| e == "toml")) { "prek" } else { "pre-commit" };
    let what = format!("git runs no {hook} hook; the pre-commit framework runs others of ours");
    if config.is_some_and(|config| framework::configured(&config, hook)) {
        return Trouble::error("hook-missing", what, format!("{manager} install --hook-type {hook}"));
    }
    match hook {
        // A push reads messages as well, and looks at every commit that passed a hook by.
        "commit-msg" | "post-commit" => Trouble::note("hook-missing", what, INSTALL).by(Repair::Install),
        _ => Trouble::error("hook-missing", what, INSTALL).by(Repair::Install),
    }
}

fn one(site: &Site, seen: &Seen, nowhere: bool, by_framework: bool, troubles: &mut Vec<Trouble>) {
    let (hook, path) = (seen.hook, site.shown(&seen.path));
    match &seen.what {
        // Said once already.
        What::Nothing if nowhere => {}
        What::Nothing if by_framework => troubles.push(beside_framework(site, hook)),
        What::Nothing => troubles.push(
            Trouble::error("hook-missing", format!("git runs no {hook} hook: there is no {path}"), INSTALL)
                .by(Repair::Install),
        ),
        What::NotExecutable => {
            let is_ours = directory::find(&site.hooks, hook).is_ok_and(|stub| stub.is_some());
            let trouble = Trouble::error(
                "hook-not-executable",
                format!("git passes {path} over: it is not executable"),
                if is_ours { format!("chmod +x {}", quote(&seen.path.to_string_lossy())) } else { INSTALL.into() },
            );
            troubles.push(trouble.by(Repair::Install));
        }
        What::Foreign(who) => troubles.push(
            Trouble::error("hook-foreign", format!("{path} is {who}, which does not run ours"), INSTALL)
                .by(Repair::Install),
        ),
        What::Husky { first: false, script } => troubles.push(Trouble::warning(
            "hook-not-first",
            format!("{}: commands stand before ours, and may end the script first", site.shown(script)),
            INSTALL,
        )),
        What::Behind(stub) | What::Ours(stub) | What::Config(_, stub) => stub_state(hook, &path, stub, troubles),
        What::Husky { .. } | What::Lefthook(_) | What::Framework(_) => {}
    }
}

fn stub_state(hook: &str, path: &str, stub: &Stub, troubles: &mut Vec<Trouble>) {
    let repair = if stub.kind == "stub" { Repair::Install } else { Repair::InstallGlobal };
    let fix = if stub.kind == "stub" { INSTALL } else { "shield-hook install --global" };
    if !stub.intact {
        let what = format!("{path} is our hook, edited: it may do anything");
        troubles.push(Trouble::error("stub-edited", what, fix).by(repair));
    } else if stub.version != env!("CARGO_PKG_VERSION") {
        let what = format!("{path} was written by version {}, and this is {}", stub.version, env!("CARGO_PKG_VERSION"));
        troubles.push(Trouble::warning("stub-outdated", what, fix).by(repair));
    }
    if stub.hook != hook {
        let what = format!("{path} is our hook for {}, under another name", stub.hook);
        troubles.push(Trouble::error("stub-misplaced", what, fix).by(repair));
    }
}

/// The programs that the hooks would start: each must be there, be this program, and be of this version.
fn programs(seen: &[Seen], program: &Path, troubles: &mut Vec<Trouble>) {
    let named: BTreeSet<PathBuf> = seen.iter().filter_map(|s| s.stub()?.binary.clone()).collect();
    let by_path = seen.iter().any(|s| matches!(s.what, What::Husky { .. } | What::Lefthook(_) | What::Framework(_)));
    for path in &named {
        let shown = path.display();
        if files::is_executable(path) {
            version_of(path, program, troubles);
            continue;
        }
        let gone = if path.exists() { "is not executable" } else { "is gone" };
        let (what, weight) = match in_path() {
            Some(other) => {
                version_of(&other, program, troubles);
                (format!("the program that the hooks name, {shown}, {gone}; PATH has {}", other.display()), false)
            }
            None => (
                format!("the program that the hooks name, {shown}, {gone}, and PATH has none: every commit is stopped"),
                true,
            ),
        };
        let trouble = if weight { Trouble::error } else { Trouble::warning };
        troubles.push(trouble("program-missing", what, INSTALL.to_owned()).by(Repair::Install));
    }
    if by_path && in_path().is_none() {
        troubles.push(Trouble::warning(
            "program-not-in-path",
            "the hooks that a manager runs look for shield-hook in PATH on other machines, and here it is not in it",
            format!("add {} to PATH", quote(&program.parent().unwrap_or(Path::new("/")).to_string_lossy())),
        ));
    }
}

fn version_of(path: &Path, program: &Path, troubles: &mut Vec<Trouble>) {
    if path == program {
        return;
    }
    let output = Command::new(path).arg("--version").stdin(Stdio::null()).output();
    let said = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    match said.strip_prefix("shield-hook ") {
        Some(env!("CARGO_PKG_VERSION")) => {}
        Some(version) => troubles.push(
            Trouble::warning(
                "program-version",
                format!("the hooks run {}, version {version}; this is {}", path.display(), env!("CARGO_PKG_VERSION")),
                INSTALL,
            )
            .by(Repair::Install),
        ),
        None => troubles.push(
            Trouble::error(
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

/// Stubs of ours that git no longer looks at.
fn shadowed(site: &Site, seen: &[Seen], troubles: &mut Vec<Trouble>) -> Result<()> {
    let Some(path) = &site.hooks_path else { return Ok(()) };
    let own = site.common.join("hooks");
    if own == site.hooks || global::is_dispatcher(path) {
        return Ok(());
    }
    let ours_run = seen.iter().any(Seen::is_ours);
    for hook in names::OURS {
        if directory::find(&own, hook)?.is_some() && !ours_run {
            troubles.push(
                Trouble::error(
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
        troubles.push(
            Trouble::warning(
                "global-shadowed",
                format!("core.hooksPath ({}) stands before the one for all your repositories", path.origin),
                INSTALL,
            )
            .by(Repair::Install),
        );
    }
    Ok(())
}

/// Hooks in the configuration that are switched off, or that this git does not know.
fn switched_off(site: &Site, troubles: &mut Vec<Trouble>) -> Result<()> {
    let named = global::config_hooks(&site.git)?;
    let version = site.git.version()?;
    if !named.is_empty() && version < super::super::usergit::CONFIG_HOOKS {
        let what = format!(
            "your configuration names hooks, which git {}.{} does not know: they are not run",
            version.0, version.1
        );
        troubles.push(
            Trouble::error("config-hooks-unknown", what, "shield-hook install --global").by(Repair::InstallGlobal),
        );
    }
    for Setting { scope, key, value } in settings(site, r"^hook\..*\.enabled$")? {
        let name = key.trim_start_matches("hook.").trim_end_matches(".enabled");
        let ours = name.starts_with("shield-hook-") || names::OURS.contains(&name);
        let off = matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        if ours && off {
            troubles.push(Trouble::error(
                "config-hook-off",
                format!("{key} is {value}: git does not run that hook"),
                format!("git config --{scope} --unset-all {key}"),
            ));
        }
    }
    for (hook, command) in named {
        let stub = super::super::stub::unquote(&command).map(PathBuf::from);
        if !stub.as_deref().is_some_and(files::is_executable) {
            troubles.push(
                Trouble::error(
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

/// One setting of git's.
struct Setting {
    /// `local`, `global` and so on: where it can be taken out.
    scope: String,
    key: String,
    value: String,
}

/// The settings whose key matches.
fn settings(site: &Site, key: &str) -> Result<Vec<Setting>> {
    let said = site.git.ask(["config", "-z", "--show-scope", "--get-regexp", key])?.unwrap_or_default();
    let fields: Vec<&str> = said.split('\0').collect();
    let pairs = fields.chunks_exact(2).map(|pair| {
        let (key, value) = pair[1].split_once('\n').unwrap_or((pair[1], "true"));
        Setting { scope: pair[0].into(), key: key.into(), value: value.into() }
    });
    Ok(pairs.collect())
}

/// Aliases that leave the hooks out.
fn aliases(site: &Site, troubles: &mut Vec<Trouble>) -> Result<()> {
    for Setting { scope, key, value } in settings(site, r"^alias\.")? {
        let words: Vec<&str> = value.split_whitespace().collect();
        let short = words.contains(&"commit")
            && words.iter().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('n') && !w.contains('m'));
        if words.contains(&"--no-verify") || short || value.to_lowercase().contains("core.hookspath") {
            troubles.push(Trouble::warning(
                "alias-without-hooks",
                format!("git {} leaves the hooks out: {value}", key.trim_start_matches("alias.")),
                format!("git config --{scope} --unset-all {key}   # `shield-hook install --strict` cannot be left out"),
            ));
        }
    }
    Ok(())
}
