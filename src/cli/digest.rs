//! `shield-hook digest`: the latest runs, and those that are overdue.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::options::OutputFormat;
use super::scan::root_for;
use crate::engine::redact;
use crate::environment;
use crate::error::{Error, Printed, Result};
use crate::exit::Exit;
use crate::git::Repo;
use crate::journal::overdue::{self, Overdue};
use crate::journal::{Journal, JournalLocation, Record};
use crate::terminal::text::plural;
use crate::terminal::{name, say};

/// Show the latest runs, and those that are overdue.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show every run since a date (2026-11-01), a time (2026-11-01T12:00:00Z), or within a span (7d, 12h, 30m)
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// How to write the report
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

/// Reads the journals and prints their records.
///
/// # Errors
/// When a journal cannot be read, or the date is none.
pub fn run(args: &Args) -> Result<Exit> {
    let since = args.since.as_deref().map(moment).transpose()?;
    let here = environment::current_directory()?;
    let read = |place: &JournalLocation| {
        Journal::read(place).map_err(|e| {
            let at = place.directory().map(|d| d.display().to_string()).unwrap_or_default();
            Error::incomplete(format!("the journal in {at} cannot be read: {e}"))
                .help("shield-hook doctor lists the reasons")
        })
    };
    let mut records = read(&JournalLocation::User)?.records;
    let (mut late, mut foreign) = (Vec::new(), 0);
    if let Ok(repo) = Repo::discover(&here) {
        let journal = read(&JournalLocation::Repository(repo.common_dir().to_owned()))?;
        late = overdue::find(&journal, repo.common_dir());
        foreign = journal.foreign;
        records.extend(journal.records);
    }
    records.retain(|r| r.when().is_some_and(|when| since.is_none_or(|since| when >= since)));
    records.sort_by_key(Record::when);
    let line = line(&records, since, &late, foreign);
    if since.is_none() {
        let key = |r: &Record| (r.command.clone(), r.root.clone());
        let latest: BTreeMap<_, Record> = records.drain(..).map(|r| (key(&r), r)).collect();
        records = latest.into_values().collect();
        records.sort_by_key(Record::when);
    }
    let own = root_for(&here, &[]).0.canonicalize().map(|root| redact::name(&root.display().to_string())).ok();
    let elsewhere = |record: &Record| {
        let root = record.root.as_deref().filter(|root| own.as_deref() != Some(*root));
        root.map(|root| format!(" (in {})", name(root))).unwrap_or_default()
    };
    let mut out = std::io::stdout().lock();
    match args.format {
        OutputFormat::Json => {
            let report = json!({
                "version": 1,
                "tool": {"name": "shield-hook", "version": env!("CARGO_PKG_VERSION")},
                "digest": line,
                "records": records,
                "overdue": late.iter().map(|l| json!({"command": l.command, "message": l.what})).collect::<Vec<_>>(),
            });
            serde_json::to_writer_pretty(&mut out, &report).or_unprinted()?;
            writeln!(out).or_unprinted()?;
        }
        OutputFormat::Pretty => {
            let width = records.iter().map(|r| r.command.len()).max().unwrap_or(0);
            for record in &records {
                let when = record.time.get(..16).unwrap_or(&record.time).replace('T', " ");
                let line = record.digest.strip_prefix("shield-hook: ").unwrap_or(&record.digest);
                writeln!(out, "{when}  {:width$}  {line}{}", record.command, elsewhere(record)).or_unprinted()?;
            }
            for late in &late {
                writeln!(out, "overdue: {}", late.what).or_unprinted()?;
            }
        }
    }
    say!("{line}");
    Ok(if late.is_empty() { Exit::Clean } else { Exit::Blocked })
}

fn line(records: &[Record], since: Option<Timestamp>, late: &[Overdue], foreign: usize) -> String {
    let mut parts = vec![plural(records.len(), "run", "runs")];
    match since {
        Some(since) => parts[0] += &format!(" since {since:.0}"),
        // Older ones have left the journals, which keep a limited number.
        None => parts[0] += " on record, here and elsewhere",
    }
    let stopped = records.iter().filter(|r| r.result == Exit::Blocked.result()).count();
    if stopped > 0 {
        parts.push(format!("{stopped} stopped something"));
    }
    let failed =
        records.iter().filter(|r| ![Exit::Clean, Exit::Blocked].map(Exit::result).contains(&r.result.as_str())).count();
    if failed > 0 {
        parts.push(format!("{failed} could not be completed"));
    }
    if let Some(last) = records.last().and_then(Record::when) {
        parts.push(format!("the last {} ago", overdue::ago(last, Timestamp::now())));
    }
    if foreign > 0 {
        parts.push(format!("{foreign} lines of the journal cannot be read"));
    }
    parts.push(if late.is_empty() { "nothing overdue".into() } else { format!("{} overdue", late.len()) });
    format!("shield-hook: digest: {}", parts.join(", "))
}

/// A date, a time, or a span before now.
fn moment(text: &str) -> Result<Timestamp> {
    let number =
        |unit: char| text.strip_suffix(unit).and_then(|n| n.parse::<i64>().ok()).filter(|n| (0..=100_000).contains(n));
    let hours = number('d').map(|d| d * 24 * 60).or_else(|| number('h').map(|h| h * 60)).or_else(|| number('m'));
    if let Some(minutes) = hours {
        return Ok(Timestamp::now() - SignedDuration::from_mins(minutes));
    }
    let as_date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    text.parse().ok().or_else(as_date).ok_or_else(|| {
        Error::usage(format!("--since {text}: neither a date nor a span")).help("for example 2026-11-01, or 7d")
    })
}
