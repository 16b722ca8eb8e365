//! `shield-hook fleet`: the records of many machines, against what is expected of them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::fleet::{self, Fleet, FleetDemands, FleetFiles};
use crate::package::age;
use crate::report;
use crate::terminal::{name, say};
use crate::watch::config::span;
use crate::watch::expect::Expectation;

/// Read the records of many machines: who is late, old, blocked, or lacks what is expected.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Journals, collected records and posted digests; of a folder every .jsonl, .ndjson and .json file
    #[arg(value_name = "DIR|FILE", required = true)]
    paths: Vec<PathBuf>,
    /// A list of the machines that have to be there, one name a line
    #[arg(long, value_name = "FILE")]
    hosts: Option<PathBuf>,
    /// A package and the versions of it that every machine has to answer for (repeatable): "npm:@acme/lib >= 1.2.4"
    #[arg(long, value_name = "PACKAGE RANGE")]
    expect: Vec<String>,
    /// The longest silence of a machine whose record names no next run
    #[arg(long, value_name = "SPAN", default_value = "2d")]
    late: String,
    /// The greatest age of the package data, in days
    #[arg(long, value_name = "DAYS", default_value_t = age::OLD_DAYS)]
    data_days: i64,
    /// The oldest good version of shield-hook [default: the newest that a machine has]
    #[arg(long, value_name = "VERSION")]
    binary: Option<semver::Version>,
    /// How to write the report
    #[arg(long, value_enum, default_value = "pretty")]
    format: FleetFormat,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The format of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum FleetFormat {
    /// For people
    #[default]
    Pretty,
    /// One JSON object
    Json,
    /// One self-contained page
    Html,
}

/// Reads, judges and reports.
///
/// # Errors
/// Exit 2 when a path cannot be read, exit 3 when the list or an argument is wrong.
pub fn run(args: &Args) -> Result<Exit> {
    let hosts = args.hosts.as_deref().map(fleet::expected_hosts).transpose()?.unwrap_or_default();
    let expect = args.expect.iter().map(|text| Ok(Expectation::parse(text)?.text)).collect::<Result<BTreeSet<_>>>()?;
    if args.data_days < 0 {
        return Err(Error::usage("--data-days: a number of days is not negative"));
    }
    let (late, data_days, binary) = (span(&args.late)?, args.data_days, args.binary.clone());
    let demands = FleetDemands { hosts, late, data_days, binary, expect };
    let fleet = Fleet::judge(FleetFiles::read(&args.paths)?, &demands, Timestamp::now());
    let bytes = match args.format {
        FleetFormat::Pretty => pretty(&fleet).into_bytes(),
        FleetFormat::Html => fleet::page(&fleet).into_bytes(),
        FleetFormat::Json => {
            let mut bytes = serde_json::to_vec_pretty(&fleet.json()).or_incomplete("the report")?;
            bytes.push(b'\n');
            bytes
        }
    };
    match &args.output {
        Some(path) => report::save(path, &bytes).or_incomplete(path.display())?,
        None => std::io::stdout().lock().write_all(&bytes).or_unprinted()?,
    }
    for (path, why) in &fleet.unread {
        say!("shield-hook: not read: {}: {}", name(path), name(why));
    }
    say!("{}", fleet.digest());
    Ok(fleet.exit())
}

/// A line for each machine, and below it whatever is wrong.
fn pretty(fleet: &Fleet) -> String {
    let width = fleet.machines.iter().map(|machine| machine.host.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for machine in &fleet.machines {
        let record = machine.record.as_ref();
        let time = record.map_or("never", |record| record.time.get(..16).unwrap_or(&record.time)).replace('T', " ");
        let version = record.map_or("-", |record| record.version.as_str());
        let data = record.and_then(|record| record.data.as_deref()).unwrap_or("-");
        let state = if machine.problems.is_empty() { "as expected".to_owned() } else { machine.state() };
        text += &format!("{:width$}  {time:16}  {version:7}  data {data:10}  {state}\n", machine.host);
        machine.problems.iter().for_each(|problem| text += &format!("{:width$}    {}\n", "", problem.what));
        for answer in machine.answers() {
            text += &format!("{:width$}    {}: {}\n", "", answer.what, answer.answer.words());
        }
    }
    text
}
