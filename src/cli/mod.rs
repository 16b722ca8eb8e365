//! The command line. One file a subcommand; the arguments (clap) apart from their meaning.

mod advisories;
mod allow;
mod assistant;
mod audit;
mod baseline;
mod calm;
mod canary;
mod check;
mod ci;
mod config;
mod digest;
mod docs;
mod doctor;
mod explain;
mod export;
mod fleet;
mod found_here;
mod guarded_update;
mod help;
mod hook;
mod install;
mod migrate;
mod options;
mod overview;
mod packages;
mod post_commit;
mod pre_push;
mod publish;
mod push_command;
mod pushed_refs;
mod receive;
mod repair;
mod repository_facts;
mod rule_ids;
mod rules;
mod scan;
mod session;
mod verbs;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::engine::redact;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::terminal::say;

pub use calm::calmly;

/// Keeps leaked credentials in and hijacked packages out.
#[derive(Debug, Parser)]
#[command(name = "shield-hook", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan staged changes, a range, the history, files or standard input
    Scan(Box<scan::Args>),
    /// Check a pull request against the policy of its target branch
    Ci(Box<ci::Args>),
    /// Run as a git hook (the installed hooks call this)
    Hook(hook::Args),
    /// Look for hijacked packages among the installed ones
    Audit(audit::Args),
    /// The data on hijacked packages: list, show, update
    Advisories(advisories::Args),
    /// Look up packages and lockfiles in the data on hijacked packages
    Check(check::Args),
    /// Install the git hooks
    Install(install::Install),
    /// Remove the git hooks and restore those that were there before
    Uninstall(install::Uninstall),
    /// Show the latest runs, and those that are overdue
    Digest(digest::Args),
    /// Run an update, and restore the lockfiles if it brings a hijacked package
    Gate(guarded_update::Args),
    /// Check at regular intervals, and send a digest of each run
    Watch(Box<watch::Args>),
    /// Read the records of many machines: who is late, old, blocked, or lacks what is expected
    Fleet(fleet::Args),
    /// Find out why the hooks would not stop a leak, and how to repair it
    Doctor(doctor::Args),
    /// Prove that the hooks stop a leak, by trying one in a throwaway clone
    Canary(canary::Args),
    /// Judge a release before it is published
    Publish(Box<publish::Args>),
    /// List, show, test and create rules
    Rules(rules::Args),
    /// Record the secrets that are known, so that they do not block
    Baseline(baseline::Args),
    /// Allow one finding by its fingerprint, with a reason
    Allow(allow::Args),
    /// Take secrets out of commits that are not published, the index and the files
    Repair(Box<repair::Args>),
    /// Import the allowlists and baselines of other scanners
    Migrate(migrate::Args),
    /// Check, show, document and create the configuration
    Config(config::Args),
    /// Explain why something was found on a line, or was not
    Explain(explain::Args),
    /// Print the completion script for a shell
    Completions(docs::Completions),
    /// Print the manual page
    Man(docs::Man),
    /// No command at all
    #[command(skip)]
    Overview,
}

/// The commands that a commit or a push waits for.
#[derive(Debug, Parser)]
#[command(name = "shield-hook", version, propagate_version = true, arg_required_else_help = true)]
struct HotCli {
    #[command(subcommand)]
    command: HotCommand,
}

/// As in [`Command`].
#[derive(Debug, Subcommand)]
enum HotCommand {
    /// Scan staged changes, a range, the history, files or standard input
    Scan(Box<scan::Args>),
    /// Run as a git hook (the installed hooks call this)
    Hook(hook::Args),
}

impl Command {
    /// Returns whether the command ends in a digest line about what it has read.
    pub fn scans(&self) -> bool {
        matches!(
            self,
            Self::Scan(_)
                | Self::Ci(_)
                | Self::Hook(_)
                | Self::Audit(_)
                | Self::Check(_)
                | Self::Gate(_)
                | Self::Publish(_)
                | Self::Baseline(_)
                | Self::Watch(_)
                | Self::Canary(_)
        )
    }
}

/// Reads the command line.
///
/// # Errors
/// The exit code to end with at once: 0 after `--help` and `--version`, 3 after wrong usage.
pub fn parse() -> Result<Command, ExitCode> {
    let args: Vec<OsString> = std::env::args_os().collect();
    if args.len() == 1 {
        return Ok(Command::Overview);
    }
    let verb = args.get(1).and_then(|verb| verb.to_str()).map(str::to_owned);
    parsed(args).map_err(|e| {
        let text = e.to_string();
        match redact::message(&text) {
            masked if masked != text && e.use_stderr() => say!("{}", masked.trim_end()),
            // Without a standard error nobody can read it.
            _ => _ = e.print(),
        }
        if e.kind() == clap::error::ErrorKind::InvalidSubcommand
            && let Some(hint) = verb.as_deref().and_then(verbs::hint)
        {
            say!("{hint}");
        }
        ExitCode::from(if e.use_stderr() { Exit::Usage as u8 } else { Exit::Clean as u8 })
    })
}

/// Reads the words that were typed; help gets its examples and exit codes only when somebody asks for it.
fn parsed(args: Vec<OsString>) -> clap::error::Result<Command> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    commands(args.clone()).map_err(|error| match error.kind() {
        DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand => {
            help::with_examples(Cli::command()).try_get_matches_from(args).err().unwrap_or(error)
        }
        _ => error,
    })
}

/// Building the arguments of all commands takes longer than reading a small commit, so the first word decides whether
/// those of the others are built.
fn commands(args: Vec<OsString>) -> clap::error::Result<Command> {
    let is_hot = args.get(1).is_some_and(|word| word == "scan" || word == "hook");
    if !is_hot {
        return Cli::try_parse_from(args).map(|cli| cli.command);
    }
    Ok(match HotCli::try_parse_from(args)?.command {
        HotCommand::Scan(args) => Command::Scan(args),
        HotCommand::Hook(args) => Command::Hook(args),
    })
}

/// Runs a command.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration or the arguments are wrong.
pub fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Scan(args) => scan::run(&args),
        Command::Ci(args) => ci::run(&args),
        Command::Hook(args) => hook::run(args),
        Command::Advisories(args) => advisories::run(args),
        Command::Audit(args) => audit::run(&args),
        Command::Check(args) => check::run(args),
        Command::Install(args) => install::install(args),
        Command::Uninstall(args) => install::uninstall(&args),
        Command::Digest(args) => digest::run(&args),
        Command::Gate(args) => guarded_update::run(&args),
        Command::Watch(args) => watch::run(*args),
        Command::Fleet(args) => fleet::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Canary(args) => canary::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Rules(args) => rules::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Allow(args) => allow::run(&args),
        Command::Repair(args) => repair::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Config(args) => config::run(args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => docs::completions(&args),
        Command::Man(args) => docs::man(args),
        Command::Overview => overview::run(),
    }
}

/// Prints the error, if there is one, and returns the exit code. A command that `scans` says that nothing was scanned.
pub fn end(run: Result<Exit>, scans: bool) -> ExitCode {
    match run {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            complain(&error, scans);
            ExitCode::from(error.exit() as u8)
        }
    }
}

fn complain(error: &Error, scans: bool) {
    if error.is_unheard() {
        return;
    }
    // An argument may be the very credential that somebody asks about.
    say!("error: {}", redact::message(&error.to_string()));
    if scans {
        say!("{}", crate::outcome::summary_line::failed(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The twin: a parser that knows all commands.
    #[test]
    fn both_parsers_read_the_hot_commands_alike() {
        let lines = [
            "scan",
            "scan --staged",
            "scan --staged --quiet --format json --block low --rule a --rule b --no-progress",
            "scan --range a..b --verbose src",
            "scan --stagde",
            "scan --format yaml",
            "scan --staged --history",
            "scan --all-objects a",
            "scan --quiet --verbose",
            "scan -",
            "scan -- --staged",
            "scan --help",
            "scan -h",
            "scan --version",
            "hook",
            "hook help",
            "hook --help",
            "hook pre-commit",
            "hook pre-commit a b --quiet",
            "hook pre-commit --help",
            "hook pre-comit",
            "hook commit-msg",
            "hook pre-push origin address --color never",
            "hook --config x pre-push -V",
        ];
        for line in lines {
            let args = || std::iter::once("shield-hook").chain(line.split(' ')).map(OsString::from);
            let rendered = |read: clap::error::Result<Command>| match read {
                Ok(command) => Ok(format!("{command:?}")),
                Err(e) => Err((e.exit_code(), e.render().ansi().to_string())),
            };
            let all = Cli::try_parse_from(args()).map(|cli| cli.command);
            assert_eq!(rendered(commands(args().collect())), rendered(all), "{line}");
        }
    }
}
