//! `shield-hook check`: is this package, or anything in this lockfile, known to be bad?

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use super::options::OutputFormat;
use super::packages::{self, PackageReportArgs, RegistryArgs};
use crate::engine::redact;
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::file;
use crate::package::advisory::{Advisories, PackageVerdict};
use crate::package::ecosystem::Ecosystem;
use crate::package::lockfile::{self, Format};
use crate::package::store;
use crate::package::survey::{Survey, SurveyRow};
use crate::publish::{self, Artefact};
use crate::source::Skip;

/// Look up packages and lockfiles in the data on hijacked packages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// NAME@VERSION, NAME==VERSION, NAME, a lockfile, or a bill of materials (CycloneDX, SPDX); `-` reads standard input:
    /// one package per line, or with --as a file
    #[arg(value_name = "PACKAGE|LOCKFILE", required = true)]
    what: Vec<String>,
    /// Search this ecosystem only [default: npm and pypi]
    #[arg(long, value_name = "NAME", value_parser = ecosystem)]
    ecosystem: Option<Ecosystem>,
    /// Read the files in this format, whatever their names (package-lock.json, yarn.lock, uv.lock ...)
    #[arg(long = "as", value_name = "FORMAT")]
    read_as: Option<String>,
    #[command(flatten)]
    registry_args: RegistryArgs,
    #[command(flatten)]
    report_args: PackageReportArgs,
}

fn ecosystem(text: &str) -> Result<Ecosystem, String> {
    Ecosystem::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Ecosystem::ALL.iter().map(|e| e.as_str()).collect();
        format!("not an ecosystem; there are {}", names.join(", "))
    })
}

/// Looks up and reports.
///
/// # Errors
/// Exit 2 when something could not be read, exit 3 when the configuration or the arguments are wrong.
pub fn run(mut args: Args) -> Result<Exit> {
    let start = Instant::now();
    let survey = survey(&args);
    // Who asks for one package by name wants to read that it is not known.
    args.report_args.all |=
        args.report_args.format == OutputFormat::Pretty && !args.what.iter().any(|w| w == "-" || is_file(w));
    packages::conclude("check", start, survey, &args.report_args)
}

fn survey(args: &Args) -> Result<Survey> {
    let online = args.registry_args.open()?;
    let advisories = store::load()?;
    let mut survey = Survey::default();
    let forced = args.read_as.as_deref().map(format_called).transpose()?;
    unused(args)?;
    for what in &args.what {
        if what == "-" {
            read_input(forced, args.ecosystem, &advisories, &mut survey)?;
        } else if is_artefact(what) {
            read_artefact(what, &advisories, &mut survey)?;
        } else if is_file(what) {
            read_lockfile(what, forced, &advisories, &mut survey)?;
        } else if what.starts_with("pkg:") {
            look_up_url(what, &advisories, &mut survey)?;
        } else {
            look_up(what, args.ecosystem, &advisories, &mut survey)?;
        }
    }
    survey.date(&advisories);
    packages::complete(&mut survey, online.as_ref())?;
    Ok(survey)
}

/// An option that changes nothing was meant for something else.
fn unused(args: &Args) -> Result<()> {
    let is_read = |what: &String| what == "-" || is_file(what);
    if args.read_as.is_some() && !args.what.iter().any(is_read) {
        return Err(Error::usage("--as is about a file, and none is named").help("`-` reads standard input"));
    }
    if args.ecosystem.is_some() && args.what.iter().all(|what| is_file(what)) {
        return Err(Error::usage("--ecosystem is about a package's name, and only files are named")
            .help("a file's format says whose packages it lists"));
    }
    Ok(())
}

fn format_called(name: &str) -> Result<&'static dyn Format> {
    lockfile::FORMATS.into_iter().find(|f| f.name() == name).ok_or_else(|| {
        let names: Vec<&str> = lockfile::FORMATS.iter().map(|f| f.name()).collect();
        Error::usage(format!("no format is called `{name}`")).help(format!("there are {}", names.join(", ")))
    })
}

/// Whether an argument means a file: it is there, or it can be no package's name.
fn is_file(what: &str) -> bool {
    let path = Path::new(what);
    let scoped = what.starts_with('@') && what.matches('/').count() == 1;
    // Go modules and actions hold slashes, too; they are asked for with their ecosystem before a colon.
    let named =
        what.split_once(':').is_some_and(|(ecosystem, _)| ecosystem == "pkg" || Ecosystem::parse(ecosystem).is_some());
    !named && (path.is_file() || lockfile::recognise(what).is_some() || (what.contains('/') && !scoped))
}

/// Standard input: a file of the format that was asked for, or a package a line.
fn read_input(
    forced: Option<&dyn Format>,
    only: Option<Ecosystem>,
    advisories: &Advisories,
    survey: &mut Survey,
) -> Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).or_incomplete("standard input")?;
    let Some(format) = forced else {
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::incomplete("standard input is not UTF-8"))?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            look_up(line, only, advisories, survey).map_err(|error| {
                error.help("standard input is read as one package a line; `--as FORMAT` reads a file")
            })?;
        }
        return Ok(());
    };
    match lockfile::read(format, &bytes) {
        Ok(inventory) => {
            survey.coverage.blobs += 1;
            survey.coverage.bytes += bytes.len() as u64;
            survey.add("-", &inventory, advisories);
            for path in inventory.includes {
                let reason = "drawn in by standard input, which is in no folder".to_owned();
                survey.coverage.skipped.push(Skip { what: "lockfile", path, reason, incomplete: true });
            }
        }
        Err(error) => {
            let (path, reason) = ("-".to_owned(), error.to_string());
            survey.coverage.skipped.push(Skip { what: "lockfile", path, reason, incomplete: true });
        }
    }
    Ok(())
}

/// Whether an argument is a packed package that was fetched.
fn is_artefact(what: &str) -> bool {
    let endings = [".tgz", ".tar.gz", ".whl", ".zip"];
    endings.iter().any(|ending| what.ends_with(ending)) && Path::new(what).is_file()
}

/// A packed package: looked up by its manifest, and its source files scored.
fn read_artefact(what: &str, advisories: &Advisories, survey: &mut Survey) -> Result<()> {
    let artefact = Artefact::read(Path::new(what), None, ARTEFACT_MEMBER)?;
    let (ecosystem, name, version) = artefact.identity().ok_or_else(|| {
        Error::usage(format!("{what}: neither a package of npm nor one of Python"))
            .help(format!("`shield-hook publish {what}` reads archives of other kinds"))
    })?;
    let verdict = advisories.lookup(ecosystem, &name, version.as_deref());
    let row = SurveyRow::unknown(ecosystem, &name, version.as_deref());
    let notes =
        publish::suspicions(&artefact).iter().map(|file| format!("{}: {}", file.path, file.sentence())).collect();
    survey.rows.push(SurveyRow { verdict, path: Some(what.replace('\\', "/")), notes, ..row });
    survey.coverage.blobs += artefact.members.len();
    survey.coverage.bytes += artefact.members.iter().map(|member| member.content.len() as u64).sum::<u64>();
    let skips = artefact.unread.iter().map(|(path, reason)| Skip {
        what: "archive",
        path: format!("{what}!{path}"),
        reason: reason.clone(),
        incomplete: true,
    });
    survey.coverage.skipped.extend(skips);
    Ok(())
}

fn read_lockfile(what: &str, forced: Option<&dyn Format>, advisories: &Advisories, survey: &mut Survey) -> Result<()> {
    let path = Path::new(what);
    if path.is_dir() {
        return Err(Error::usage(format!("{what} is a folder")).help(format!("shield-hook audit {what}")));
    }
    let shown = what.replace('\\', "/");
    let by_content = || file::read(path).ok().and_then(|bytes| lockfile::recognise_sbom(&bytes));
    let Some(format) = forced.or_else(|| lockfile::recognise(&shown)).or_else(by_content) else {
        let names: Vec<&str> = lockfile::FORMATS.iter().map(|f| f.name()).collect();
        return Err(Error::usage(format!("{what}: the name is not that of a lockfile"))
            .help(format!("known are {}", names.join(", ")))
            .help(format!("`shield-hook check --as FORMAT {what}` reads it anyway")));
    };
    // Included files are read in their own format, each once.
    let (mut queue, mut seen) = (vec![path.to_owned()], std::collections::HashSet::new());
    while let Some(path) = queue.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let shown = path.to_string_lossy().replace('\\', "/");
        let mut unreadable = |reason: String| {
            let (what, path) = ("lockfile", shown.clone());
            survey.coverage.skipped.push(Skip { what, path, reason, incomplete: true });
        };
        let bytes = match file::read(&path).or_incomplete("reading it") {
            Ok(bytes) => bytes,
            Err(error) => {
                unreadable(error.message().to_owned());
                continue;
            }
        };
        match lockfile::read(format, &bytes) {
            Ok(inventory) => {
                survey.coverage.blobs += 1;
                survey.coverage.bytes += bytes.len() as u64;
                survey.add(&shown, &inventory, advisories);
                let folder = path.parent().unwrap_or(Path::new(""));
                queue.extend(inventory.includes.iter().filter(|i| !i.contains("://")).map(|i| folder.join(i)));
            }
            Err(error) => unreadable(error.to_string()),
        }
    }
    Ok(())
}

/// A package URL: `pkg:npm/name@1.0.0`.
fn look_up_url(what: &str, advisories: &Advisories, survey: &mut Survey) -> Result<()> {
    let package = lockfile::package_of_url(what, 1).filter(|_| !redact::is_credential(what)).ok_or_else(|| {
        Error::usage("this package URL names no ecosystem that is known here")
            .help("pkg:npm/NAME@VERSION, pkg:pypi/...")
    })?;
    let verdict = advisories.lookup(package.ecosystem, &package.name, package.version.as_deref());
    let row = SurveyRow::unknown(package.ecosystem, &package.name, package.version.as_deref());
    survey.rows.push(SurveyRow { verdict, ..row });
    Ok(())
}

fn look_up(what: &str, only: Option<Ecosystem>, advisories: &Advisories, survey: &mut Survey) -> Result<()> {
    if redact::is_credential(what) {
        return Err(Error::usage("this is no package's name: it could be a credential, so it is not repeated here")
            .help("if it is one, revoke it: shells record commands"));
    }
    let (named, rest) = match what.split_once(':') {
        Some((ecosystem, rest)) => (Some(known_ecosystem(ecosystem)?), rest),
        None => (None, what),
    };
    let (name, version, python) = split(rest);
    // Python's extras are no part of the name, and its other comparisons no part of a version.
    let name =
        name.split_once('[').filter(|(_, extras)| extras.ends_with(']')).map_or(name, |(name, _)| name.trim_end());
    if let Some(at) = name.find(['<', '>', '~', '!', '^', '=']) {
        return Err(Error::usage(format!("`{}` is a range", &name[at..])).help("name the exact version"));
    }
    // A typing error must not come back as unknown: nobody would look again.
    let scope = name.strip_prefix('@').map(|rest| rest.split_once('/'));
    let torn = matches!(scope, Some(None) | Some(Some(("", _) | (_, ""))));
    let odd = |version: &str| version.is_empty() || version.contains('@');
    if named.is_none() && [".json", ".lock", ".yaml", ".yml", ".toml", ".txt"].iter().any(|end| name.ends_with(end)) {
        return Err(Error::usage(format!("{what}: there is no such file"))
            .help(format!("write npm:{what} or pypi:{what} if a package is meant")));
    }
    if name.is_empty() || torn || name.contains(char::is_whitespace) || version.is_some_and(odd) {
        return Err(Error::usage(format!("`{what}` names no package"))
            .help("write NAME@VERSION, NAME==VERSION or NAME, with an ecosystem before a colon if need be"));
    }
    let ecosystems = match named.or(only) {
        Some(one) => vec![one],
        None if python => vec![Ecosystem::Pypi],
        None if name.starts_with('@') => vec![Ecosystem::Npm],
        None => vec![Ecosystem::Npm, Ecosystem::Pypi],
    };
    for ecosystem in ecosystems {
        let verdict = advisories.lookup(ecosystem, name, version);
        let verdict = match (version, verdict) {
            // A range is no version: the versions in it are not known to be good.
            (Some(version), PackageVerdict::Unknown) if version.starts_with(['^', '~', '<', '>', '*']) => {
                return Err(Error::usage(format!("`{version}` is a range")).help("name the exact version"));
            }
            // `latest` is whatever it leads to today.
            (Some(version), PackageVerdict::Unknown) if is_tag(ecosystem, version) => {
                return Err(Error::usage(format!("`{version}` is a tag, not a version"))
                    .help("name the exact version, or check the lockfile"));
            }
            (_, verdict) => verdict,
        };
        survey.rows.push(SurveyRow { verdict, ..SurveyRow::unknown(ecosystem, name, version) });
    }
    Ok(())
}

/// The ecosystem before a colon. One that is not known must not become a part of the name, which nothing is known of.
fn known_ecosystem(text: &str) -> Result<Ecosystem> {
    const OTHERS: [(&str, Ecosystem); 12] = [
        ("cargo", Ecosystem::Crates),
        ("rust", Ecosystem::Crates),
        ("composer", Ecosystem::Packagist),
        ("php", Ecosystem::Packagist),
        ("gem", Ecosystem::Rubygems),
        ("ruby", Ecosystem::Rubygems),
        ("golang", Ecosystem::Go),
        ("node", Ecosystem::Npm),
        ("yarn", Ecosystem::Npm),
        ("pnpm", Ecosystem::Npm),
        ("pip", Ecosystem::Pypi),
        ("python", Ecosystem::Pypi),
    ];
    ecosystem(text).map_err(|why| {
        let error = Error::usage(format!("`{text}:` is {why}"));
        match OTHERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())) {
            Some((_, meant)) => error.help(format!("did you mean `{}:`?", meant.as_str())),
            None => error,
        }
    })
}

/// The largest member of a packed package that is read, in bytes.
const ARTEFACT_MEMBER: u64 = 1 << 30;

/// Returns whether a text cannot be a version in an ecosystem whose versions begin with a digit.
fn is_tag(ecosystem: Ecosystem, version: &str) -> bool {
    let numbered = matches!(ecosystem, Ecosystem::Npm | Ecosystem::Pypi);
    numbered && !version.trim_start_matches(['v', 'V', '=', ' ']).starts_with(|c: char| c.is_ascii_digit())
}

/// Name, version, and whether it was written in Python's way.
fn split(text: &str) -> (&str, Option<&str>, bool) {
    if let Some((name, version)) = text.split_once("==") {
        return (name.trim(), Some(version.trim_start_matches('=').trim()), true);
    }
    let after_scope = usize::from(text.starts_with('@'));
    match text[after_scope..].find('@') {
        Some(at) => (&text[..after_scope + at], Some(text[after_scope + at + 1..].trim()), false),
        None => (text, None, false),
    }
}
