//! The files whose code runs by itself, as data.

use super::super::super::wildcard;
use crate::path::hook_managers;
use crate::rule::Status;

/// A kind of file that runs by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TriggerKind {
    /// A program that installs or builds.
    Program,
    /// A program that is called like one that installs. Many set up the machine of a developer who started them.
    Setup,
    /// A program that an interpreter starts with.
    Startup,
    /// Commands of a tool's configuration.
    Commands,
    /// Commands of a manifest's install events; its other lines run on demand.
    Manifest,
    /// Text that an assistant follows.
    Instructions,
    /// Programs that an assistant starts.
    Servers,
    /// A workflow with the secrets of its repository.
    Workflow,
    /// Settings that name programs.
    EditorSettings,
    /// Addresses of further repositories.
    Submodules,
}

/// A file that runs by itself.
#[derive(Debug)]
pub(super) struct Trigger {
    /// A file name, or the end of a path; one `*` matches characters of one part, `**` at the end for any file below.
    pattern: &'static str,
    pub(super) kind: TriggerKind,
    /// The event, for people.
    pub(super) when: &'static str,
    /// The stage of its life.
    pub(super) status: Status,
    /// Who answers for it: whose documentation says that the file runs.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, and for the test of the table"))]
    pub(super) owner: &'static str,
}

const fn trigger(pattern: &'static str, kind: TriggerKind, when: &'static str, owner: &'static str) -> Trigger {
    Trigger { pattern, kind, when, status: Status::Stable, owner }
}

use TriggerKind::{
    Commands, EditorSettings, Instructions, Manifest, Program, Servers, Setup, Startup, Submodules, Workflow,
};

const INSTALLED: &str = "the package is installed";
const ASSISTANT: &str = "an assistant reads it";

/// Every trigger; the first that fits counts.
pub(super) static TRIGGERS: &[Trigger] = &[
    trigger("setup.py", Program, INSTALLED, "pip"),
    trigger("build.rs", Program, "the crate is built", "cargo"),
    trigger("extconf.rb", Program, "the gem is installed", "rubygems"),
    trigger("binding.gyp", Program, "the native module is built", "npm"),
    trigger("preinstall.*", Program, INSTALLED, "npm"),
    trigger("postinstall.*", Program, INSTALLED, "npm"),
    trigger("install.*js", Setup, INSTALLED, "npm"),
    trigger("setup.*js", Setup, INSTALLED, "npm"),
    trigger("setup_*js", Setup, INSTALLED, "npm"),
    trigger("setup-*js", Setup, INSTALLED, "npm"),
    trigger("conftest.py", Commands, "the tests start", "pytest"),
    trigger("sitecustomize.py", Startup, "Python starts", "python"),
    trigger("usercustomize.py", Startup, "Python starts", "python"),
    trigger("*.pth", Startup, "Python starts", "python"),
    trigger("package.json", Manifest, INSTALLED, "npm"),
    trigger("composer.json", Commands, INSTALLED, "composer"),
    trigger("devcontainer.json", Commands, "the development container starts", "devcontainers"),
    trigger(".devcontainer.json", Commands, "the development container starts", "devcontainers"),
    trigger(".vscode/tasks.json", Commands, "the editor runs its tasks", "vscode"),
    trigger(".envrc", Commands, "a shell enters the folder", "direnv"),
    trigger(".husky/*", Commands, "git runs its hooks", "husky"),
    trigger("lefthook.y*ml", Commands, "git runs its hooks", "lefthook"),
    trigger(".pre-commit-config.yaml", Commands, "git runs its hooks", "pre-commit"),
    trigger("Makefile", Commands, "the project is built", "make"),
    trigger("GNUmakefile", Commands, "the project is built", "make"),
    trigger("Dockerfile*", Commands, "the image is built", "docker"),
    trigger(".claude/settings*.json", Commands, "an assistant's session runs", "claude"),
    trigger(".gemini/settings.json", Servers, "an assistant starts", "gemini"),
    trigger(".cursor/hooks.json", Servers, "an assistant's session runs", "cursor"),
    trigger(".codex/config.toml", Servers, "an assistant starts", "codex"),
    trigger(".mcp.json", Servers, "an assistant starts", "mcp"),
    trigger(".cursor/mcp.json", Servers, "an assistant starts", "cursor"),
    trigger(".vscode/mcp.json", Servers, "an assistant starts", "vscode"),
    trigger("CLAUDE.md", Instructions, ASSISTANT, "claude"),
    trigger("AGENTS.md", Instructions, ASSISTANT, "agents.md"),
    trigger("GEMINI.md", Instructions, ASSISTANT, "gemini"),
    trigger("SKILL.md", Instructions, ASSISTANT, "claude"),
    trigger("copilot-instructions.md", Instructions, ASSISTANT, "github"),
    trigger(".cursorrules", Instructions, ASSISTANT, "cursor"),
    trigger(".windsurfrules", Instructions, ASSISTANT, "windsurf"),
    trigger(".cursor/rules/**", Instructions, ASSISTANT, "cursor"),
    trigger(".claude/**", Instructions, ASSISTANT, "claude"),
    trigger(".github/workflows/*.yml", Workflow, "the workflow runs", "github"),
    trigger(".github/workflows/*.yaml", Workflow, "the workflow runs", "github"),
    trigger("action.y*ml", Workflow, "a workflow uses the action", "github"),
    trigger(".vscode/settings.json", EditorSettings, "the editor opens the folder", "vscode"),
    trigger(".gitmodules", Submodules, "the submodules are updated", "git"),
];

/// The trigger that the file at `path` is.
pub(super) fn of(path: &str) -> Option<&'static Trigger> {
    TRIGGERS.iter().find(|trigger| trigger.is(path)).or_else(|| hook_managers::holds(path).then_some(&HOOKS))
}

/// The files of hook managers that [`TRIGGERS`] does not name at any depth.
static HOOKS: Trigger = trigger("", Commands, "git runs its hooks", "git");

impl Trigger {
    fn is(&self, path: &str) -> bool {
        if let Some(folder) = self.pattern.strip_suffix("**") {
            return path.starts_with(folder) || path.match_indices(folder).any(|(at, _)| path[..at].ends_with('/'));
        }
        let parts = self.pattern.matches('/').count();
        let start = path.rmatch_indices('/').nth(parts).map_or(0, |(at, _)| at + 1);
        wildcard::matches(self.pattern, &path[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_is_found_at_the_root_and_below() {
        for trigger in TRIGGERS {
            let path = trigger.pattern.replace("**", "a/b.md").replace('*', "x");
            for path in [path.clone(), format!("packages/web/{path}")] {
                assert_eq!(of(&path).map(|found| found.kind), Some(trigger.kind), "{path}");
            }
        }
    }

    #[test]
    fn the_files_of_every_hook_manager_are_triggers() {
        for manager in hook_managers::HOOK_MANAGERS {
            let inside = manager.folders.iter().map(|folder| format!("{folder}/pre-commit"));
            for path in manager.files.iter().map(|file| (*file).to_owned()).chain(inside) {
                assert!(of(&path).is_some(), "{path}");
            }
        }
    }

    #[test]
    fn every_trigger_has_an_owner() {
        assert!(TRIGGERS.iter().all(|trigger| !trigger.owner.is_empty() && trigger.status != Status::Deprecated));
    }

    #[test]
    fn other_files_run_when_they_are_asked() {
        for path in
            ["src/main.rs", "README.md", "settings.json", "app/tasks.json", "xsetup.py", "a.claude/b.md", "docs/a.yml"]
        {
            assert!(of(path).is_none(), "{path}");
        }
    }
}
