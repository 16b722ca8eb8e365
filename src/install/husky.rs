//! husky: our lines go into its scripts, `.husky/<hook>`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::block::{self, FileRemoval, Remainder};
use super::files;
use super::stub::{self, Binary};
use crate::error::Result;
use crate::hook;

/// The outcome of installing into one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptOutcome {
    /// The script was created.
    New,
    /// Our lines were up to date.
    Unchanged,
    /// Our lines were put before the existing ones.
    Prepended,
    /// The script is no shell script, so our lines cannot be inserted.
    NotShell,
}

/// Puts our lines at the top of `scripts/<hook>`.
///
/// # Errors
/// When the script cannot be read or written.
pub fn install(scripts: &Path, hook: &str, binary: &Path) -> Result<ScriptOutcome> {
    let path = scripts.join(hook);
    let lines = stub::block(hook, &Binary::shared(binary));
    let existing = files::read_text(&path)?;
    let before = match &existing {
        None => None,
        Some(text) if !is_shell(text) => return Ok(ScriptOutcome::NotShell),
        Some(text) => match block::remove(text)? {
            Remainder::Unchanged => Some(text.clone()),
            Remainder::Text(rest) => Some(rest),
            Remainder::NoFile => None,
        },
    };
    let text = match &before {
        Some(text) => block::insert(text, top(text), "", &lines, false),
        None => block::insert("", 0, "", &lines, true),
    };
    if existing.as_ref() == Some(&text) && files::is_executable(&path) {
        return Ok(ScriptOutcome::Unchanged);
    }
    files::write(&path, text.as_bytes(), existing.is_none())?;
    Ok(if before.is_some() { ScriptOutcome::Prepended } else { ScriptOutcome::New })
}

/// Removes our lines. Returns whether there were any.
///
/// # Errors
/// When the script cannot be read or written.
pub fn uninstall(scripts: &Path, hook: &str) -> Result<bool> {
    Ok(block::remove_from_file(&scripts.join(hook))? != FileRemoval::Nothing)
}

/// Returns whether no other command runs before our lines.
pub fn ours_first(text: &str) -> bool {
    let own = |line: &str| line.is_empty() || line.starts_with('#') || line.contains("/husky.sh");
    block::first_start(text).is_some_and(|at| text[..at].lines().map(str::trim).all(own))
}

/// The byte after the shebang and after husky's own line, which restarts the script in husky 8.
fn top(text: &str) -> usize {
    let mut at = 0;
    let mut end = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        if (n == 0 && line.starts_with("#!")) || line.contains("/husky.sh") {
            at = end;
        }
    }
    at
}

fn is_shell(text: &str) -> bool {
    let Some(first) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else { return true };
    first.split(['/', ' ']).any(|word| matches!(word, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh"))
}

/// The directory of husky's scripts after the repository's set-up; `None` without a sign of husky.
pub fn pending(root: &Path) -> Option<PathBuf> {
    let package = files::read_below(root, "package.json").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let scripts = package.as_ref().and_then(|package| package.get("scripts")?.as_object());
    let called = scripts.into_iter().flatten().filter_map(|(_, command)| directory_in(command.as_str()?)).next();
    let usual = root.join(".husky");
    match called {
        Some(directory) if !directory.contains("..") => Some(root.join(directory)),
        Some(_) => usual.is_dir().then_some(usual),
        None => {
            let other = files::read_below(root, "package.json").is_some_and(|text| !text.contains("husky"));
            let scripted = !other && hook::GIT_HOOKS.iter().any(|hook| usual.join(hook).is_file());
            scripted.then_some(usual)
        }
    }
}

/// The directory that a command passes to husky.
fn directory_in(command: &str) -> Option<String> {
    for part in command.split(['&', '|', ';']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "husky" || word.ends_with("/husky")) else { continue };
        let rest =
            words[at + 1..].iter().find(|word| !word.starts_with('-') && **word != "install" && **word != "init");
        return match rest {
            Some(word) if ["add", "set", "uninstall"].contains(word) => None,
            Some(word) => Some((*word).to_owned()),
            None => Some(".husky".into()),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_that_husky_is_given() {
        for (command, directory) in [
            ("husky", Some(".husky")),
            ("husky install", Some(".husky")),
            ("husky || true", Some(".husky")),
            ("is-ci || husky install .config/husky", Some(".config/husky")),
            ("cd .. && npx husky web/.husky", Some("web/.husky")),
            ("node_modules/.bin/husky", Some(".husky")),
            ("tsc -b", None),
            ("husky add .husky/pre-commit x", None),
            ("echo no-husky", None),
        ] {
            assert_eq!(directory_in(command).as_deref(), directory, "{command}");
        }
    }
}
