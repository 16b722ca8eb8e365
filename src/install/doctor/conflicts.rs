//! Tools that bypass the hooks of a repository, and set-up that removes them later. `install` reports the same.

use std::path::Path;

use super::super::manager::Manager;
use super::super::rewriters::{self, Effect, Rewriter};
use super::super::site::Site;
use super::super::{block, files, framework, global, husky, lefthook, stub, usergit};
use super::{Problem, messages};
use crate::error::Result;
use crate::hook;

/// Finds all conflicts.
///
/// # Errors
/// When git cannot be started or a file cannot be read.
pub fn check(site: &Site) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    tools_without_hooks(site, &mut problems);
    rewriting_set_up(site, &mut problems)?;
    pending_husky(site, &mut problems)?;
    refused_by_global(site, &mut problems);
    future_work_trees(site, &mut problems)?;
    Ok(problems)
}

/// Tools that commit and push with code of their own.
fn tools_without_hooks(site: &Site, problems: &mut Vec<Problem>) {
    if site.root.join(".jj").is_dir() {
        problems.push(messages::jj());
    }
    if ["gitbutler", "refs/heads/gitbutler"].iter().any(|name| site.common.join(name).is_dir()) {
        problems.push(messages::gitbutler());
    }
}

/// Managers and scripts whose next run removes our hooks.
fn rewriting_set_up(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let by_config = site.git.version()? >= usergit::CONFIG_HOOKS && !global::config_hooks(&site.git)?.is_empty();
    let by_dispatcher = site.hooks_path.as_ref().is_some_and(global::is_dispatcher);
    for Rewriter { name, file, line, effect } in rewriters::find(site) {
        if by_config || (by_dispatcher && effect == Effect::WritesHooks) {
            continue;
        }
        problems.push(match (name, effect) {
            (Some(name), _) => messages::manager_rewrites(name, &file),
            (None, Effect::WritesHooks) => messages::set_up_rewrites(&file, line.unwrap_or(1), "names .git/hooks"),
            (None, Effect::SetsHooksPath) => messages::set_up_rewrites(&file, line.unwrap_or(1), "sets core.hooksPath"),
        });
    }
    Ok(())
}

/// husky is configured, but has not run here.
fn pending_husky(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let Some(scripts) = site.pending_husky() else { return Ok(()) };
    for hook in hook::USUAL {
        let script = scripts.join(hook);
        let text = files::read_text(&script)?.unwrap_or_default();
        if block::blocks(&text).is_empty() || !husky::ours_first(&text) {
            problems.push(messages::husky_to_come(&site.shown(&script), &site.shown(&site.hooks.join(hook))));
            break;
        }
    }
    Ok(())
}

/// Managers that write no hook while `core.hooksPath` is set.
fn refused_by_global(site: &Site, problems: &mut Vec<Problem>) {
    if site.bare || !site.hooks_path.as_ref().is_some_and(global::is_dispatcher) {
        return;
    }
    type WroteHook = fn(&[u8]) -> bool;
    let own = site.own_hooks();
    let has_written = |wrote: WroteHook| {
        hook::GIT_HOOKS.iter().any(|hook| crate::file::read(own.join(hook)).is_ok_and(|bytes| wrote(&bytes)))
    };
    let framework =
        framework::config(&site.root).map(|config| (framework::manager_of(&config), framework::wrote as WroteHook));
    let lefthook = match &site.manager {
        Manager::Lefthook(_) => Some(("lefthook", lefthook::wrote as WroteHook)),
        _ => None,
    };
    for (manager, wrote) in framework.into_iter().chain(lefthook) {
        if !has_written(wrote) {
            problems.push(messages::manager_refuses(manager));
        }
    }
}

/// Linked work trees that will lack our hooks.
fn future_work_trees(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    match &site.manager {
        Manager::Husky(_) if site.hooks_path.as_ref().is_some_and(|path| !Path::new(&path.value).is_absolute()) => {
            problems.push(messages::future_work_tree_without_husky(&site.hooks));
        }
        Manager::Lefthook(team) => {
            let text = files::read_text(team)?.unwrap_or_default();
            let shared = hook::USUAL.iter().filter(|hook| lefthook::names(&text, hook));
            let lacking: Vec<&str> = shared.copied().filter(|hook| !lefthook::runs_ours(&text, hook)).collect();
            if !lacking.is_empty() {
                let local = site.shown(&lefthook::local_config(&site.root, team));
                let hooks = lacking.join(" and ");
                problems.push(messages::future_work_tree_without_lefthook(&local, &site.shown(team), &hooks));
            }
        }
        _ if site.hooks_are_shared() && !committed(site)? => {
            problems.push(messages::future_work_tree_without_stubs(&site.shown(&site.hooks)));
        }
        _ => {}
    }
    Ok(())
}

/// Returns whether our stubs are committed, so that every checkout of the branch has them.
fn committed(site: &Site) -> Result<bool> {
    let path = format!("HEAD:./{}", site.shown(&site.hooks.join("pre-commit")));
    let text = site.git.ask(["cat-file", "blob", &path])?;
    Ok(text.is_some_and(|text| stub::read(format!("{text}\n").as_bytes()).is_some()))
}
