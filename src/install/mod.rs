//! Hooks on disk: install, chain, uninstall.
//!
//! An existing hook keeps running, with the same arguments and standard input, and is restored byte for byte.

pub mod assistants;
mod block;
pub mod canary;
mod directory;
pub mod doctor;
mod files;
mod framework;
mod global;
mod hooks_path;
mod husky;
mod inspect;
mod lefthook;
mod managed;
mod manager;
mod messages;
mod rewriters;
mod site;
mod stub;
mod submodules;
mod usergit;

use crate::terminal::text::plural;
use std::path::{Path, PathBuf};

use crate::environment;
use crate::error::{Context, Error, Result};
use crate::git::Repo;
use crate::hook;
use crate::journal::{JournalLocation, Record};
use crate::source;
use manager::Manager;
use site::Site;
use stub::Binary;
use usergit::UserGit;

/// The options of `install`.
#[derive(Clone, Debug)]
pub struct InstallRequest {
    /// The current directory.
    pub directory: PathBuf,
    /// The program that the hooks run.
    pub binary: PathBuf,
    /// For every repository of the user.
    pub global: bool,
    /// These hooks only; empty for the default ones.
    pub hooks: Vec<String>,
    /// Adds the reference-transaction hook.
    pub strict: bool,
}

/// The changes made, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One line for each change and each next step.
    pub lines: Vec<String>,
    /// The summary line.
    pub digest: String,
}

/// Installs the hooks.
///
/// # Errors
/// When git does not name the hooks directory, or it cannot be written.
pub fn install(request: &InstallRequest) -> Result<Summary> {
    if request.binary.to_str().is_none_or(|path| path.contains('\n')) {
        return Err(Error::incomplete(format!(
            "{}: a hook cannot name a program whose path is not UTF-8 or contains a line end",
            request.binary.display()
        ))
        .help("move the program to another path, and run it from there"));
    }
    if request.global {
        let hooks = wanted(request, &hook::USUAL)?;
        let lines = global::install(&UserGit::at(&request.directory), &hooks, &request.binary)?;
        let digest =
            format!("shield-hook: installed: {} for every repository of yours", plural(hooks.len(), "hook", "hooks"));
        return Ok(Summary { lines, digest });
    }
    let site = Site::find(&request.directory)?;
    let mut hooks = wanted(request, if site.bare { &[hook::SERVER] } else { &hook::USUAL })?;
    let mut lines = match &site.manager {
        Manager::Lefthook(team) => managed::into_lefthook(&site, team, &hooks, &request.binary)?,
        Manager::Husky(scripts) => managed::into_husky(&site, scripts, &hooks, &request.binary)?,
        Manager::None => into_directory(&site, &mut hooks, &request.binary)?,
    };
    lines.extend(managed::into_pending_husky(&site, &hooks, &request.binary)?);
    lines.extend(managed::framework_entry(&site));
    for problem in doctor::conflicts::check(&site)? {
        lines.push(format!("{}: {}", problem.level.name(), problem.message));
        lines.push(format!("  do: {}", problem.fix));
    }
    for path in submodules::unguarded(&site)? {
        lines.push(messages::unguarded_submodule(&path));
    }
    // A later push compares the remotes' addresses with these. A failure is harmless, since the push records them
    // itself.
    if let Ok(repo) = Repo::discover(&request.directory) {
        let _ = source::remember(&repo);
    }
    let place = JournalLocation::Repository(site.common.clone());
    let digest =
        format!("shield-hook: installed: {} in {}", plural(hooks.len(), "hook", "hooks"), site.shown(&target(&site)));
    let record = Record { result: "clean".into(), digest: digest.clone(), ..Record::new("install") };
    crate::journal::record(&place, &record);
    lines.push(messages::PROVE.into());
    Ok(Summary { lines, digest })
}

/// The hooks to install.
fn wanted(request: &InstallRequest, usual: &[&'static str]) -> Result<Vec<&'static str>> {
    let mut hooks: Vec<&'static str> = Vec::new();
    for name in &request.hooks {
        let known = hook::OURS.iter().find(|known| *known == name).ok_or_else(|| {
            Error::usage(format!("{name} is not a hook of shield-hook"))
                .help(format!("one of {}", hook::OURS.join(", ")))
        })?;
        hooks.push(known);
    }
    if hooks.is_empty() {
        hooks.extend(usual);
    }
    if request.strict {
        hooks.push(hook::STRICT);
    }
    hooks.sort_unstable();
    hooks.dedup();
    Ok(hooks)
}

/// The directory of our hooks in a repository without a hook manager.
fn target(site: &Site) -> PathBuf {
    match &site.manager {
        Manager::Husky(scripts) => scripts.clone(),
        // The dispatcher defers to the repository's own directory.
        _ => site.own_hooks(),
    }
}

fn into_directory(site: &Site, hooks: &mut Vec<&'static str>, binary: &Path) -> Result<Vec<String>> {
    let directory = target(site);
    let mut lines = Vec::new();
    if let Some(path) = &site.hooks_path
        && !global::is_dispatcher(path)
    {
        // An empty value does not disable the setting: git then uses the root of the file system.
        let fault = match path.value.as_str() {
            "" => Some(format!("core.hooksPath is empty ({})", path.origin)),
            _ if directory.is_dir() || !directory.exists() => None,
            value => Some(format!("core.hooksPath is {value} ({}), which is not a directory", path.origin)),
        };
        if let Some(fault) = fault {
            return Err(Error::incomplete(format!("{fault}: git runs no hooks here"))
                .help(format!("remove the setting: {}", path.way_out())));
        }
        lines.push(messages::hooks_path(path));
        if path.is_shared() {
            lines.push(messages::SHARED_DIRECTORY.into());
        }
    }
    let created = files::make_directory(&directory)?;
    // Hooks of earlier installations (`--strict`, `--hook`) stay and are updated.
    for hook in hook::OURS {
        if !hooks.contains(&hook) && directory::has_stub(&directory, hook)? {
            hooks.push(hook);
        }
    }
    let shared = site.hooks_are_shared();
    let program = if shared { Binary::shared(binary) } else { Binary::local(binary) };
    lines.extend(managed::into_files(site, &directory, hooks, &program)?);
    if created {
        InstallState { made_hooks_directory: true }.write(site)?;
    }
    if shared {
        lines.push(messages::tracked_directory(&site.shown(&directory)));
    }
    Ok(lines)
}

/// Removes our hooks and restores the previous ones.
///
/// # Errors
/// When a file cannot be read or written.
pub fn uninstall(directory: &Path, global: bool) -> Result<Summary> {
    if global {
        let lines = global::uninstall(&UserGit::at(directory))?;
        let removed = if lines.is_empty() { messages::NOTHING_INSTALLED } else { "your own configuration" };
        return Ok(Summary { lines, digest: format!("shield-hook: uninstalled: {removed}") });
    }
    let site = Site::find(directory)?;
    let mut lines = Vec::new();
    let mut directories = vec![site.common.join("hooks")];
    if site.hooks_path.as_ref().is_none_or(|path| !global::is_dispatcher(path)) {
        directories.push(site.hooks.clone());
    }
    if let Manager::Husky(scripts) = &site.manager {
        directories.push(scripts.clone());
    }
    directories.dedup();
    for directory in directories.iter().filter(|d| d.is_dir()) {
        for hook in hook::OURS {
            if let Some(outcome) = directory::uninstall(directory, hook)? {
                lines.push(format!("  {}: {outcome}", site.shown(&directory.join(hook))));
            }
        }
    }
    lines.extend(managed::uninstall(&site)?);
    lines.extend(assistants::uninstall_recorded(&site)?);
    let ours = site.common.join("shield-hook");
    if InstallState::read(&site).made_hooks_directory {
        // Only an empty directory is removed, since others may have put hooks there.
        let _ = std::fs::remove_dir(site.common.join("hooks"));
    }
    if ours.is_dir() {
        std::fs::remove_dir_all(&ours).or_incomplete(ours.display())?;
        lines.push(messages::directory_removed(&site.shown(&ours)));
    }
    let digest = match lines.len() {
        0 => "shield-hook: uninstalled: nothing was installed here".into(),
        _ => format!("shield-hook: uninstalled: {}", site.root.display()),
    };
    Ok(Summary { lines, digest })
}

/// Facts that uninstalling needs and cannot observe.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct InstallState {
    made_hooks_directory: bool,
}

impl InstallState {
    fn path(site: &Site) -> PathBuf {
        site.common.join("shield-hook").join("installed.json")
    }

    fn read(site: &Site) -> Self {
        let bytes = files::read(&Self::path(site)).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn write(self, site: &Site) -> Result<()> {
        let path = Self::path(site);
        files::make_directory(path.parent().unwrap_or(&site.common))?;
        files::write(&path, &serde_json::to_vec(&self).or_incomplete("the state")?, false)
    }
}

/// The path under which hooks run this program: the one in PATH if it is the same program, otherwise the running file.
/// Package managers keep a stable link to a path that changes with every version.
///
/// # Errors
/// When the operating system does not name the running program.
pub fn this_program() -> Result<PathBuf> {
    let now = std::env::current_exe().or_incomplete("the path of this program")?;
    let name = now.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    let real = |path: &Path| path.canonicalize().ok();
    let in_path = environment::search_path().into_iter();
    Ok(in_path
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&name))
        .find(|path| path.is_file() && real(path).is_some() && real(path) == real(&now))
        .unwrap_or(now))
}
