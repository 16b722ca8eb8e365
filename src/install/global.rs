//! Hooks for every repository of a user.
//!
//! From git 2.54 on, hooks named in the configuration run beside those of a repository, and no `core.hooksPath` can
//! shadow them. Before that, a global `core.hooksPath` leads to a directory with a dispatcher for every hook that git
//! knows. The dispatcher runs the repository's own hook, which git itself no longer finds.

use std::path::{Path, PathBuf};

use super::directory;
use super::hooks_path::HooksPath;
use super::stub::{self, Binary, StubKind};
use super::usergit::{CONFIG_HOOKS, UserGit};
use super::{files, messages};
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::hook;

/// The name of a configuration hook.
pub fn config_name(hook: &str) -> String {
    format!("shield-hook-{hook}")
}

/// The directory with the user's own stubs.
///
/// # Errors
/// When the environment names no data directory of the user.
pub fn stub_directory() -> Result<PathBuf> {
    let base = if cfg!(windows) {
        environment::absolute_path("XDG_DATA_HOME").or_else(|| environment::absolute_path("LOCALAPPDATA"))
    } else {
        environment::absolute_path("XDG_DATA_HOME")
            .or_else(|| environment::absolute_path("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("shield-hook").join("hooks"))
        .ok_or_else(|| Error::incomplete("neither XDG_DATA_HOME nor HOME is an absolute path"))
}

/// Installs for every repository of the user. Returns lines for people.
///
/// # Errors
/// When the configuration or the directory cannot be written.
pub fn install(git: &UserGit, hooks: &[&str], binary: &Path) -> Result<Vec<String>> {
    let directory = stub_directory()?;
    let binary = Binary::local(binary);
    let hooks_path = user_hooks_path(git)?;
    let version = git.version()?;
    if version >= CONFIG_HOOKS {
        return with_config_hooks(git, hooks, &binary, &directory, hooks_path.as_ref());
    }
    // An older git ignores the configuration hooks that a newer one ran.
    remove_config_hooks(git)?;
    if let Some(theirs) = hooks_path.filter(|path| Path::new(&path.value) != directory) {
        return beside_theirs(hooks, &binary, &theirs);
    }
    files::make_directory(&directory)?;
    for hook in hook::GIT_HOOKS {
        directory::install(&directory, hook, StubKind::Dispatcher, &binary, hooks.contains(&hook))?;
    }
    git.must(["config".as_ref(), "--global".as_ref(), "core.hooksPath".as_ref(), directory.as_os_str()])?;
    Ok(messages::dispatcher(version, &directory, hooks))
}

/// The `core.hooksPath` for all repositories of the user.
fn user_hooks_path(git: &UserGit) -> Result<Option<HooksPath>> {
    for scope in ["global", "system"] {
        let flag = format!("--{scope}");
        if let Some(value) = git.ask(["config", &flag, "--type=path", "--get", "core.hooksPath"])? {
            return Ok(Some(HooksPath { value, scope: scope.into(), origin: format!("your {scope} configuration") }));
        }
    }
    Ok(None)
}

fn with_config_hooks(
    git: &UserGit,
    hooks: &[&str],
    binary: &Binary,
    directory: &Path,
    hooks_path: Option<&HooksPath>,
) -> Result<Vec<String>> {
    if hooks_path.is_some_and(|path| Path::new(&path.value) == directory) {
        // The directory was set up before git was updated.
        git.must(["config", "--global", "--unset-all", "core.hooksPath"])?;
        remove_stubs(directory)?;
    }
    files::make_directory(directory)?;
    for hook in hooks {
        directory::install(directory, hook, StubKind::Beside, binary, true)?;
        let path = directory.join(hook);
        let path = path.to_str().ok_or_else(|| Error::incomplete(format!("{} is not UTF-8", path.display())))?;
        let name = config_name(hook);
        git.must(["config", "--global", "--replace-all", &format!("hook.{name}.command"), &stub::quote(path)])?;
        git.must(["config", "--global", "--replace-all", &format!("hook.{name}.event"), hook])?;
    }
    Ok(messages::config_hooks(hooks, directory))
}

/// Puts our stubs in front of the hooks in a directory that the user already has for all repositories.
fn beside_theirs(hooks: &[&str], binary: &Binary, theirs: &HooksPath) -> Result<Vec<String>> {
    let directory = PathBuf::from(&theirs.value);
    if !directory.is_absolute() {
        return Err(Error::incomplete(format!(
            "core.hooksPath is the relative path {} in {}, so it leads to a different directory in every repository",
            theirs.value, theirs.origin
        ))
        .help("run `shield-hook install` in each repository instead"));
    }
    files::make_directory(&directory)?;
    let mut lines = vec![messages::global_directory(theirs)];
    for hook in hooks {
        let outcome = directory::install(&directory, hook, StubKind::Repository, binary, true)?;
        lines.push(messages::hook(hook, &outcome));
    }
    Ok(lines)
}

/// Removes the hooks for every repository. Returns lines for people.
///
/// # Errors
/// When the configuration or the directory cannot be written.
pub fn uninstall(git: &UserGit) -> Result<Vec<String>> {
    let directory = stub_directory()?;
    let mut lines = remove_config_hooks(git)?;
    match user_hooks_path(git)? {
        Some(path) if Path::new(&path.value) == directory => {
            git.must(["config", "--global", "--unset-all", "core.hooksPath"])?;
            lines.push("core.hooksPath: removed from your configuration".into());
        }
        Some(path) => {
            for hook in hook::OURS {
                if let Some(outcome) = directory::uninstall(Path::new(&path.value), hook)? {
                    lines.push(format!("{hook}: {outcome}"));
                }
            }
        }
        None => {}
    }
    remove_stubs(&directory)?;
    Ok(lines)
}

fn remove_config_hooks(git: &UserGit) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for hook in hook::OURS {
        let section = format!("hook.{}", config_name(hook));
        if git.ask(["config", "--global", "--get", &format!("{section}.command")])?.is_some() {
            git.must(["config", "--global", "--remove-section", &section])?;
            lines.push(format!("{hook}: removed from your configuration"));
        }
    }
    Ok(lines)
}

fn remove_stubs(directory: &Path) -> Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for hook in hook::GIT_HOOKS {
        directory::uninstall(directory, hook)?;
    }
    // Other programs may have put hooks into it.
    let left = std::fs::read_dir(directory).or_incomplete(directory.display())?.next().is_some();
    if !left {
        std::fs::remove_dir(directory).or_incomplete(directory.display())?;
        // The parent goes as well if it is empty.
        let _ = directory.parent().map(std::fs::remove_dir);
    }
    Ok(())
}

/// Returns whether a `core.hooksPath` leads to our dispatcher.
pub fn is_dispatcher(path: &HooksPath) -> bool {
    stub_directory().is_ok_and(|directory| Path::new(&path.value) == directory)
}

/// Our configuration hooks in force: the hook, and its command.
///
/// # Errors
/// When git cannot be started.
pub fn config_hooks(git: &UserGit) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for hook in hook::OURS {
        let key = format!("hook.{}.command", config_name(hook));
        if let Some(command) = git.ask(["config", "--get", &key])? {
            found.push((hook.to_owned(), command));
        }
    }
    Ok(found)
}
