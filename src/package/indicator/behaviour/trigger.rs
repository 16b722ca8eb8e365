//! The files whose code runs by itself, as data.

use super::super::super::wildcard;

/// A kind of file that runs by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TriggerKind {
    /// A program that installs or builds.
    Program,
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
}

const fn trigger(pattern: &'static str, kind: TriggerKind, when: &'static str) -> Trigger {
    Trigger { pattern, kind, when }
}

use TriggerKind::{Commands, EditorSettings, Instructions, Manifest, Program, Servers, Startup, Submodules, Workflow};

const INSTALLED: &str = "the package is installed";
const ASSISTANT: &str = "an assistant reads it";

/// Every trigger; the first that fits counts.
pub(super) static TRIGGERS: &[Trigger] = &[
    trigger("setup.py", Program, INSTALLED),
    trigger("build.rs", Program, "the crate is built"),
    trigger("extconf.rb", Program, "the gem is installed"),
    trigger("binding.gyp", Program, "the native module is built"),
    trigger("preinstall.*", Program, INSTALLED),
    trigger("postinstall.*", Program, INSTALLED),
    trigger("install.*js", Program, INSTALLED),
    trigger("setup.*js", Program, INSTALLED),
    trigger("setup_*js", Program, INSTALLED),
    trigger("setup-*js", Program, INSTALLED),
    trigger("conftest.py", Commands, "the tests start"),
    trigger("sitecustomize.py", Startup, "Python starts"),
    trigger("usercustomize.py", Startup, "Python starts"),
    trigger("*.pth", Startup, "Python starts"),
    trigger("package.json", Manifest, INSTALLED),
    trigger("composer.json", Commands, INSTALLED),
    trigger("devcontainer.json", Commands, "the development container starts"),
    trigger(".devcontainer.json", Commands, "the development container starts"),
    trigger(".vscode/tasks.json", Commands, "the editor runs its tasks"),
    trigger(".envrc", Commands, "a shell enters the folder"),
    trigger(".husky/*", Commands, "git runs its hooks"),
    trigger("lefthook.y*ml", Commands, "git runs its hooks"),
    trigger(".pre-commit-config.yaml", Commands, "git runs its hooks"),
    trigger("Makefile", Commands, "the project is built"),
    trigger("GNUmakefile", Commands, "the project is built"),
    trigger("Dockerfile*", Commands, "the image is built"),
    trigger(".claude/settings*.json", Commands, "an assistant's session runs"),
    trigger(".gemini/settings.json", Servers, "an assistant starts"),
    trigger(".cursor/hooks.json", Servers, "an assistant's session runs"),
    trigger(".codex/config.toml", Servers, "an assistant starts"),
    trigger(".mcp.json", Servers, "an assistant starts"),
    trigger(".cursor/mcp.json", Servers, "an assistant starts"),
    trigger(".vscode/mcp.json", Servers, "an assistant starts"),
    trigger("CLAUDE.md", Instructions, ASSISTANT),
    trigger("AGENTS.md", Instructions, ASSISTANT),
    trigger("GEMINI.md", Instructions, ASSISTANT),
    trigger("SKILL.md", Instructions, ASSISTANT),
    trigger("copilot-instructions.md", Instructions, ASSISTANT),
    trigger(".cursorrules", Instructions, ASSISTANT),
    trigger(".windsurfrules", Instructions, ASSISTANT),
    trigger(".cursor/rules/**", Instructions, ASSISTANT),
    trigger(".claude/**", Instructions, ASSISTANT),
    trigger(".github/workflows/*.yml", Workflow, "the workflow runs"),
    trigger(".github/workflows/*.yaml", Workflow, "the workflow runs"),
    trigger("action.y*ml", Workflow, "a workflow uses the action"),
    trigger(".vscode/settings.json", EditorSettings, "the editor opens the folder"),
    trigger(".gitmodules", Submodules, "the submodules are updated"),
];

/// The trigger that the file at `path` is.
pub(super) fn of(path: &str) -> Option<&'static Trigger> {
    TRIGGERS.iter().find(|trigger| trigger.is(path))
}

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
    fn other_files_run_when_they_are_asked() {
        for path in
            ["src/main.rs", "README.md", "settings.json", "app/tasks.json", "xsetup.py", "a.claude/b.md", "docs/a.yml"]
        {
            assert!(of(path).is_none(), "{path}");
        }
    }
}
