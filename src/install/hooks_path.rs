//! A setting that leads git to another hooks directory.

use std::path::Path;

use super::stub::quote;

/// A `core.hooksPath` in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    /// The value as written.
    pub value: String,
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// The file or the command line that sets it.
    pub origin: String,
}

impl HooksPath {
    /// Returns whether the setting applies to other repositories as well.
    pub fn is_shared(&self) -> bool {
        matches!(self.scope.as_str(), "system" | "global")
    }

    /// The command that removes the setting.
    pub fn way_out(&self) -> String {
        // A scope's flag does not reach a file that another one includes.
        let own = |name: &str| Path::new(&self.origin).file_name().is_some_and(|file| file == name);
        match self.scope.as_str() {
            "command" => {
                "leave out `-c core.hooksPath=...`, and unset GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS".into()
            }
            "local" | "worktree" | "global" | "system"
                if ["config", "config.worktree", ".gitconfig", "gitconfig"].iter().any(|name| own(name)) =>
            {
                format!("git config --{} --unset-all core.hooksPath", self.scope)
            }
            _ => format!("git config --file {} --unset-all core.hooksPath", quote(&self.origin)),
        }
    }
}
