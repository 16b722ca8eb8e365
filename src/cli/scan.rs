//! `shield-hook scan`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::engine::{Engine, Settings};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::policy::Policy;
use crate::report::{self, Format};
use crate::rule::RuleSet;
use crate::source::Paths;

/// What to scan, and how to tell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    paths: Vec<PathBuf>,
    /// Read files that .gitignore names as well
    #[arg(long)]
    no_ignore: bool,
    /// How to write the report
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// Findings and errors only
    #[arg(long)]
    quiet: bool,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

/// Scans and reports.
pub fn run(args: Args) -> Result<Exit> {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let policy = Policy::default();
    let root = std::env::current_dir().or_incomplete("the current directory")?;
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
    let source = Paths { root, paths, no_ignore: args.no_ignore, max_object: policy.max_object };
    let outcome = crate::scan::run(&source, &engine, &policy)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    args.format.report().write(&outcome, &mut out).and_then(|()| out.flush()).or_incomplete("the report")?;
    if !args.quiet {
        anstream::eprintln!("{}", report::digest_line(&outcome));
    }
    Ok(report::exit(&outcome))
}
