//! The user's own set-up: the environment, and the installation for all repositories.

use std::path::Path;

use super::super::usergit::{CONFIG_HOOKS, UserGit};
use super::super::{directory, files, global, names};
use super::{Diagnosis, Problem, Repair, in_path};
use crate::error::Result;
use crate::file;

/// Checks the set-up. Returns whether hooks are installed for every repository.
pub(super) fn check(git: &UserGit, diagnosis: &mut Diagnosis, program: &Path) -> Result<bool> {
    environment(diagnosis);
    if let Some(other) = in_path()
        && other.canonicalize().ok() != program.canonicalize().ok()
        && file::read(&other).ok() != file::read(program).ok()
    {
        diagnosis.problems.push(Problem::warning(
            "path-other-program",
            format!(
                "PATH leads to {}, which is another program than this one ({})",
                other.display(),
                program.display()
            ),
            "install it again: ./install.sh",
        ));
    }
    let directory = global::stub_directory()?;
    let hooks_path = git.ask(["config", "--global", "--type=path", "--get", "core.hooksPath"])?;
    let by_dispatcher = hooks_path.as_deref().map(Path::new) == Some(directory.as_path());
    let by_config = !by_dispatcher && !global::config_hooks(git)?.is_empty();
    if by_dispatcher {
        let foreign = names::USUAL.iter().find(|hook| {
            let path = directory.join(hook);
            files::is_executable(&path) && !directory::find(&directory, hook).is_ok_and(|stub| stub.is_some())
        });
        if let Some(hook) = foreign {
            let message = format!(
                "{} is not ours: something that honours core.hooksPath (`prek install`) wrote it for every repository of \
                 yours",
                directory.join(hook).display()
            );
            diagnosis.problems.push(
                Problem::error("dispatcher-foreign", message, "shield-hook install --global").by(Repair::InstallGlobal),
            );
        }
        diagnosis.facts.push("installed for every repository".into());
        let missing = names::ALL.iter().find(|hook| !files::is_executable(&directory.join(hook)));
        if let Some(hook) = missing {
            diagnosis.problems.push(
                Problem::error(
                    "dispatcher-incomplete",
                    format!(
                        "core.hooksPath leads to {}, where {hook} is missing or not executable",
                        directory.display()
                    ),
                    "shield-hook install --global",
                )
                .by(Repair::InstallGlobal),
            );
        }
        if git.version()? >= CONFIG_HOOKS {
            diagnosis.problems.push(
                Problem::warning(
                    "dispatcher-outdated",
                    "this git runs hooks from its configuration, which no repository's core.hooksPath can shadow",
                    "shield-hook install --global",
                )
                .by(Repair::InstallGlobal),
            );
        }
    } else if by_config {
        diagnosis.facts.push("installed for every repository".into());
    }
    Ok(by_dispatcher || by_config)
}

/// Variables that disable a hook or replace the policy.
fn environment(diagnosis: &mut Diagnosis) {
    let husky = diagnosis.seen.iter().any(|s| matches!(s.state, super::HookState::Husky { .. }));
    let lefthook = diagnosis.seen.iter().any(|s| matches!(s.state, super::HookState::Lefthook(_)));
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|v| v == value);
    let mut report = |name: &str, what: &str, error: bool| {
        let problem = if error { Problem::error } else { Problem::warning };
        diagnosis.problems.push(problem("environment", format!("{name}: {what}"), format!("unset {name}")));
    };
    if husky && is("HUSKY", "0") {
        report("HUSKY", "it is 0, so husky runs no hook in this environment", true);
    }
    if lefthook && (is("LEFTHOOK", "0") || is("LEFTHOOK", "false")) {
        report("LEFTHOOK", "it is 0, so lefthook runs no hook in this environment", true);
    }
    if std::env::var_os("SHIELD_HOOK_CANARY").is_some() {
        report("SHIELD_HOOK_CANARY", "it is set, so hooks of yours beside ours are not run", false);
    }
    if std::env::var_os("SHIELD_HOOK_CHAIN").is_some() {
        report("SHIELD_HOOK_CHAIN", "it is set, so hooks of yours beside ours may not run", false);
    }
    for name in ["SHIELD_HOOK_CONFIG", "SHIELD_HOOK_BASELINE"] {
        if let Some(value) = std::env::var_os(name) {
            report(name, &format!("it puts {} in the place of the repository's own", value.display()), false);
        }
    }
    if husky {
        let init = std::env::var_os("XDG_CONFIG_HOME")
            .map(std::path::PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|h| Path::new(&h).join(".config")))
            .map(|dir| dir.join("husky/init.sh"));
        if let Some(init) = init
            && file::read_to_string(&init).is_ok_and(|text| text.contains("HUSKY=0"))
        {
            diagnosis.problems.push(Problem::error(
                "husky-off",
                format!("{} sets HUSKY=0, so husky runs no hook for you", init.display()),
                format!("take that line out of {}", init.display()),
            ));
        }
    }
}
