//! Submodules without hooks of their own, whose commits are not scanned.

use super::inspect;
use super::site::Site;
use crate::error::Result;

/// The paths of checked-out submodules in which git does not run our pre-push hook.
///
/// # Errors
/// When git cannot be started.
pub(super) fn unguarded(site: &Site) -> Result<Vec<String>> {
    let list = site.root.join(".gitmodules");
    if site.bare || !list.is_file() {
        return Ok(Vec::new());
    }
    let file = list.display().to_string();
    let paths =
        site.git.ask(["config", "--file", &file, "--get-regexp", r"^submodule\..*\.path$"])?.unwrap_or_default();
    let mut unguarded = Vec::new();
    for path in paths.lines().filter_map(|line| line.split_once(' ')).map(|(_, path)| path) {
        let root = site.root.join(path);
        // A submodule that git cannot read counts as unguarded.
        let is_guarded = || inspect::inspect(&Site::find(&root)?);
        if root.join(".git").exists()
            && !is_guarded().is_ok_and(|seen| seen.iter().any(|hook| hook.hook == "pre-push" && hook.is_ours()))
        {
            unguarded.push(path.to_owned());
        }
    }
    Ok(unguarded)
}
