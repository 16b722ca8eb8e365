//! Findings of this directory, looked up by their fingerprint or by their line.

use std::path::{Path, PathBuf};

use super::scan::root_for;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Error, Result};
use crate::finding::{Finding, Fingerprint};
use crate::git::Repo;
use crate::outcome::Outcome;
use crate::policy::Overrides;
use crate::policy::authority::PolicyRoot;
use crate::removal::Unpublished;
use crate::source::{CommitRange, Message, Paths, Source, Staged, WorkTree};

/// A file and a line of it, as a report names them.
pub(super) struct FileLine {
    /// The file, relative to the current directory.
    pub(super) file: PathBuf,
    /// The line, from 1.
    pub(super) number: usize,
}

impl FileLine {
    /// Reads `FILE:LINE`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (file, number) = text.rsplit_once(':')?;
        let number = number.parse().ok().filter(|n| *n > 0)?;
        Some(Self { file: file.into(), number })
    }

    /// Returns the findings that touch the line, each with the verdict that the policy gives it.
    ///
    /// # Errors
    /// Exit 2 when the file cannot be read.
    pub(super) fn findings(&self, session: &Session) -> Result<Vec<Finding>> {
        let here = environment::current_directory()?;
        let (root, _) = root_for(&here, &[]);
        let Outcome { findings, .. } = session.scan(&[&Paths {
            root,
            here,
            paths: vec![self.file.clone()],
            no_ignore: true,
            tracked: Vec::new(),
            max_object: session.max_object(),
        }])?;
        let touches = |f: &Finding| (f.location.line..=f.location.end_line).contains(&self.number);
        Ok(findings.into_iter().filter(touches).collect())
    }
}

/// Returns those of `wanted` that no finding here has: in the index, the work tree, the last message, or any commit.
///
/// # Errors
/// As a scan's.
pub(super) fn missing(mut wanted: Vec<Fingerprint>) -> Result<Vec<Fingerprint>> {
    if wanted.is_empty() {
        return Ok(wanted);
    }
    search(|findings| {
        wanted.retain(|print| findings.iter().all(|f| f.fingerprint != *print));
        wanted.is_empty()
    })?;
    Ok(wanted)
}

/// Returns the findings with a fingerprint, of the first place that has some: the index and the work tree, the last
/// message, or any commit.
///
/// # Errors
/// As a scan's.
pub(super) fn with_fingerprint(print: Fingerprint) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    search(|findings| {
        found.extend(findings.iter().filter(|f| f.fingerprint == print).cloned());
        !found.is_empty()
    })?;
    Ok(found)
}

/// Returns the findings that stop the next operation: those of the index, else those of commits that no remote has.
///
/// # Errors
/// As a scan's; exit 3 outside a repository.
pub(super) fn last_stopped() -> Result<Vec<Finding>> {
    let repo = Repo::discover(&environment::current_directory()?)?;
    let session = Session::with(&Overrides::default(), PolicyRoot::Local(&repo))?;
    let max_object = session.max_object();
    let blocking = |source: &dyn Source| -> Result<Vec<Finding>> {
        Ok(session.scan(&[source])?.findings.into_iter().filter(|f| f.verdict.blocks()).collect())
    };
    let staged = blocking(&Staged::new(&repo, max_object))?;
    let unpublished = Unpublished::of(&repo)?;
    match unpublished.head {
        Some(head) if staged.is_empty() => {
            blocking(&CommitRange::beyond(&repo, unpublished.published, head, max_object))
        }
        _ => Ok(staged),
    }
}

/// Scans one place after another, the cheapest first, until `is_done` says that its findings are enough.
fn search(mut is_done: impl FnMut(&[Finding]) -> bool) -> Result<()> {
    let here = environment::current_directory()?;
    let (root, _) = root_for(&here, &[]);
    let session = Session::with(&Overrides::default(), PolicyRoot::Directory(&root))?;
    let max_object = session.max_object();
    let mut look_in = |sources: &[&dyn Source]| -> Result<bool> { Ok(is_done(&session.scan(sources)?.findings)) };
    let Ok(repo) = Repo::discover(&here) else {
        let paths = vec![PathBuf::from(".")];
        look_in(&[&Paths { root, here, paths, no_ignore: true, tracked: Vec::new(), max_object }])?;
        return Ok(());
    };
    let message = repo.git_dir().join("COMMIT_EDITMSG");
    // The cheapest source comes first: most findings are of the commit that was just stopped.
    let done = repo.work_dir().is_some()
        && (look_in(&[&Staged::new(&repo, max_object)])? || look_in(&[&WorkTree::new(&repo, max_object)])?)
        || message.exists() && look_in(&[&Message::of_commit(&repo, message)])?;
    if !done {
        // A commit that was amended since is on no branch any more.
        look_in(&[&session.history(&repo, true)])?;
    }
    Ok(())
}

/// Returns the reason without the space around it, and refuses an empty one.
///
/// # Errors
/// Exit 3: it is empty, or the placeholder of printed advice and templates.
pub(super) fn reason(given: &str) -> Result<&str> {
    let help = "give the reason why this is not a leak: --reason \"revoked on 3 May\"";
    let reason = given.trim();
    let words: String = reason.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return Err(Error::usage("the reason is empty").help(help));
    }
    let is_bracketed = reason.starts_with('<') && reason.ends_with('>');
    if is_bracketed || PLACEHOLDERS.contains(&words.as_str()) {
        return Err(Error::usage(format!("the reason {} is a placeholder", redact::message(reason))).help(help));
    }
    Ok(reason)
}

/// Placeholders of a reason.
const PLACEHOLDERS: [&str; 15] = [
    "why",
    "reason",
    "the reason",
    "your reason",
    "reason here",
    "todo",
    "tbd",
    "fixme",
    "xxx",
    "na",
    "none",
    "test",
    "asdf",
    "foo",
    "because",
];

/// Returns whether git would offer the file for a commit: it lies in a work tree.
pub(super) fn is_in_work_tree(path: &Path) -> bool {
    let Ok(here) = environment::current_directory() else { return false };
    let root = Repo::discover(&here).ok().and_then(|repo| repo.work_dir()?.canonicalize().ok());
    path.canonicalize().ok().zip(root).is_some_and(|(path, root)| path.starts_with(root))
}
