//! The user's own set-up: the environment, and the installation for all repositories.

use std::path::{Path, PathBuf};

use super::super::inspect::HookState;
use super::super::usergit::{CONFIG_HOOKS, UserGit};
use super::super::{directory, files, global};
use super::{Diagnosis, Problem, in_path, messages};
use crate::environment;
use crate::error::Result;
use crate::file;
use crate::hook;

/// Checks the set-up. Returns whether hooks are installed for every repository.
pub(super) fn check(git: &UserGit, diagnosis: &mut Diagnosis, program: &Path) -> Result<bool> {
    check_environment(diagnosis);
    if let Some(other) = in_path()
        && other.canonicalize().ok() != program.canonicalize().ok()
        && file::read(&other).ok() != file::read(program).ok()
    {
        diagnosis.problems.push(messages::path_other_program(&other, program));
    }
    let directory = global::stub_directory()?;
    let hooks_path = git.ask(["config", "--global", "--type=path", "--get", "core.hooksPath"])?;
    let by_dispatcher = hooks_path.as_deref().map(Path::new) == Some(directory.as_path());
    if by_dispatcher {
        diagnosis.problems.extend(dispatcher_problems(git, &directory)?);
    }
    let for_all = by_dispatcher || !global::config_hooks(git)?.is_empty();
    if for_all {
        diagnosis.facts.push("installed for every repository".into());
    }
    Ok(for_all)
}

fn dispatcher_problems(git: &UserGit, directory: &Path) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let is_foreign = |hook: &&&str| {
        files::is_executable(&directory.join(hook))
            && !directory::find(directory, hook).is_ok_and(|stub| stub.is_some())
    };
    if let Some(hook) = hook::USUAL.iter().find(is_foreign) {
        problems.push(messages::dispatcher_foreign(&directory.join(hook)));
    }
    if let Some(hook) = hook::GIT_HOOKS.iter().find(|hook| !files::is_executable(&directory.join(hook))) {
        problems.push(messages::dispatcher_incomplete(directory, hook));
    }
    if git.version()? >= CONFIG_HOOKS {
        problems.push(messages::dispatcher_outdated());
    }
    Ok(problems)
}

/// Variables that disable a hook or replace the policy.
fn check_environment(diagnosis: &mut Diagnosis) {
    let runs = |manager: fn(&HookState) -> bool| diagnosis.hooks.iter().any(|hook| manager(&hook.state));
    let husky = runs(|state| matches!(state, HookState::Husky { .. }));
    let lefthook = runs(|state| matches!(state, HookState::Lefthook(_)));
    let is = |name: &str, value: &str| environment::variable(name).is_some_and(|v| v == value);
    let problems = &mut diagnosis.problems;
    if husky && is("HUSKY", "0") {
        problems.push(messages::disabled_by("HUSKY", "it is 0, so husky runs no hook in this environment"));
    }
    if lefthook && (is("LEFTHOOK", "0") || is("LEFTHOOK", "false")) {
        problems.push(messages::disabled_by("LEFTHOOK", "it is 0, so lefthook runs no hook in this environment"));
    }
    for name in ["SHIELD_HOOK_CANARY", "SHIELD_HOOK_CHAIN"] {
        if environment::is_set(name) {
            problems.push(messages::changed_by(name, "it is set, so your other hooks may not run beside shield-hook"));
        }
    }
    for name in ["SHIELD_HOOK_CONFIG", "SHIELD_HOOK_BASELINE"] {
        if let Some(value) = environment::variable(name) {
            let effect = format!("it replaces the repository's own with {}", value.display());
            problems.push(messages::changed_by(name, &effect));
        }
    }
    if husky && let Some(init) = husky_off_script() {
        problems.push(messages::husky_off(&init));
    }
}

/// The user's script that disables husky.
fn husky_off_script() -> Option<PathBuf> {
    let config =
        environment::path("XDG_CONFIG_HOME").or_else(|| environment::path("HOME").map(|home| home.join(".config")))?;
    let init = config.join("husky/init.sh");
    file::read_to_string(&init).is_ok_and(|text| text.contains("HUSKY=0")).then_some(init)
}
