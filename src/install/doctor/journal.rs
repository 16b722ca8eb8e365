//! The journal's state, and overdue or bypassed runs that it reveals.

use jiff::Timestamp;

use super::super::site::Site;
use super::{Diagnosis, messages};
use crate::journal::overdue;
use crate::journal::{self, Journal, JournalLocation};

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) {
    let place = JournalLocation::Repository(site.common.clone());
    let shown = site.shown(&site.common.join("shield-hook").join(journal::FILE));
    if let Err(error) = journal::writable(&place) {
        diagnosis.problems.push(messages::journal_unwritable(&shown, error));
    }
    let Ok(journal) = Journal::read(&place) else { return };
    if journal.foreign > 0 {
        diagnosis.problems.push(messages::journal_damaged(&shown, journal.foreign));
    }
    diagnosis.facts.push(last_run(&journal));
    for late in overdue::find(&journal, &site.common) {
        diagnosis.problems.push(messages::overdue(late.command, late.what));
    }
    let open = bypassed_commits(site, &journal);
    if !open.is_empty() {
        diagnosis.problems.push(messages::commits_bypassed(open.len(), &short(&open)));
    }
}

fn last_run(journal: &Journal) -> String {
    let last = journal.records.iter().rev().find(|record| record.command.starts_with("hook "));
    match last.and_then(|record| Some((record, record.when()?))) {
        Some((record, when)) => {
            let hook = record.command.trim_start_matches("hook ");
            format!("last run {hook} {} ago", overdue::ago(when, Timestamp::now()))
        }
        None => "no run yet".into(),
    }
}

/// Commits that bypassed the hooks and are not published.
fn bypassed_commits<'a>(site: &Site, journal: &'a Journal) -> Vec<&'a str> {
    let bypassed = journal.records.iter().filter(|record| record.covers.bypassed).flat_map(|r| &r.covers.commits);
    // A commit that was amended away, or pushed and so scanned, needs no report.
    let unpublished = site.git.ask(["rev-list", "--all", "--not", "--remotes"]).ok().flatten().unwrap_or_default();
    bypassed.map(String::as_str).filter(|id| unpublished.contains(id)).collect()
}

fn short(ids: &[&str]) -> String {
    let mut shown: Vec<String> = ids.iter().take(5).map(|id| id[..10.min(id.len())].to_owned()).collect();
    if ids.len() > shown.len() {
        shown.push("...".into());
    }
    shown.join(", ")
}
