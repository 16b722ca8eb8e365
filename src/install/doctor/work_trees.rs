//! Linked work trees in which git finds no hook, or a manager's hook without ours.

use std::path::Path;

use super::super::inspect::InstalledHook;
use super::super::manager::Manager;
use super::super::site::Site;
use super::super::stub::quote;
use super::super::{block, directory, files, lefthook};
use super::{Problem, messages};
use crate::error::Result;
use crate::hook;

pub(super) fn check(site: &Site, hooks: &[InstalledHook], problems: &mut Vec<Problem>) -> Result<()> {
    let ours_run = hooks.iter().any(InstalledHook::is_ours);
    match &site.manager {
        _ if !ours_run => Ok(()),
        Manager::Lefthook(team) => without_commands(site, team, problems),
        _ => without_directory(site, problems),
    }
}

/// A relative hooks path is resolved from the top of each work tree, and may be missing there.
fn without_directory(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let Some(path) = site.hooks_path.as_ref().filter(|path| !Path::new(&path.value).is_absolute()) else {
        return Ok(());
    };
    for tree in site.other_work_trees()? {
        let hooks = tree.join(&path.value);
        if !hooks.join("pre-commit").exists() && !hooks.join("pre-push").exists() {
            let fix = absolute(site, &site.hooks);
            problems.push(messages::other_work_tree_lacks_directory(&tree, path, fix));
        } else if let Some(hook) = lacking(site, &hooks)? {
            problems.push(messages::work_tree_hook_without_ours(&tree, hook));
        }
    }
    Ok(())
}

/// A blocking hook that does not run our program in another work tree's hooks directory.
fn lacking(site: &Site, hooks: &Path) -> Result<Option<&'static str>> {
    for hook in ["pre-commit", "pre-push"] {
        let ours = directory::has_stub(hooks, hook)?
            || match (&site.manager, hooks.parent()) {
                (Manager::Husky(_), Some(scripts)) => [scripts, hooks].iter().any(|scripts| {
                    let text = files::read_text(&scripts.join(hook)).ok().flatten();
                    text.is_some_and(|text| !block::blocks(&text).is_empty())
                }),
                _ => false,
            };
        if !ours {
            return Ok(Some(hook));
        }
    }
    Ok(None)
}

/// The command that sets the hooks directory of one work tree for all.
fn absolute(site: &Site, hooks: &Path) -> String {
    let scope = site.hooks_path.as_ref().map_or("local", |path| path.scope.as_str());
    format!("git config --{scope} core.hooksPath {}", quote(&hooks.to_string_lossy()))
}

/// The command that sets another work tree's hooks directory, if a relative hooks path is missing in this one.
pub(super) fn hooks_of_another(site: &Site) -> Result<Option<String>> {
    let Some(path) = site.hooks_path.as_ref().filter(|p| !p.value.is_empty() && !Path::new(&p.value).is_absolute())
    else {
        return Ok(None);
    };
    let trees = site.other_work_trees()?;
    let hooks = trees.iter().map(|tree| tree.join(&path.value)).find(|hooks| hooks.join("pre-commit").is_file());
    Ok(hooks.map(|hooks| absolute(site, &hooks)))
}

/// lefthook runs in all work trees, each with its own local configuration.
fn without_commands(site: &Site, team: &Path, problems: &mut Vec<Problem>) -> Result<()> {
    let directory = site.own_hooks();
    let managed: Vec<&str> = hook::USUAL
        .into_iter()
        .filter(|hook| crate::file::read(directory.join(hook)).is_ok_and(|bytes| lefthook::wrote(&bytes)))
        .collect();
    for tree in site.other_work_trees()? {
        let team = tree.join(team.strip_prefix(&site.root).unwrap_or(team));
        let Some(shared) = files::read_text(&team)? else { continue };
        let local = files::read_text(&lefthook::local_config(&tree, &team))?.unwrap_or_default();
        let runs = |hook: &&&str| [&shared, &local].iter().any(|text| lefthook::runs_ours(text, hook));
        if let Some(hook) = managed.iter().find(|hook| !runs(hook)) {
            problems.push(messages::work_tree_lefthook_without_ours(&tree, hook));
        }
    }
    Ok(())
}
