//! `shield-hook allow`: one finding, by its fingerprint, with a reason.

use std::path::{Path, PathBuf};

use super::scan::root_for;
use crate::engine::redact;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::Fingerprint;
use crate::policy::config::{self, Config};
use crate::policy::edit::{NewAllowance, with_allowances};
use crate::report;
use crate::terminal::say;

/// Allow one finding by its fingerprint, with a reason.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the report shows, 32 hex digits each
    #[arg(required = true, value_name = "FINGERPRINT")]
    fingerprints: Vec<String>,
    /// Why this is no leak
    #[arg(long)]
    reason: String,
    /// The last day on which it is allowed, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<String>,
    /// Only in paths that match this glob
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
pub fn run(args: Args) -> Result<Exit> {
    if args.reason.trim().is_empty() {
        return Err(Error::usage("the reason is empty").help("say why this is no leak: --reason \"revoked on 3 May\""));
    }
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
    let reason = redact::message(args.reason.trim());
    if reason != args.reason.trim() {
        say!("shield-hook: the reason may hold a credential, so it is written as: {reason}");
    }
    let mut new = Vec::new();
    for text in &args.fingerprints {
        let fingerprint = Fingerprint::parse(text).ok_or_else(|| {
            Error::usage("not a fingerprint: it has 32 hex digits").help("every report shows it, also `--format json`")
        })?;
        new.push(NewAllowance {
            fingerprint: Some(fingerprint.to_string()),
            path: args.path.iter().cloned().collect(),
            reason: reason.clone(),
            expires,
            ..NewAllowance::default()
        });
    }
    let path = match &args.config {
        Some(path) => path.clone(),
        None => root()?.join(config::FILE),
    };
    let old = read(&path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let known = Config::parse(&name, &old)?;
    new.retain(|n| {
        let same = |a: &&crate::policy::allowlist::Allowance| {
            a.fingerprint.map(|f| f.to_string()) == n.fingerprint && a.path == n.path && a.expires == n.expires
        };
        match known.allow.iter().find(same) {
            Some(a) => {
                say!("shield-hook: {name}:{} allows it already: {}", a.line, a.why());
                false
            }
            None => true,
        }
    });
    if new.is_empty() {
        return Ok(Exit::Clean);
    }
    let written = with_allowances(&name, &old, &new)?;
    report::save(&path, written.as_bytes()).or_incomplete(path.display())?;
    let n = new.len();
    say!(
        "shield-hook: {} allowed in {}",
        if n == 1 { "1 finding".into() } else { format!("{n} findings") },
        path.display()
    );
    Ok(Exit::Clean)
}

/// The directory that holds the configuration: the repository's root, or the current directory outside one.
pub(super) fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().or_incomplete("the current directory")?;
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
