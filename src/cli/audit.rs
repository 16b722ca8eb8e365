//! `shield-hook audit`: is anything installed here known to be bad?

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::packages::{self, PackageReportArgs, RegistryArgs};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::package::installed::{self, AuditProgress};
use crate::package::store;
use crate::package::survey::Survey;

/// Look for hijacked packages in node_modules, Python environments and lockfiles.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders to search [default: ., or none with --global]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Also search the global folders of npm, pnpm, yarn and bun, and of every Python that is found
    #[arg(long)]
    global: bool,
    #[command(flatten)]
    registry_args: RegistryArgs,
    #[command(flatten)]
    report_args: PackageReportArgs,
}

/// Walks, looks up and reports.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration or the arguments are wrong.
pub fn run(args: &Args) -> Result<Exit> {
    let start = Instant::now();
    packages::conclude("audit", start, survey(args), &args.report_args)
}

fn survey(args: &Args) -> Result<Survey> {
    let online = args.registry_args.open()?;
    let advisories = store::load()?;
    let mut roots = args.paths.clone();
    if let Some(missing) = roots.iter().find(|root| !root.exists()) {
        return Err(Error::incomplete(format!("{}: there is no such folder", missing.display())));
    }
    match args.global {
        true => roots.extend(installed::global_folders()),
        false if roots.is_empty() => roots.push(PathBuf::from(".")),
        false => {}
    }
    let progress = AuditProgress::default();
    let shown = std::io::stderr().is_terminal() && !args.report_args.no_progress && !args.report_args.quiet;
    let done = AtomicBool::new(false);
    let mut survey = std::thread::scope(|scope| {
        if shown {
            // Where no thread starts nothing is shown.
            let _ = std::thread::Builder::new().spawn_scoped(scope, || show(&progress, &done));
        }
        let survey = installed::audit(&roots, &advisories, &progress);
        done.store(true, Ordering::Relaxed);
        survey
    });
    packages::complete(&mut survey, online.as_ref())?;
    Ok(survey)
}

/// One line on the terminal, which is updated, and removed at the end.
fn show(progress: &AuditProgress, done: &AtomicBool) {
    let mut shown = false;
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        let (files, packages) = (progress.files.load(Ordering::Relaxed), progress.packages.load(Ordering::Relaxed));
        let _ = write!(io::stderr(), "\rread {files} files, {packages} packages \x1b[K");
        shown = true;
    }
    if shown {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}
