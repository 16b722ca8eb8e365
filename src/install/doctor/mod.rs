//! The doctor: problems that would keep the hooks of this repository from stopping a leak, each with a repair command.

mod assistants;
pub mod conflicts;
mod hooks;
mod journal;
mod messages;
mod packages;
mod rules;
mod submodules;
mod user_setup;
mod work_trees;

use std::path::Path;

use serde_json::{Value, json};

use super::inspect::{self, HookState, InstalledHook};
use super::site::Site;
use super::usergit::UserGit;
use super::{InstallRequest, files};
use crate::environment;
use crate::error::Result;
use crate::git::refuse_endless;
use crate::hook;
use crate::terminal::text::plural;

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemLevel {
    /// A leak would pass, or every operation would be stopped.
    Error,
    /// Part of the protection differs from its appearance.
    Warning,
    /// The protection works; something near it deserves attention.
    Note,
}

impl ProblemLevel {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable id in kebab case.
    pub id: &'static str,
    /// Its severity.
    pub level: ProblemLevel,
    /// A sentence.
    pub message: String,
    /// The command that repairs it.
    pub fix: String,
    /// The repair that `--fix` makes, if any.
    pub repair: Option<Repair>,
}

/// A repair that deletes nothing written by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// `install` again.
    Install,
    /// `install --global` again.
    InstallGlobal,
}

impl Problem {
    fn error(id: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, level: ProblemLevel::Error, message: message.into(), fix: fix.into(), repair: None }
    }

    fn warning(id: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: ProblemLevel::Warning, ..Self::error(id, message, fix) }
    }

    fn note(id: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: ProblemLevel::Note, ..Self::error(id, message, fix) }
    }

    fn by(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }
}

/// The result of an examination.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The repository, if there is one.
    pub site: Option<Site>,
    /// Its hooks.
    pub hooks: Vec<InstalledHook>,
    /// The problems, the worst first.
    pub problems: Vec<Problem>,
    /// The state of the protection, in short phrases.
    pub facts: Vec<String>,
}

/// Examines the repository that contains `directory`, and the user's own set-up. `program` is this program.
///
/// # Errors
/// When git cannot be started or a file cannot be read.
pub fn examine(directory: &Path, program: &Path) -> Result<Diagnosis> {
    refuse_endless(directory)?;
    let git = UserGit::at(directory);
    git.version()?;
    let mut diagnosis = Diagnosis { site: None, hooks: Vec::new(), problems: Vec::new(), facts: Vec::new() };
    if git.ask(["rev-parse", "--git-dir"])?.is_some() {
        let site = Site::find(directory)?;
        diagnosis.hooks = inspect::inspect(&site)?;
        hooks::check(&site, &mut diagnosis, program)?;
        rules::check(&site, &mut diagnosis);
        journal::check(&site, &mut diagnosis);
        diagnosis.problems.extend(conflicts::check(&site)?);
        packages::check(&site, &git, &mut diagnosis)?;
        submodules::check(&site, &mut diagnosis)?;
        assistants::check(&site, &mut diagnosis)?;
        diagnosis.site = Some(site);
    } else {
        diagnosis.facts.push("no repository here".into());
    }
    let for_all = user_setup::check(&git, &mut diagnosis, program)?;
    if diagnosis.site.is_none() && !for_all {
        diagnosis.problems.push(messages::no_repository(directory));
    }
    diagnosis.problems.sort_by_key(|t| t.level);
    Ok(diagnosis)
}

/// Makes the repairs that delete nothing written by a person. Returns a line for each.
///
/// # Errors
/// When a repair fails.
pub fn fix(diagnosis: &Diagnosis, directory: &Path, program: &Path) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for (repair, global) in [(Repair::Install, false), (Repair::InstallGlobal, true)] {
        let wanted: Vec<&Problem> = diagnosis.problems.iter().filter(|t| t.repair == Some(repair)).collect();
        if wanted.is_empty() {
            continue;
        }
        let strict = diagnosis.hooks.iter().any(|s| s.hook == hook::STRICT && s.is_ours());
        let request = InstallRequest {
            directory: directory.to_owned(),
            binary: program.to_owned(),
            global,
            hooks: Vec::new(),
            strict: global && strict,
        };
        done.push(super::install(&request)?.digest);
    }
    Ok(done)
}

impl Diagnosis {
    /// Returns whether there are only notes.
    pub fn healthy(&self) -> bool {
        self.problems.iter().all(|t| t.level == ProblemLevel::Note)
    }

    /// The summary line.
    pub fn line(&self) -> String {
        let count = |level| self.problems.iter().filter(|t| t.level == level).count();
        let counted = [
            (ProblemLevel::Error, "error", "errors"),
            (ProblemLevel::Warning, "warning", "warnings"),
            (ProblemLevel::Note, "note", "notes"),
        ];
        let mut parts: Vec<String> = counted
            .into_iter()
            .map(|(level, one, many)| (count(level), one, many))
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| plural(n, one, many))
            .collect();
        if self.healthy() {
            parts.insert(0, "healthy".into());
        }
        format!("doctor: {}: {}", parts.join(", "), self.facts.join(", "))
    }

    /// The JSON report.
    pub fn json(&self) -> Value {
        let hooks = self.hooks.iter().filter(|s| !matches!(s.state, HookState::Nothing));
        json!({
            "version": 1,
            "tool": {"name": "shield-hook", "version": env!("CARGO_PKG_VERSION")},
            "healthy": self.healthy(),
            "digest": self.line(),
            "repository": self.site.as_ref().map(|site| json!({
                "root": site.root.display().to_string(),
                "hooks": site.hooks.display().to_string(),
                "bare": site.bare,
                "hooks_path": site.hooks_path.as_ref().map(|p| json!({"value": p.value, "scope": p.scope, "origin": p.origin})),
            })),
            "hooks": hooks.map(|hook| json!({
                "hook": hook.hook,
                "path": hook.path.display().to_string(),
                "state": hooks::state_name(&hook.state),
                "ours": hook.is_ours(),
                "intact": hook.stub().map(|s| s.intact),
                "version": hook.stub().map(|s| s.version.clone()),
                "program": hook.stub().and_then(|s| s.binary.as_ref()).map(|b| b.display().to_string()),
            })).collect::<Vec<_>>(),
            "findings": self.problems.iter().map(|t| json!({
                "id": t.id,
                "severity": t.level.name(),
                "message": t.message,
                "fix": t.fix,
                "fixable": t.repair.is_some(),
            })).collect::<Vec<_>>(),
        })
    }
}

/// The first `shield-hook` in PATH.
fn in_path() -> Option<std::path::PathBuf> {
    environment::search_path().into_iter().map(|d| d.join("shield-hook")).find(|p| files::is_executable(p))
}
