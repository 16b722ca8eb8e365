//! Overdue runs: records that the journal should hold and does not.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::git;
use crate::journal::receipt;
use crate::journal::{Journal, Record};
use crate::terminal::text::plural;

/// One thing that is overdue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The command whose run is missing.
    pub command: &'static str,
    /// A sentence.
    pub what: String,
}

/// The runs that a repository's journal lacks, by git's own logs since the hooks were installed.
pub fn find(journal: &Journal, common: &Path) -> Vec<Overdue> {
    let Some(since) = journal.records.iter().find_map(Record::when) else { return Vec::new() };
    let mut found = Vec::new();
    let now = Timestamp::now();
    let last = |command: &str| journal.latest(command).and_then(Record::when);
    let pushed = last("hook pre-push").unwrap_or(since);
    let pushes = tracking_logs(common)
        .iter()
        .flat_map(|name| git::reflog_entries(common, name, receipt::RECENT))
        // A push is logged when it is through, a moment after its hook.
        .filter(|m| m.action == "update by push" && m.time > pushed.as_second() + 120)
        .count();
    if pushes > 0 {
        let what = format!(
            "no run of pre-push in this clone for {}, {} seen in the reflog",
            ago(pushed, now),
            plural(pushes, "push", "pushes")
        );
        found.push(Overdue { command: "hook pre-push", what });
    }
    let unseen = receipt::without(journal, common);
    if !unseen.is_empty() {
        let committed = last("hook pre-commit").unwrap_or(since);
        let what = format!(
            "{} made here with no hook looking on ({}); the last run of pre-commit was {} ago",
            plural(unseen.len(), "commit was", "commits were"),
            unseen.iter().rev().take(3).map(|id| &id[..10]).collect::<Vec<_>>().join(", "),
            ago(committed, now)
        );
        found.push(Overdue { command: "hook pre-commit", what });
    }
    if since > now + jiff::SignedDuration::from_secs(120) {
        let what = format!("the journal's first record is from {since}, which is yet to come: a clock was wrong");
        found.push(Overdue { command: "journal", what });
    }
    found
}

/// The logs of all remote-tracking refs, as names below `logs/`.
fn tracking_logs(common: &Path) -> Vec<String> {
    let root = common.join("logs");
    let (mut found, mut open) = (Vec::new(), vec![root.join("refs/remotes")]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str) {
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The time since `then` in its largest unit: `40 days`, `3 hours`, `a moment`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        i64::MIN..=59 => "a moment".into(),
        60..=3599 => plural(seconds as usize / 60, "minute", "minutes"),
        3600..=86_399 => plural(seconds as usize / 3600, "hour", "hours"),
        _ => plural(seconds as usize / 86_400, "day", "days"),
    }
}
