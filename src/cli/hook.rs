//! `shield-hook hook NAME`: what the installed hooks call.

use std::collections::HashSet;
use std::path::PathBuf;

use bstr::{BString, ByteSlice, ByteVec};

use super::options::{PolicyArgs, ReportArgs};
use super::session::{RunConclusion, Session};
use super::{post_commit, pre_push, pushed_refs, receive};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::finding::repair::Scene;
use crate::git::{self, Repo};
use crate::journal::{self, Place};
use crate::outcome::Outcome;
use crate::policy::authority::PolicyRoot;
use crate::source::{Message, Outgoing, Paths, RefUpdate, Staged, parse_ref_updates};

/// Run as a git hook; what the installed hooks call.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    hook: Hook,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// The hooks, with the arguments that git gives them.
#[derive(Debug, clap::Subcommand)]
enum Hook {
    /// Before a commit: what is staged
    PreCommit {
        /// Named by hook managers; those that are not staged (`pre-commit run --all-files`) are read from disk
        files: Vec<PathBuf>,
    },
    /// Before a merge commit: what it would record
    PreMergeCommit,
    /// Before a commit: its message
    CommitMsg {
        /// The file that holds the message
        file: PathBuf,
    },
    /// Before a push: everything the remote lacks
    PrePush {
        /// The remote's name, or its address
        #[arg(default_value = "")]
        remote: String,
        /// The remote's address
        #[arg(default_value = "")]
        url: String,
    },
    /// After a commit: what no hook has read
    PostCommit,
    /// On the receiving side of a push: everything no ref here leads to yet
    PreReceive,
    /// Before refs change: what branches and tags would newly lead to; `--no-verify` does not skip this hook
    ReferenceTransaction {
        /// Where the transaction is; only `prepared` can be refused
        state: String,
    },
}

/// Runs one hook.
///
/// # Errors
/// What ended the run before it could judge.
pub fn run(args: Args) -> Result<Exit> {
    args.report_args.prepare();
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    if matches!(&args.hook, Hook::ReferenceTransaction { state } if state != "prepared") {
        return Ok(Exit::Clean);
    }
    let repo = Repo::discover(&here);
    // What a clone brings is the remote's, all of it.
    let cloning = |repo: &Repo| repo.is_being_cloned();
    if matches!(args.hook, Hook::ReferenceTransaction { .. }) && repo.as_ref().is_ok_and(cloning) {
        return Ok(Exit::Clean);
    }
    let mut conclusion = RunConclusion::of(args.hook.name());
    if matches!(args.hook, Hook::PostCommit) {
        return post_commit::run(&args.policy_args, &args.report_args, repo);
    }
    if let Ok(repo) = &repo {
        conclusion.place = Place::Repository(repo.common_dir().to_owned());
    }
    conclusion.silent_when_clean = matches!(args.hook, Hook::CommitMsg { .. } | Hook::ReferenceTransaction { .. });
    let outcome = repo.and_then(|repo| scan(&args, &repo, &mut conclusion));
    conclusion.conclude(outcome, &args.report_args)
}

fn scan(args: &Args, repo: &Repo, conclusion: &mut RunConclusion) -> Result<Outcome> {
    if matches!(args.hook, Hook::PreReceive) {
        return receive::run(&args.policy_args, repo, &mut conclusion.covers);
    }
    let session = Session::ready(&args.policy_args, PolicyRoot::Local(repo))?;
    let max = session.max_object();
    match &args.hook {
        Hook::PreCommit { files } => {
            let staged = Staged::new(repo, max);
            let outcome = match unstaged(repo, files)? {
                paths if paths.is_empty() => session.scan_in(repo, Scene::Commit, &[&staged]),
                paths => session.scan_in(repo, Scene::Commit, &[&staged, &on_disk(repo, paths, max)?]),
            };
            if let Ok(outcome) = &outcome {
                conclusion.covers.tree = outcome.coverage.staged_tree.map(|tree| tree.to_string());
            }
            conclusion.covers.parents.extend(repo.head()?.map(|head| head.to_string()));
            outcome
        }
        Hook::PreMergeCommit => session.scan_in(repo, Scene::Commit, &[&Staged::new(repo, max)]),
        Hook::CommitMsg { file } => session.scan_in(repo, Scene::Message, &[&Message::of_commit(repo, file.clone())]),
        Hook::PrePush { remote, url } => pre_push::run(&session, repo, (remote, url), conclusion),
        // These have their own stories, in `post_commit` and `receive`.
        Hook::PostCommit | Hook::PreReceive => session.scan(&[]),
        Hook::ReferenceTransaction { .. } => {
            let mut updates = parse_ref_updates(&pushed_refs::standard_input()?.0)?;
            let guarded: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
            updates.retain(|u| guarded.iter().any(|prefix| u.remote_ref.starts_with(prefix)));
            conclusion.covers.refs = updates.iter().map(ref_update).collect();
            session.scan_in(repo, Scene::Commit, &[&Outgoing::transaction(repo, updates, max)?])
        }
    }
}

impl Hook {
    fn name(&self) -> &'static str {
        match self {
            Hook::PreCommit { .. } => "hook pre-commit",
            Hook::PreMergeCommit => "hook pre-merge-commit",
            Hook::CommitMsg { .. } => "hook commit-msg",
            Hook::PrePush { .. } => "hook pre-push",
            Hook::PostCommit => "hook post-commit",
            Hook::PreReceive => "hook pre-receive",
            Hook::ReferenceTransaction { .. } => "hook reference-transaction",
        }
    }
}

/// A ref update as the journal keeps it.
pub(super) fn ref_update(update: &RefUpdate) -> journal::RefUpdate {
    let name = if update.remote_ref.is_empty() { &update.local_ref } else { &update.remote_ref };
    journal::RefUpdate { name: name.to_string(), old: update.old.to_string(), new: update.new.to_string() }
}

/// Those of the files a hook manager names that are no part of the commit.
fn unstaged(repo: &Repo, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let staged: HashSet<BString> = git::staged(repo, &mut repo.objects())?.new.into_iter().map(|c| c.path).collect();
    let is_staged = |file: &PathBuf| staged.contains(Vec::from_path_lossy(file).as_bstr());
    Ok(files.iter().filter(|f| !is_staged(f)).cloned().collect())
}

/// Files on disk, reported relative to the repository's root.
fn on_disk(repo: &Repo, paths: Vec<PathBuf>, max_object: u64) -> Result<Paths> {
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    let root = repo.work_dir().unwrap_or(&here).to_owned();
    Ok(Paths { root, here, paths, no_ignore: true, tracked: Vec::new(), max_object })
}
