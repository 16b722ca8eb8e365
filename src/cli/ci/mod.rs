//! `shield-hook ci`: the gate of a pull request. What judges the change comes from before the change.

mod systems;

use super::gate::{Ending, Gate, Home};
use super::options::{Judging, Reporting};
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::Finding;
use crate::git::{self, Oid, Repo};
use crate::outcome::Outcome;
use crate::policy::{self, Files, InTree, NoFiles, Origin, Overrides, Policy, config, weakened};
use crate::repair::Scene;
use crate::source::Range;
use systems::{Change, Name};

/// Judge the commits of a pull request or a push; base and head come from the CI system's environment.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Configuration, baseline and rules are read from the merge base, so a change cannot loosen the gate it must pass; one
that tries to is itself a finding (policy-weakened).

Known: GitHub Actions, GitLab CI, Bitbucket Pipelines, Azure Pipelines, CircleCI, Jenkins, Buildkite.")]
pub struct Args {
    /// Where the change begins: a revision (default: what the CI system says)
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Where the change ends: a revision (default: what the CI system says)
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Only what remains of the change, not every commit of it
    #[arg(long)]
    net: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reporting: Reporting,
}

/// Finds the change, judges it by what was there before it, and reports.
///
/// # Errors
/// What ended the run before it could judge.
pub fn run(args: Args) -> Result<Exit> {
    args.reporting.prepare();
    Ending::of("ci").conclude(judge(&args), &args.reporting)
}

fn judge(args: &Args) -> Result<Outcome> {
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    let repo = Repo::discover(&here)?;
    let (base, head) = ends(args, &repo)?;
    let trusted = match base {
        Some(base) => Some(InTree::new(&repo, &base.policy, base.label)?),
        None => None,
    };
    let files: &dyn Files = trusted.as_ref().map_or(&NoFiles, |t| t as &dyn Files);
    let gate = Gate::ready(&args.judging, Home::Trusted(files))?;
    let max = gate.max_object();
    let range = match base {
        Some(base) if args.net => Range::net(&repo, base.policy, head, max),
        Some(base) => Range::between(&repo, base.tip, head, max),
        None => Range::whole(&repo, head, max),
    };
    let mut outcome = gate.scan_in(&repo, Scene::Published, &[&range])?;
    let weakenings = weakenings(args, &repo, files, head, &outcome)?;
    outcome.add(weakenings);
    Ok(outcome)
}

/// Where the change begins.
#[derive(Clone, Copy)]
struct Base {
    /// What the range leaves out.
    tip: Oid,
    /// Whose policy applies: where the change parted from the base.
    policy: Oid,
    /// How messages call that.
    label: &'static str,
}

/// Both ends of the change. No base: everything that head leads to is new.
fn ends(args: &Args, repo: &Repo) -> Result<(Option<Base>, Oid)> {
    let env = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let typed = |rev: &Option<String>| rev.as_deref().map(|rev| repo.resolve(rev)).transpose();
    let (base, head) = (typed(&args.base)?, typed(&args.head)?);
    // With both given the environment has no say: not even a broken one.
    let change = match (base, head) {
        (Some(_), Some(_)) => None,
        _ => systems::detect(&env, &|path| file::read(path))?,
    };
    let head = match (head, &change) {
        (Some(head), _) => head,
        (None, Some(change)) => commit(repo, &change.head).ok_or_else(|| hidden(change, &change.head))?,
        (None, None) => repo.resolve("HEAD")?,
    };
    let tip = match (base, &change) {
        (Some(base), _) => base,
        (None, Some(change)) => match begin(repo, change, head)? {
            Some(tip) => tip,
            None => return Ok((None, head)),
        },
        (None, None) => {
            return Err(Error::usage("no CI system is known by this environment, so the change is not known")
                .help("name it: shield-hook ci --base origin/main --head HEAD"));
        }
    };
    let deepen = change.as_ref().map_or("fetch the whole history: `git fetch --unshallow`", |c| c.deepen);
    let shared = git::merge_base(repo, &mut repo.objects(), tip, head)
        .map_err(|e| if repo.is_shallow() { e.help(deepen) } else { e })?;
    match shared {
        Some(policy) => Ok((Some(Base { tip, policy, label: "the merge base" }), head)),
        None if repo.is_shallow() => {
            Err(Error::incomplete("this clone is shallow and hides where the change parts from its base").help(deepen))
        }
        None => Ok((Some(Base { tip, policy: tip, label: "the base" }), head)),
    }
}

/// The first name of the base that is here. None: there is nothing before the change.
fn begin(repo: &Repo, change: &Change, head: Oid) -> Result<Option<Oid>> {
    for name in &change.base {
        match (name, commit(repo, name)) {
            (Name::Nothing, _) if !repo.is_shallow() => return Ok(None),
            // What is built is the base branch itself: it does not say where the change begins.
            (Name::Branch(_) | Name::DefaultBranch, Some(id)) if id == head => {}
            (_, Some(id)) => return Ok(Some(id)),
            (_, None) => {}
        }
    }
    match change.base.iter().find(|name| commit(repo, name).is_none()) {
        Some(name) => Err(hidden(change, name)),
        None => Err(Error::usage(format!("{} does not say where the change begins", change.system))
            .help("pass --base, for example --base HEAD~1; or scan everything: shield-hook scan --history")),
    }
}

/// The commit that a name leads to here.
fn commit(repo: &Repo, name: &Name) -> Option<Oid> {
    let try_each = |names: &[String]| names.iter().find_map(|n| repo.resolve(&format!("{n}^{{commit}}")).ok());
    match name {
        Name::Commit(id) => try_each(std::slice::from_ref(id)),
        Name::Branch(name) => try_each(&[format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")]),
        Name::DefaultBranch => try_each(&[
            "refs/remotes/origin/HEAD".into(),
            "refs/remotes/origin/main".into(),
            "refs/remotes/origin/master".into(),
        ]),
        Name::Head => try_each(&["HEAD".into()]),
        Name::Nothing => None,
    }
}

/// Says that a revision of the change is not in this clone, and how to get it there.
fn hidden(change: &Change, name: &Name) -> Error {
    let name = match name {
        Name::Commit(id) => format!("the commit {id}"),
        Name::Branch(name) => format!("the branch {name} of origin"),
        Name::DefaultBranch => "the default branch of origin".into(),
        Name::Head => "HEAD".into(),
        Name::Nothing => "what was there before".into(),
    };
    Error::incomplete(format!("{}: {name} is not in this clone, so the change cannot be read", change.system))
        .help(change.deepen)
        .help("or name both ends: shield-hook ci --base REV --head REV")
}

/// What the change does to the policy, judged by the policy before it.
fn weakenings(args: &Args, repo: &Repo, before: &dyn Files, head: Oid, outcome: &Outcome) -> Result<Vec<Finding>> {
    let overrides = Overrides {
        config: args.judging.config.clone(),
        baseline: args.judging.baseline.clone(),
        ..Overrides::default()
    };
    let origin = |files| Origin { files, user: None, trusted: true };
    let trusted = Policy::load(origin(before), &overrides)?;
    let after = InTree::plain(repo, &head)?;
    let now = Policy::load(origin(&after), &overrides);
    let text = after.read(config::FILE).ok().flatten().unwrap_or_default();
    let mut found = policy::weakened::compare(&trusted, &now, &text);
    found.extend(weakened::inline_directives(&outcome.findings));
    Ok(trusted.0.judge_weakenings(found, &head.to_string()))
}
