//! Package managers of the project without a cooldown for new versions.

use super::super::site::Site;
use super::super::usergit::UserGit;
use super::{Diagnosis, messages};
use crate::error::Result;
use crate::package::cooldown;
use crate::path::purpose::{PathKind, says};

/// Folders of others' packages, which nobody installs from. Those of tests are known by their words.
const VENDORED: [&str; 2] = ["node_modules", "vendor"];

pub(super) fn check(site: &Site, git: &UserGit, diagnosis: &mut Diagnosis) -> Result<()> {
    if site.bare {
        return Ok(());
    }
    let pathspecs = cooldown::LOCKFILES.map(|name| format!(":(top,glob)**/{name}"));
    let fixed = ["-c", "core.quotePath=false", "ls-files", "--full-name", "--"];
    let listed = git.ask(fixed.into_iter().map(str::to_owned).chain(pathspecs))?.unwrap_or_default();
    let is_installed = |path: &&str| {
        let is_vendored = path.split('/').any(|part| VENDORED.contains(&part));
        !is_vendored && !says(path.as_bytes(), &[PathKind::Test, PathKind::Fixture])
    };
    let mut lockfiles: Vec<String> = listed.lines().filter(|path| is_installed(path)).map(str::to_owned).collect();
    lockfiles.sort_by_key(|path| (path.matches('/').count(), path.clone()));
    for missing in cooldown::missing(&site.root, &lockfiles, &cooldown::UserSettings::here()) {
        diagnosis.problems.push(messages::no_cooldown(missing.manager, &missing.lockfile, missing.fix));
    }
    Ok(())
}
