//! `hook post-commit`: reads a commit that no hook has read, so that its author learns of a leak before the push.

use std::time::Instant;

use bstr::ByteSlice;

use super::options::{PolicyArgs, ReportArgs};
use super::session::{RunConclusion, Session};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::finding::repair::RepairContext;
use crate::git::{self, Repo};
use crate::hook;
use crate::journal::receipt::{self, HookEvidence};
use crate::journal::{self, Covers, Journal, JournalLocation, Record};
use crate::policy::authority::PolicyRoot;
use crate::source::{self, Outgoing};
use crate::terminal::say;

const COMMAND: &str = hook::POST_COMMIT.command;

/// How much of the journal is looked at: the record of the hook that ran a moment ago is at its end.
const TAIL: u64 = 256 << 10;

/// Reads the commit that HEAD leads to, unless pre-commit has. The commit is made: whatever comes out of this, it fails
/// nothing.
pub(super) fn run(policy_args: &PolicyArgs, report_args: &ReportArgs, repo: Result<Repo>) -> Result<Exit> {
    let start = Instant::now();
    let mut place = JournalLocation::User;
    let run = repo.and_then(|repo| {
        place = JournalLocation::Repository(repo.common_dir().to_owned());
        look(policy_args, report_args, &repo, &place)
    });
    if let Err(error) = run {
        journal::record(&place, &Record::failed(COMMAND, &error, start.elapsed()));
        super::complain(&error, true);
    }
    Ok(Exit::Clean)
}

fn look(policy_args: &PolicyArgs, report_args: &ReportArgs, repo: &Repo, place: &JournalLocation) -> Result<()> {
    let Some(head) = repo.head()? else { return Ok(()) };
    let parents = git::parents_of(repo, &head)?;
    let tree =
        repo.objects().tree_of(&head).map_err(|why| Error::incomplete(format!("commit {head}: {}", why.reason())))?;
    // A journal that cannot be read knows of no hook: the commit is read.
    let journal = Journal::tail(place, TAIL).unwrap_or_default();
    let hex: Vec<String> = parents.iter().map(ToString::to_string).collect();
    let before = receipt::before(&journal, &tree.to_string(), &hex);
    let mut covers = Covers { commits: vec![head.to_string()], ..Covers::default() };
    if before == HookEvidence::Read && !keeps_comments(repo, &head) {
        let digest = "shield-hook: clean: pre-commit has read this commit".into();
        journal::record(place, &Record { result: "clean".into(), digest, ..Record::new(COMMAND) }.covering(covers));
        return Ok(());
    }
    let made = git::reflog_entries(repo.git_dir(), "HEAD", 4096).pop().filter(|m| m.new == covers.commits[0]);
    let by_commit = made.as_ref().is_none_or(receipt::is_commit) && !in_progress(repo);
    covers.bypassed = by_commit && before == HookEvidence::Nothing;
    let session = Session::ready(policy_args, PolicyRoot::Local(repo))?;
    let run =
        session.scan_in(repo, RepairContext::Push, &[&Outgoing::commit(repo, head, parents, session.max_object())]);
    if made.is_some_and(|m| m.action.starts_with("rebase")) {
        // A rebase rewrites commits that were made before: the record is enough, and the push reads them.
        journal::record(place, &Record::of(COMMAND, &run?).covering(covers));
        return Ok(());
    }
    let conclusion = RunConclusion { command: COMMAND, place: place.clone(), covers, silent_when_clean: true };
    if conclusion.conclude(run, report_args).is_ok_and(|exit| exit != Exit::Clean) {
        say!("shield-hook: the commit is made, but a push of it will be stopped");
    }
    Ok(())
}

/// Whether the commit's message has lines that commit-msg may have taken for comments, which git would remove:
/// a hook cannot see `commit --cleanup=verbatim`.
fn keeps_comments(repo: &Repo, head: &git::Oid) -> bool {
    let comment = source::comment_prefix(repo);
    let mut commit = Vec::new();
    let read = repo.few_objects().read(head, u64::MAX, &mut commit);
    let message = commit.find("\n\n").map_or(&[][..], |at| &commit[at + 2..]);
    read.is_err() || message.lines().any(|line| line.starts_with(comment.as_slice()))
}

/// Whether git is in the middle of something that makes commits by itself.
fn in_progress(repo: &Repo) -> bool {
    let signs = ["rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer"];
    signs.iter().any(|sign| repo.git_dir().join(sign).exists())
}
