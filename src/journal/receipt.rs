//! Receipts: which commits a hook has read, by the journal; and which were made with `git commit` that none has.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::git::{self, ReflogEntry};
use crate::hook::HOOKS;
use crate::journal::{Journal, Record};

/// The bytes of a journal and of a reflog that a hook reads: several thousand commits.
pub const RECENT: u64 = 1 << 20;

/// The journal's evidence about a commit that was just made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookEvidence {
    /// The pre-commit hook read exactly this change and stopped nothing.
    Read,
    /// The pre-commit hook ran, but compared with another commit than this one's parent (`--amend`), or the tree it
    /// read is unknown.
    Ran,
    /// No pre-commit hook saw it.
    Nothing,
}

/// The records of the hooks before a commit with this tree and these parents (in hex).
pub fn before(journal: &Journal, tree: &str, parents: &[String]) -> HookEvidence {
    let saw = |r: &&Record| {
        HOOKS.iter().any(|hook| hook.reads_staged() && hook.command == r.command)
            && r.result == "clean"
            && r.version == env!("CARGO_PKG_VERSION")
            // A commit of some paths has an index whose tree git has not written yet: then the parents must do.
            && r.covers.tree.as_deref().map_or(r.covers.parents == parents, |t| t == tree)
    };
    let mut ran = HookEvidence::Nothing;
    for record in journal.records.iter().rev().filter(saw) {
        if record.covers.tree.is_some() && record.covers.parents == parents {
            return HookEvidence::Read;
        }
        ran = HookEvidence::Ran;
    }
    ran
}

/// Returns whether `git commit` itself moved HEAD, and not a rebase, a cherry-pick or another command that runs no pre-commit
/// hook.
pub fn is_commit(made: &ReflogEntry) -> bool {
    made.action == "commit" || made.action.starts_with("commit (")
}

/// Every git directory that has a HEAD of its own: the common one and those of linked work trees.
pub fn heads(common: &Path) -> Vec<PathBuf> {
    let linked = std::fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten().map(|e| e.path());
    [common.to_owned()].into_iter().chain(linked).collect()
}

/// Commits that `git commit` made since the hooks were installed and that no hook has read; in hex, oldest first. A
/// journal that was rotated or read in part covers only the time after its first record.
pub fn without(journal: &Journal, common: &Path) -> Vec<String> {
    let Some(since) = journal.records.iter().find_map(Record::when) else { return Vec::new() };
    let read: HashSet<&str> = journal.records.iter().flat_map(|r| &r.covers.commits).map(String::as_str).collect();
    let mut moves: Vec<ReflogEntry> =
        heads(common).iter().flat_map(|dir| git::reflog_entries(dir, "HEAD", RECENT)).collect();
    moves.sort_by_key(|m| m.time);
    let mut seen = HashSet::new();
    moves
        .into_iter()
        // Reflogs count seconds: a commit in the second of the first record may be older than the record.
        .filter(|m| m.time > since.as_second() && is_commit(m) && !read.contains(m.new.as_str()))
        .map(|m| m.new)
        .filter(|id| seen.insert(id.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Covers;

    fn saw(command: &str, tree: &str, parents: &[&str]) -> Record {
        let covers = Covers {
            tree: Some(tree.into()),
            parents: parents.iter().map(|p| (*p).to_owned()).collect(),
            ..Covers::default()
        };
        Record { result: "clean".into(), ..Record::new(command) }.covering(covers)
    }

    #[test]
    fn a_receipt_is_for_one_change() {
        let blocked = Record { result: "blocked".into(), ..saw("hook pre-commit", "t3", &["p"]) };
        let journal = Journal {
            records: vec![saw("hook pre-commit", "t1", &["p"]), saw("hook pre-push", "t2", &["p"]), blocked],
            foreign: 0,
        };
        let parent = vec!["p".to_owned()];
        assert_eq!(before(&journal, "t1", &parent), HookEvidence::Read);
        assert_eq!(before(&journal, "t1", &["other".to_owned()]), HookEvidence::Ran);
        assert_eq!(before(&journal, "t2", &parent), HookEvidence::Nothing);
        assert_eq!(before(&journal, "t3", &parent), HookEvidence::Nothing);
    }
}
