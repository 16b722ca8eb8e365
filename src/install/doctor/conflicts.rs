//! Tools that bypass the hooks of a repository, and set-up that removes them later. `install` reports the same.

use std::path::Path;

use super::super::framework;
use super::super::rewriters::{self, Effect, Rewriter};
use super::super::site::{Manager, Site};
use super::super::stub::quote;
use super::super::{block, files, global, husky, lefthook, names, stub};
use super::{Problem, Repair};
use crate::error::Result;

/// Finds all conflicts.
///
/// # Errors
/// When git cannot be started or a file cannot be read.
pub fn check(site: &Site) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    tools_without_hooks(site, &mut problems);
    rewriters(site, &mut problems)?;
    pending_husky(site, &mut problems)?;
    refused_by_global(site, &mut problems)?;
    work_trees_to_come(site, &mut problems)?;
    Ok(problems)
}

/// Tools that commit and push with code of their own.
fn tools_without_hooks(site: &Site, problems: &mut Vec<Problem>) {
    if site.root.join(".jj").is_dir() {
        problems.push(Problem::note(
            "jj-runs-no-hooks",
            "jj (Jujutsu) works here too, and runs no git hook: `jj git push` is not checked on this machine",
            "push with git, which runs the hook (each bookmark is a branch of git's): git push origin BOOKMARK; \
             or look before: shield-hook scan --range origin/HEAD..BOOKMARK && jj git push --bookmark BOOKMARK",
        ));
    }
    let gitbutler = ["gitbutler", "refs/heads/gitbutler"].iter().any(|name| site.common.join(name).is_dir());
    if gitbutler {
        problems.push(Problem::note(
            "gitbutler-runs-no-hooks",
            "GitButler works here too: its own commits and pushes may leave git's hooks out",
            "switch on `Run hooks` in its project settings, or push with git: git push origin BRANCH",
        ));
    }
}

fn rewriters(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let by_config =
        site.git.version()? >= super::super::usergit::CONFIG_HOOKS && !global::config_hooks(&site.git)?.is_empty();
    let by_dispatcher = site.hooks_path.as_ref().is_some_and(global::is_dispatcher);
    for rewriter in rewriters::find(site) {
        if by_config || (by_dispatcher && rewriter.effect == Effect::WritesHooks) {
            continue;
        }
        problems.push(rewritten(&rewriter));
    }
    Ok(())
}

fn rewritten(rewriter: &Rewriter) -> Problem {
    let file = &rewriter.file;
    match (rewriter.name, rewriter.line, rewriter.effect) {
        (Some(name), ..) => Problem::warning(
            "manager-rewrites",
            format!(
                "{name} ({file}) writes its own hooks over ours each time that it runs, as at an installation of \
                 dependencies; a `shield-hook install` right behind it in the same script puts ours back"
            ),
            "shield-hook install --global",
        ),
        (None, line, does) => Problem::note(
            "set-up-rewrites",
            format!(
                "{file}:{} {}: once it has run, ours may not be what git runs",
                line.unwrap_or(1),
                match does {
                    Effect::WritesHooks => "names .git/hooks",
                    Effect::SetsHooksPath => "sets core.hooksPath",
                }
            ),
            "shield-hook install, behind that line and after each run of it",
        ),
    }
}

/// husky is configured, but has not run here.
fn pending_husky(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    let Some(scripts) = site.pending_husky() else { return Ok(()) };
    for hook in names::USUAL {
        let script = scripts.join(hook);
        let text = files::read_text(&script)?.unwrap_or_default();
        if block::blocks(&text).is_empty() || !husky::ours_first(&text) {
            problems.push(
                Problem::warning(
                    "husky-to-come",
                    format!(
                        "once husky runs here (at an installation of dependencies), git runs {} instead of {}, and \
                         ours is not the first in it",
                        site.shown(&script),
                        site.shown(&site.hooks.join(hook))
                    ),
                    "shield-hook install",
                )
                .by(Repair::Install),
            );
            break;
        }
    }
    Ok(())
}

/// Managers that write no hook while `core.hooksPath` is set.
fn refused_by_global(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    if site.bare || !site.hooks_path.as_ref().is_some_and(global::is_dispatcher) {
        return Ok(());
    }
    let own = site.own_hooks();
    let written =
        |by: fn(&[u8]) -> bool| names::ALL.iter().any(|h| crate::file::read(own.join(h)).is_ok_and(|b| by(&b)));
    let framework = framework::config(&site.root).map(|path| match path.extension().is_some_and(|e| e == "toml") {
        true => ("prek", framework::wrote as fn(&[u8]) -> bool),
        false => ("pre-commit", framework::wrote as fn(&[u8]) -> bool),
    });
    let lefthook = match &site.manager {
        Manager::Lefthook(_) => Some(("lefthook", lefthook::wrote as fn(&[u8]) -> bool)),
        _ => None,
    };
    for (manager, by) in framework.into_iter().chain(lefthook) {
        if !written(by) {
            problems.push(Problem::note(
                "manager-refuses",
                format!(
                    "`{manager} install` writes no hook here while your core.hooksPath is set, and what it advises \
                     (unset it, reset it) switches ours off"
                ),
                format!("GIT_CONFIG_GLOBAL=/dev/null {manager} install"),
            ));
        }
    }
    Ok(())
}

/// Linked work trees that will lack our hooks.
fn work_trees_to_come(site: &Site, problems: &mut Vec<Problem>) -> Result<()> {
    match &site.manager {
        Manager::Husky(_) if site.hooks_path.as_ref().is_some_and(|path| !Path::new(&path.value).is_absolute()) => {
            problems.push(Problem::note(
                "worktrees-without-hooks",
                "husky's hooks are found from the top of each work tree: in a linked work tree git runs no hook, and says \
                 nothing, until husky has run there too",
                format!(
                    "git config core.hooksPath {}   # husky sets it back each time that it runs",
                    quote(&site.hooks.to_string_lossy())
                ),
            ));
        }
        Manager::Lefthook(team) => {
            let text = files::read_text(team)?.unwrap_or_default();
            let shared = names::USUAL.iter().filter(|hook| lefthook::names(&text, hook));
            let lacking: Vec<&str> = shared.copied().filter(|hook| !lefthook::runs_ours(&text, hook)).collect();
            if !lacking.is_empty() {
                problems.push(Problem::note(
                    "worktrees-without-hooks",
                    format!(
                        "a linked work tree or a clone that is made later does not have {}: lefthook's {} there runs without \
                         ours",
                        site.shown(&lefthook::local_config(&site.root, team)),
                        lacking.join(" and ")
                    ),
                    format!("shield-hook install, in each of them; or put its commands into {}", site.shown(team)),
                ));
            }
        }
        _ if site.hooks_are_shared() && !committed(site)? => {
            problems.push(Problem::note(
                "worktrees-without-hooks",
                format!(
                    "a linked work tree or a clone that is made later has {} as its branch has it, without ours",
                    site.shown(&site.hooks)
                ),
                format!("git add {0} && git commit, or in each of them: shield-hook install", site.shown(&site.hooks)),
            ));
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
