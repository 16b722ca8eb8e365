//! The gate's own wiring: the steps of CI systems and the hooks of managers that call this program.
//!
//! A change that takes a call out, or lets it fail without effect, loosens the gate as much as a change of the policy does.

mod script;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use crate::error::Result;
use crate::exit::Exit;
use crate::path::hook_managers::{self, HOOK_MANAGERS, HookManagerKind};

/// One call of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    /// The command, for example `shield-hook ci`.
    what: String,
    /// Its triggers, for example an event.
    runs: BTreeSet<String>,
    /// Conditions that keep it from running or from having an effect.
    eased: BTreeSet<String>,
}

/// Every call in a state of the repository, by file.
#[derive(Debug, Default)]
pub(super) struct Wiring(BTreeMap<String, Vec<Call>>);

/// A call that is gone or has less effect than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    /// The file that held it.
    pub(super) path: String,
    /// The loss, in a sentence.
    pub(super) what: String,
}

/// A family of files that can replace one another, and the folders and files that are read.
struct Family {
    /// The folders, with all below them.
    folders: &'static [&'static str],
    files: &'static [&'static str],
}

/// The manifests that hold hooks, beside the files of hook managers.
const MANIFESTS: [&str; 2] = ["package.json", "composer.json"];

/// The family of hook managers, which is not in [`FAMILIES`]: one can take the place of another.
const HOOKS: usize = FAMILIES.len();

/// The folders and files in which CI systems and builds look.
const FAMILIES: &[Family] = &[
    Family { folders: &[".github/workflows", ".github/actions"], files: &[] },
    Family { folders: &[".gitea/workflows", ".forgejo/workflows"], files: &[] },
    Family { folders: &[".gitlab"], files: &[".gitlab-ci.yml"] },
    Family { folders: &[".azure-pipelines", ".azure"], files: &["azure-pipelines.yml", "azure-pipelines.yaml"] },
    Family { folders: &[], files: &["bitbucket-pipelines.yml"] },
    Family { folders: &[".circleci"], files: &[] },
    Family { folders: &[".buildkite"], files: &["buildkite.yml"] },
    Family { folders: &[".woodpecker"], files: &[".woodpecker.yml", ".woodpecker.yaml", ".drone.yml"] },
    Family { folders: &[], files: &["Jenkinsfile"] },
    Family { folders: &[], files: &[".travis.yml", "cloudbuild.yaml", "appveyor.yml"] },
    Family {
        folders: &[],
        files: &["Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Rakefile"],
    },
];

/// The most files that are read in a folder of hooks.
const MOST_FILES: usize = 500;

impl Wiring {
    /// Reads every file that may call this program.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub(super) fn of(files: &dyn Files) -> Result<Self> {
        let mut wiring = Self::default();
        let mut names: Vec<String> = all_files().map(str::to_owned).collect();
        for folder in all_folders() {
            names.extend(files.list(folder)?.into_iter().take(MOST_FILES));
        }
        for name in names {
            let calls = match files.read(&name) {
                Ok(Some(bytes)) => calls(&name, &String::from_utf8_lossy(&bytes)),
                Ok(None) => continue,
                // A link in the place of the file: no CI system follows it.
                Err(error) if error.exit() == Exit::Usage => continue,
                Err(error) => return Err(error),
            };
            if !calls.is_empty() {
                wiring.0.insert(name, calls);
            }
        }
        Ok(wiring)
    }

    /// The calls of this state that `after` has no more, or only with less effect.
    pub(super) fn lost_in(&self, after: &Self) -> Vec<Loss> {
        let mut lost = Vec::new();
        let mut left: Vec<(&str, &Call)> =
            after.0.iter().flat_map(|(path, calls)| calls.iter().map(move |call| (path.as_str(), call))).collect();
        let mut open = Vec::new();
        // A call that is still in its file answers for itself; only one that is not may have moved.
        for (path, call) in self.0.iter().flat_map(|(path, calls)| calls.iter().map(move |call| (path.as_str(), call)))
        {
            match left.iter().position(|(at, now)| *at == path && now.holds(call)) {
                Some(at) => drop(left.swap_remove(at)),
                None => open.push((path, call)),
            }
        }
        for (path, call) in open {
            let moved = left.iter().position(|(at, now)| family_of(at) == family_of(path) && now.holds(call));
            if let Some(at) = moved {
                left.swap_remove(at);
                continue;
            }
            let weaker = left.iter().find(|(at, now)| *at == path && now.what == call.what);
            let what = match weaker.and_then(|(_, now)| now.lacks(call)) {
                Some(how) => format!("lets `{}` pass without effect: {how}", call.what),
                None => format!("takes `{}` out", call.what),
            };
            lost.push(Loss { path: path.to_owned(), what });
        }
        lost
    }
}

impl Call {
    /// Whether this does all that `before` did.
    fn holds(&self, before: &Self) -> bool {
        self.what == before.what && self.lacks(before).is_none()
    }

    /// The first thing in which this has less effect than `before`.
    fn lacks(&self, before: &Self) -> Option<String> {
        if let Some(new) = self.eased.difference(&before.eased).next() {
            return Some(new.clone());
        }
        // One of several values counts for as long as there is a choice at all.
        let chosen = |run: &str| run.split_once(" = ").is_none_or(|(of, _)| self.eased.contains(of));
        let gone = before.runs.difference(&self.runs).find(|run| chosen(run))?;
        Some(format!("no longer {gone}"))
    }
}

fn calls(name: &str, text: &str) -> Vec<Call> {
    // Cheap, and true of nearly every file.
    if !text.contains("shield-hook") && !text.contains("shield_hook") {
        return Vec::new();
    }
    if !is_run(name) {
        return Vec::new();
    }
    let is = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if is(&[".yml", ".yaml", ".json"]) {
        return workflow::calls(name, text);
    }
    // git runs these with a plain shell, whose last command decides; husky's and make's stop at the first that fails.
    let last_decides = HOOK_MANAGERS
        .iter()
        .filter(|manager| manager.kind == HookManagerKind::Beside)
        .flat_map(|manager| manager.folders)
        .any(|folder| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    script::calls(text, last_decides)
}

/// Returns whether the system runs a file in its folder: GitHub looks for workflows in no folder below.
fn is_run(name: &str) -> bool {
    let is_workflow = |rest: &str| !rest.contains('/') && (rest.ends_with(".yml") || rest.ends_with(".yaml"));
    name.strip_prefix(".github/workflows/").is_none_or(is_workflow)
}

/// Returns whether the file at `path` is read for calls of this program.
pub fn is_inspected(path: &str) -> bool {
    family_of(path).is_some()
}

/// The family that a file belongs to.
fn family_of(path: &str) -> Option<usize> {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let of_hooks = || hook_managers::holds(path) || MANIFESTS.contains(&path);
    FAMILIES
        .iter()
        .position(|family| family.files.contains(&path) || family.folders.iter().any(|folder| below(folder)))
        .or_else(|| of_hooks().then_some(HOOKS))
}

fn hook_files() -> impl Iterator<Item = &'static str> {
    HOOK_MANAGERS.iter().flat_map(|manager| manager.files).copied().chain(MANIFESTS)
}

fn hook_folders() -> impl Iterator<Item = &'static str> {
    HOOK_MANAGERS.iter().flat_map(|manager| manager.folders).copied()
}

fn all_files() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.files).copied().chain(hook_files())
}

fn all_folders() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.folders).copied().chain(hook_folders())
}

#[cfg(test)]
mod tests;
