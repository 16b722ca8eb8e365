//! `shield-hook ci`: the gate of a pull request. The policy comes from before the change.

mod change;
pub(super) mod systems;

use std::collections::HashSet;
use std::io::Write;

use super::options::{PolicyArgs, ReportArgs};
use super::session::{RunConclusion, Session};
use crate::environment;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::repair::RepairContext;
use crate::finding::{Finding, Verdict, WarnReason};
use crate::git::{self, Oid, Repo};
use crate::outcome::Outcome;
use crate::policy::authority::{Authority, PolicyRoot};
use crate::policy::weakened::{Answer, Comparison, State};
use crate::policy::{Accept, InTree, Overrides, Policy};
use crate::report::step_summary;
use crate::source::CommitRange;
use crate::terminal::say;
use change::{Change, Start};

/// Check the commits of a pull request or a push; base and head come from the CI system's environment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The revision at which the change begins [default: from the CI system]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// The revision at which the change ends [default: from the CI system]
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Scan the net change only, not each of its commits
    #[arg(long)]
    net: bool,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// Finds the change, scans it under the policy from before it, and reports.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration or the arguments are wrong.
pub fn run(args: &Args) -> Result<Exit> {
    args.report_args.prepare();
    let outcome = judge(args);
    if let (Ok(outcome), Some(path)) = (&outcome, environment::nonempty_text("GITHUB_STEP_SUMMARY")) {
        summarise(outcome, &path);
    }
    RunConclusion::of("ci").conclude(outcome, &args.report_args)
}

/// Adds the summary of the job, which the page of a run on GitHub shows. A failure changes no verdict.
fn summarise(outcome: &Outcome, path: &str) {
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(step_summary::markdown(outcome).as_bytes())) {
        say!("shield-hook: warning: the summary of the job is not written: {error}");
    }
}

fn judge(args: &Args) -> Result<Outcome> {
    let here = environment::current_directory()?;
    let repo = Repo::discover(&here)?;
    let change = change(args, &repo)?;
    let authority = Authority::of(PolicyRoot::Change(&repo, change.target.as_ref()))?;
    let session = Session::under(&authority, &args.policy_args.overrides())?.checking_allowances();
    let range = range(args, &repo, &change, session.max_object());
    let accepts = session.policy().accept == Accept::Fingerprint;
    let apart_from = change.target.as_ref().filter(|_| !accepts).map(|tip| tip.name.as_str());
    let mut outcome = session.scan_in(&repo, RepairContext::Published { apart_from }, &[&range])?;
    match &change.start {
        Start::After(_) => {}
        Start::NothingNew(why) => {
            say!("shield-hook: nothing is new here: {why}; `shield-hook scan --history` reads older content");
            return Ok(outcome);
        }
        Start::Lost { why, sure, .. } => doubt(&repo, &mut outcome, change.head, sure, why)?,
    }
    let reviewed = ReviewedChange { repo: &repo, change: &change, authority: &authority, policy: session.policy() };
    let found = reviewed.weakenings(&args.policy_args.overrides(), &mut outcome)?;
    outcome.add(found);
    Ok(outcome)
}

/// The change: as typed, or as the CI system names it.
fn change(args: &Args, repo: &Repo) -> Result<Change> {
    let typed = |rev: &Option<String>| rev.as_deref().map(|rev| repo.resolve(rev)).transpose();
    let (base, head) = (typed(&args.base)?, typed(&args.head)?);
    // With both given the environment is not read, so a broken one does no harm.
    let build = match (base, head) {
        (Some(_), Some(_)) => None,
        _ => systems::detect(&environment::nonempty_text, &|path| file::read(path))?,
    };
    match (args.base.as_deref().zip(base), build) {
        (Some(base), build) => {
            let built = build.as_ref().filter(|_| head.is_none()).map(|b| change::head(repo, b)).transpose()?;
            Change::typed(repo, base, head.or(built).map_or_else(|| repo.resolve("HEAD"), Ok)?)
        }
        (None, Some(build)) => Change::built(repo, &build, head),
        (None, None) => Err(Error::usage("no CI system is known by this environment, so the change is not known")
            .help("name it: shield-hook ci --base origin/main --head HEAD")),
    }
}

/// The commits of the change, or with `--net` its sum.
fn range<'a>(args: &Args, repo: &'a Repo, change: &Change, max_object: u64) -> CommitRange<'a> {
    let from = match &change.start {
        Start::After(from) | Start::Lost { known: from, .. } => from.clone(),
        Start::NothingNew(_) => vec![change.head],
    };
    let parted = change.parted.first().or(from.first());
    match parted.filter(|_| args.net) {
        Some(base) => CommitRange::squashed(repo, *base, change.head, max_object),
        None => CommitRange::beyond(repo, from, change.head, max_object),
    }
}

/// Published history is not blamed: content that may be old is reported and does not block.
fn doubt(repo: &Repo, outcome: &mut Outcome, head: Oid, sure: &[Oid], why: &str) -> Result<()> {
    say!("shield-hook: {why}: only content that is certainly new blocks, and everything else is reported");
    let new = git::outgoing(repo, &mut repo.objects(), &[head], sure)?;
    let new: HashSet<String> = new.commits.iter().map(|commit| commit.id.to_string()).collect();
    let doubted = |f: &&mut Finding| f.verdict.blocks() && f.commit.as_ref().is_some_and(|c| !new.contains(c));
    for finding in outcome.findings.iter_mut().filter(doubted) {
        finding.verdict = Verdict::Warn(WarnReason::MayHaveStoodBefore);
        finding.repair.clear();
    }
    Ok(())
}

/// The repository, the change in it, and the policy that the change is checked against.
struct ReviewedChange<'a> {
    repo: &'a Repo,
    change: &'a Change,
    authority: &'a Authority<'a>,
    policy: &'a Policy,
}

impl ReviewedChange<'_> {
    /// The findings on the change's own policy, by the policy of the branch that it goes to.
    fn weakenings(&self, overrides: &Overrides, outcome: &mut Outcome) -> Result<Vec<Finding>> {
        let ReviewedChange { repo, change, authority, policy } = self;
        let state = |id: &Oid| State::of(&InTree::plain(repo, id)?, overrides);
        let after = state(&change.head)?;
        let target = State::of(authority.files(), overrides)?;
        let parted = change.parted.iter().map(state).collect::<Result<Vec<_>>>()?;
        let branch = change.target.as_ref().map_or("the default branch", |tip| tip.name.as_str());
        let comparison = Comparison { target: &target, after: &after, parted: &parted, branch };
        let found = match change.target {
            Some(_) => comparison.weakenings(policy, &mut outcome.findings, Answer::Refused),
            // Without a branch there is nothing to weaken.
            None => comparison.broken(),
        };
        Ok(policy.judge_weakenings(found, &change.head.to_string()))
    }
}
