//! `shield-hook publish`: the last look at a release before it goes to a registry.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::options::{PolicyArgs, ReportArgs};
use super::scan::root_for;
use super::session::{RunConclusion, Session};
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::finding::{Finding, Fingerprint, PACKAGES, Verdict};
use crate::git::Repo;
use crate::outcome::Outcome;
use crate::policy::authority::PolicyRoot;
use crate::publish::{self, Artefact, ArtefactSource, PackageFormat, Receipt, Tie};
use crate::report;
use crate::source::Source;

/// Judge a release before it is published: secrets, files that do not belong into it, changes since the last one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Packed files: .tgz, .whl, .tar.gz, .crate, .gem, .nupkg, .vsix [default: what `npm pack` or `cargo package` makes here, or the files in dist/]
    #[arg(value_name = "ARTEFACT")]
    artefacts: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
    /// The release before, packed: what it had already does not block
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Do not compare with the repository
    #[arg(long)]
    no_git: bool,
    /// Write a receipt: hashes, commit, rule set and findings, as JSON
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// The format, where the members do not show it.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct FormatArgs {
    /// Read it as a package of npm
    #[arg(long)]
    npm: bool,
    /// Read it as a Python wheel
    #[arg(long)]
    wheel: bool,
    /// Read it as a Python source distribution
    #[arg(long)]
    sdist: bool,
    /// Read it as a Rust crate
    #[arg(long = "crate")]
    cargo: bool,
    /// Read it as a Ruby gem
    #[arg(long)]
    gem: bool,
    /// Read it as a NuGet package
    #[arg(long)]
    nupkg: bool,
    /// Read it as an editor's extension
    #[arg(long)]
    vsix: bool,
}

impl FormatArgs {
    fn chosen(&self) -> Option<PackageFormat> {
        let flags = [
            (self.npm, PackageFormat::Npm),
            (self.wheel, PackageFormat::Wheel),
            (self.sdist, PackageFormat::Sdist),
            (self.cargo, PackageFormat::Crate),
            (self.gem, PackageFormat::Gem),
            (self.nupkg, PackageFormat::Nupkg),
            (self.vsix, PackageFormat::Vsix),
        ];
        flags.into_iter().find(|(is_set, _)| *is_set).map(|(_, format)| format)
    }
}

/// An artefact, and what it is compared with.
struct Subject {
    artefact: Artefact,
    tie: Option<Tie>,
}

/// Looks at the artefacts and reports.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when there is no artefact or one is no archive.
pub fn run(args: &Args) -> Result<Exit> {
    args.report_args.prepare();
    RunConclusion::of("publish").conclude(judge(args), &args.report_args)
}

fn judge(args: &Args) -> Result<Outcome> {
    let here = environment::current_directory()?;
    let (root, repo) = root_for(&here, &[]);
    let session = Session::ready(&args.policy_args, PolicyRoot::Directory(&root))?;
    let packed = tempfile::tempdir().or_incomplete("a folder for the packed artefact")?;
    let paths = match args.artefacts.is_empty() {
        true => packed_here(&here, packed.path())?,
        false => args.artefacts.clone(),
    };
    let before = match &args.against {
        Some(path) => Some(Artefact::read(path, args.format.chosen(), session.max_object())?),
        None => None,
    };
    let repo = repo.filter(|_| !args.no_git);
    let mut subjects = Vec::new();
    for path in &paths {
        let mut artefact = Artefact::read(path, args.format.chosen(), session.max_object())?;
        artefact.is_named = paths.len() > 1;
        let tie = tie(&artefact, repo.as_ref(), &session)?;
        subjects.push(Subject { artefact, tie });
    }
    let sources: Vec<ArtefactSource<'_>> = subjects
        .iter()
        .map(|subject| ArtefactSource { artefact: &subject.artefact, before: before.as_ref() })
        .collect();
    let sources: Vec<&dyn Source> = sources.iter().map(|source| source as &dyn Source).collect();
    let mut outcome = session.scan(&sources)?;
    if let Some(before) = &before {
        forgive_published(&mut outcome, before, &session)?;
    }
    for subject in &subjects {
        let remarks = publish::inspect(&subject.artefact, before.as_ref(), subject.tie.as_ref(), session.policy());
        outcome.add(remarks);
    }
    if let Some(path) = &args.receipt {
        let rows = subjects.iter().map(|subject| (&subject.artefact, before.as_ref(), subject.tie.as_ref()));
        let receipt = Receipt::of(rows, &outcome, redact::name);
        report::save(path, &receipt.write()).or_incomplete(path.display())?;
    }
    Ok(outcome)
}

/// Marks the secrets as old that any file of the release `before` has: a bundle has another name in each release.
fn forgive_published(outcome: &mut Outcome, before: &Artefact, session: &Session) -> Result<()> {
    let is_secret = |finding: &Finding| finding.rule.provider != PACKAGES;
    let is_new = |finding: &Finding| is_secret(finding) && matches!(finding.verdict.name(), "block" | "warn");
    if !outcome.findings.iter().any(is_new) {
        return Ok(());
    }
    let published = session.scan(&[&ArtefactSource { artefact: before, before: None }])?;
    let published: HashSet<Fingerprint> = published.findings.iter().map(|finding| finding.fingerprint).collect();
    let old = outcome.findings.iter_mut().filter(|finding| is_new(finding) && published.contains(&finding.fingerprint));
    old.for_each(|finding| finding.verdict = Verdict::Old);
    Ok(())
}

/// The tie to the repository that the artefact is made from; none outside of one, and before its first commit.
fn tie(artefact: &Artefact, repo: Option<&Repo>, session: &Session) -> Result<Option<Tie>> {
    match repo {
        Some(repo) if repo.head()?.is_some() => Tie::of(artefact, repo, &session.policy().publish_built).map(Some),
        _ => Ok(None),
    }
}

/// The artefacts of the package in this folder: packed now where the packer runs none of the package's scripts, else those
/// that a build left.
fn packed_here(here: &Path, into: &Path) -> Result<Vec<PathBuf>> {
    let has = |name: &str| here.join(name).is_file();
    if has("package.json") {
        let into = into.to_string_lossy();
        packer(here, "npm", &["pack", "--ignore-scripts", "--silent", "--pack-destination", &into])?;
    } else if has("Cargo.toml") {
        let into = into.to_string_lossy();
        packer(here, "cargo", &["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir", &into])?;
    }
    let folders = [into.to_owned(), into.join("package"), here.join("dist"), here.join("pkg"), here.to_owned()];
    for folder in folders {
        let found = artefacts_in(&folder);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(Error::usage("there is nothing packed here")
        .help("pack it first (`npm pack`, `python -m build`, `cargo package`, `gem build`), and name the packed file"))
}

fn packer(here: &Path, program: &str, args: &[&str]) -> Result<()> {
    let run = Command::new(program).args(args).current_dir(here).stdin(Stdio::null()).stdout(Stdio::null()).output();
    let output = run.or_incomplete(format_args!("`{program}`, which packs this package"))?;
    if output.status.success() {
        return Ok(());
    }
    let last = String::from_utf8_lossy(&output.stderr).lines().last().map(redact::message).unwrap_or_default();
    Err(Error::incomplete(format!("`{program} {}` failed: {last}", args[0]))
        .help("pack it yourself, and name the packed file"))
}

fn artefacts_in(folder: &Path) -> Vec<PathBuf> {
    let endings = [".tgz", ".whl", ".tar.gz", ".crate", ".gem", ".nupkg", ".vsix"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.is_file())
        .filter(|path| {
            path.file_name().is_some_and(|name| endings.iter().any(|end| name.to_string_lossy().ends_with(end)))
        })
        .collect();
    found.sort();
    found
}
