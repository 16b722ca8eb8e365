//! The lines that `install` and `uninstall` print.

use std::path::Path;

use super::directory::StubOutcome;
use super::hooks_path::HooksPath;
use super::husky::ScriptOutcome;

/// The command that puts our hooks into every submodule.
pub const INSTALL_IN_SUBMODULES: &str = "git submodule foreach --recursive 'shield-hook install'";

pub const PROVE: &str = "prove it: shield-hook canary";
pub const NOTHING_INSTALLED: &str = "nothing was installed";

/// The entry for the pre-commit framework's configuration.
pub const FRAMEWORK_ENTRY: &str = "\
this repository uses the pre-commit framework: its hooks keep running. To share ours, add to .pre-commit-config.yaml:
  default_install_hook_types: [pre-commit, pre-merge-commit, commit-msg, pre-push]
  repos:
  - repo: local
    hooks:
      - id: shield-hook
        name: shield-hook
        entry: shield-hook hook pre-commit
        language: system
        stages: [pre-commit, pre-merge-commit]
        pass_filenames: false
        always_run: true
      - id: shield-hook-message
        name: shield-hook (message)
        entry: shield-hook hook commit-msg
        language: system
        stages: [commit-msg]
        always_run: true
      - id: shield-hook-push
        name: shield-hook (push)
        entry: shield-hook hook pre-push
        language: system
        stages: [pre-push]
        pass_filenames: false
        always_run: true";

/// The lines after an installation through a global `core.hooksPath`.
pub fn dispatcher((major, minor): (u32, u32), directory: &Path, hooks: &[&str]) -> Vec<String> {
    vec![
        format!("git {major}.{minor}: core.hooksPath in your own configuration leads to {}", directory.display()),
        format!("  {}: shield-hook, then the repository's own", hooks.join(", ")),
        "  every other hook: the repository's own, from its .git/hooks".into(),
        "  a repository with a core.hooksPath of its own (husky) needs `shield-hook install` there".into(),
        "  other managers: while core.hooksPath is set, `pre-commit install` and `lefthook install` refuse, and `prek \
         install` writes for all repositories. Do not unset it, which disables shield-hook; in the repository, run:"
            .into(),
        "    GIT_CONFIG_GLOBAL=/dev/null pre-commit install   (or prek, or lefthook)".into(),
    ]
}

/// The lines after an installation as configuration hooks.
pub fn config_hooks(hooks: &[&str], directory: &Path) -> Vec<String> {
    vec![
        "your own configuration names hooks for every repository (hook.shield-hook-*)".into(),
        format!("  {}: in {}; the repository's own hooks run as well", hooks.join(", "), directory.display()),
    ]
}

pub fn global_directory(theirs: &HooksPath) -> String {
    format!("core.hooksPath in {} leads to {}: the hooks of shield-hook go there", theirs.origin, theirs.value)
}

pub fn hooks_path(path: &HooksPath) -> String {
    format!("core.hooksPath ({}, {}) leads git to {}", path.scope, path.origin, path.value)
}

pub const SHARED_DIRECTORY: &str = "  that directory serves other repositories too: they are checked from now on";

pub fn tracked_directory(directory: &str) -> String {
    format!("{directory} is part of the work tree: commit it to share the hooks")
}

pub fn hook(hook: &str, outcome: &StubOutcome) -> String {
    format!("  {hook}: {}", stub_outcome(outcome))
}

pub fn hook_in(hook: &str, outcome: &StubOutcome, directory: &str) -> String {
    format!("  {hook}: {} (in {directory})", stub_outcome(outcome))
}

pub fn displaced(path: &str) -> String {
    format!("    it is now {path}")
}

fn stub_outcome(outcome: &StubOutcome) -> &'static str {
    match outcome {
        StubOutcome::New => "new",
        StubOutcome::Unchanged => "in place already",
        StubOutcome::Updated => "updated",
        StubOutcome::BehindManager => "new; the hook manager that is there runs it first",
        StubOutcome::Chained => "new; the hook that was there keeps running",
    }
}

pub fn husky(scripts: &str) -> String {
    format!("husky runs this repository's hooks: shield-hook is called from {scripts}")
}

pub fn commit_husky(scripts: &str) -> String {
    format!("commit {scripts}, and everybody who runs husky is checked")
}

pub fn pending_husky(scripts: &str) -> String {
    format!(
        "husky will run this repository's hooks once it is set up here (npm install): shield-hook is called from \
         {scripts} too"
    )
}

pub fn commit_pending_husky(scripts: &str) -> String {
    format!("{}; in a linked work tree it has to be run once, too", commit_husky(scripts))
}

pub fn husky_script(hook: &str, outcome: &ScriptOutcome) -> String {
    let outcome = match outcome {
        ScriptOutcome::New => "new",
        ScriptOutcome::Unchanged => "in place already",
        ScriptOutcome::Prepended => "shield-hook first, then the existing commands",
        ScriptOutcome::NotShell => "not a shell script: call `shield-hook hook` from it by hand",
    };
    format!("  {hook}: {outcome}")
}

pub fn lefthook(team: &str) -> String {
    format!("lefthook runs this repository's hooks ({team})")
}

pub fn lefthook_commands(config: &str, hooks: &[&str], changed: bool) -> String {
    let outcome = if changed { "the commands of shield-hook were added" } else { "in place already" };
    format!("  {config} ({}): {outcome}", hooks.join(", "))
}

pub fn lefthook_team(team: &str) -> String {
    format!("for the whole team, add the same commands to {team}; they find shield-hook in PATH")
}

pub fn unguarded_submodule(path: &str) -> String {
    format!("the submodule {path} has no hooks; for all of them: {INSTALL_IN_SUBMODULES}")
}

pub fn lines_removed(path: &str) -> String {
    format!("  {path}: the lines of shield-hook were removed")
}

pub fn directory_removed(path: &str) -> String {
    format!("  {path}: removed, with the journal")
}
