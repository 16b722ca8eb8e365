//! Every problem that the doctor reports: its id, its message and the command that repairs it.

use std::fmt::Display;
use std::path::Path;

use super::super::hooks_path::HooksPath;
use super::super::messages::INSTALL_IN_SUBMODULES;
use super::super::stub::{Stub, quote};
use super::{Problem, Repair};
use crate::error::Error;
use crate::hook::Hook;
use crate::policy::allowlist::Allowance;
use crate::rule::{Confidence, Severity};
use crate::terminal::text::plural;

const INSTALL: &str = "shield-hook install";
const INSTALL_GLOBAL: &str = "shield-hook install --global";
const REINSTALL: &str = "install it again: ./install.sh";
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn no_repository(directory: &Path) -> Problem {
    Problem::error(
        "no-repository",
        format!("{} is not in a git repository, and no hooks are installed for all repositories", directory.display()),
        "run this in a repository, or install for all of them: shield-hook install --global",
    )
}

// Hooks of coding assistants.

pub fn assistant_unreadable(name: &str, settings: &str) -> Problem {
    Problem::error(
        "assistant-settings-broken",
        format!("{settings} is not JSON: {name} runs no hooks from it"),
        format!("repair {settings}, then run this again: shield-hook doctor"),
    )
}

pub fn assistant_switched_off(name: &str, file: &str) -> Problem {
    Problem::error(
        "assistant-hooks-off",
        format!("{file} switches all hooks of {name} off"),
        format!("take `disableAllHooks` out of {file}"),
    )
}

pub fn assistant_unasked(name: &str, id: &str, settings: &str, events: &str) -> Problem {
    Problem::error(
        "assistant-hook-missing",
        format!("{settings} has no entry of shield-hook for {events}: {name} is not stopped there"),
        format!("shield-hook install --assistant {id}"),
    )
}

pub fn assistant_program_gone(name: &str, id: &str, settings: &str) -> Problem {
    Problem::error(
        "assistant-program-missing",
        format!("the program that {settings} names is not there: everything that {name} does is refused"),
        format!("shield-hook install --assistant {id}"),
    )
}

// Hooks of the repository.

pub fn hook_missing(hook: &str, path: &str) -> Problem {
    Problem::error("hook-missing", format!("git runs no {hook} hook: there is no {path}"), INSTALL).by(Repair::Install)
}

/// Several hooks that are missing for one reason.
pub fn hooks_missing(hooks: &[&str], directory: &str) -> Problem {
    let message = format!("git runs none of these hooks, which are not in {directory}: {}", hooks.join(", "));
    Problem::error("hook-missing", message, INSTALL).by(Repair::Install)
}

/// The framework runs others of our hooks; `installer` is the manager's command, if its configuration names this one.
pub fn hook_missing_in_framework(hook: &str, installer: Option<&str>) -> Problem {
    let message = format!("git runs no {hook} hook, although the pre-commit framework runs others of shield-hook");
    match (installer, hook) {
        (Some(manager), _) => Problem::error("hook-missing", message, format!("{manager} install --hook-type {hook}")),
        (None, name) if Hook::named(name).is_some_and(|hook| hook.read_again) => {
            Problem::note("hook-missing", message, INSTALL).by(Repair::Install)
        }
        (None, _) => Problem::error("hook-missing", message, INSTALL).by(Repair::Install),
    }
}

pub fn hook_not_executable(shown: &str, path: &Path, is_ours: bool) -> Problem {
    let fix = if is_ours { format!("chmod +x {}", quote(&path.to_string_lossy())) } else { INSTALL.into() };
    let message = format!("git ignores {shown}: it is not executable");
    Problem::error("hook-not-executable", message, fix).by(Repair::Install)
}

pub fn hook_foreign(path: &str, owner: &str) -> Problem {
    let message = format!("{path} is {owner}, which does not run shield-hook");
    Problem::error("hook-foreign", message, INSTALL).by(Repair::Install)
}

pub fn hook_not_first(script: &str) -> Problem {
    let message = format!("{script}: commands run before shield-hook, and can end the script first");
    Problem::warning("hook-not-first", message, INSTALL)
}

pub fn hook_shadowed(hook: &str, directory: &str, path: &HooksPath) -> Problem {
    let HooksPath { value, scope, origin } = path;
    let message = format!(
        "the {hook} hook of shield-hook in {directory} is not run: core.hooksPath ({scope}, {origin}) leads to {value}"
    );
    Problem::error("hook-shadowed", message, INSTALL).by(Repair::Install)
}

pub fn global_shadowed(path: &HooksPath) -> Problem {
    let message = format!("core.hooksPath ({}) overrides the one for all your repositories", path.origin);
    Problem::warning("global-shadowed", message, INSTALL).by(Repair::Install)
}

pub fn hooks_path_nowhere(path: &HooksPath) -> Problem {
    let by_command = path.scope == "command";
    let origin = match by_command {
        true => "the command line or GIT_CONFIG_* variables".to_owned(),
        false => format!("{} configuration, {}", path.scope, path.origin),
    };
    let message = match path.value.as_str() {
        "" => format!("core.hooksPath is empty ({origin}): git runs no hook"),
        value => format!("core.hooksPath is {value} ({origin}), which is not a directory: git runs no hook"),
    };
    let fix = if by_command { path.way_out() } else { format!("{} && {INSTALL}", path.way_out()) };
    Problem::error("hooks-path-nowhere", message, fix)
}

// Stubs, and the program that they run.

pub fn stub_edited(path: &str, stub: &Stub) -> Problem {
    stub_problem("stub-edited", format!("{path} is a hook of shield-hook that was edited: its effect is unknown"), stub)
}

pub fn stub_outdated(path: &str, stub: &Stub) -> Problem {
    let message = format!("{path} was written by version {}; this is {VERSION}", stub.version);
    let error = stub_problem("stub-outdated", message, stub);
    Problem { level: super::ProblemLevel::Warning, ..error }
}

pub fn stub_misplaced(path: &str, stub: &Stub) -> Problem {
    let message = format!("{path} is shield-hook's hook for {}, under another name", stub.hook);
    stub_problem("stub-misplaced", message, stub)
}

fn stub_problem(id: &'static str, message: String, stub: &Stub) -> Problem {
    match stub.kind == "stub" {
        true => Problem::error(id, message, INSTALL).by(Repair::Install),
        false => Problem::error(id, message, INSTALL_GLOBAL).by(Repair::InstallGlobal),
    }
}

/// `other` is the program in PATH, which the hooks run instead.
pub fn program_missing(path: &Path, other: Option<&Path>) -> Problem {
    let state = if path.exists() { "is not executable" } else { "does not exist" };
    let message = format!("the program that the hooks name, {}, {state}", path.display());
    match other {
        Some(other) => Problem::warning(
            "program-missing",
            format!("{message}; they run {} from PATH instead", other.display()),
            INSTALL,
        ),
        None => {
            Problem::error("program-missing", format!("{message}, and PATH has none: every commit is stopped"), INSTALL)
        }
    }
    .by(Repair::Install)
}

pub fn program_not_in_path(program: &Path) -> Problem {
    Problem::warning(
        "program-not-in-path",
        "on other machines the hooks of a manager look for shield-hook in PATH, and here it is not in PATH",
        format!("add {} to PATH", quote(&program.parent().unwrap_or(Path::new("/")).to_string_lossy())),
    )
}

pub fn program_version(path: &Path, version: &str) -> Problem {
    let message = format!("the hooks run {}, version {version}; this is {VERSION}", path.display());
    Problem::warning("program-version", message, INSTALL).by(Repair::Install)
}

pub fn program_foreign(path: &Path, output: &str) -> Problem {
    let message = format!("the hooks run {}, which is not shield-hook: `--version` prints {output:?}", path.display());
    Problem::error("program-foreign", message, INSTALL).by(Repair::Install)
}

// Configuration hooks and aliases.

pub fn config_hooks_unknown((major, minor): (u32, u32)) -> Problem {
    let message =
        format!("your configuration names hooks, which git {major}.{minor} does not support: they are not run");
    Problem::error("config-hooks-unknown", message, INSTALL_GLOBAL).by(Repair::InstallGlobal)
}

pub fn config_hook_off(scope: &str, key: &str, value: &str) -> Problem {
    Problem::error(
        "config-hook-off",
        format!("{key} is {value}: git does not run that hook"),
        format!("git config --{scope} --unset-all {key}"),
    )
}

pub fn config_hook_broken(hook: &str, command: &str) -> Problem {
    let message = format!("the configuration hook for {hook} names {command}, which cannot be run");
    Problem::error("config-hook-broken", message, INSTALL_GLOBAL).by(Repair::InstallGlobal)
}

pub fn alias_without_hooks(scope: &str, key: &str, value: &str) -> Problem {
    Problem::warning(
        "alias-without-hooks",
        format!("git {} bypasses the hooks: {value}", key.trim_start_matches("alias.")),
        format!("git config --{scope} --unset-all {key}   # `shield-hook install --strict` cannot be bypassed"),
    )
}

// Work trees and submodules.

pub fn work_tree_lacks_directory(path: &HooksPath, fix: String) -> Problem {
    let message = format!("core.hooksPath is {}, which this linked work tree lacks: git runs no hook here", path.value);
    Problem::error("worktree-without-hooks", message, fix)
}

pub fn other_work_tree_lacks_directory(tree: &Path, path: &HooksPath, fix: String) -> Problem {
    let message =
        format!("the work tree {} has no {}: git runs no hook there, without a message", tree.display(), path.value);
    Problem::error("worktree-without-hooks", message, fix)
}

pub fn work_tree_hook_without_ours(tree: &Path, hook: &str) -> Problem {
    let message =
        format!("in the work tree {} the {hook} hook is the one of its branch, without shield-hook", tree.display());
    Problem::error("worktree-without-hooks", message, install_in(tree))
}

pub fn work_tree_lefthook_without_ours(tree: &Path, hook: &str) -> Problem {
    let message = format!("in the work tree {} lefthook's {hook} runs without shield-hook", tree.display());
    Problem::error("worktree-without-hooks", message, install_in(tree))
}

fn install_in(tree: &Path) -> String {
    format!("(cd {} && shield-hook install)", quote(&tree.to_string_lossy()))
}

pub fn future_work_tree_without_husky(hooks: &Path) -> Problem {
    Problem::note(
        "worktrees-without-hooks",
        "husky's hooks are found from the top of each work tree: in a linked work tree git runs no hook, without a \
         message, until husky has run there too",
        format!(
            "git config core.hooksPath {}   # husky resets it each time that it runs",
            quote(&hooks.to_string_lossy())
        ),
    )
}

pub fn future_work_tree_without_lefthook(local: &str, team: &str, hooks: &str) -> Problem {
    let message = format!(
        "a linked work tree or a clone that is created later does not have {local}: lefthook's {hooks} there runs \
         without shield-hook"
    );
    let fix = format!("shield-hook install, in each of them; or put its commands into {team}");
    Problem::note("worktrees-without-hooks", message, fix)
}

pub fn future_work_tree_without_stubs(hooks: &str) -> Problem {
    let message = format!(
        "a linked work tree or a clone that is created later has {hooks} as its branch has it, without shield-hook"
    );
    let fix = format!("git add {hooks} && git commit, or in each of them: shield-hook install");
    Problem::note("worktrees-without-hooks", message, fix)
}

pub fn submodule_unguarded(path: &str) -> Problem {
    let message = format!(
        "the submodule {path} has no hooks: its commits are read only when git pushes it along with this repository"
    );
    Problem::note("submodule-unguarded", message, INSTALL_IN_SUBMODULES)
}

// Tools beside the hooks.

pub fn jj() -> Problem {
    Problem::note(
        "jj-runs-no-hooks",
        "jj (Jujutsu) is used here too, and runs no git hook: `jj git push` is not checked on this machine",
        "push with git, which runs the hook (each bookmark is a branch of git's): git push origin BOOKMARK; or scan \
         first: shield-hook scan --range origin/HEAD..BOOKMARK && jj git push --bookmark BOOKMARK",
    )
}

pub fn gitbutler() -> Problem {
    Problem::note(
        "gitbutler-runs-no-hooks",
        "GitButler is used here too: its own commits and pushes may bypass git's hooks",
        "enable `Run hooks` in its project settings, or push with git: git push origin BRANCH",
    )
}

pub fn manager_rewrites(name: &str, file: &str) -> Problem {
    let message = format!(
        "{name} ({file}) overwrites the hooks of shield-hook each time that it runs, for example when dependencies are \
         installed; a `shield-hook install` after it in the same script restores them"
    );
    Problem::warning("manager-rewrites", message, INSTALL_GLOBAL)
}

pub fn set_up_rewrites(file: &str, line: usize, effect: &str) -> Problem {
    Problem::note(
        "set-up-rewrites",
        format!("{file}:{line} {effect}: once it has run, git may run other hooks than those of shield-hook"),
        "shield-hook install, after that line and after each run of it",
    )
}

pub fn husky_to_come(script: &str, hook: &str) -> Problem {
    let message = format!(
        "once husky runs here (when dependencies are installed), git runs {script} instead of {hook}, and shield-hook \
         does not come first in it"
    );
    Problem::warning("husky-to-come", message, INSTALL).by(Repair::Install)
}

pub fn manager_refuses(manager: &str) -> Problem {
    let message = format!(
        "`{manager} install` writes no hook here while your core.hooksPath is set, and the advice that it prints (unset \
         it, reset it) disables shield-hook"
    );
    Problem::note("manager-refuses", message, format!("GIT_CONFIG_GLOBAL=/dev/null {manager} install"))
}

// The journal.

pub fn journal_unwritable(shown: &str, error: impl Display) -> Problem {
    let message = format!("the journal {shown} cannot be written ({error}): runs leave no record");
    Problem::warning("journal-unwritable", message, format!("make {shown} writable"))
}

pub fn journal_damaged(shown: &str, lines: usize) -> Problem {
    let message = format!("{} of the journal {shown} cannot be read", plural(lines, "line", "lines"));
    Problem::warning("journal-damaged", message, format!("open {shown}, and remove those lines"))
}

/// `command` is the hook that did not run.
pub fn overdue(command: &str, message: String) -> Problem {
    let id = if command == "hook pre-push" { "push-overdue" } else { "commits-unseen" };
    Problem::warning(id, message, "shield-hook canary, then: shield-hook scan --history")
}

pub fn commits_bypassed(number: usize, ids: &str) -> Problem {
    let message = format!("{} made with --no-verify and not pushed yet: {ids}", plural(number, "commit", "commits"));
    Problem::warning("commits-bypassed", message, "shield-hook scan --range @{upstream}..HEAD")
}

// Policy, rules and data.

pub fn policy_broken(error: &Error) -> Problem {
    Problem::error(
        "policy-broken",
        format!("the policy cannot be read, so every commit is stopped: {}", error.message()),
        error.help_lines().first().cloned().unwrap_or_else(|| "shield-hook config check".into()),
    )
}

pub fn rules_few(active: usize, all: usize) -> Problem {
    Problem::error(
        "rules-few",
        format!("only {active} rules are active, of {all} in the program"),
        "remove `replace-builtin` or `disable` from .shield-hook.toml, and check: shield-hook config show",
    )
}

pub fn allowance_broad(allowance: &Allowance) -> Problem {
    let Allowance { file, line, path, commit, reason, .. } = allowance;
    let mut paths = if path.is_empty() { "every file".into() } else { path.join(", ") };
    if let Some(commit) = commit {
        paths += &format!(" of commit {commit}");
    }
    Problem::warning(
        "allowance-broad",
        format!("{file}:{line} allows every secret in {paths}: {reason}"),
        format!("edit {file}: name a rule, a value or a fingerprint"),
    )
}

pub fn policy_stale(message: String) -> Problem {
    Problem::warning("policy-stale", message, "shield-hook config check")
}

pub fn baseline_large(known: usize) -> Problem {
    let message = format!("{known} secrets are in the baseline, and none of them blocks");
    Problem::warning("baseline-large", message, "shield-hook baseline audit")
}

pub fn policy_high(confidence: Confidence, severity: Severity) -> Problem {
    Problem::warning(
        "policy-high",
        format!("only findings of {confidence} confidence and {severity} severity or more block"),
        "lower `block` and `severity` in the configuration: shield-hook config show",
    )
}

pub fn data_broken(error: &Error) -> Problem {
    Problem::error(
        "data-broken",
        format!("the data on hijacked packages cannot be read: {}", error.message()),
        error.help_lines().first().cloned().unwrap_or_else(|| REINSTALL.into()),
    )
}

pub fn data_missing() -> Problem {
    Problem::error("data-missing", "the program contains no data on hijacked packages", REINSTALL)
}

/// `has_source`: whether `advisories update` knows where to look.
pub fn data_old(message: String, has_source: bool) -> Problem {
    let fix = match has_source {
        true => "shield-hook advisories update, or a newer shield-hook",
        false => {
            "a newer shield-hook; or `shield-hook advisories update FILE|URL`, with `from` below [advisories] of your own \
             configuration for the next time"
        }
    };
    Problem::note("data-old", message, fix)
}

pub fn no_cooldown(manager: impl Display, lockfile: &str, fix: String) -> Problem {
    let message = format!("{manager} ({lockfile}) installs new versions as soon as they are published");
    Problem::note("no-cooldown", message, fix)
}

// The user's own set-up.

pub fn path_other_program(other: &Path, program: &Path) -> Problem {
    let message =
        format!("PATH leads to {}, which is another program than this one ({})", other.display(), program.display());
    Problem::warning("path-other-program", message, REINSTALL)
}

pub fn dispatcher_foreign(path: &Path) -> Problem {
    let message = format!(
        "{} is not a hook of shield-hook: a program that honours core.hooksPath (`prek install`) wrote it for all your \
         repositories",
        path.display()
    );
    Problem::error("dispatcher-foreign", message, INSTALL_GLOBAL).by(Repair::InstallGlobal)
}

pub fn dispatcher_incomplete(directory: &Path, hook: &str) -> Problem {
    let message = format!("core.hooksPath leads to {}, where {hook} is missing or not executable", directory.display());
    Problem::error("dispatcher-incomplete", message, INSTALL_GLOBAL).by(Repair::InstallGlobal)
}

pub fn dispatcher_outdated() -> Problem {
    let message = "this git supports configuration hooks, which no repository's core.hooksPath can shadow";
    Problem::warning("dispatcher-outdated", message, INSTALL_GLOBAL).by(Repair::InstallGlobal)
}

/// A variable that disables the hooks.
pub fn disabled_by(variable: &str, effect: &str) -> Problem {
    Problem::error("environment", format!("{variable}: {effect}"), format!("unset {variable}"))
}

/// A variable that changes the hooks.
pub fn changed_by(variable: &str, effect: &str) -> Problem {
    Problem::warning("environment", format!("{variable}: {effect}"), format!("unset {variable}"))
}

pub fn husky_off(init: &Path) -> Problem {
    let shown = init.display();
    Problem::error(
        "husky-off",
        format!("{shown} sets HUSKY=0, so husky runs no hook for you"),
        format!("remove that line from {shown}"),
    )
}
