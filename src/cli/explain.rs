//! `shield-hook explain FILE:LINE`: why something was found there, or was not.

use std::io::Write;

use super::found_here::{self, FileLine};
use super::options::PolicyArgs;
use super::session::Session;
use crate::chunk::{Chunk, ChunkPlace, Origin};
use crate::engine::explain::RuleOutcome;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::{Finding, Fingerprint, Verdict};
use crate::package::advisory::PackageVerdict;
use crate::package::gate::{ComparisonMode, DraftPosition};
use crate::package::{self, lockfile, origin, store};
use crate::policy::Overrides;
use crate::policy::authority::PolicyRoot;
use crate::report::packages::display_name;
use crate::rule::Rule;

/// Explain the result of every rule on one line: its keyword, form, proof and entropy, and why a value was rejected.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file on disk and a line of it, for example src/config.py:12; or the fingerprint of a finding
    #[arg(value_name = "FILE:LINE|FINGERPRINT")]
    place: String,
    #[command(flatten)]
    policy_args: PolicyArgs,
}

/// Explains one line. Positions are printed, values never.
///
/// # Errors
/// When the place is none, or the file cannot be read.
pub fn run(args: &Args) -> Result<Exit> {
    if let Some(print) = Fingerprint::parse(&args.place) {
        return of_fingerprint(print);
    }
    let wrong = || Error::usage(format!("{}: not FILE:LINE", args.place)).help("shield-hook explain src/config.py:12");
    let at = FileLine::parse(&args.place).ok_or_else(wrong)?;
    let (file, line) = (at.file.to_string_lossy(), at.number);
    let file = file.as_ref();
    let here = environment::current_directory()?;
    let bytes = file::read(&at.file).or_incomplete(file)?;
    let mut start = 0;
    for _ in 1..line {
        start += 1 + memchr::memchr(b'\n', &bytes[start..])
            .ok_or_else(|| Error::usage(format!("{file} has fewer than {line} lines")))?;
    }
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
    let session = Session::ready(&args.policy_args, PolicyRoot::Directory(&here))?;
    let origin = Origin::of(ChunkPlace::File(file.into()));
    let chunk = Chunk { origin: &origin, bytes: &bytes };
    let mut explanations = session.engine().explain(chunk, &(start..end));
    if session.policy().disables_something() {
        let overrides = Overrides { with_disabled: true, ..args.policy_args.overrides() };
        let all = Session::with(&overrides, PolicyRoot::Directory(&here))?.engine().explain(chunk, &(start..end));
        explanations.extend(all.into_iter().filter(|one| session.policy().disabled_at(one.rule.id).is_some()));
    }
    // The rules that matched come first.
    explanations.sort_by_key(|one| !matches!(one.outcome, RuleOutcome::Found { .. }));
    let findings = at.findings(&session)?;
    let place = redact::name(&args.place);
    let mut out = std::io::stdout().lock();
    let package_lines = package_lines(&session, file, &bytes, line, start..end)?;
    if explanations.is_empty() && package_lines.is_empty() {
        writeln!(out, "{place}: no rule's keyword is on this line").or_unprinted()?;
    }
    for line in package_lines {
        writeln!(out, "{place}: {line}").or_unprinted()?;
    }
    // The gate's findings are explained above, but for their verdict.
    for f in findings.iter().filter(|f| f.is_about_package()) {
        writeln!(out, "{place}: {}: {}", f.rule.id, verdict(f)).or_unprinted()?;
    }
    for one in explanations {
        let column = String::from_utf8_lossy(&bytes[start.min(one.span.start)..one.span.start]).chars().count() + 1;
        writeln!(out, "{place}:{column}: {}: {}", one.rule.id, one.outcome).or_unprinted()?;
        if let RuleOutcome::Found { .. } = one.outcome {
            writeln!(out, "    {}", applied(&session, &findings, one.rule, column)).or_unprinted()?;
        }
        for layer in &one.inside {
            writeln!(out, "    inside {layer}").or_unprinted()?;
        }
        for (name, value, gave) in one.features.iter().take(8) {
            writeln!(out, "    {gave:+.3}  {name} = {value:.2}").or_unprinted()?;
        }
    }
    Ok(Exit::Clean)
}

/// Tells where a finding is, and the verdict on it.
fn of_fingerprint(print: Fingerprint) -> Result<Exit> {
    let found = found_here::with_fingerprint(print)?;
    if found.is_empty() {
        return Err(Error::usage(format!("{print}: nothing that is found here has this fingerprint"))
            .help("copy it from a report of this repository; its branch may not be fetched"));
    }
    let mut out = std::io::stdout().lock();
    for f in &found {
        let place = redact::name(&format!("{}:{}", f.location.path(), f.location.line));
        let commit = f.commit.as_deref().map(|id| format!(" (commit {})", id.get(..10).unwrap_or(id)));
        writeln!(out, "{place}{}: {}: {}", commit.unwrap_or_default(), f.rule.id, f.rule.title).or_unprinted()?;
        writeln!(out, "    {}", verdict(f)).or_unprinted()?;
    }
    writeln!(out, "more about a line: shield-hook explain FILE:LINE").or_unprinted()?;
    Ok(Exit::Clean)
}

/// The verdict that applies to a rule's finding.
fn applied(session: &Session, findings: &[Finding], rule: &Rule, column: usize) -> String {
    if let Some(at) = session.policy().disabled_at(rule.id) {
        return format!("the rule is disabled in {}, so this is not reported", redact::name(&at));
    }
    let of_rule = || findings.iter().filter(|f| f.rule.id == rule.id);
    match of_rule().find(|f| f.location.column == column).or_else(|| of_rule().next()) {
        Some(finding) => verdict(finding),
        None => "a scan of this file does not report it".to_owned(),
    }
}

fn verdict(finding: &Finding) -> String {
    match &finding.verdict {
        Verdict::Block => format!("it blocks; fingerprint {}", finding.fingerprint),
        Verdict::Warn(_) | Verdict::Old => {
            format!("it does not block: {}", finding.verdict.reason().unwrap_or_default())
        }
        Verdict::Allowed(by) => format!("it is allowed: {by}"),
    }
}

/// The package gate's findings on the line, as if all of the file were new, and the packages that are named
/// there and are not known to be bad.
fn package_lines(
    session: &Session,
    file: &str,
    bytes: &[u8],
    line: usize,
    span: std::ops::Range<usize>,
) -> Result<Vec<String>> {
    let path = file.replace('\\', "/");
    let report = package::gate::PackageGate::default().check(
        &path,
        bytes,
        ComparisonMode::NewFile,
        &session.policy().packages,
        &mut Vec::new,
    )?;
    let mut lines = Vec::new();
    if let Some(package::gate::Unreadable { reason, .. }) = &report.unreadable {
        lines.push(format!("the file does not have the format that its name suggests: {}", redact::message(reason)));
    }
    let here = |place: DraftPosition| match place {
        DraftPosition::Line(at) => at as usize == line,
        DraftPosition::Byte(at) => span.contains(&at) || at == span.start,
    };
    for draft in report.drafts.iter().filter(|d| here(d.position)) {
        let state =
            if session.policy().runs(draft.rule.id) { "found" } else { "found, but the policy turns the rule off" };
        lines.push(format!("{}: {state}, confidence {}; {}", draft.rule.id, draft.confidence, draft.notes.join("; ")));
    }
    if let Some(Ok(inventory)) = lockfile::parse(&path, bytes) {
        let advisories = store::load()?;
        for package in inventory.packages.iter().filter(|p| p.line as usize == line) {
            let version = package.version.as_deref().map(redact::package_text);
            let name = display_name(package.ecosystem, &redact::name(&package.name), version.as_deref());
            if origin::PackageOrigin::of(package) == origin::PackageOrigin::Own {
                lines.push(format!("{name} does not come from a registry, so no advisory covers it"));
            } else if origin::verdict(&advisories, package) == PackageVerdict::Unknown {
                lines.push(format!(
                    "{name} is not in the data of {}",
                    advisories.complete_until(&[package.ecosystem].into())
                ));
            }
        }
    }
    Ok(lines)
}
