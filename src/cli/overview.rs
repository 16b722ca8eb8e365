//! `shield-hook` alone: the state of the repository here, and the next sensible command.

use std::io::Write;

use crate::environment;
use crate::error::{Printed, Result};
use crate::exit::Exit;
use crate::install::doctor::{self, ProblemLevel};
use crate::install::this_program;

/// Prints the state and the next command.
///
/// # Errors
/// When git cannot be started or a file of the hooks cannot be read.
pub fn run() -> Result<Exit> {
    let here = environment::current_directory()?;
    let diagnosis = doctor::examine(&here, &this_program()?)?;
    let mut out = std::io::stdout().lock();
    let place = diagnosis.site.as_ref().map_or(&here, |site| &site.root);
    let worst = diagnosis.problems.iter().find(|problem| problem.level != ProblemLevel::Note);
    let is_guarded = diagnosis.hooks.iter().any(|hook| hook.is_ours());
    let (state, next) = match (&diagnosis.site, worst) {
        (None, _) => ("no git repository here".to_owned(), "git init, then shield-hook install"),
        (Some(_), _) if !is_guarded => ("no hook stops a leak here".to_owned(), "shield-hook install"),
        (Some(_), Some(problem)) => (problem.message.clone(), "shield-hook doctor"),
        (Some(_), None) => ("the hooks are in place".to_owned(), "shield-hook canary"),
    };
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, "shield-hook {version} keeps leaked credentials in and hijacked packages out").or_unprinted()?;
    writeln!(out, "{}: {state}", place.display()).or_unprinted()?;
    writeln!(out, "next: {next}").or_unprinted()?;
    writeln!(out, "all commands: shield-hook --help").or_unprinted()?;
    Ok(Exit::Clean)
}
