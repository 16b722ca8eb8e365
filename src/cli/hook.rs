//! `shield-hook hook NAME`: what the installed hooks call.

use std::path::PathBuf;

use bstr::ByteSlice;

use super::gate::{Ending, Gate, Home};
use super::options::{Judging, Reporting};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::git::Repo;
use crate::journal::Place;
use crate::scan::Outcome;
use crate::source::{Cleanup, Message, Staged};

/// Run as a git hook; what the installed hooks call.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    hook: Hook,
    // Hooks are called without options; these are set through the environment.
    #[command(flatten)]
    judging: Judging,
}

/// The hooks, with the arguments that git gives them.
#[derive(Debug, clap::Subcommand)]
enum Hook {
    /// Before a commit: what is staged
    PreCommit {
        /// Named by hook managers; what is staged is read whatever they name
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
    ending.conclude(outcome, &Reporting::default())
}

fn scan(args: &Args, repo: &Repo, ending: &mut Ending) -> Result<Outcome> {
    let gate = Gate::ready(&args.judging, Home::Repo(repo))?;
    let max = gate.max_object();
    let _ = &mut ending.covers;
    match &args.hook {
        Hook::PreCommit { files } => {
            let _ = files;
            gate.scan(&[&Staged::new(repo, max)])
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
