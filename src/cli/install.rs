//! `shield-hook install` and `uninstall`

use std::io::Write;

use crate::environment;
use crate::error::{Printed, Result};
use crate::exit::Exit;
use crate::install::{self, InstallRequest, Summary};
use crate::terminal::say;

/// Where and which hooks.
#[derive(Debug, clap::Args)]
pub struct Install {
    /// Install for all your repositories, including those that you clone later
    #[arg(long)]
    global: bool,
    /// Install the hooks of a coding assistant instead: claude, cursor, codex, copilot, gemini or all (repeatable)
    #[arg(long = "assistant", value_name = "NAME", conflicts_with_all = ["global", "hooks", "strict"])]
    assistants: Vec<String>,
    /// Install these hooks only
    #[arg(long = "hook", value_name = "NAME", num_args = 1..)]
    hooks: Vec<String>,
    /// Also install the reference-transaction hook, which `--no-verify` does not skip
    #[arg(long)]
    strict: bool,
    /// Print errors only
    #[arg(long)]
    quiet: bool,
}

/// Where from.
#[derive(Debug, clap::Args)]
pub struct Uninstall {
    /// Remove the hooks for all your repositories
    #[arg(long)]
    global: bool,
    /// Remove the hooks of a coding assistant only: claude, cursor, codex, copilot, gemini or all (repeatable)
    #[arg(long = "assistant", value_name = "NAME", conflicts_with = "global")]
    assistants: Vec<String>,
    /// Print errors only
    #[arg(long)]
    quiet: bool,
}

/// Puts the hooks in place.
///
/// # Errors
/// When they cannot be.
pub fn install(args: Install) -> Result<Exit> {
    if !args.assistants.is_empty() {
        let here = environment::current_directory()?;
        return tell(&install::assistants::install(&here, &args.assistants, &install::this_program()?)?, args.quiet);
    }
    let request = InstallRequest {
        directory: environment::current_directory()?,
        binary: install::this_program()?,
        global: args.global,
        hooks: args.hooks,
        strict: args.strict,
    };
    tell(&install::install(&request)?, args.quiet)
}

/// Takes the hooks away.
///
/// # Errors
/// When they cannot be.
pub fn uninstall(args: &Uninstall) -> Result<Exit> {
    let directory = environment::current_directory()?;
    if !args.assistants.is_empty() {
        return tell(&install::assistants::uninstall(&directory, &args.assistants)?, args.quiet);
    }
    tell(&install::uninstall(&directory, args.global)?, args.quiet)
}

fn tell(summary: &Summary, quiet: bool) -> Result<Exit> {
    if !quiet {
        let mut out = std::io::stdout().lock();
        summary.lines.iter().try_for_each(|line| writeln!(out, "{line}")).or_unprinted()?;
        say!("{}", summary.digest);
    }
    Ok(Exit::Clean)
}
