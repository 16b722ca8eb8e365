//! The hooks of coding assistants: entries in their settings files, taken back byte for byte.

mod settings;
mod taken_back;

use std::path::{Path, PathBuf};

use super::site::Site;
use super::stub::quote;
use super::{Summary, files};
use crate::assistant::dialect::{ASSISTANTS, Assistant};
use crate::environment;
use crate::error::{Error, Result};
use taken_back::InstalledSettings;

/// The name that stands for every assistant.
pub const ALL: &str = "all";

/// The assistants that the names mean.
fn named(names: &[String]) -> Result<Vec<&'static Assistant>> {
    if names.iter().any(|name| name == ALL) {
        return Ok(ASSISTANTS.iter().collect());
    }
    let find = |name: &String| {
        Assistant::called(name).ok_or_else(|| {
            Error::usage(format!("no assistant is called {name}"))
                .help(format!("there are {}, and {ALL}", Assistant::ids().join(", ")))
        })
    };
    names.iter().map(find).collect()
}

/// The program as the settings name it: its name where PATH has it, for the settings are shared with others.
fn program_word(program: &Path) -> String {
    let real = |path: &Path| path.canonicalize().ok();
    match in_path("shield-hook") {
        Some(path) if real(&path).is_some() && real(&path) == real(program) => "shield-hook".into(),
        _ => quote(&program.to_string_lossy()),
    }
}

/// The repository's root; a bare one has no settings of assistants.
fn site(directory: &Path) -> Result<Site> {
    let site = Site::find(directory)?;
    match site.bare {
        true => Err(Error::usage("a bare repository has no settings of assistants").help("run this in a work tree")),
        false => Ok(site),
    }
}

/// Writes the hooks of the named assistants into the repository that contains `directory`.
///
/// # Errors
/// A name is not known, or a settings file cannot be read or written; then none is written.
pub fn install(directory: &Path, names: &[String], program: &Path) -> Result<Summary> {
    let (assistants, site) = (named(names)?, site(directory)?);
    let word = program_word(program);
    let mut state = InstalledSettings::read(&site)?;
    // All are prepared before the first is written.
    let mut prepared = Vec::new();
    for assistant in assistants {
        let path = site.root.join(assistant.settings);
        let mut before = files::read_text(&path)?;
        if settings::is_complete(assistant, &word, before.as_deref().unwrap_or_default()) {
            prepared.push((assistant, path, None));
            continue;
        }
        // An entry of another program or version is replaced.
        if let Some(text) = &before
            && settings::mentions(assistant, text)
        {
            before = state.undone(&path, text).or_else(|| settings::without(assistant, text));
        }
        let written =
            settings::with(assistant, &word, before.as_deref()).map_err(|error| error.context(site.shown(&path)))?;
        prepared.push((assistant, path, Some((before, written))));
    }
    let mut lines = Vec::new();
    let mut count = 0;
    for (assistant, path, change) in prepared {
        count += 1;
        let shown = site.shown(&path);
        let Some((before, steps)) = change else {
            lines.push(format!("  {shown}: in place already"));
            continue;
        };
        let is_new = before.is_none();
        let made_directory = match path.parent() {
            Some(above) => files::make_directory(above)?,
            None => false,
        };
        let after = steps.last().cloned().unwrap_or_default();
        files::write(&path, after.as_bytes(), false)?;
        state.record(&path, before.as_deref(), &steps, made_directory);
        state.write(&site)?;
        lines.push(format!("  {shown}: {}", if is_new { "new" } else { "added to" }));
        if !assistant.note.is_empty() {
            lines.push(format!("  note: {}", assistant.note));
        }
    }
    if word.starts_with('\'') {
        lines.push(format!(
            "  note: the settings name {word}: put it into PATH and install again before you share them"
        ));
    } else {
        lines.push(
            "  note: who shares these settings needs shield-hook, too: without it the assistant is stopped".into(),
        );
    }
    lines.push(super::messages::PROVE.into());
    let digest = format!("shield-hook: installed: hooks of {} in {}", counted(count), site.root.display());
    Ok(Summary { lines, digest })
}

fn counted(count: usize) -> String {
    crate::terminal::text::plural(count, "assistant", "assistants")
}

/// Takes the hooks of the named assistants out of the settings.
///
/// # Errors
/// A name is not known, or a settings file cannot be read or written.
pub fn uninstall(directory: &Path, names: &[String]) -> Result<Summary> {
    let (assistants, site) = (named(names)?, site(directory)?);
    let lines = take_out(&site, &assistants)?;
    let digest = match lines.len() {
        0 => "shield-hook: uninstalled: no assistant's hooks were installed here".into(),
        count => format!("shield-hook: uninstalled: hooks of {} in {}", counted(count), site.root.display()),
    };
    Ok(Summary { lines, digest })
}

/// Takes out the hooks that `install` wrote in this work tree, of all assistants: their record goes with the others.
pub(super) fn uninstall_recorded(site: &Site) -> Result<Vec<String>> {
    let state = InstalledSettings::read(site)?;
    let recorded: Vec<&Assistant> =
        ASSISTANTS.iter().filter(|assistant| state.has(&site.root.join(assistant.settings))).collect();
    take_out(site, &recorded)
}

fn take_out(site: &Site, assistants: &[&Assistant]) -> Result<Vec<String>> {
    let mut state = InstalledSettings::read(site)?;
    let mut lines = Vec::new();
    for assistant in assistants {
        let path = site.root.join(assistant.settings);
        let Some(text) = files::read_text(&path)?.filter(|text| settings::mentions(assistant, text)) else { continue };
        let outcome = if state.is_ours_alone(&path, &text) {
            files::remove(&path)?;
            state.remove_directory(&path);
            "removed"
        } else if let Some(before) = state.undone(&path, &text) {
            files::write(&path, before.as_bytes(), false)?;
            "restored"
        } else {
            match settings::without(assistant, &text) {
                Some(rest) => files::write(&path, rest.as_bytes(), false)?,
                None => files::remove(&path)?,
            }
            "our entries removed"
        };
        state.forget(&path);
        state.write(site)?;
        lines.push(format!("  {}: {outcome}", site.shown(&path)));
    }
    Ok(lines)
}

/// The hooks of one assistant in a repository.
#[derive(Clone, Debug)]
pub(super) struct AssistantState {
    /// The assistant.
    pub(super) assistant: &'static Assistant,
    /// Its settings file, relative to the root.
    pub(super) settings: &'static str,
    /// The events without an entry of ours.
    pub(super) missing: Vec<&'static str>,
    /// The commands of our entries.
    pub(super) commands: Vec<String>,
    /// Whether a setting switches all hooks off, in this file.
    pub(super) off_in: Option<String>,
    /// Whether the file is JSON.
    pub(super) is_readable: bool,
}

/// The assistants whose settings mention this program, or did when it was installed.
pub(super) fn states(site: &Site) -> Result<Vec<AssistantState>> {
    let mut found = Vec::new();
    if site.bare {
        return Ok(found);
    }
    let recorded = InstalledSettings::read(site)?;
    for assistant in &ASSISTANTS {
        let path = site.root.join(assistant.settings);
        let text = files::read_below(&site.root, assistant.settings).unwrap_or_default();
        if !settings::mentions(assistant, &text) && !recorded.has(&path) {
            continue;
        }
        let local = assistant.settings.replace("settings.json", "settings.local.json");
        let off_in = [assistant.settings.to_owned(), local]
            .into_iter()
            .find(|name| files::read_below(&site.root, name).is_some_and(|text| settings::switches_off(&text)));
        let missing = settings::missing(assistant, &text);
        let is_readable = missing.is_some();
        found.push(AssistantState {
            assistant,
            settings: assistant.settings,
            missing: missing.unwrap_or_default(),
            commands: settings::commands(assistant, &text),
            off_in,
            is_readable,
        });
    }
    Ok(found)
}

/// The program of a command in the settings.
pub(super) fn program_of(command: &str) -> Option<PathBuf> {
    let word = command.split(" hook assistant ").next()?;
    let path = word.trim_matches('\'').replace(r"'\''", "'");
    if path.contains('/') {
        return Some(PathBuf::from(path)).filter(|path| files::is_executable(path));
    }
    in_path(&path)
}

/// The first program of this name in PATH.
fn in_path(name: &str) -> Option<PathBuf> {
    environment::search_path().into_iter().map(|directory| directory.join(name)).find(|path| files::is_executable(path))
}
