//! `shield-hook scan`

use std::path::{Path, PathBuf};

use super::options::{PolicyArgs, ReportArgs};
use super::session::{RunConclusion, Session};
use crate::engine::RuleStat;
use crate::environment;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::finding::repair::RepairContext;
use crate::git::{self, Repo};
use crate::outcome::Outcome;
use crate::policy::authority::PolicyRoot;
use crate::source::{CommitRange, Paths, Staged, Stdin, WorkTree};
use crate::terminal::say;

/// Scan staged changes, a range, the history, files or standard input.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders; `-` for standard input [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    mode: Mode,
    /// Also scan unreachable objects
    #[arg(long, requires = "history")]
    all_objects: bool,
    /// Read files that .gitignore names as well
    #[arg(long)]
    no_ignore: bool,
    /// The name of standard input in reports
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    stdin_name: String,
    /// Show the cost and the findings of each rule: on standard error, and as `rule_stats` in a JSON report
    #[arg(long)]
    rule_stats: bool,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// The input of a scan without paths.
#[derive(Debug, clap::Args)]
#[group(multiple = false, conflicts_with = "paths")]
struct Mode {
    /// The content that `git commit` would record (honours GIT_INDEX_FILE)
    #[arg(long)]
    staged: bool,
    /// Commits reachable from B and not from A, each against all its parents
    #[arg(long, value_name = "A..B")]
    range: Option<String>,
    /// Every object reachable from any ref
    #[arg(long)]
    history: bool,
    /// Staged, unstaged and untracked changes in one pass
    #[arg(long)]
    worktree: bool,
}

/// Scans and reports.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration or the arguments are wrong.
pub fn run(args: &Args) -> Result<Exit> {
    args.report_args.prepare();
    let outcome = scan(args);
    if let (true, Ok(outcome)) = (args.rule_stats, &outcome) {
        table(&outcome.rule_stats);
    }
    RunConclusion::of("scan").conclude(outcome, &args.report_args)
}

/// A line for each rule that was woken, the dearest first.
fn table(stats: &[RuleStat]) {
    let widest = stats.iter().map(|s| s.rule.id.len()).max().unwrap_or(0).max("rule".len());
    say!(
        "{:widest$}  {:>9}  {:>9}  {:>10}  {:>7}  {:>7}  {:>8}  {:>8}",
        "rule",
        "keywords",
        "regex",
        "time (us)",
        "values",
        "dropped",
        "findings",
        "blocking"
    );
    for s in stats {
        say!(
            "{:widest$}  {:>9}  {:>9}  {:>10}  {:>7}  {:>7}  {:>8}  {:>8}",
            s.rule.id,
            s.hits,
            s.runs,
            s.time.as_micros(),
            s.values,
            s.dropped,
            s.findings,
            s.blocking
        );
    }
}

fn scan(args: &Args) -> Result<Outcome> {
    let here = environment::current_directory()?;
    let mode = &args.mode;
    if mode.staged || mode.worktree || mode.history || mode.range.is_some() {
        let repo = Repo::discover(&here)?;
        let session = Session::ready(&args.policy_args, PolicyRoot::Local(&repo))?.counting(args.rule_stats);
        let max_object = session.max_object();
        let staged = Staged::new(&repo, max_object);
        return if mode.staged {
            session.scan_in(&repo, RepairContext::Commit, &[&staged])
        } else if mode.worktree {
            session.scan_in(&repo, RepairContext::Files, &[&staged, &WorkTree::new(&repo, max_object)])
        } else if let Some(range) = &mode.range {
            session.scan_in(&repo, RepairContext::Push, &[&CommitRange::parse(&repo, range, max_object)?])
        } else {
            let session = session.entire_tree(true);
            session.scan_in(&repo, RepairContext::History, &[&session.history(&repo, args.all_objects)])
        };
    }
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        if args.paths.len() > 1 {
            return Err(Error::usage("`-` reads standard input and cannot be combined with other paths"));
        }
        let (root, _) = root_for(&here, &[]);
        let session = Session::ready(&args.policy_args, PolicyRoot::Directory(&root))?.counting(args.rule_stats);
        return session.scan(&[&Stdin { name: args.stdin_name.as_str().into(), max_object: session.max_object() }]);
    }
    let (root, repo) = root_for(&here, &args.paths);
    let entire_tree = args.paths.is_empty() && root == here;
    let session = Session::ready(&args.policy_args, PolicyRoot::Directory(&root))?
        .entire_tree(entire_tree)
        .counting(args.rule_stats);
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    let tracked = match repo {
        Some(repo) if !args.no_ignore => git::tracked(&repo)?.into_iter().filter_map(|t| t.file).collect(),
        _ => Vec::new(),
    };
    session.scan(&[&Paths { root, here, paths, no_ignore: args.no_ignore, tracked, max_object: session.max_object() }])
}

/// The root for paths in the report: that of the repository that `here` is in, which is returned as well, and
/// outside one the scanned directory.
pub(super) fn root_for(here: &Path, paths: &[PathBuf]) -> (PathBuf, Option<Repo>) {
    if let Ok(repo) = Repo::discover(here)
        && let Some(root) = repo.work_dir().and_then(|root| root.canonicalize().ok())
        && here.canonicalize().is_ok_and(|here| here.starts_with(&root))
    {
        return (root, Some(repo));
    }
    match paths {
        [one] if one.is_dir() => (here.join(one), None),
        _ => (here.to_owned(), None),
    }
}
