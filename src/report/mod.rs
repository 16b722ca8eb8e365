//! Reports: one module for each format behind one trait.

mod csv;
mod github;
mod gitlab;
pub mod html;
mod json;
mod jsonl;
mod junit;
mod output;
mod overview;
pub mod packages;
mod pretty;
mod sarif;
pub mod step_summary;

use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::rule::Severity;

pub use output::save;

/// Writes an outcome in one format.
pub trait Report {
    /// Writes the report.
    ///
    /// # Errors
    /// When `out` cannot be written; the run then ends with exit 2, whatever was found.
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The formats that `--format` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object.
    Json,
    /// One JSON object a line: each finding, then the summary.
    Jsonl,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
    /// Comma-separated values, for spreadsheets.
    Csv,
    /// Workflow commands that annotate a pull request on GitHub.
    Github,
    /// GitLab's secret detection report.
    Gitlab,
    /// One self-contained page.
    Html,
}

/// The options of the report for people.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Old and allowed findings as well.
    pub verbose: bool,
    /// The directory that paths are relative to, percent-encoded, when the terminal follows links.
    pub links: Option<String>,
    /// The command that writes the same findings as a page.
    pub page: String,
}

impl ReportFormat {
    /// The report in this format.
    pub fn report(self, style: Style) -> Box<dyn Report> {
        match self {
            Self::Pretty => Box::new(pretty::Pretty(style)),
            Self::Json => Box::new(json::Json),
            Self::Jsonl => Box::new(jsonl::JsonLines),
            Self::Sarif => Box::new(sarif::Sarif),
            Self::Junit => Box::new(junit::JUnit),
            Self::Csv => Box::new(csv::Csv),
            Self::Github => Box::new(github::GitHub),
            Self::Gitlab => Box::new(gitlab::GitLab),
            Self::Html => Box::new(html::Html),
        }
    }
}

/// One line about a finding, for formats that have room for no more.
fn sentence(f: &Finding) -> String {
    let mut text = format!("{} ({}) found. {}", f.rule.title, f.secret, f.rule.fix);
    for note in &f.notes {
        text.push_str(&format!(" Note: {note}."));
    }
    text
}

/// The bytes that a URI's path holds as they are.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path as the path of a URI.
///
/// ```
/// assert_eq!(shield_hook::report::percent(b"a b/c.rs"), "a%20b/c.rs");
/// ```
pub fn percent(path: &[u8]) -> String {
    percent_encode(path, PATH).to_string()
}

/// A severity as other tools write it, with a capital.
fn capital(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}
