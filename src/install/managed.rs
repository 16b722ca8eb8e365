//! Installing beside a hook manager: husky's scripts, lefthook's commands, an entry for the pre-commit framework.

use std::path::{Path, PathBuf};

use super::directory::{self, StubOutcome};
use super::husky::ScriptOutcome;
use super::manager::Manager;
use super::site::Site;
use super::stub::{Binary, StubKind};
use super::{block, files, framework, husky, lefthook, messages};
use crate::error::Result;
use crate::hook;

/// Puts our lines into the scripts of a husky that is set up here.
///
/// # Errors
/// When a script cannot be read or written.
pub fn into_husky(site: &Site, scripts: &Path, hooks: &[&str], binary: &Path) -> Result<Vec<String>> {
    let mut lines = vec![messages::husky(&site.shown(scripts))];
    for hook in hooks {
        let has_wrapper = site.hooks == scripts || site.hooks.join(hook).is_file();
        let outcome = match has_wrapper && directory::find(&site.hooks, hook)?.is_none() {
            true => husky::install(scripts, hook, binary)?,
            false => ScriptOutcome::NotShell,
        };
        lines.push(if outcome == ScriptOutcome::NotShell {
            let program = Binary::shared(binary);
            let outcome = directory::install(&site.hooks, hook, StubKind::Repository, &program, true)?;
            messages::hook_in(hook, &outcome, &site.shown(&site.hooks))
        } else {
            messages::husky_script(hook, &outcome)
        });
    }
    lines.push(messages::commit_husky(&site.shown(scripts)));
    Ok(lines)
}

/// Puts our lines into the scripts of a husky that is not set up yet, since git will run nothing else afterwards.
///
/// # Errors
/// When a script cannot be read or written.
pub fn into_pending_husky(site: &Site, hooks: &[&str], binary: &Path) -> Result<Vec<String>> {
    let Some(scripts) = site.pending_husky() else { return Ok(Vec::new()) };
    let shown = site.shown(&scripts);
    let mut lines = vec![messages::pending_husky(&shown)];
    files::make_directory(&scripts)?;
    for hook in hooks.iter().filter(|hook| hook::USUAL.contains(hook)) {
        lines.push(messages::husky_script(hook, &husky::install(&scripts, hook, binary)?));
    }
    lines.push(messages::commit_pending_husky(&shown));
    Ok(lines)
}

/// Adds our commands for the hooks that lefthook runs, and stubs for the others. Only stubs are shared with linked work
/// trees.
///
/// # Errors
/// When a file cannot be read or written, or a configuration needs an edit by hand.
pub fn into_lefthook(site: &Site, team: &Path, hooks: &[&'static str], binary: &Path) -> Result<Vec<String>> {
    let directory = site.own_hooks();
    let is_lefthooks = |hook: &str| crate::file::read(directory.join(hook)).is_ok_and(|bytes| lefthook::wrote(&bytes));
    let text = files::read_text(team)?.unwrap_or_default();
    let local = lefthook::without_ours(&lefthook::local_config(&site.root, team))?;
    let named: Vec<&str> = hooks
        .iter()
        .copied()
        .filter(|hook| hook::USUAL.contains(hook))
        .filter(|hook| is_lefthooks(hook) || [&text, &local].iter().any(|t| lefthook::may_name(t, hook)))
        .collect();
    let mut lines = vec![messages::lefthook(&site.shown(team))];
    let mut roots = vec![site.root.clone()];
    roots.extend(site.other_work_trees()?);
    for root in roots {
        let Ok(team) = root.join(team.strip_prefix(&site.root).unwrap_or(team)).canonicalize() else { continue };
        let config = lefthook::local_config(&root, &team);
        let changed = lefthook::install(&config, &named, binary)?;
        if !named.is_empty() {
            lines.push(messages::lefthook_commands(&site.shown(&config), &named, changed));
            // A file with the user's own content stays visible to git.
            if lefthook::without_ours(&config)?.is_empty() {
                hide_from_status(site, &root, &config)?;
            }
        }
    }
    files::make_directory(&directory)?;
    for hook in hooks {
        if is_lefthooks(hook) {
            continue;
        }
        let outcome = directory::install(&directory, hook, StubKind::Repository, &Binary::local(binary), true)?;
        lines.push(messages::hook_in(hook, &outcome, &site.shown(&directory)));
    }
    lines.push(messages::lefthook_team(&site.shown(team)));
    Ok(lines)
}

/// Makes git ignore a configuration that is local to this checkout, unless it is tracked or ignored already.
fn hide_from_status(site: &Site, root: &Path, config: &Path) -> Result<()> {
    let Ok(name) = config.strip_prefix(root) else { return Ok(()) };
    let name = name.to_string_lossy().replace('\\', "/");
    let known = site.git.ask(["ls-files", "--error-unmatch", "--", &name])?.is_some()
        || site.git.ask(["check-ignore", "--quiet", "--", &name])?.is_some();
    if known {
        return Ok(());
    }
    let exclude = exclude(site);
    if let Some(directory) = exclude.parent() {
        files::make_directory(directory)?;
    }
    let text = files::read_text(&exclude)?;
    let new_file = text.is_none();
    let text = text.unwrap_or_default();
    let with = block::insert(&text, text.len(), "", &format!("/{name}\n"), new_file);
    files::write(&exclude, with.as_bytes(), false)
}

fn exclude(site: &Site) -> PathBuf {
    site.common.join("info/exclude")
}

/// Removes our lines from husky's scripts and lefthook's configurations. Returns lines for people.
///
/// # Errors
/// When a file cannot be read or written.
pub fn uninstall(site: &Site) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let scripts = match &site.manager {
        Manager::Husky(scripts) => scripts.clone(),
        _ => site.pending_husky().unwrap_or_else(|| site.root.join(".husky")),
    };
    for hook in hook::OURS {
        if scripts.is_dir() && husky::uninstall(&scripts, hook)? {
            lines.push(messages::lines_removed(&site.shown(&scripts.join(hook))));
        }
    }
    if !lines.is_empty() {
        // Only an empty directory can be removed, and git does not track those.
        let _ = std::fs::remove_dir(&scripts);
    }
    let mut roots = vec![site.root.clone()];
    roots.extend(site.other_work_trees()?);
    for directory in roots.iter().flat_map(|root| [root.clone(), root.join(".config")]) {
        for name in lefthook::LOCAL {
            let config = directory.join(name);
            if lefthook::uninstall(&config)? {
                lines.push(messages::lines_removed(&site.shown(&config)));
            }
        }
    }
    if block::remove_from_file(&exclude(site))? == block::FileRemoval::File {
        let _ = exclude(site).parent().map(std::fs::remove_dir);
    }
    Ok(lines)
}

/// The entry for the pre-commit framework's configuration, if it exists without our hooks.
pub fn framework_entry(site: &Site) -> Vec<String> {
    let Some(config) = framework::config(&site.root) else { return Vec::new() };
    if hook::USUAL.iter().any(|hook| framework::configured(&config, hook)) {
        return Vec::new();
    }
    messages::FRAMEWORK_ENTRY.lines().map(str::to_owned).collect()
}

/// Installs stubs in a directory without a hook manager. Returns the outcomes, with the new paths of displaced hooks.
///
/// # Errors
/// When the directory cannot be written.
pub fn into_files(site: &Site, directory: &Path, hooks: &[&str], program: &Binary) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for hook in hooks {
        let outcome = directory::install(directory, hook, StubKind::Repository, program, true)?;
        lines.push(messages::hook(hook, &outcome));
        if outcome == StubOutcome::Chained
            && let Some(displaced) = directory::displaced(directory, hook)
        {
            lines.push(messages::displaced(&site.shown(&displaced)));
        }
    }
    Ok(lines)
}
