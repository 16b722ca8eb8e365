//! `shield-hook hook NAME`: what the installed hooks call.

use std::collections::HashSet;
use std::path::PathBuf;

use bstr::{BString, ByteSlice, ByteVec};

use super::gate::{Ending, Gate, Home};
use super::options::{Judging, Reporting};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::git::{self, Repo};
use crate::journal::Place;
use crate::scan::Outcome;
use crate::source::{Cleanup, Message, Paths, Staged};

/// Run as a git hook; what the installed hooks call.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    hook: Hook,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reporting: Reporting,
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
}

/// Runs one hook.
///
/// # Errors
/// What ended the run before it could judge.
pub fn run(args: Args) -> Result<Exit> {
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    let mut ending = Ending::of(args.hook.name());
    let repo = Repo::discover(&here);
    if let Ok(repo) = &repo {
        ending.place = Place::Repository(repo.common_dir().to_owned());
    }
    ending.silent_when_clean = matches!(args.hook, Hook::CommitMsg { .. });
    let outcome = repo.and_then(|repo| scan(&args, &repo, &mut ending));
    ending.conclude(outcome, &args.reporting)
}

fn scan(args: &Args, repo: &Repo, ending: &mut Ending) -> Result<Outcome> {
    let gate = Gate::ready(&args.judging, Home::Repo(repo))?;
    let max = gate.max_object();
    let _ = &mut ending.covers;
    match &args.hook {
        Hook::PreCommit { files } => {
            let staged = Staged::new(repo, max);
            match unstaged(repo, files)? {
                paths if paths.is_empty() => gate.scan(&[&staged]),
                paths => gate.scan(&[&staged, &on_disk(repo, paths, max)?]),
            }
        }
        Hook::PreMergeCommit => gate.scan(&[&Staged::new(repo, max)]),
        Hook::CommitMsg { file } => gate.scan(&[&message(repo, file.clone())]),
    }
}

impl Hook {
    fn name(&self) -> &'static str {
        match self {
            Hook::PreCommit { .. } => "hook pre-commit",
            Hook::PreMergeCommit => "hook pre-merge-commit",
            Hook::CommitMsg { .. } => "hook commit-msg",
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
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    let root = repo.work_dir().unwrap_or(&here).to_owned();
    Ok(Paths { root, here, paths, no_ignore: true, tracked: Vec::new(), max_object })
}

/// The message as git will record it: its configuration and whether an editor was used decide.
fn message(repo: &Repo, file: PathBuf) -> Message {
    // Git tells a hook that there is no editor by naming `:`, the command that does nothing.
    let edited = std::env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":");
    let comment = repo.config("core.commentString").or_else(|| repo.config("core.commentChar"));
    let cleanup = match repo.config("commit.cleanup").as_deref().map(|v| v.as_bytes()) {
        Some(b"strip") => Cleanup::Strip,
        Some(b"whitespace") => Cleanup::Whitespace,
        Some(b"verbatim") => Cleanup::Verbatim,
        Some(b"scissors") if edited => Cleanup::Scissors,
        _ if edited => Cleanup::Strip,
        _ => Cleanup::Whitespace,
    };
    match comment {
        // Git picks a character that the message does not use: which one, nobody tells. All is read.
        Some(c) if c == "auto" => Message { file, cleanup: Cleanup::Verbatim, edited, comment: "#".into() },
        Some(comment) if !comment.is_empty() => Message { file, cleanup, edited, comment },
        _ => Message { file, cleanup, edited, comment: "#".into() },
    }
}
