//! The record of what `install` changed in settings files, by which `uninstall` gives back their bytes.
//!
//! Each change is kept as the place, the bytes that were there and the bytes that came: mostly none, and our entry. A
//! file that was changed elsewhere since can still be given back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::files;
use super::super::site::Site;
use crate::error::{Context, Result};

/// The settings files of all work trees, by their paths.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct InstalledSettings(BTreeMap<PathBuf, SettingsChange>);

/// The change of one file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct SettingsChange {
    /// The whole text of a file that was not there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<String>,
    /// Whether its directory was not there either.
    #[serde(default)]
    made_directory: bool,
    /// The changes of a file that was there, in their order.
    #[serde(default)]
    changes: Vec<TextChange>,
}

/// A change of a text in one place.
#[derive(Debug, Serialize, Deserialize)]
struct TextChange {
    /// The offset in bytes.
    at: usize,
    removed: String,
    added: String,
}

impl TextChange {
    fn between(before: &str, after: &str) -> Self {
        let common = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| -> usize {
            a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
        };
        let start = common(&mut before.chars(), &mut after.chars());
        let (old, new) = (&before[start..], &after[start..]);
        let end = common(&mut old.chars().rev(), &mut new.chars().rev());
        Self { at: start, removed: old[..old.len() - end].to_owned(), added: new[..new.len() - end].to_owned() }
    }

    /// The text before the change, if what was added is still in it once.
    fn undone(&self, text: &str) -> Option<String> {
        let is_there = text.get(self.at..).is_some_and(|rest| rest.starts_with(&self.added));
        let at = match is_there {
            true => self.at,
            false if self.added.len() > 16 && text.matches(&self.added).count() == 1 => text.find(&self.added)?,
            false => return None,
        };
        Some([&text[..at], &self.removed, &text[at + self.added.len()..]].concat())
    }
}

impl InstalledSettings {
    fn path(site: &Site) -> PathBuf {
        site.common.join("shield-hook").join("assistants.json")
    }

    pub(super) fn read(site: &Site) -> Result<Self> {
        let path = Self::path(site);
        // A file in the place of our folder is the journal's problem, which doctor names; there is no record then.
        if !path.parent().is_some_and(Path::is_dir) {
            return Ok(Self::default());
        }
        let bytes = files::read(&path)?.unwrap_or_default();
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub(super) fn write(&self, site: &Site) -> Result<()> {
        let path = Self::path(site);
        if self.0.is_empty() {
            return if path.exists() { files::remove(&path) } else { Ok(()) };
        }
        files::make_directory(path.parent().unwrap_or(&site.common))?;
        files::write(&path, &serde_json::to_vec(self).or_incomplete("the record of the assistants")?, false)
    }

    /// Records the change from `before` through `steps`.
    pub(super) fn record(&mut self, path: &Path, before: Option<&str>, steps: &[String], made_directory: bool) {
        let mut change = SettingsChange { made_directory, ..SettingsChange::default() };
        match before {
            None => change.made = steps.last().cloned(),
            Some(before) => {
                let texts: Vec<&str> = std::iter::once(before).chain(steps.iter().map(String::as_str)).collect();
                change.changes = texts.windows(2).map(|pair| TextChange::between(pair[0], pair[1])).collect();
            }
        }
        self.0.insert(path.to_owned(), change);
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// Returns whether the file is as `install` made it.
    pub(super) fn is_ours_alone(&self, path: &Path, text: &str) -> bool {
        self.0.get(path).is_some_and(|change| change.made.as_deref() == Some(text))
    }

    /// The text before the changes, where all of them can be undone.
    pub(super) fn undone(&self, path: &Path, text: &str) -> Option<String> {
        let change = self.0.get(path).filter(|change| change.made.is_none() && !change.changes.is_empty())?;
        change.changes.iter().rev().try_fold(text.to_owned(), |text, change| change.undone(&text))
    }

    /// Removes the directory of a file if `install` made it and nothing else is in it.
    pub(super) fn remove_directory(&self, path: &Path) {
        if self.0.get(path).is_some_and(|change| change.made_directory)
            && let Some(directory) = path.parent()
            && std::fs::remove_dir(directory).is_ok()
            // `.github/hooks` may have made `.github`.
            && let Some(above) = directory.parent().filter(|above| above.file_name().is_some_and(|n| n == ".github"))
        {
            let _ = std::fs::remove_dir(above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_undone_where_it_was_made_and_where_it_moved() {
        for (before, after) in [("", "x"), ("{}", "{\"a\": 1}"), ("äb", "äcb"), ("aa", "aaa"), ("abc", "abc")] {
            let change = TextChange::between(before, after);
            assert_eq!(change.undone(after).as_deref(), Some(before), "{before} {after}");
        }
        let entry = "\"an entry that is long enough\"";
        let change = TextChange::between("[]", &format!("[{entry}]"));
        assert_eq!(change.undone(&format!("// new\n[{entry}]")).as_deref(), Some("// new\n[]"));
        assert_eq!(change.undone("[]"), None);
    }
}
