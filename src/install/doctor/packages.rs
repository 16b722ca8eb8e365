//! Package managers of the project without a cooldown for new versions.

use super::super::site::Site;
use super::super::usergit::UserGit;
use super::{Diagnosis, messages};
use crate::error::Result;
use crate::package::cooldown;

/// Lockfiles of managers that have such a setting.
const LOCKFILES: [&str; 7] =
    ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "uv.lock"];

/// Folders whose lockfiles are not installed from.
const NOT_INSTALLED: [&str; 7] = ["node_modules", "test", "tests", "fixtures", "__fixtures__", "vendor", "testdata"];

pub(super) fn check(site: &Site, git: &UserGit, diagnosis: &mut Diagnosis) -> Result<()> {
    if site.bare {
        return Ok(());
    }
    let pathspecs = LOCKFILES.map(|name| format!(":(top,glob)**/{name}"));
    let fixed = ["-c", "core.quotePath=false", "ls-files", "--full-name", "--"];
    let listed = git.ask(fixed.into_iter().map(str::to_owned).chain(pathspecs))?.unwrap_or_default();
    let is_installed = |path: &&str| !path.split('/').any(|part| NOT_INSTALLED.contains(&part));
    let mut lockfiles: Vec<String> = listed.lines().filter(|path| is_installed(path)).map(str::to_owned).collect();
    lockfiles.sort_by_key(|path| (path.matches('/').count(), path.clone()));
    for missing in cooldown::missing(&site.root, &lockfiles, &cooldown::UserSettings::here()) {
        diagnosis.problems.push(messages::no_cooldown(missing.manager, &missing.lockfile, missing.fix));
    }
    Ok(())
}
