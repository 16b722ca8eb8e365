//! `shield-hook allow`: one finding, by its fingerprint or its line, with a reason.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::found_here::{self, FileLine};
use super::scan::root_for;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::Fingerprint;
use crate::finding::repair::quote;
use crate::policy::Overrides;
use crate::policy::authority::PolicyRoot;
use crate::policy::config::{self, Config};
use crate::policy::edit::{NewAllowance, with_allowances};
use crate::report;
use crate::terminal::say;
use crate::terminal::text::plural;

/// Allow a finding by its fingerprint or its line, with a reason.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The 32 hex digits that a report shows, or a line of a file (src/config.py:12)
    #[arg(required_unless_present = "last", value_name = "FINGERPRINT|FILE:LINE")]
    findings: Vec<String>,
    /// The finding that stops the next commit or push; refused if there are several
    #[arg(long, conflicts_with_all = ["findings", "unseen"])]
    last: bool,
    /// The reason why this is not a leak
    #[arg(long)]
    reason: String,
    /// Accept a fingerprint that no scan finds here, for example on a branch that was not fetched
    #[arg(long)]
    unseen: bool,
    /// The last day on which it is allowed, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<String>,
    /// Allow it only in paths that match this glob
    #[arg(long, value_name = "GLOB")]
    path: Option<String>,
    /// Write into this configuration instead of .shield-hook.toml
    #[arg(long, value_name = "FILE", env = "SHIELD_HOOK_CONFIG")]
    config: Option<PathBuf>,
}

/// Writes the allowances.
///
/// # Errors
/// Exit 3 when an argument or the configuration is wrong, and the configuration is then left alone; exit 2 when it
/// cannot be written.
pub fn run(args: &Args) -> Result<Exit> {
    let template = template(args)?;
    let path = match &args.config {
        Some(path) => path.clone(),
        None => root()?.join(config::FILE),
    };
    let old = read(&path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let known = Config::parse(&name, &old)?;
    let prints = if args.last { vec![last()?] } else { fingerprints(&args.findings)? };
    if !args.unseen && !args.last {
        refuse_unknown(&prints, &known)?;
    }
    let new: Vec<NewAllowance> =
        prints.into_iter().filter_map(|print| missing_allowance(print, &template, &known, &name)).collect();
    if new.is_empty() {
        return Ok(Exit::Clean);
    }
    let written = with_allowances(&name, &old, &new)?;
    report::save(&path, written.as_bytes()).or_incomplete(path.display())?;
    say!("shield-hook: {} allowed in {}", plural(new.len(), "finding", "findings"), path.display());
    if found_here::is_in_work_tree(&path) {
        say!("  stage it, so that it is committed: git add -- {}", quote(&path.display().to_string()));
    }
    Ok(Exit::Clean)
}

/// The allowance that the options describe, without a fingerprint.
fn template(args: &Args) -> Result<NewAllowance> {
    let given = found_here::reason(&args.reason)?;
    let expires = match &args.expires {
        Some(text) => Some(text.parse().map_err(|_| Error::usage("--expires must be a date such as 2027-01-31"))?),
        None => None,
    };
    if expires.is_some_and(|day| day < crate::policy::today()) {
        return Err(Error::usage("--expires is in the past, so nothing would be allowed"));
    }
    if let Some(path) = args.path.as_deref().filter(|path| redact::name(path) != **path) {
        return Err(
            Error::usage(format!("{}: the path holds a credential", redact::name(path))).help("write * in its place")
        );
    }
    let reason = redact::message(given);
    if reason != given {
        say!("shield-hook: the reason may hold a credential, so it is written as: {reason}");
    }
    Ok(NewAllowance { path: args.path.iter().cloned().collect(), reason, expires, ..NewAllowance::default() })
}

/// The allowance to write for a fingerprint; none if the configuration `name` has it already.
fn missing_allowance(print: Fingerprint, template: &NewAllowance, known: &Config, name: &str) -> Option<NewAllowance> {
    let new = NewAllowance { fingerprint: Some(print.to_string()), ..template.clone() };
    match known.allow.iter().find(|a| a.fingerprint == Some(print) && a.path == new.path) {
        Some(a) if a.reason == new.reason && (new.expires.is_none() || a.expires == new.expires) => {
            say!("shield-hook: {name}:{} allows it already: {}", a.line, a.why());
            return None;
        }
        Some(a) => say!("shield-hook: {name}:{}: replaced the reason: {}", a.line, a.why()),
        None => {}
    }
    Some(new)
}

/// The fingerprint of the one finding that stops the next operation.
fn last() -> Result<Fingerprint> {
    let findings = found_here::last_stopped()?;
    let first = findings.first().ok_or_else(|| {
        Error::usage("nothing blocks in the index or in a commit that is not published")
            .help("name the finding by its fingerprint or its FILE:LINE")
    })?;
    if findings.iter().all(|f| f.fingerprint == first.fingerprint) {
        let at = format!("{}:{}", first.location.path(), first.location.line);
        say!("shield-hook: {}: {} ({})", redact::name(&at), first.rule.id, first.fingerprint);
        return Ok(first.fingerprint);
    }
    let error = Error::usage("several findings block, so --last does not say which one you mean");
    Err(findings.iter().take(MOST_LISTED).fold(error, |error, f| {
        let at = redact::name(&format!("{}:{}", f.location.path(), f.location.line));
        error.help(format!("shield-hook allow {} --reason \"WHY\"  # {at}, {}", f.fingerprint, f.rule.id))
    }))
}

/// So many findings are listed when one has to be chosen.
const MOST_LISTED: usize = 10;

/// The fingerprints that the arguments name, each once.
fn fingerprints(named: &[String]) -> Result<Vec<Fingerprint>> {
    let mut prints = Vec::new();
    for text in named {
        match (Fingerprint::parse(text), FileLine::parse(text)) {
            (Some(print), _) => prints.push(print),
            (None, Some(line)) => prints.extend(on_line(&line)?),
            (None, None) => {
                return Err(Error::usage("not a fingerprint: it has 32 hex digits")
                    .help("every report shows it, also `--format json`; or name the finding's FILE:LINE"));
            }
        }
    }
    let mut seen = HashSet::new();
    prints.retain(|print| seen.insert(*print));
    Ok(prints)
}

/// The fingerprints of the findings on a line.
fn on_line(line: &FileLine) -> Result<Vec<Fingerprint>> {
    let session = Session::with(&Overrides::default(), PolicyRoot::Directory(&root()?))?;
    let found = line.findings(&session)?;
    if found.is_empty() {
        let at = format!("{}:{}", line.file.display(), line.number);
        return Err(Error::usage(format!("{}: nothing is found on this line", redact::name(&at)))
            .help("shield-hook explain FILE:LINE gives the reason"));
    }
    Ok(found.iter().map(|f| f.fingerprint).collect())
}

/// Refuses fingerprints that neither an allowance nor a scan knows: a typing error would allow nothing, unnoticed.
fn refuse_unknown(prints: &[Fingerprint], known: &Config) -> Result<()> {
    let new = prints.iter().filter(|print| known.allow.iter().all(|a| a.fingerprint != Some(**print)));
    match found_here::missing(new.copied().collect())?.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Error::usage(format!("{first}: nothing that is found here has this fingerprint"))
            .help("copy it from a report of this repository, or name the finding's FILE:LINE")
            .help("--unseen allows it anyway, for example if its branch was not fetched")),
    }
}

/// The directory that holds the configuration: the repository's root, or the current directory outside one.
pub(super) fn root() -> Result<PathBuf> {
    let here = environment::current_directory()?;
    Ok(root_for(&here, &[]).0)
}

/// A file that may not be there yet.
///
/// # Errors
/// When it is there and cannot be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    match file::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(Error::incomplete(format!("{}: {e}", path.display()))),
    }
}
