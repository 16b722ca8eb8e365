//! `shield-hook advisories`: the data on hijacked packages, and how it is kept fresh.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::json;

use super::export;
use super::options::OutputFormat;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::package::advisory::{Advisories, Advisory};
use crate::package::ecosystem::Ecosystem;
use crate::package::{age, fetch, store, update};
use crate::policy;
use crate::report::packages::display_name;
use crate::terminal::{name, say};

/// So many refused rows are named.
const REFUSED: usize = 20;

/// The data on hijacked packages: list, show, sources, export, update.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: AdvisoriesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AdvisoriesCommand {
    /// List every known-bad version, or those of one ecosystem or incident
    List(AdvisoriesList),
    /// Show everything that is known about a package or an incident
    Show(AdvisoriesShow),
    /// List how far the records of each source are complete, by ecosystem
    Sources(AdvisoriesSources),
    /// Write the versions that block in a form that mirrors and resolvers read, or check that one refuses them
    Export(export::Args),
    /// Load newer data: OSV records or tables, from a file, a folder, a zip archive or a URL
    Update(Update),
}

#[derive(Debug, clap::Args)]
struct AdvisoriesSources {
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

#[derive(Debug, clap::Args)]
struct Update {
    /// An OSV record (.json), a table (.tsv), or a folder or zip archive of them; a path or an https URL [default:
    /// `from` in your configuration]
    #[arg(value_name = "FILE|DIR|URL")]
    from: Option<String>,
    /// Require a signature by this minisign key, given as text or as a file (repeatable) [default: `key` in your
    /// configuration]
    #[arg(long, value_name = "KEY|FILE")]
    key: Vec<String>,
    /// Accept data that is older than the data it replaces
    #[arg(long)]
    older: bool,
}

#[derive(Debug, clap::Args)]
struct AdvisoriesList {
    /// This ecosystem only
    #[arg(long, value_name = "NAME")]
    ecosystem: Option<String>,
    /// This incident only
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

#[derive(Debug, clap::Args)]
struct AdvisoriesShow {
    /// The name of a package, or the id of an incident
    name: String,
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

/// Lists, shows or updates.
///
/// # Errors
/// When the data cannot be read or replaced, or there is nothing of that name.
pub fn run(args: Args) -> Result<Exit> {
    match args.command {
        AdvisoriesCommand::List(list) => {
            let only = list.ecosystem.as_deref().map(|name| {
                Ecosystem::parse(name).ok_or_else(|| Error::usage(format!("`{name}` is not an ecosystem")))
            });
            let only = only.transpose()?;
            let mut rows = Vec::new();
            store::load()?.each(|ecosystem, name, advisory| {
                let wanted = only.is_none_or(|o| o == ecosystem)
                    && list.incident.as_ref().is_none_or(|i| *i == advisory.incident);
                if wanted {
                    rows.push((ecosystem, name.to_owned(), advisory));
                }
                true
            });
            print(&rows, list.format)
        }
        AdvisoriesCommand::Show(show) => {
            let rows = matching(&store::load()?, &show.name);
            if rows.is_empty() {
                return Err(Error::usage(format!("nothing is known of `{}`", show.name))
                    .help("a package's name or an incident's id, as `shield-hook advisories list` shows them"));
            }
            print(&rows, show.format)
        }
        AdvisoriesCommand::Sources(wanted) => sources(&store::load()?, wanted.format),
        AdvisoriesCommand::Update(wanted) => update_from(&wanted),
        AdvisoriesCommand::Export(wanted) => export::run(&wanted),
    }
}

fn update_from(wanted: &Update) -> Result<Exit> {
    let feed = policy::user_feed()?;
    let named = wanted.from.as_deref().or(feed.from.as_deref());
    let from = named.or(update::BUILT_IN).ok_or_else(|| {
        Error::usage("no source of new data is configured, and this program was built without one")
            .help("shield-hook advisories update FILE|DIR|URL")
            .help("or add `from = \"...\"` below [advisories] to your own configuration")
            .help("or build it with SHIELD_HOOK_ADVISORIES=URL, and SHIELD_HOOK_ADVISORIES_KEY=RW... for its signature")
    })?;
    let mut options = update::UpdateOptions { older: wanted.older, ..update::UpdateOptions::default() };
    for key in if wanted.key.is_empty() { &feed.key } else { &wanted.key } {
        let text = file::read_to_string(key).unwrap_or_else(|_| key.clone());
        options.keys.add(&text).map_err(|why| Error::usage(format!("--key: {why}")))?;
    }
    if let (None, Some(key)) = (named, update::BUILT_IN_KEY) {
        options.keys.add(key).map_err(|why| Error::usage(format!("SHIELD_HOOK_ADVISORIES_KEY of the build: {why}")))?;
    }
    let update = update::update(&update::DataSource::parse(from)?, &options, fetch::online)?;
    say!(
        "shield-hook: {} advisories from {} records ({}), newest {}, now in {}",
        update.rows,
        update.files,
        if update.signed { "signature checked" } else { "no key is configured, so no signature was checked" },
        update.date,
        update.path.display()
    );
    for feed in &update.feeds {
        say!("shield-hook: {} is complete for {} up to {}", feed.source, feed.ecosystem.as_str(), feed.until);
    }
    if update.feeds.is_empty() {
        say!("shield-hook: these records are no whole feed, so the age of the data stays as it was");
    }
    if let Some(old) = age::warning(&store::load()?.complete_until(&BTreeSet::new())) {
        say!("shield-hook: {old}");
    }
    for refused in update.refused.iter().take(REFUSED) {
        say!("shield-hook: not taken: {}", name(refused));
    }
    if update.refused.len() > REFUSED {
        say!("shield-hook: not taken: {} more", update.refused.len() - REFUSED);
    }
    Ok(if update.refused.is_empty() { Exit::Clean } else { Exit::Blocked })
}

/// How far each source is complete, by ecosystem.
fn sources(advisories: &Advisories, format: OutputFormat) -> Result<Exit> {
    let feeds = advisories.feeds();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let state = |complete: bool| if complete { "complete" } else { "partial" };
    let written = match format {
        OutputFormat::Pretty => feeds.iter().try_for_each(|feed| {
            let until = if feed.complete { "complete up to" } else { "ends with" };
            writeln!(out, "{:14} {:12} {until} {}", feed.ecosystem.as_str(), feed.source, feed.until)
        }),
        OutputFormat::Json => {
            let rows: Vec<_> = feeds
                .iter()
                .map(|feed| {
                    let (source, ecosystem) = (&feed.source, feed.ecosystem.as_str());
                    json!({"source": source, "ecosystem": ecosystem, "until": feed.until, "state": state(feed.complete)})
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &rows).map_err(io::Error::from).and_then(|()| writeln!(out))
        }
    };
    export::finished(written.and_then(|()| out.flush()))
}

/// The advisories for a name in any ecosystem, or for an incident.
fn matching(advisories: &Advisories, name: &str) -> Vec<(Ecosystem, String, Advisory)> {
    let mut rows = Vec::new();
    for ecosystem in Ecosystem::ALL {
        rows.extend(advisories.of(ecosystem, name).into_iter().map(|a| (ecosystem, name.to_owned(), a)));
    }
    if rows.is_empty() {
        advisories.each(|ecosystem, package, advisory| {
            if advisory.incident == name {
                rows.push((ecosystem, package.to_owned(), advisory));
            }
            true
        });
    }
    rows
}

fn print(rows: &[(Ecosystem, String, Advisory)], format: OutputFormat) -> Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match format {
        OutputFormat::Pretty => rows.iter().try_for_each(|(ecosystem, name, a)| {
            let version = Some(a.versions.as_str()).filter(|v| *v != "*");
            writeln!(out, "{:9} {}: {}", a.kind.as_str(), display_name(*ecosystem, name, version), a.incident)
        }),
        OutputFormat::Json => {
            let rows: Vec<_> = rows
                .iter()
                .map(|(ecosystem, name, a)| {
                    json!({
                        "ecosystem": ecosystem.as_str(), "name": name, "versions": a.versions, "kind": a.kind.as_str(),
                        "incident": a.incident, "title": a.title, "date": a.date, "source": a.source,
                    })
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &rows).map_err(io::Error::from).and_then(|()| writeln!(out))
        }
    };
    export::finished(written.and_then(|()| out.flush()))
}
