//! `shield-hook digest`: the latest runs, and those that are overdue.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::options::OutputFormat;
use crate::environment;
use crate::error::{Error, Printed, Result};
use crate::exit::Exit;
use crate::git::Repo;
use crate::journal::overdue::{self, Overdue};
use crate::journal::{Journal, JournalLocation, Record};
use crate::terminal::say;

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
    let total = records.len();
    if since.is_none() {
        let latest: BTreeMap<String, Record> = records.drain(..).map(|r| (r.command.clone(), r)).collect();
        records = latest.into_values().collect();
        records.sort_by_key(Record::when);
    }
    let line = line(total, since, &records, &late, foreign);
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
                writeln!(out, "{when}  {:width$}  {line}", record.command).or_unprinted()?;
            }
            for late in &late {
                writeln!(out, "overdue: {}", late.what).or_unprinted()?;
            }
        }
    }
    say!("{line}");
    Ok(if late.is_empty() { Exit::Clean } else { Exit::Blocked })
}

fn line(total: usize, since: Option<Timestamp>, shown: &[Record], late: &[Overdue], foreign: usize) -> String {
    let mut parts = vec![match total {
        1 => "1 run".to_owned(),
        n => format!("{n} runs"),
    }];
    if let Some(since) = since {
        parts[0] += &format!(" since {since:.0}");
    }
    let stopped = shown.iter().filter(|r| r.result == Exit::Blocked.result()).count();
    if stopped > 0 {
        parts.push(format!("{stopped} stopped something"));
    }
    let failed =
        shown.iter().filter(|r| ![Exit::Clean, Exit::Blocked].map(Exit::result).contains(&r.result.as_str())).count();
    if failed > 0 {
        parts.push(format!("{failed} could not be completed"));
    }
    if let Some(last) = shown.last().and_then(Record::when) {
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
