//! The hooks that git really runs in a repository, and whether they run our program.

use std::path::PathBuf;

use super::manager::Manager;
use super::site::Site;
use super::stub::{self, Stub};
use super::{block, directory, files, framework, global, husky, lefthook};
use crate::error::Result;
use crate::hook;

/// The file that git finds for one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledHook {
    /// The hook's name.
    pub hook: &'static str,
    /// The file that git looks for.
    pub path: PathBuf,
    /// Its kind.
    pub state: HookState,
}

/// The kind of a hook's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookState {
    /// No file: git runs nothing.
    Nothing,
    /// A file that git ignores because it is not executable.
    NotExecutable,
    /// Our stub.
    Ours(Stub),
    /// Our stub behind a hook manager's script, which runs it.
    BehindManager(Stub),
    /// husky's wrapper, for a script that contains our lines.
    Husky {
        /// The script.
        script: PathBuf,
        /// No other command runs before our lines.
        first: bool,
    },
    /// lefthook's script, with our command in this configuration.
    Lefthook(PathBuf),
    /// A script of the pre-commit framework or prek, with our hook in this configuration.
    Framework(PathBuf),
    /// A configuration hook of ours, and the stub that it runs.
    Config(PathBuf, Stub),
    /// Another program's hook that does not run ours; the program's name, as far as it is known.
    Foreign(&'static str),
}

impl InstalledHook {
    /// Returns whether git runs our program for this hook.
    pub fn is_ours(&self) -> bool {
        !matches!(self.state, HookState::Nothing | HookState::NotExecutable | HookState::Foreign(_))
    }

    /// The stub that runs, if the hook is one.
    pub fn stub(&self) -> Option<&Stub> {
        match &self.state {
            HookState::Ours(stub) | HookState::BehindManager(stub) | HookState::Config(_, stub) => Some(stub),
            _ => None,
        }
    }
}

/// Inspects every hook that this program can run.
///
/// # Errors
/// When git cannot be started or a file cannot be read.
pub fn inspect(site: &Site) -> Result<Vec<InstalledHook>> {
    let config = config_hooks(site)?;
    hook::OURS.iter().map(|hook| inspect_hook(site, hook, &config)).collect()
}

fn inspect_hook(site: &Site, hook: &'static str, config: &[(String, PathBuf)]) -> Result<InstalledHook> {
    let path = site.hooks.join(hook);
    let state = in_directory(site, hook, &path)?;
    let run_by_config = config.iter().find(|(event, _)| event == hook);
    let state = match (&state, run_by_config) {
        (HookState::Nothing | HookState::NotExecutable | HookState::Foreign(_), Some((_, stub))) => {
            match files::read(stub)?.and_then(|bytes| stub::read(&bytes)) {
                Some(found) if files::is_executable(stub) => HookState::Config(stub.clone(), found),
                _ => state,
            }
        }
        _ => state,
    };
    Ok(InstalledHook { hook, path, state })
}

fn in_directory(site: &Site, hook: &str, path: &std::path::Path) -> Result<HookState> {
    if !path.is_file() {
        return Ok(HookState::Nothing);
    }
    let bytes = files::read(path)?.unwrap_or_default();
    if !files::is_executable(path) {
        return Ok(HookState::NotExecutable);
    }
    if let Some(stub) = stub::read(&bytes) {
        // The dispatcher defers to the repository's own stub.
        let own = site.common.join("hooks").join(hook);
        if stub.kind == "dispatcher"
            && own != path
            && files::is_executable(&own)
            && let Some(own) = files::read(&own)?.and_then(|bytes| stub::read(&bytes))
        {
            return Ok(HookState::Ours(own));
        }
        let runs_ours = stub.kind != "dispatcher" || stub.calls;
        return Ok(if runs_ours { HookState::Ours(stub) } else { HookState::Foreign("the dispatcher, without ours") });
    }
    let script = match &site.manager {
        Manager::Husky(scripts) => Some(scripts.join(hook)),
        _ => None,
    };
    if let Some(script) = script {
        return Ok(match files::read_text(&script)? {
            Some(text) if !block::blocks(&text).is_empty() => {
                HookState::Husky { first: husky::ours_first(&text), script }
            }
            _ => HookState::Foreign("husky"),
        });
    }
    if lefthook::wrote(&bytes) {
        if let Manager::Lefthook(team) = &site.manager {
            let configs = [lefthook::local_config(&site.root, team), team.clone()];
            for config in configs {
                if lefthook::runs_ours(&files::read_text(&config)?.unwrap_or_default(), hook) {
                    return Ok(HookState::Lefthook(config));
                }
            }
        }
        return Ok(HookState::Foreign("lefthook"));
    }
    if let Some(stub) = directory::legacy_stub(&site.hooks, hook)?
        && files::is_executable(&directory::legacy_path(&site.hooks, hook))
    {
        return Ok(HookState::BehindManager(stub));
    }
    if framework::wrote(&bytes) {
        let config = framework::runs_ours(&site.root, &bytes, hook)?;
        return Ok(config.map_or(HookState::Foreign("the pre-commit framework"), HookState::Framework));
    }
    Ok(HookState::Foreign("another hook"))
}

/// Our configuration hooks that this git runs here: the event, and the stub.
fn config_hooks(site: &Site) -> Result<Vec<(String, PathBuf)>> {
    if site.git.version()? < super::usergit::CONFIG_HOOKS {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (hook, command) in global::config_hooks(&site.git)? {
        let name = global::config_name(&hook);
        let off = |key: String| {
            Ok::<_, crate::error::Error>(
                site.git.ask(["config", "--type=bool", "--get", &key])?.as_deref() == Some("false"),
            )
        };
        if off(format!("hook.{name}.enabled"))? || off(format!("hook.{hook}.enabled"))? {
            continue;
        }
        let events = site.git.ask(["config", "--get-all", &format!("hook.{name}.event")])?.unwrap_or_default();
        // An empty value cancels the events before it.
        let listed = events.lines().rev().take_while(|e| !e.is_empty()).any(|e| e == hook);
        if listed && let Some(path) = stub::unquote(&command) {
            found.push((hook, PathBuf::from(path)));
        }
    }
    Ok(found)
}
