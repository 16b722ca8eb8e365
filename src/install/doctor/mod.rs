//! The doctor: what would keep the hooks of this repository from stopping a leak, each with the command that repairs it.

pub mod beside;
mod history;
mod hooks;
mod packages;
mod rules;
mod submodules;
mod surroundings;
mod work_trees;

use std::path::Path;

use serde_json::{Value, json};

use super::inspect::{self, Seen, What};
use super::site::Site;
use super::usergit::UserGit;
use super::{Request, files};
use crate::error::Result;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A leak would get through, or nothing would.
    Error,
    /// Something works otherwise than it seems.
    Warning,
    /// Everything works; something beside it deserves a look.
    Note,
}

impl Weight {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Note => "note",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A stable name, kebab case.
    pub id: &'static str,
    /// How bad it is.
    pub weight: Weight,
    /// A sentence.
    pub what: String,
    /// The command that repairs it.
    pub fix: String,
    /// What `--fix` may do about it.
    pub repair: Option<Repair>,
}

/// A repair that takes nothing away which a person wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Installing again.
    Install,
    /// Installing again for every repository of the user.
    InstallGlobal,
}

impl Trouble {
    fn error(id: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Trouble { id, weight: Weight::Error, what: what.into(), fix: fix.into(), repair: None }
    }

    fn warning(id: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Trouble { weight: Weight::Warning, ..Trouble::error(id, what, fix) }
    }

    fn note(id: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Trouble { weight: Weight::Note, ..Trouble::error(id, what, fix) }
    }

    fn by(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }
}

/// What the doctor saw.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The repository; none outside of one.
    pub site: Option<Site>,
    /// Its hooks.
    pub seen: Vec<Seen>,
    /// What is wrong, the worst first.
    pub troubles: Vec<Trouble>,
    /// What is in force, in a few words each.
    pub facts: Vec<String>,
}

/// Looks at the repository that `directory` is in, and at the user's own set-up. `program` is this program.
///
/// # Errors
/// When git cannot be run.
pub fn examine(directory: &Path, program: &Path) -> Result<Diagnosis> {
    let git = UserGit::at(directory);
    git.version()?;
    let mut diagnosis = Diagnosis { site: None, seen: Vec::new(), troubles: Vec::new(), facts: Vec::new() };
    if git.ask(["rev-parse", "--git-dir"])?.is_some() {
        let site = Site::find(directory)?;
        diagnosis.seen = inspect::inspect(&site)?;
        hooks::look(&site, &mut diagnosis, program)?;
        rules::look(&site, &mut diagnosis);
        history::look(&site, &mut diagnosis);
        diagnosis.troubles.extend(beside::look(&site)?);
        packages::look(&site, &git, &mut diagnosis)?;
        submodules::look(&site, &mut diagnosis)?;
        diagnosis.site = Some(site);
    } else {
        diagnosis.facts.push("no repository here".into());
    }
    let for_all = surroundings::look(&git, &mut diagnosis, program)?;
    if diagnosis.site.is_none() && !for_all {
        diagnosis.troubles.push(Trouble::error(
            "no-repository",
            format!("{} is in no git repository, and nothing is installed for all repositories", directory.display()),
            "cd into a repository, and run this there; or: shield-hook install --global",
        ));
    }
    diagnosis.troubles.sort_by_key(|t| t.weight);
    Ok(diagnosis)
}

/// Does what can be done without taking away what a person wrote; gives what was done.
///
/// # Errors
/// When it cannot be done.
pub fn fix(diagnosis: &Diagnosis, directory: &Path, program: &Path) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for (repair, global) in [(Repair::Install, false), (Repair::InstallGlobal, true)] {
        let wanted: Vec<&Trouble> = diagnosis.troubles.iter().filter(|t| t.repair == Some(repair)).collect();
        if wanted.is_empty() {
            continue;
        }
        let strict = diagnosis.seen.iter().any(|s| s.hook == super::names::STRICT && s.is_ours());
        let request = Request {
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
    /// Whether a leak is stopped, as far as can be seen.
    pub fn healthy(&self) -> bool {
        self.troubles.iter().all(|t| t.weight == Weight::Note)
    }

    /// The one line.
    pub fn line(&self) -> String {
        let count = |weight| self.troubles.iter().filter(|t| t.weight == weight).count();
        let counted = [(Weight::Error, "error"), (Weight::Warning, "warning"), (Weight::Note, "note")];
        let mut parts: Vec<String> = counted
            .iter()
            .map(|(w, word)| (count(*w), word))
            .filter(|(n, _)| *n > 0)
            .map(|(n, w)| plural(n, w))
            .collect();
        if self.healthy() {
            parts.insert(0, "healthy".into());
        }
        format!("doctor: {}: {}", parts.join(", "), self.facts.join(", "))
    }

    /// The whole of it, for machines.
    pub fn json(&self) -> Value {
        let hooks = self.seen.iter().filter(|s| !matches!(s.what, What::Nothing));
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
            "hooks": hooks.map(|seen| json!({
                "hook": seen.hook,
                "path": seen.path.display().to_string(),
                "state": hooks::state(&seen.what),
                "ours": seen.is_ours(),
                "intact": seen.stub().map(|s| s.intact),
                "version": seen.stub().map(|s| s.version.clone()),
                "program": seen.stub().and_then(|s| s.binary.as_ref()).map(|b| b.display().to_string()),
            })).collect::<Vec<_>>(),
            "findings": self.troubles.iter().map(|t| json!({
                "id": t.id,
                "severity": t.weight.name(),
                "message": t.what,
                "fix": t.fix,
                "fixable": t.repair.is_some(),
            })).collect::<Vec<_>>(),
        })
    }
}

fn plural(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// The first `shield-hook` in PATH.
fn in_path() -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|d| d.join("shield-hook")).find(|p| files::is_executable(p))
}
