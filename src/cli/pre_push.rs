//! `hook pre-push`: everything that a push publishes, its submodules included.

use std::collections::BTreeMap;

use super::push_command::{self, Parent};
use super::pushed_refs;
use super::session::{RunConclusion, Session};
use crate::error::Result;
use crate::exit::Exit;
use crate::finding::repair::RepairContext;
use crate::git::{Oid, Repo};
use crate::journal::receipt;
use crate::journal::{Journal, JournalLocation};
use crate::outcome::Outcome;
use crate::source::{Outgoing, Push, RefUpdate, Skip, Submodule};

/// How many refs are named that may be pushed and hold a finding.
const MOST_NAMED: usize = 5;

/// Submodules in submodules are followed down to this depth.
const MOST_NESTED: usize = 8;

/// Judges a push; `to` is the remote's name and its address, as git gives them.
///
/// # Errors
/// Exit 2 when the pushed refs cannot be determined or read.
pub(super) fn run(session: &Session, repo: &Repo, to: (&str, &str), conclusion: &mut RunConclusion) -> Result<Outcome> {
    let pushed = pushed_refs::push(repo, to.0.to_owned(), to.1.to_owned())?;
    conclusion.covers.refs = pushed.push.updates.iter().map(pushed_refs::recorded).collect();
    let possible = Push { updates: pushed.possible, ..pushed.push.clone() };
    let outgoing = Outgoing::push(repo, pushed.push, session.policy().trust, session.max_object())?;
    let mut outcome = session.scan_in(repo, RepairContext::Push, &[&outgoing])?;
    outcome.coverage.unseen = unseen(repo, &outcome.coverage.new_commits);
    if !possible.updates.is_empty() {
        outcome.coverage.skipped.extend(unnamed(session, repo, &possible)?);
    }
    if !outcome.coverage.gitlinks.is_empty() && takes_submodules(repo) {
        submodules(session, repo, "", &mut outcome, MOST_NESTED)?;
    }
    Ok(outcome)
}

/// How many of these commits were made here with no hook looking on.
fn unseen(repo: &Repo, commits: &[Oid]) -> usize {
    // Without a journal nothing is known, so nothing is reported.
    let journal =
        Journal::tail(&JournalLocation::Repository(repo.common_dir().to_owned()), receipt::RECENT).unwrap_or_default();
    let without = receipt::without(&journal, repo.common_dir());
    commits.iter().filter(|id| without.contains(&id.to_string())).count()
}

/// Reads refs that may be pushed along. Those without findings need not be known; the others leave the run incomplete,
/// since a leak on a branch that stays here must not stop this push, nor pass if it goes.
fn unnamed(session: &Session, repo: &Repo, possible: &Push) -> Result<Option<Skip>> {
    let trust = session.policy().trust;
    let is_clean = |updates: Vec<RefUpdate>| -> Result<bool> {
        let push = Push { updates, ..possible.clone() };
        Ok(session.scan(&[&Outgoing::push(repo, push, trust, session.max_object())?])?.exit() == Exit::Clean)
    };
    if is_clean(possible.updates.clone())? {
        return Ok(None);
    }
    let mut named = Vec::new();
    for update in &possible.updates {
        if named.len() < MOST_NAMED && !is_clean(vec![update.clone()])? {
            named.push(update.local_ref.to_string());
        }
    }
    Ok(Some(Skip {
        what: "ref",
        path: named.join(", "),
        reason: "the hook manager names one ref of a push; if this one is pushed too, it takes a leak along. \
                 Push one ref at a time, or let git run the hook: shield-hook install"
            .into(),
        incomplete: true,
    }))
}

/// Whether the push publishes submodules as well.
fn takes_submodules(repo: &Repo) -> bool {
    let configured = || {
        let value = |key: &str| repo.config(key).map(|value| value.to_string());
        match value("push.recurseSubmodules") {
            Some(value) => is_taking(&value),
            None => {
                value("submodule.recurse").is_some_and(|value| ["true", "yes", "on", "1", ""].contains(&value.as_str()))
            }
        }
    };
    match push_command::parent(repo) {
        Parent::Push(command) => command.recurse.map_or_else(configured, |value| is_taking(&value)),
        Parent::None => configured(),
        Parent::Unknown => true,
    }
}

fn is_taking(value: &str) -> bool {
    ["on-demand", "only"].contains(&value)
}

/// Scans the submodules whose gitlinks changed in `repo`, and removes their rows from the list of unread content.
/// `within` is the path of `repo` itself, empty or ending in a slash.
fn submodules(session: &Session, repo: &Repo, within: &str, outcome: &mut Outcome, depth: usize) -> Result<()> {
    let mut by_path: BTreeMap<String, Vec<Oid>> = BTreeMap::new();
    for (path, id) in std::mem::take(&mut outcome.coverage.gitlinks) {
        by_path.entry(path.to_string()).or_default().push(id);
    }
    for (path, ids) in by_path {
        let shown = format!("{within}{path}");
        let opened = repo.work_dir().map(|root| Submodule::open(&root.join(&path), &shown, &ids)).transpose();
        let submodule = match opened.map(Option::flatten) {
            Ok(Some(submodule)) => submodule,
            // Nothing of it is here, so nothing of it is pushed.
            Ok(None) => continue,
            Err(error) => {
                let reason = format!("it is pushed along and cannot be read: {}", error.message());
                outcome.coverage.skipped.push(Skip { what: "submodule", path: shown, reason, incomplete: true });
                continue;
            }
        };
        let mut read = session.scan(&[&submodule.outgoing(session.policy().trust, session.max_object())?])?;
        if depth > 0 && !read.coverage.gitlinks.is_empty() {
            submodules(session, submodule.repo(), &format!("{shown}/"), &mut read, depth - 1)?;
        }
        outcome.coverage.skipped.retain(|skip| skip.what != "gitlink" || skip.path != shown);
        outcome.join(read);
    }
    Ok(())
}
