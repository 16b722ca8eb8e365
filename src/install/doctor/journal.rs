//! The journal's state, and overdue or bypassed runs that it reveals.

use jiff::Timestamp;

use super::super::site::Site;
use super::{Diagnosis, Problem};
use crate::journal::{Journal, Place};
use crate::overdue;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) {
    let place = Place::Repository(site.common.clone());
    let shown = site.shown(&site.common.join("shield-hook").join(crate::journal::FILE));
    if let Err(e) = crate::journal::writable(&place) {
        diagnosis.problems.push(Problem::warning(
            "journal-unwritable",
            format!("the journal {shown} cannot be written ({e}): nobody will know what ran"),
            format!("make {shown} writable"),
        ));
    }
    let journal = match Journal::read(&place) {
        Ok(journal) => journal,
        Err(_) => return,
    };
    if journal.foreign > 0 {
        diagnosis.problems.push(Problem::warning(
            "journal-damaged",
            format!("{} of the journal {shown} cannot be read", super::plural(journal.foreign, "line")),
            format!("look at {shown}, and take those lines out"),
        ));
    }
    let hooks = journal.records.iter().rev().find(|r| r.command.starts_with("hook "));
    diagnosis.facts.push(match hooks.and_then(|r| Some((r, r.when()?))) {
        Some((record, when)) => {
            format!(
                "last run {} {} ago",
                record.command.trim_start_matches("hook "),
                overdue::ago(when, Timestamp::now())
            )
        }
        None => "no run yet".into(),
    });
    for late in overdue::find(&journal, &site.common) {
        let id = if late.command == "hook pre-push" { "push-overdue" } else { "commits-unseen" };
        diagnosis.problems.push(Problem::warning(
            id,
            late.what,
            "shield-hook canary, then: shield-hook scan --history",
        ));
    }
    let bypassed: Vec<&str> = journal
        .records
        .iter()
        .filter(|r| r.covers.bypassed)
        .flat_map(|r| &r.covers.commits)
        .map(String::as_str)
        .collect();
    // A commit that was amended away, or pushed and so scanned, needs no report.
    let unpublished = site.git.ask(["rev-list", "--all", "--not", "--remotes"]).ok().flatten().unwrap_or_default();
    let open: Vec<&str> = bypassed.into_iter().filter(|id| unpublished.contains(id)).collect();
    if !open.is_empty() {
        diagnosis.problems.push(Problem::warning(
            "commits-bypassed",
            format!(
                "{} made with --no-verify and not pushed yet: {}",
                super::plural(open.len(), "commit"),
                short(&open)
            ),
            "shield-hook scan --range @{upstream}..HEAD",
        ));
    }
}

fn short(ids: &[&str]) -> String {
    let mut shown: Vec<String> = ids.iter().take(5).map(|id| id[..10.min(id.len())].to_owned()).collect();
    if ids.len() > shown.len() {
        shown.push("...".into());
    }
    shown.join(", ")
}
