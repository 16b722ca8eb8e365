//! `shield-hook advisories export`: the versions that block, for mirrors and resolvers, and the proof that one refuses them.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::packages;
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::package::address::WebAddress;
use crate::package::canary::{CanaryAnswer, ExportCanary, Resolver};
use crate::package::ecosystem::Ecosystem;
use crate::package::export::{self, ExportFormat};
use crate::package::{fetch, store};
use crate::terminal::{name, say};

/// Write the versions that block in a form that mirrors and resolvers read, or check that one refuses them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The form to write
    #[arg(long, value_enum)]
    format: ExportFormat,
    /// Leave out the names that are malicious as a whole: only packages that were taken over
    #[arg(long)]
    hijack_only: bool,
    /// The harmless version that the export refuses as well, so that `--check` has something to ask for [default:
    /// left-pad@0.0.3, or sampleproject@1.2.0 for Python]
    #[arg(long, value_name = "NAME@VERSION")]
    canary: Option<String>,
    /// Write nothing: ask the mirror (verdaccio) or run the resolver (pnpm, pip, uv) for the canary, and fail if it is given
    #[arg(long)]
    check: bool,
    /// The mirror to ask [default: the registry of your .npmrc]
    #[arg(long, value_name = "URL", requires = "check")]
    mirror: Option<String>,
}

/// The ecosystem of the canary; none for forms that nobody resolves with.
fn ecosystem(format: ExportFormat) -> Option<Ecosystem> {
    match format {
        ExportFormat::Verdaccio | ExportFormat::Pnpm => Some(Ecosystem::Npm),
        ExportFormat::Pip | ExportFormat::Uv => Some(Ecosystem::Pypi),
        ExportFormat::Json | ExportFormat::Osv => None,
    }
}

fn resolver(format: ExportFormat) -> Option<Resolver> {
    match format {
        ExportFormat::Pnpm => Some(Resolver::Pnpm),
        ExportFormat::Pip => Some(Resolver::Pip),
        ExportFormat::Uv => Some(Resolver::Uv),
        ExportFormat::Verdaccio | ExportFormat::Json | ExportFormat::Osv => None,
    }
}

/// Writes the export to standard output, or checks that it is in use.
///
/// # Errors
/// Exit 2 when the data cannot be read or nobody answers the check, exit 3 when the arguments do not fit together.
pub fn run(args: &Args) -> Result<Exit> {
    let canary = canary(args)?;
    if args.check {
        let canary = canary.ok_or_else(|| {
            Error::usage("--check asks a mirror or a resolver, and this form has none")
                .help("--format verdaccio|pnpm|pip|uv")
        })?;
        return check(args, &canary);
    }
    let advisories = store::load()?;
    let mut bad = export::collect(&advisories, args.hijack_only);
    if let Some(canary) = &canary {
        export::add_canary(&mut bad, canary);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = export::write(&bad, args.format, &mut out).and_then(|names| out.flush().map(|()| names));
    if let Ok(names) = written {
        say!("shield-hook: {names} names, data of {}", advisories.complete_until(&BTreeSet::new()));
    }
    finished(written.map(|_| ()))
}

fn canary(args: &Args) -> Result<Option<ExportCanary>> {
    let Some(ecosystem) = ecosystem(args.format) else {
        return match args.canary {
            Some(_) => {
                Err(Error::usage("--canary is for mirrors and resolvers").help("--format verdaccio|pnpm|pip|uv"))
            }
            None => Ok(None),
        };
    };
    let Some(text) = &args.canary else { return Ok(Some(ExportCanary::usual(ecosystem))) };
    let parts = text.rsplit_once('@').filter(|(name, version)| {
        // Resolvers get it as an argument, and exports as a line.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'@');
        let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@');
        starts(name) && starts(version) && text.bytes().all(plain)
    });
    let (name, version) =
        parts.ok_or_else(|| Error::usage("--canary names no version").help("--canary NAME@VERSION"))?;
    Ok(Some(ExportCanary { ecosystem, name: name.to_owned(), version: version.to_owned() }))
}

/// Asks for the canary.
fn check(args: &Args, canary: &ExportCanary) -> Result<Exit> {
    let (who, answer) = match resolver(args.format) {
        Some(_) if args.mirror.is_some() => {
            return Err(Error::usage("--mirror is for verdaccio; a resolver is asked by running it"));
        }
        Some(resolver) => {
            let answer = canary.ask_resolver(resolver, &environment::current_directory()?)?;
            (resolver.program().to_owned(), answer)
        }
        None => {
            let net = fetch::online().map_err(|error| error.context("--check"))?;
            let (address, credential) = match &args.mirror {
                Some(text) => match WebAddress::parse(text) {
                    Ok((address, None)) => (address, None),
                    Ok((_, Some(_))) => return Err(Error::usage("--mirror: an address with a password in it")),
                    Err(why) => return Err(Error::usage(format!("--mirror: {why}"))),
                },
                None => {
                    let registry = packages::registries()?.npm(&canary.name)?;
                    (registry.address, registry.credential)
                }
            };
            let answer = canary.ask_mirror(&address, credential.as_ref(), net.as_ref())?;
            (address.to_string(), answer)
        }
    };
    let what = format!("{}@{}", canary.name, canary.version);
    match answer {
        CanaryAnswer::Refused => {
            say!("shield-hook: clean: {who} refuses {what}: the export is in use");
            Ok(Exit::Clean)
        }
        CanaryAnswer::Served => {
            say!("shield-hook: blocked: {who} gives {what}: the export is not in use there");
            Ok(Exit::Blocked)
        }
        CanaryAnswer::Silent(why) => Err(Error::incomplete(format!(
            "{who} could not be checked with {what}: {}",
            name(&why)
        ))
        .help(
            "--canary NAME@VERSION names a version of a package that it has; the export must be written with the same",
        )),
    }
}

/// The end of a list. `advisories list | head` is no failure.
pub(super) fn finished(written: io::Result<()>) -> Result<Exit> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Clean),
        written => written.or_incomplete("the list").map(|()| Exit::Clean),
    }
}
