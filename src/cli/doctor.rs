//! `shield-hook doctor`

use std::io::Write;
use std::time::Instant;

use super::canary;
use super::options::OutputFormat;
use crate::environment;
use crate::error::{Printed, Result};
use crate::exit::Exit;
use crate::install::{self, doctor};
use crate::journal::{self, JournalLocation, Record};
use crate::terminal::say;

/// Find out why the hooks would not stop a leak, and how to repair it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run the canary as well
    #[arg(long)]
    prove: bool,
    /// Make the repairs that overwrite nothing of yours
    #[arg(long)]
    fix: bool,
    /// How to write the report
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
    /// Print problems only
    #[arg(long)]
    quiet: bool,
}

/// Examines, repairs on request, and reports.
///
/// # Errors
/// When git cannot be run or a repair fails.
pub fn run(args: &Args) -> Result<Exit> {
    let start = Instant::now();
    let here = environment::current_directory()?;
    let program = install::this_program()?;
    let mut diagnosis = doctor::examine(&here, &program)?;
    let mut out = std::io::stdout().lock();
    if args.fix {
        for done in doctor::fix(&diagnosis, &here, &program)? {
            say!("{done}");
        }
        diagnosis = doctor::examine(&here, &program)?;
    }
    let errors = diagnosis.problems.iter().any(|t| t.level == doctor::ProblemLevel::Error);
    let exit = if errors { Exit::Blocked } else { Exit::Clean };
    let record = Record {
        result: exit.result().into(),
        exit: exit as u8,
        ms: start.elapsed().as_millis() as u64,
        digest: diagnosis.line(),
        root: Some(here.display().to_string()),
        ..Record::new("doctor")
    };
    journal::record(&JournalLocation::User, &record);
    match args.format {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &diagnosis.json()).or_unprinted()?;
            writeln!(out).or_unprinted()?;
        }
        OutputFormat::Pretty => {
            for problem in &diagnosis.problems {
                writeln!(out, "{}[{}]: {}\n  fix: {}", problem.level.name(), problem.id, problem.message, problem.fix)
                    .or_unprinted()?;
            }
            if !args.quiet || !diagnosis.healthy() {
                say!("{}", diagnosis.line());
            }
        }
    }
    drop(out);
    if args.prove {
        let sung = canary::sing("doctor --prove", false, args.quiet || args.format == OutputFormat::Json)?;
        return Ok(if sung == Exit::Clean { exit } else { sung });
    }
    Ok(exit)
}
