//! `shield-hook gate -- COMMAND`: runs an update, and puts the lockfiles back when it brought something bad.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use bstr::{BString, ByteSlice, ByteVec};
use ignore::WalkBuilder;

use super::options::{PolicyArgs, ReportArgs};
use super::session::Session;
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::git::Repo;
use crate::journal::{self, JournalLocation, Record};
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::package::lockfile;
use crate::policy::authority::PolicyRoot;
use crate::source::{Changed, Replaced};
use crate::terminal::say;

/// Run an update, and restore the lockfiles if it brings a hijacked package.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    #[command(flatten)]
    policy_args: PolicyArgs,
    #[command(flatten)]
    report_args: ReportArgs,
}

/// Runs the command between two looks at every lockfile and manifest.
///
/// # Errors
/// When the files cannot be read or restored, or the command cannot be started.
pub fn run(args: &Args) -> Result<Exit> {
    let start = Instant::now();
    let root = environment::current_directory()?;
    let run = guard(args, &root);
    let record = match &run {
        Ok((outcome, _)) => Record::of("gate", outcome),
        Err(error) => Record::failed("gate", error, start.elapsed()),
    };
    journal::record(&JournalLocation::User, &Record { root: Some(root.display().to_string()), ..record });
    let (outcome, failed) = run?;
    if let (Exit::Clean, Some(error)) = (outcome.exit(), failed) {
        return Err(error);
    }
    if !args.report_args.quiet {
        say!("{}", summary_line::of(&outcome));
    }
    Ok(outcome.exit())
}

/// The outcome, and how the command failed if it did.
fn guard(args: &Args, here: &Path) -> Result<(Outcome, Option<Error>)> {
    let repo = Repo::discover(here).ok();
    let root = repo.as_ref().and_then(Repo::work_dir).unwrap_or(here).to_owned();
    // A mistake in the policy is reported before anything runs.
    let home = repo.as_ref().map_or(PolicyRoot::Directory(&root), PolicyRoot::Local);
    let session = Session::ready(&args.policy_args, home)?;
    let before = snapshot(&root)?;
    let (program, rest) = args.command.split_first().ok_or_else(|| Error::usage("no command is given"))?;
    let status = Command::new(program)
        .args(rest)
        .status()
        .map_err(|e| Error::incomplete(format!("{} could not be started: {e}", program.to_string_lossy())))?;
    let failed = (!status.success()).then(|| {
        Error::incomplete(format!("{} ended with {status}", program.to_string_lossy()))
            .help("its changes to the lockfiles were checked and nothing was found")
    });
    let judged = snapshot(&root).and_then(|after| judge(&session, &before, &after));
    match judged {
        Ok(outcome) if outcome.exit() == Exit::Clean => Ok((outcome, failed)),
        Ok(outcome) => {
            put_back(&root, &before)?;
            super::session::tell(&outcome, &args.report_args).map(|_| (outcome, failed))
        }
        // An update that cannot be checked is undone.
        Err(error) => put_back(&root, &before).and(Err(error)),
    }
}

fn judge(session: &Session, before: &Snapshot, after: &Snapshot) -> Result<Outcome> {
    let files = after
        .iter()
        .filter(|(path, now)| before.get(*path) != Some(*now))
        .map(|(path, now)| Replaced { path: slashes(path), before: before.get(path).cloned(), after: now.clone() })
        .collect();
    session.scan(&[&Changed { files }])
}

/// Every lockfile and manifest, by its path from the root.
type Snapshot = BTreeMap<PathBuf, Vec<u8>>;

/// Folders of installed packages: the lockfiles in them are other people's.
const INSTALLED: [&str; 6] = ["node_modules", ".git", ".venv", "venv", "site-packages", "bower_components"];

fn snapshot(root: &Path) -> Result<Snapshot> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).filter_entry(|e| !INSTALLED.iter().any(|name| e.file_name() == *name));
    let mut found = Snapshot::new();
    for entry in walk.build() {
        let entry = entry.or_incomplete("the lockfiles")?;
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let known = slashes(path).to_str().is_ok_and(|name| lockfile::recognise(name).is_some_and(|f| !f.is_recipe()));
        if known && entry.file_type().is_some_and(|t| t.is_file()) {
            found.insert(path.to_owned(), file::read(entry.path()).or_incomplete(entry.path().display())?);
        }
    }
    Ok(found)
}

fn slashes(path: &Path) -> BString {
    let bytes = Vec::from_path_lossy(path).into_owned();
    BString::from(if cfg!(windows) { bytes.replace("\\", "/") } else { bytes })
}

/// Gives every lockfile and manifest its old bytes; one that is new goes.
fn put_back(root: &Path, before: &Snapshot) -> Result<()> {
    let mut done = Vec::new();
    // Whatever was unreadable is written anew as well.
    let after = snapshot(root).unwrap_or_default();
    for (path, bytes) in before.iter().filter(|(path, bytes)| after.get(*path) != Some(bytes)) {
        let at = root.join(path);
        if let Some(above) = at.parent() {
            fs::create_dir_all(above).or_incomplete(above.display())?;
        }
        fs::write(&at, bytes).or_incomplete(format!("{} could not be restored", at.display()))?;
        done.push(path.display().to_string());
    }
    for path in after.keys().filter(|path| !before.contains_key(*path)) {
        fs::remove_file(root.join(path)).or_incomplete(format!("{} could not be taken away", path.display()))?;
        done.push(path.display().to_string());
    }
    say!("shield-hook: restored: {}", done.join(", "));
    say!("  help: if the command installed anything, install again from the lockfile (npm ci, uv sync)");
    Ok(())
}
