//! `shield-hook canary`

use std::io::Write;
use std::time::Instant;

use crate::environment;
use crate::error::{Printed, Result};
use crate::exit::Exit;
use crate::install::{self, canary};
use crate::journal::{self, JournalLocation, Record};
use crate::terminal::say;

/// Prove that the hooks of this repository stop a leak, by trying one in a throwaway clone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Prove instead that every active rule finds a newly generated secret
    #[arg(long)]
    rules: bool,
    /// Print problems only
    #[arg(long)]
    quiet: bool,
}

/// Runs the canary; one line, whatever comes out.
///
/// # Errors
/// When there is no repository, or no place for a throwaway clone.
pub fn run(args: &Args) -> Result<Exit> {
    let command = if args.rules { "canary --rules" } else { "canary" };
    sing(command, args.rules, args.quiet)
}

/// Runs it, records it under the name `command`, and reports.
///
/// # Errors
/// As [`run`].
pub(super) fn sing(command: &str, rules: bool, quiet: bool) -> Result<Exit> {
    let start = Instant::now();
    let sung = environment::current_directory().and_then(|here| {
        let program = install::this_program()?;
        if rules { canary::rules(&here, &program) } else { canary::run(&here, &program) }
    });
    let root = environment::current_directory().ok().map(|d| d.display().to_string());
    match sung {
        Ok(sung) => {
            let record = Record {
                result: sung.exit.result().into(),
                exit: sung.exit as u8,
                ms: sung.took.as_millis() as u64,
                digest: sung.line.clone(),
                root,
                ..Record::new(command)
            };
            journal::record(&JournalLocation::User, &record);
            sung.failures.iter().for_each(|why| say!("canary: {why}"));
            if !quiet || sung.exit != Exit::Clean {
                writeln!(std::io::stdout(), "{}", sung.line).or_unprinted()?;
            }
            Ok(sung.exit)
        }
        Err(error) => {
            let record = Record { root, ..Record::failed(command, &error, start.elapsed()) };
            journal::record(&JournalLocation::User, &record);
            Err(error)
        }
    }
}
