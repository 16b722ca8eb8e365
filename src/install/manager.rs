//! The hook managers that the installation joins. [`crate::path::hook_managers`] lists all that are known.

use std::path::{Path, PathBuf};

use super::hooks_path::HooksPath;
use crate::path::hook_managers::LEFTHOOK;

/// The manager of a repository's hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manager {
    /// None: the hooks are files in the hooks directory.
    None,
    /// husky; its directory of scripts (`.husky`).
    Husky(PathBuf),
    /// lefthook; its configuration file.
    Lefthook(PathBuf),
}

impl Manager {
    /// The manager that has its hooks in `hooks`, or its configuration in `root`.
    pub(super) fn of(root: &Path, hooks: &Path, hooks_path: Option<&HooksPath>) -> Self {
        // husky 9: core.hooksPath is `.husky/_`, whose scripts run `h`, which runs `.husky/<hook>`.
        if hooks.file_name().is_some_and(|name| name == "_")
            && hooks.join("h").is_file()
            && let Some(scripts) = hooks.parent()
        {
            return Self::Husky(scripts.to_owned());
        }
        // husky 5 to 8: core.hooksPath is `.husky` itself.
        if hooks_path.is_some() && hooks.join("_/husky.sh").is_file() {
            return Self::Husky(hooks.to_owned());
        }
        let mut configurations = LEFTHOOK.files.iter().map(|file| root.join(file));
        configurations.find(|file| file.is_file()).map_or(Self::None, Manager::Lefthook)
    }
}
