//! `shield-hook baseline`: the secrets that are known.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::found_here;
use super::options::PolicyArgs;
use super::scan::root_for;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::finding::Verdict;
use crate::git::{self, Repo};
use crate::outcome::Outcome;
use crate::policy::authority::PolicyRoot;
use crate::policy::baseline::{Baseline, BaselineEntry};
use crate::policy::{Overrides, config};
use crate::report;
use crate::source::{History, Paths};
use crate::terminal::say;

/// Record the secrets that are known, so that they do not block.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A baseline lets a project begin with the secrets it has: they no longer block, and new ones do. It holds fingerprints,
never secrets, one sorted line an entry. Two branches' entries merge by themselves with this line in .gitattributes:
  .shield-hook.baseline merge=union")]
pub struct Args {
    #[command(subcommand)]
    action: BaselineAction,
}

#[derive(Debug, clap::Subcommand)]
enum BaselineAction {
    /// Write a new baseline with everything that is found now
    Create {
        #[command(flatten)]
        scope: ScanScope,
        /// The reason why these secrets may stay
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Add new findings, and leave existing reasons as they are
    Update {
        #[command(flatten)]
        scope: ScanScope,
        /// The reason why the new ones may stay
        #[arg(long, default_value = "")]
        reason: String,
        /// Remove entries that are no longer found
        #[arg(long)]
        prune: bool,
    },
    /// List the entries: those that are found, those that are gone, those without a reason
    Audit {
        #[command(flatten)]
        scope: ScanScope,
    },
}

/// The files and commits that are scanned.
#[derive(Debug, clap::Args)]
struct ScanScope {
    /// Scan every object reachable from any ref, not only the files
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    policy_args: PolicyArgs,
}

/// Writes or reads the baseline.
///
/// # Errors
/// When the configuration is wrong, or not everything could be scanned; nothing is then written.
pub fn run(args: Args) -> Result<Exit> {
    if let BaselineAction::Create { reason, .. } | BaselineAction::Update { reason, .. } = &args.action
        && !reason.is_empty()
    {
        found_here::reason(reason)?;
    }
    match args.action {
        BaselineAction::Create { scope, reason } => {
            let (outcome, path) = scan(&scope)?;
            if path.exists() {
                return Err(Error::usage(format!("{} is there already", path.display()))
                    .help("`shield-hook baseline update` adds to it"));
            }
            let baseline = Baseline::of("", entries(&outcome, &reason));
            save(&path, &baseline)?;
            say(&path, format_args!("{}", counted(baseline.len())));
        }
        BaselineAction::Update { scope, reason, prune } => {
            let (outcome, path) = scan(&scope)?;
            let old = known(&path)?;
            let found = entries(&outcome, &reason);
            let is_found = |e: &BaselineEntry| found.iter().any(|f| f.fingerprint == e.fingerprint);
            let remaining: Vec<BaselineEntry> = old.entries().filter(|e| !prune || is_found(e)).cloned().collect();
            let gone = old.entries().filter(|e| !is_found(e)).count();
            let new = found.iter().filter(|e| !old.contains(&e.fingerprint)).count();
            let baseline = Baseline::of("", remaining.into_iter().chain(relocated(&old, found)));
            save(&path, &baseline)?;
            say(
                &path,
                format_args!(
                    "{}, {new} new, {gone} {}",
                    counted(baseline.len()),
                    if prune { "dropped" } else { "not found (--prune drops them)" }
                ),
            );
        }
        BaselineAction::Audit { scope } => {
            let (outcome, path) = scan(&scope)?;
            if !path.exists() {
                return Err(Error::usage(format!("{}: there is no such baseline", path.display()))
                    .help("write it with `shield-hook baseline create`"));
            }
            audit(&known(&path)?, &outcome, &path)?;
        }
    }
    Ok(Exit::Clean)
}

/// Found entries, with the reason that an old entry of the same secret has, if it has one.
fn relocated(old: &Baseline, found: Vec<BaselineEntry>) -> impl Iterator<Item = BaselineEntry> {
    found.into_iter().map(|entry| match old.reason(&entry.fingerprint) {
        Some(reason) if !reason.is_empty() => BaselineEntry { reason: reason.to_owned(), ..entry },
        _ => entry,
    })
}

/// Scans as if there were no baseline; gives the baseline's path as well.
fn scan(scope: &ScanScope) -> Result<(Outcome, PathBuf)> {
    let here = environment::current_directory()?;
    let (root, repo) = root_for(&here, &[]);
    let overrides = Overrides { no_baseline: true, ..scope.policy_args.overrides() };
    let session = Session::with(&overrides, PolicyRoot::Directory(&root))?;
    let path = match &scope.policy_args.baseline {
        Some(path) => path.clone(),
        None => {
            // Paths in a configuration are relative to it.
            let beside = scope.policy_args.config.as_deref().and_then(Path::parent);
            beside.unwrap_or(&root).join(session.policy().baseline_path())
        }
    };
    let max_object = session.max_object();
    let outcome = if scope.history {
        let repo = repo.map_or_else(|| Repo::discover(&here), Ok)?;
        session.scan(&[&History::new(&repo, false, max_object)])?
    } else {
        on_disk(&session, root, repo.as_ref())?
    };
    complete(outcome, path)
}

/// Scans every file below the root.
fn on_disk(session: &Session, root: PathBuf, repo: Option<&Repo>) -> Result<Outcome> {
    let tracked = match repo {
        Some(repo) => git::tracked(repo)?.into_iter().filter_map(|t| t.file).collect(),
        None => Vec::new(),
    };
    let paths = vec![PathBuf::from(".")];
    let max_object = session.max_object();
    session.scan(&[&Paths { here: root.clone(), root, paths, no_ignore: false, tracked, max_object }])
}

/// The findings of a complete scan.
fn complete(outcome: Outcome, path: PathBuf) -> Result<(Outcome, PathBuf)> {
    if !outcome.coverage.complete() {
        let unread = outcome.coverage.skipped.iter().filter(|s| s.incomplete);
        let error = Error::incomplete("not everything could be read, so the baseline would miss something");
        return Err(unread.fold(error, |e, s| e.help(format!("{} {}: {}", s.what, s.path, s.reason))));
    }
    Ok((outcome, path))
}

/// The findings that would block, as entries.
fn entries(outcome: &Outcome, reason: &str) -> Vec<BaselineEntry> {
    let blocking = outcome.findings.iter().filter(|f| f.verdict == Verdict::Block);
    blocking
        .map(|f| BaselineEntry {
            fingerprint: f.fingerprint,
            rule: f.rule.id.to_owned(),
            path: f.location.path().to_owned(),
            reason: reason.trim().to_owned(),
        })
        .collect()
}

fn known(path: &Path) -> Result<Baseline> {
    Baseline::parse(&path.display().to_string(), &super::allow::read(path)?)
}

fn save(path: &Path, baseline: &Baseline) -> Result<()> {
    report::save(path, baseline.write().as_bytes()).or_incomplete(path.display())
}

fn say(path: &Path, what: std::fmt::Arguments<'_>) {
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    say!("shield-hook: {shown}: {what}");
    if shown != crate::policy::baseline::FILE && path.parent().is_none_or(|d| !d.join(config::FILE).exists()) {
        say!("  it counts once {} says: baseline = \"{shown}\"", config::FILE);
    }
}

/// One line an entry.
fn audit(baseline: &Baseline, outcome: &Outcome, path: &Path) -> Result<()> {
    let mut out = io::stdout().lock();
    let (mut gone, mut bare) = (0, 0);
    for entry in baseline.entries() {
        let found = outcome.findings.iter().any(|f| f.fingerprint == entry.fingerprint);
        gone += usize::from(!found);
        bare += usize::from(entry.reason.is_empty());
        let reason =
            if entry.reason.is_empty() { "no reason given".to_owned() } else { redact::message(&entry.reason) };
        let state = if found { "found" } else { "gone " };
        let at = redact::name(&crate::policy::baseline::escape(entry.path.as_ref()));
        writeln!(out, "{state}  {}  {}  {at}  {reason}", entry.fingerprint, entry.rule).or_unprinted()?;
    }
    let new = outcome.findings.iter().filter(|f| f.verdict == Verdict::Block && !baseline.contains(&f.fingerprint));
    say(
        path,
        format_args!("{}, {gone} gone, {bare} without a reason; not in it: {}", counted(baseline.len()), new.count()),
    );
    Ok(())
}

fn counted(n: usize) -> String {
    format!("{n} {}", if n == 1 { "entry" } else { "entries" })
}
