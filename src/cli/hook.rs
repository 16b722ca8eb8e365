//! `shield-hook hook NAME`: the entry point of the installed hooks.

use std::collections::HashSet;
use std::path::PathBuf;

use bstr::{BString, ByteSlice, ByteVec};

use super::options::{PolicyArgs, ReportArgs};
use super::session::{RunConclusion, Session};
use super::{assistant, post_commit, pre_push, pushed_refs, receive};
use crate::environment;
use crate::error::Result;
use crate::exit::Exit;
use crate::finding::repair::RepairContext;
use crate::git::{self, Repo};
use crate::hook;
use crate::journal::JournalLocation;
use crate::outcome::Outcome;
use crate::policy::authority::PolicyRoot;
use crate::source::{Message, Outgoing, Paths, Staged, parse_ref_updates};

/// Run as a git hook (the installed hooks call this).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    caller: Caller,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// Whoever asks before it acts.
#[derive(Debug, clap::Subcommand)]
enum Caller {
    #[command(flatten)]
    Git(Hook),
    /// Before a coding assistant acts: judge its event on standard input (`install --assistant` sets it up)
    Assistant {
        /// The assistant: claude, cursor, codex, copilot or gemini [default: recognised by its event]
        name: Option<String>,
    },
}

/// The hooks, with the arguments that git gives them.
#[derive(Debug, clap::Subcommand)]
enum Hook {
    /// Before a commit: scan the staged changes
    PreCommit {
        /// Files named by a hook manager; those that are not staged (`pre-commit run --all-files`) are read from disk
        files: Vec<PathBuf>,
    },
    /// Before a merge commit: scan its content
    PreMergeCommit,
    /// Before a commit: scan its message
    CommitMsg {
        /// The file that holds the message
        file: PathBuf,
    },
    /// Before a push: scan everything that the remote does not have
    PrePush {
        /// The name of the remote, or its URL
        #[arg(default_value = "")]
        remote: String,
        /// The URL of the remote
        #[arg(default_value = "")]
        url: String,
    },
    /// After a commit: record whether a hook has read it
    PostCommit,
    /// On the receiving side of a push: scan everything that no ref reaches yet
    PreReceive,
    /// Before refs change: scan what branches and tags would newly reach; `--no-verify` does not skip this hook
    ReferenceTransaction {
        /// The state of the transaction; only `prepared` can be refused
        state: String,
    },
}

/// Runs one hook.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration is wrong.
pub fn run(args: Args) -> Result<Exit> {
    let Args { caller, policy_args, report_args } = args;
    report_args.prepare();
    let hook = match caller {
        Caller::Git(hook) => hook,
        Caller::Assistant { name } => return assistant::run(name.as_deref(), &policy_args),
    };
    if matches!(&hook, Hook::ReferenceTransaction { state } if state != "prepared") {
        return Ok(Exit::Clean);
    }
    let here = environment::current_directory()?;
    let repo = Repo::discover(&here);
    let run = HookRun { hook: hook.entry(), policy_args: &policy_args, report_args: &report_args };
    match hook {
        Hook::PreCommit { files } => {
            run.scan(repo, |session, repo, conclusion| pre_commit(session, repo, &files, conclusion))
        }
        Hook::PreMergeCommit => run.scan(repo, |session, repo, _| {
            session.scan_in(repo, RepairContext::Commit, &[&Staged::new(repo, session.max_object())])
        }),
        Hook::CommitMsg { file } => run.scan(repo, |session, repo, _| {
            session.scan_in(repo, RepairContext::Message, &[&Message::of_commit(repo, file)])
        }),
        Hook::PrePush { remote, url } => {
            run.scan(repo, |session, repo, conclusion| pre_push::run(session, repo, (&remote, &url), conclusion))
        }
        Hook::PostCommit => post_commit::run(&policy_args, &report_args, repo),
        Hook::PreReceive => {
            run.conclude(repo, |repo, conclusion| receive::run(&policy_args, repo, &mut conclusion.covers))
        }
        // Everything that a clone brings is the remote's.
        Hook::ReferenceTransaction { .. } if repo.as_ref().is_ok_and(Repo::is_being_cloned) => Ok(Exit::Clean),
        Hook::ReferenceTransaction { .. } => run.scan(repo, transaction),
    }
}

/// One run of a hook, with its arguments.
#[derive(Clone, Copy)]
struct HookRun<'a> {
    hook: hook::Hook,
    policy_args: &'a PolicyArgs,
    report_args: &'a ReportArgs,
}

impl HookRun<'_> {
    /// Scans under the repository's own policy.
    fn scan(
        self,
        repo: Result<Repo>,
        scan: impl FnOnce(&Session, &Repo, &mut RunConclusion) -> Result<Outcome>,
    ) -> Result<Exit> {
        self.conclude(repo, |repo, conclusion| {
            let session = Session::ready(self.policy_args, PolicyRoot::Local(repo))?;
            scan(&session, repo, conclusion)
        })
    }

    /// Reports the outcome of `run`, and records it in the repository's journal.
    fn conclude(
        self,
        repo: Result<Repo>,
        run: impl FnOnce(&Repo, &mut RunConclusion) -> Result<Outcome>,
    ) -> Result<Exit> {
        let mut conclusion = RunConclusion::of(self.hook.command);
        conclusion.silent_when_clean = self.hook.silent_when_clean;
        if let Ok(repo) = &repo {
            conclusion.place = JournalLocation::Repository(repo.common_dir().to_owned());
        }
        let outcome = repo.and_then(|repo| run(&repo, &mut conclusion));
        conclusion.conclude(outcome, self.report_args)
    }
}

fn pre_commit(session: &Session, repo: &Repo, files: &[PathBuf], conclusion: &mut RunConclusion) -> Result<Outcome> {
    let max = session.max_object();
    let staged = Staged::new(repo, max);
    let outcome = match unstaged(repo, files)? {
        paths if paths.is_empty() => session.scan_in(repo, RepairContext::Commit, &[&staged]),
        paths => session.scan_in(repo, RepairContext::Commit, &[&staged, &on_disk(repo, paths, max)?]),
    };
    if let Ok(outcome) = &outcome {
        conclusion.covers.tree = outcome.coverage.staged_tree.map(|tree| tree.to_string());
    }
    conclusion.covers.parents.extend(repo.head()?.map(|head| head.to_string()));
    outcome
}

fn transaction(session: &Session, repo: &Repo, conclusion: &mut RunConclusion) -> Result<Outcome> {
    let mut updates = parse_ref_updates(&pushed_refs::standard_input()?.0)?;
    let guarded: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
    updates.retain(|u| guarded.iter().any(|prefix| u.remote_ref.starts_with(prefix)));
    conclusion.covers.refs = updates.iter().map(pushed_refs::recorded).collect();
    session.scan_in(repo, RepairContext::Commit, &[&Outgoing::transaction(repo, updates, session.max_object())?])
}

impl Hook {
    /// Its entry in the table of hooks.
    fn entry(&self) -> hook::Hook {
        match self {
            Self::PreCommit { .. } => hook::PRE_COMMIT,
            Self::PreMergeCommit => hook::PRE_MERGE_COMMIT,
            Self::CommitMsg { .. } => hook::COMMIT_MSG,
            Self::PrePush { .. } => hook::PRE_PUSH,
            Self::PostCommit => hook::POST_COMMIT,
            Self::PreReceive => hook::PRE_RECEIVE,
            Self::ReferenceTransaction { .. } => hook::REFERENCE_TRANSACTION,
        }
    }
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
    let here = environment::current_directory()?;
    let root = repo.work_dir().unwrap_or(&here).to_owned();
    Ok(Paths { root, here, paths, no_ignore: true, tracked: Vec::new(), max_object })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, FromArgMatches, Subcommand};

    use super::Hook;
    use crate::hook::{HOOKS, OURS};

    #[test]
    fn the_command_line_knows_every_hook_of_the_table() {
        let command = Hook::augment_subcommands(Command::new("hook"));
        let typed: BTreeSet<&str> = command.get_subcommands().map(Command::get_name).collect();
        assert_eq!(typed, BTreeSet::from(OURS));
        for hook in HOOKS {
            let parser = command.find_subcommand(hook.name).expect(hook.name);
            let arguments = parser.get_positionals().filter(|argument| argument.is_required_set()).map(|_| "prepared");
            let line = ["hook", hook.name].into_iter().chain(arguments);
            let matches = command.clone().get_matches_from(line);
            assert_eq!(Hook::from_arg_matches(&matches).expect(hook.name).entry(), hook);
        }
    }
}
