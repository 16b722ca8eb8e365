//! Reports about packages: the output of `check` and `audit`.

use std::io;

use serde_json::{Value, json};

use crate::exit::Exit;
use crate::package::advisory::PackageVerdict;
use crate::package::age;
use crate::package::change::{self, PackageChange};
use crate::package::ecosystem::Ecosystem;
use crate::package::origin;
use crate::package::survey::{Survey, SurveyRow};
use crate::terminal::{self, text::plural};

/// The exit code of a survey.
pub fn exit(survey: &Survey) -> Exit {
    if survey.count("block") > 0 || !survey.traces.is_empty() {
        Exit::Blocked
    } else if !survey.coverage.complete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// The `result` field of the contract.
pub fn result(survey: &Survey) -> &'static str {
    exit(survey).result()
}

/// The digest line of a survey.
pub fn digest(survey: &Survey) -> String {
    let mut parts = Vec::new();
    let (blocked, warned) = (survey.count("block"), survey.count("warn"));
    if blocked > 0 {
        parts.push(plural(blocked, "package blocks", "packages block"));
    }
    if !survey.traces.is_empty() {
        parts.push(plural(survey.traces.len(), "trace of an attack", "traces of attacks"));
    }
    if warned > 0 {
        parts.push(plural(warned, "warning", "warnings"));
    }
    parts.push(plural(survey.rows.len(), "package", "packages"));
    if survey.unknown_origin() > 0 {
        parts.push(origin::unknown_packages(survey.unknown_origin()));
    }
    if survey.coverage.blobs > 0 {
        parts.push(plural(survey.coverage.blobs, "file", "files"));
    }
    if !survey.coverage.skipped.is_empty() {
        parts.push(plural(survey.coverage.skipped.len(), "skipped", "skipped"));
    }
    parts.push(format!("data of {}", survey.data));
    parts.push(format!("{} ms", survey.took.as_millis()));
    format!("shield-hook: {}: {}", result(survey), parts.join(", "))
}

/// One JSON object, ended by a newline. `all` includes packages without an advisory.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_json(survey: &Survey, all: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let rules = crate::rule::RuleSet::builtin();
    let shown = survey.rows.iter().filter(|row| all || row.word() != "unknown");
    let object = json!({
        "version": 1,
        "tool": {
            "name": "shield-hook",
            "version": env!("CARGO_PKG_VERSION"),
            "ruleset": rules.hash(),
            "rules": rules.len(),
        },
        "digest": digest(survey),
        "result": result(survey),
        "complete": survey.coverage.complete(),
        "data": survey.data,
        "data_age_days": age::days(&survey.data),
        "unknown_origin": survey.unknown_origin(),
        "coverage": survey.coverage,
        "packages": shown.map(row).collect::<Vec<_>>(),
        "traces": survey.traces.iter().map(|(path, t)| json!({"path": path, "id": t.id, "what": t.what})).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &object)?;
    writeln!(out)
}

/// A package as records name it: `npm:name@1.2.3`.
pub fn reference(row: &SurveyRow) -> String {
    let version = row.version.as_deref().map(|version| format!("@{version}")).unwrap_or_default();
    format!("{}:{}{version}", row.ecosystem.as_str(), row.name)
}

/// One package in the fields of the contract.
pub fn row(row: &SurveyRow) -> Value {
    let advisory = row.verdict.advisory();
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    json!({
        "ecosystem": row.ecosystem.as_str(),
        "name": row.name,
        "version": row.version,
        "verdict": row.word(),
        "incident": advisory.map(|a| &a.incident),
        "title": advisory.and_then(|a| text(&a.title)),
        "date": advisory.and_then(|a| text(&a.date)),
        "kind": advisory.map(|a| a.kind.as_str()),
        "versions": advisory.map(|a| &a.versions),
        "source": advisory.map(|a| &a.source),
        "path": row.path,
        "line": row.line,
        "published": row.published,
        "registry": row.registry,
        "unknown_origin": row.from,
        "notes": row.notes,
    })
}

/// The packages that a lockfile's change adds, removes and updates.
pub fn change((path, change): &(String, PackageChange)) -> Value {
    let rows = |keep: fn(&change::VersionChange) -> bool| -> Vec<Value> {
        let rows = change.rows.iter().filter(|row| keep(row));
        rows.map(|row| json!({"name": row.name, "before": row.before, "after": row.after})).collect()
    };
    json!({
        "path": path,
        "added": rows(|row| row.before.is_empty()),
        "removed": rows(|row| row.after.is_empty()),
        "updated": rows(|row| !row.before.is_empty() && !row.after.is_empty()),
    })
}

/// `package-lock.json: 3 added, 1 removed, 12 updated`
pub fn summary(path: &str, change: &PackageChange) -> String {
    let count = |keep: fn(&change::VersionChange) -> bool| change.rows.iter().filter(|row| keep(row)).count();
    let parts = [
        (count(|row| row.before.is_empty()), "added"),
        (count(|row| row.after.is_empty()), "removed"),
        (count(|row| !row.before.is_empty() && !row.after.is_empty()), "updated"),
    ];
    let counts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("{path}: {}", counts.join(", "))
}

/// The table of a change, for people.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_table(path: &str, change: &PackageChange, out: &mut dyn io::Write) -> io::Result<()> {
    write_safe(out, &summary(path, change))?;
    let width = change.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(50);
    for row in &change.rows {
        let name = format!("{:width$}", row.name);
        let versions = |list: &[String]| list.join(", ");
        match (row.before.is_empty(), row.after.is_empty()) {
            (true, _) => write_safe(out, &format!("  + {name}  {}", versions(&row.after)))?,
            (_, true) => write_safe(out, &format!("  - {name}  {}", versions(&row.before)))?,
            _ => write_safe(out, &format!("  ~ {name}  {} -> {}", versions(&row.before), versions(&row.after)))?,
        }
    }
    Ok(())
}

/// The report for people. `all` includes packages without an advisory.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_pretty(survey: &Survey, all: bool, out: &mut dyn io::Write) -> io::Result<()> {
    for (path, trace) in &survey.traces {
        write_safe(out, &format!("BLOCK  {path}"))?;
        write_safe(out, &format!("       {}", trace.what))?;
    }
    let now = jiff::Timestamp::now();
    for row in &survey.rows {
        let name = display_name(row.ecosystem, &row.name, row.version.as_deref());
        match &row.verdict {
            PackageVerdict::Block(advisory) => {
                write_safe(out, &format!("BLOCK  {name}"))?;
                write_safe(out, &format!("       {}", advisory.sentence(row.version.is_some())))?;
            }
            PackageVerdict::Warn(advisory) => {
                write_safe(out, &format!("WARN   {name}"))?;
                write_safe(out, &format!("       {}", advisory.sentence(row.version.is_some())))?;
            }
            PackageVerdict::Unknown if !row.notes.is_empty() => {
                write_safe(out, &format!("WARN   {name}"))?;
                write_safe(out, &format!("       not in the data of {}", survey.data))?;
            }
            PackageVerdict::Unknown if all => {
                write_safe(out, &format!("       {name}: not in the data of {}", survey.data))?
            }
            PackageVerdict::Unknown => continue,
        }
        if let Some(from) = &row.from {
            write_safe(out, &format!("       its origin is unknown: {from}"))?;
        }
        row.notes.iter().try_for_each(|note| writeln!(out, "       {note}"))?;
        if let Some(line) = row.registry.as_ref().map(|facts| facts.line(now)).filter(|line| !line.is_empty()) {
            write_safe(out, &format!("       {line}"))?;
        }
        if let (Some(path), false) = (&row.path, row.word() == "unknown") {
            let line = row.line.map(|line| format!(":{line}")).unwrap_or_default();
            write_safe(out, &format!("       at {path}{line}"))?;
        }
    }
    Ok(())
}

/// Writes a line whose names others chose.
fn write_safe(out: &mut dyn io::Write, text: &str) -> io::Result<()> {
    writeln!(out, "{}", terminal::name(text))
}

/// `npm axios@1.14.1`
pub fn display_name(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> String {
    let version = version.map(|v| format!("@{v}")).unwrap_or_default();
    format!("{} {name}{version}", ecosystem.as_str())
}
