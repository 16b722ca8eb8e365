//! Options that several commands share.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::policy::Overrides;
use crate::policy::config::CONFIDENCES;
use crate::report::ReportFormat;
use crate::rule::Confidence;
use crate::terminal::progress;

/// The options that select the policy.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// Read this configuration instead of .shield-hook.toml
    #[arg(global = true, long, value_name = "FILE", env = "SHIELD_HOOK_CONFIG")]
    pub config: Option<PathBuf>,
    /// Read this baseline instead of the configured one
    #[arg(global = true, long, value_name = "FILE", env = "SHIELD_HOOK_BASELINE")]
    pub baseline: Option<PathBuf>,
    /// The lowest confidence that blocks
    #[arg(global = true, long, value_parser = confidence(), value_name = "LEVEL", env = "SHIELD_HOOK_BLOCK")]
    pub block: Option<Confidence>,
    /// Run this rule only (repeatable)
    #[arg(global = true, long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
}

/// One of the words that the configuration takes for `block`.
fn confidence() -> impl TypedValueParser<Value = Confidence> {
    PossibleValuesParser::new(CONFIDENCES.iter().map(|(word, _)| *word)).map(|typed| {
        let known = CONFIDENCES.iter().find(|(word, _)| *word == typed);
        known.map_or(Confidence::Low, |(_, confidence)| *confidence)
    })
}

impl PolicyArgs {
    /// The overrides of the policy that these options ask for.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            baseline: self.baseline.clone(),
            block: self.block,
            only: self.rules.clone(),
            ..Overrides::default()
        }
    }
}

/// The options of the report.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// How to write the report
    #[arg(global = true, long, value_enum, default_value = "pretty")]
    pub format: ReportFormat,
    /// Write the report to a file instead of standard output
    #[arg(global = true, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print findings and errors only
    #[arg(global = true, long)]
    pub quiet: bool,
    /// Also show old and allowed findings
    #[arg(global = true, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Show no progress bar
    #[arg(global = true, long)]
    pub no_progress: bool,
    /// When to use colour
    #[arg(global = true, long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: Color,
}

impl ReportArgs {
    /// Applies colour and progress to this process, before anything is written.
    pub fn prepare(&self) {
        self.color.apply();
        if !self.no_progress && !self.quiet {
            progress::allow();
        }
    }
}

/// When to use colour. NO_COLOR and CLICOLOR_FORCE count where it is `auto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes every stream of this process follow the choice.
    pub fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// The format of a command's output that is no report of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object.
    Json,
}

impl OutputFormat {
    /// Returns whether people read it.
    pub fn is_pretty(self) -> bool {
        self == Self::Pretty
    }
}
