//! Installing beside a hook manager: husky's scripts, lefthook's commands, an entry for the pre-commit framework.

use std::path::{Path, PathBuf};

use super::directory::{self, StubOutcome};
use super::site::{Manager, Site};
use super::stub::{Binary, StubKind};
use super::{block, files, framework, global, husky, lefthook, names};
use crate::error::Result;

/// Puts our lines into the scripts of a husky that is set up here.
///
/// # Errors
/// When a script cannot be read or written.
pub fn into_husky(site: &Site, scripts: &Path, hooks: &[&str], binary: &Path) -> Result<Vec<String>> {
    let mut lines = vec![format!("husky runs this repository's hooks: ours are in {}", site.shown(scripts))];
    for hook in hooks {
        let has_wrapper = site.hooks == scripts || site.hooks.join(hook).is_file();
        let done = match has_wrapper && directory::find(&site.hooks, hook)?.is_none() {
            true => husky::install(scripts, hook, binary)?,
            false => husky::ScriptOutcome::NotShell,
        };
        lines.push(match describe(&done) {
            Some(words) => format!("  {hook}: {words}"),
            None => {
                let done = directory::install(&site.hooks, hook, StubKind::Repository, &Binary::shared(binary), true)?;
                format!("  {hook}: {} (in {})", global::describe(&done), site.shown(&site.hooks))
            }
        });
    }
    lines.push(format!("commit {}, and everybody who runs husky is checked", site.shown(scripts)));
    Ok(lines)
}

/// Puts our lines into the scripts of a husky that is not set up yet, since git will run nothing else afterwards.
///
/// # Errors
/// When a script cannot be read or written.
pub fn into_pending_husky(site: &Site, hooks: &[&str], binary: &Path) -> Result<Vec<String>> {
    let Some(scripts) = site.pending_husky() else { return Ok(Vec::new()) };
    let mut lines = vec![format!(
        "husky will run this repository's hooks once it is set up here (npm install): ours are in {} too",
        site.shown(&scripts)
    )];
    files::make_directory(&scripts)?;
    for hook in hooks.iter().filter(|hook| names::USUAL.contains(hook)) {
        let done = husky::install(&scripts, hook, binary)?;
        let words = describe(&done).unwrap_or("no shell script: call `shield-hook hook` from it by hand");
        lines.push(format!("  {hook}: {words}"));
    }
    lines.push(format!(
        "commit {}, and everybody who runs husky is checked; in a linked work tree it has to be run once, too",
        site.shown(&scripts)
    ));
    Ok(lines)
}

fn describe(done: &husky::ScriptOutcome) -> Option<&'static str> {
    Some(match done {
        husky::ScriptOutcome::New => "new",
        husky::ScriptOutcome::Unchanged => "in place already",
        husky::ScriptOutcome::Prepended => "ours first, then what was there",
        husky::ScriptOutcome::NotShell => return None,
    })
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
        .filter(|hook| names::USUAL.contains(hook))
        .filter(|hook| is_lefthooks(hook) || [&text, &local].iter().any(|t| lefthook::may_name(t, hook)))
        .collect();
    let mut lines = vec![format!("lefthook runs this repository's hooks ({})", site.shown(team))];
    let mut roots = vec![site.root.clone()];
    roots.extend(site.other_work_trees()?);
    for root in roots {
        let Ok(team) = root.join(team.strip_prefix(&site.root).unwrap_or(team)).canonicalize() else { continue };
        let config = lefthook::local_config(&root, &team);
        let changed = lefthook::install(&config, &named, binary)?;
        if !named.is_empty() {
            let done = if changed { "our commands are in it" } else { "in place already" };
            lines.push(format!("  {} ({}): {done}", site.shown(&config), named.join(", ")));
            // A file with the user's own content stays visible to git.
            if lefthook::without_ours(&config)?.is_empty() {
                keep_out_of_status(site, &root, &config)?;
            }
        }
    }
    files::make_directory(&directory)?;
    for hook in hooks {
        if is_lefthooks(hook) {
            continue;
        }
        let done = directory::install(&directory, hook, StubKind::Repository, &Binary::local(binary), true)?;
        lines.push(format!("  {hook}: {} (in {})", global::describe(&done), site.shown(&directory)));
    }
    lines.push(format!(
        "for the whole team, put the same commands into {} (shield-hook there is found in PATH)",
        site.shown(team)
    ));
    Ok(lines)
}

/// Makes git ignore a configuration that is local to this checkout, unless it is tracked or ignored already.
fn keep_out_of_status(site: &Site, root: &Path, config: &Path) -> Result<()> {
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
    for hook in names::OURS {
        if scripts.is_dir() && husky::uninstall(&scripts, hook)? {
            lines.push(format!("  {}: our lines are out", site.shown(&scripts.join(hook))));
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
                lines.push(format!("  {}: our commands are out", site.shown(&config)));
            }
        }
    }
    match block::remove_from_file(&exclude(site))? {
        block::FileRemoval::Nothing => {}
        block::FileRemoval::Lines => {}
        block::FileRemoval::File => {
            let _ = exclude(site).parent().map(std::fs::remove_dir);
        }
    }
    Ok(lines)
}

/// The entry for the pre-commit framework's configuration, if it exists without our hooks.
pub fn framework_entry(site: &Site) -> Vec<String> {
    let Some(config) = framework::config(&site.root) else { return Vec::new() };
    if names::USUAL.iter().any(|hook| framework::configured(&config, hook)) {
        return Vec::new();
    }
    let entry = "\
the pre-commit framework is in use: its hooks keep running. For everybody who runs it, add to .pre-commit-config.yaml:
  default_install_hook_types: [pre-commit, pre-merge-commit, commit-msg, pre-push]
  repos:
  - repo: local
    hooks:
      - id: shield-hook
        name: shield-hook
        entry: shield-hook hook pre-commit
        language: system
        stages: [pre-commit, pre-merge-commit]
        pass_filenames: false
        always_run: true
      - id: shield-hook-message
        name: shield-hook (message)
        entry: shield-hook hook commit-msg
        language: system
        stages: [commit-msg]
        always_run: true
      - id: shield-hook-push
        name: shield-hook (push)
        entry: shield-hook hook pre-push
        language: system
        stages: [pre-push]
        pass_filenames: false
        always_run: true";
    entry.lines().map(str::to_owned).collect()
}

/// Installs stubs in a directory without a hook manager. Returns the outcomes, with the new paths of displaced hooks.
///
/// # Errors
/// When the directory cannot be written.
pub fn into_files(site: &Site, directory: &Path, hooks: &[&str], program: &Binary) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for hook in hooks {
        let done = directory::install(directory, hook, StubKind::Repository, program, true)?;
        lines.push(format!("  {hook}: {}", global::describe(&done)));
        if done == StubOutcome::Chained
            && let Some(aside) = directory::displaced(directory, hook)
        {
            lines.push(format!("    it is now {}", site.shown(&aside)));
        }
    }
    Ok(lines)
}
