//! The options and the end of a run that the commands about packages share.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::allow::root;
use super::options::OutputFormat;
use super::session::mask_skipped;
use crate::environment;
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::file;
use crate::journal::{self, Counts, JournalLocation, Record};
use crate::package::online::Online;
use crate::package::online::registries::{Registries, Surroundings};
use crate::package::survey::Survey;
use crate::package::{age, fetch};
use crate::policy::{self, OnDisk, Origin, Overrides, Policy};
use crate::report::{self, packages};
use crate::terminal::{name, say};

/// The options of the report on packages.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Report")]
pub struct PackageReportArgs {
    /// How to write the report
    #[arg(long, value_enum, default_value = "pretty")]
    pub format: OutputFormat,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also show packages that are not in the data
    #[arg(long)]
    pub all: bool,
    /// Print findings and errors only
    #[arg(long)]
    pub quiet: bool,
    /// Show no progress bar
    #[arg(long)]
    pub no_progress: bool,
}

/// The option to ask registries.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Registries")]
pub struct RegistryArgs {
    /// Ask the registries of .npmrc and pip.conf for each version's age, withdrawal and build provenance; needs a program
    /// built with `--features online`
    #[arg(long)]
    online: bool,
}

impl RegistryArgs {
    /// The way to the registries, where it is wanted.
    ///
    /// # Errors
    /// Exit 3 when this program has no network code, or the settings are wrong.
    pub(super) fn open(&self) -> Result<Option<Online>> {
        if !self.online {
            return Ok(None);
        }
        let net = fetch::online().map_err(|error| error.context("--online"))?;
        Ok(Some(Online::new(net, registries()?)))
    }
}

/// The registries of the user and of the project here.
///
/// # Errors
/// Exit 3 when the settings are wrong, exit 2 when they cannot be read.
pub(super) fn registries() -> Result<Registries> {
    let project = [PathBuf::from(".npmrc"), root()?.join(".npmrc")].into_iter().find_map(|path| {
        let text = file::read_to_string(&path).ok()?;
        Some((path.display().to_string(), text))
    });
    Registries::read(Surroundings::here(project))
}

/// Adds the registries' answers, and marks versions that are too new for the project's policy.
///
/// # Errors
/// Exit 3 when no registry is configured, or the policy is wrong.
pub(super) fn complete(survey: &mut Survey, online: Option<&Online>) -> Result<()> {
    if let Some(online) = online {
        survey.add_facts(online)?;
    }
    if survey.rows.iter().any(|row| row.published.is_some()) {
        let (files, user) = (OnDisk { root: root()? }, policy::user_config());
        let origin = Origin { files: &files, user: user.as_deref(), trusted: false };
        let (policy, _) = Policy::load(origin, &Overrides::default())?;
        survey.note_ages(&policy.packages);
    }
    survey.sort();
    Ok(())
}

/// Writes the report, the journal record and the digest; an error leaves its record, too.
///
/// # Errors
/// The error that ended the run, or the report's that could not be written.
pub(super) fn conclude(
    command: &'static str,
    start: Instant,
    run: Result<Survey>,
    report_args: &PackageReportArgs,
) -> Result<Exit> {
    let told = run.and_then(|mut survey| {
        survey.took = start.elapsed();
        mask_skipped(&mut survey.coverage);
        tell(&survey, report_args).map(|()| survey)
    });
    match told {
        Ok(survey) => {
            let exit = packages::exit(&survey);
            journal::record(&JournalLocation::User, &record(command, &survey, exit));
            if !report_args.quiet {
                if let Some(old) = age::warning(&survey.data) {
                    say!("shield-hook: {old}: see `shield-hook advisories update`");
                }
                say!("{}", packages::digest(&survey));
            }
            Ok(exit)
        }
        Err(error) => {
            journal::record(&JournalLocation::User, &Record::failed(command, &error, start.elapsed()));
            Err(error)
        }
    }
}

fn tell(survey: &Survey, report_args: &PackageReportArgs) -> Result<()> {
    let mut bytes = Vec::new();
    match report_args.format {
        OutputFormat::Pretty => packages::write_pretty(survey, report_args.all, &mut bytes),
        OutputFormat::Json => packages::write_json(survey, report_args.all, &mut bytes),
    }
    .or_incomplete("the report")?;
    match &report_args.output {
        Some(path) => report::save(path, &bytes).or_incomplete(format!("the report {}", path.display()))?,
        None => {
            let mut out = io::stdout().lock();
            match out.write_all(&bytes).and_then(|()| out.flush()) {
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe && packages::exit(survey) == Exit::Blocked => {}
                written => written.or_incomplete("the report")?,
            }
        }
    }
    for skip in survey.coverage.skipped.iter().filter(|s| s.incomplete) {
        say!("shield-hook: not read: {} {}: {}", skip.what, name(&skip.path), name(&skip.reason));
    }
    Ok(())
}

fn record(command: &'static str, survey: &Survey, exit: Exit) -> Record {
    Record {
        result: packages::result(survey).into(),
        exit: exit as u8,
        counts: Counts {
            blocking: survey.count("block") + survey.traces.len(),
            warnings: survey.count("warn"),
            blobs: survey.coverage.blobs,
            bytes: survey.coverage.bytes,
            skipped: survey.coverage.skipped.len(),
            ..Counts::default()
        },
        data: Some(survey.data.clone()),
        host: environment::host(),
        packages: journal::named(survey.rows.iter().filter(|row| row.word() == "block").map(packages::reference)),
        ms: millis(survey.took),
        digest: packages::digest(survey),
        ..Record::new(command)
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
