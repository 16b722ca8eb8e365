//! The bad versions in the forms that resolvers and mirrors read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::str::FromStr;

use serde_json::json;

use super::advisory::{Advisories, PackageVerdict};
use super::canary::ExportCanary;
use super::ecosystem::Ecosystem;
use super::row::AdvisoryKind;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// The filter of a Verdaccio mirror: the end of its config.yaml
    Verdaccio,
    /// A .pnpmfile.cjs
    Pnpm,
    /// A constraints file: `pip install -c FILE`
    Pip,
    /// A uv.toml
    Uv,
    /// One JSON object
    Json,
    /// An OSV record a line
    Osv,
}

/// The bad versions of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadVersions {
    /// True if every version is bad.
    pub every: bool,
    /// The bad versions.
    pub versions: BTreeSet<String>,
    /// The bad ranges, as comparators joined by `,`.
    pub ranges: BTreeSet<String>,
}

/// Everything that blocks, by ecosystem and name. `hijack_only` leaves out the names that are malicious as a whole, which
/// nobody installs but by mistake: they are most of the data.
pub fn collect(advisories: &Advisories, hijack_only: bool) -> BTreeMap<(Ecosystem, String), BadVersions> {
    let mut bad: BTreeMap<(Ecosystem, String), BadVersions> = BTreeMap::new();
    advisories.each(|ecosystem, name, advisory| {
        let version = Some(advisory.versions.as_str()).filter(|version| *version != "*");
        let wanted = !hijack_only || advisory.kind == AdvisoryKind::Hijack;
        let range = version.filter(|version| version.starts_with(['<', '>']));
        let blocks = match range {
            // No look-up asks for a range; its kind says what a look-up of a version in it would answer.
            Some(_) => matches!(advisory.kind, AdvisoryKind::Hijack | AdvisoryKind::Malicious) && !advisory.unconfirmed,
            None => matches!(advisories.lookup(ecosystem, name, version), PackageVerdict::Block(_)),
        };
        if wanted && blocks {
            let entry = bad.entry((ecosystem, name.to_owned())).or_default();
            entry.every |= version.is_none();
            match range {
                Some(range) => entry.ranges.insert(range.to_owned()),
                None => version.is_some_and(|version| entry.versions.insert(version.to_owned())),
            };
        }
        true
    });
    bad
}

/// Adds the harmless version by which `--check` sees whether an export is in use.
pub fn add_canary(bad: &mut BTreeMap<(Ecosystem, String), BadVersions>, canary: &ExportCanary) {
    let name = canary.ecosystem.normalise(&canary.name);
    bad.entry((canary.ecosystem, name)).or_default().versions.insert(canary.version.clone());
}

/// Writes an export; returns the number of names in it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(
    bad: &BTreeMap<(Ecosystem, String), BadVersions>,
    format: ExportFormat,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let of = |wanted: Ecosystem| bad.iter().filter(move |((ecosystem, _), _)| *ecosystem == wanted);
    let requirements = || of(Ecosystem::Pypi).filter_map(|((_, name), bad)| requirement(name, bad));
    match format {
        ExportFormat::Verdaccio => {
            let rules: Vec<String> = of(Ecosystem::Npm).filter_map(|((_, name), bad)| filter_rule(name, bad)).collect();
            out.write_all(VERDACCIO.as_bytes())?;
            rules.iter().try_for_each(|rule| out.write_all(rule.as_bytes()))?;
            Ok(rules.len())
        }
        ExportFormat::Pnpm => {
            let rows: Vec<String> = of(Ecosystem::Npm).filter_map(|((_, name), bad)| pnpm_row(name, bad)).collect();
            out.write_all(PNPMFILE.0.as_bytes())?;
            rows.iter().try_for_each(|row| writeln!(out, "  {row},"))?;
            out.write_all(PNPMFILE.1.as_bytes())?;
            Ok(rows.len())
        }
        ExportFormat::Pip => {
            requirements().try_for_each(|line| writeln!(out, "{line}"))?;
            Ok(requirements().count())
        }
        ExportFormat::Uv => {
            writeln!(out, "constraint-dependencies = [")?;
            requirements().try_for_each(|line| writeln!(out, "    \"{line}\","))?;
            writeln!(out, "]")?;
            Ok(requirements().count())
        }
        ExportFormat::Json => {
            let row = |((ecosystem, name), bad): (&(Ecosystem, String), &BadVersions)| json!({"ecosystem": ecosystem.as_str(), "name": name, "every": bad.every, "versions": bad.versions, "ranges": bad.ranges});
            let object = json!({"version": 1, "packages": bad.iter().map(row).collect::<Vec<_>>()});
            serde_json::to_writer(&mut *out, &object)?;
            writeln!(out)?;
            Ok(bad.len())
        }
        ExportFormat::Osv => {
            for (n, ((ecosystem, name), bad)) in bad.iter().enumerate() {
                serde_json::to_writer(&mut *out, &record(n, *ecosystem, name, bad))?;
                writeln!(out)?;
            }
            Ok(bad.len())
        }
    }
}

/// A constraint that no bad version meets; none if that cannot be said. No version is below 0.
fn requirement(name: &str, bad: &BadVersions) -> Option<String> {
    // One line that cannot be read ends every install, so a name or version of another form is left out.
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let is_end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    if !is_end(name.bytes().next()) || !is_end(name.bytes().last()) || !name.bytes().all(is_name) {
        return None;
    }
    if bad.every {
        return Some(format!("{name}<0"));
    }
    let is_version = |version: &&String| pep440_rs::Version::from_str(version).is_ok();
    let versions: Vec<String> = bad.versions.iter().filter(is_version).map(|v| format!("!={v}")).collect();
    (!versions.is_empty()).then(|| format!("{name}{}", versions.join(",")))
}

/// The head of Verdaccio's part.
const VERDACCIO: &str = "\
# Known-bad npm packages, by `shield-hook advisories export --format verdaccio`. Verdaccio reads it when it starts.
filters:
  '@verdaccio/package-filter':
    block:
";

/// A rule of Verdaccio's filter; none without a version that it can read.
fn filter_rule(name: &str, bad: &BadVersions) -> Option<String> {
    let name = quoted(name);
    if bad.every {
        return Some(format!("      - package: {name}\n"));
    }
    // A comma, or a version that is none, keeps Verdaccio from starting.
    let ranges = bad.ranges.iter().map(|range| range.replace(',', " "));
    let all: Vec<String> = exact_npm(bad).map(str::to_owned).chain(ranges).collect();
    (!all.is_empty()).then(|| format!("      - package: {name}\n        versions: {}\n", quoted(&all.join(" || "))))
}

/// A YAML string.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn exact_npm(bad: &BadVersions) -> impl Iterator<Item = &str> {
    bad.versions.iter().map(String::as_str).filter(|version| semver::Version::parse(version).is_ok())
}

/// What stands before and after the table of a .pnpmfile.cjs. The hook sees the resolved lockfile before anything of it is
/// linked or run.
const PNPMFILE: (&str, &str) = (
    "\
// Known-bad npm packages, by `shield-hook advisories export --format pnpm`. pnpm asks this file at every resolution.
'use strict'

const bad = new Map([
",
    "\
])

function refuse(key) {
  const at = key.indexOf('@', 1)
  if (at < 0) return
  const name = key.slice(0, at)
  const version = key.slice(at + 1).split('(')[0]
  const versions = bad.get(name)
  if (versions !== undefined && /^[0-9]/.test(version) && (versions === '*' || versions.split(' ').includes(version))) {
    throw new Error(`${name}@${version} is known to be bad: shield-hook advisories show ${name}`)
  }
}

function afterAllResolved(lockfile) {
  Object.keys(lockfile.packages || {}).forEach(refuse)
  return lockfile
}

module.exports = { hooks: { afterAllResolved } }
",
);

/// A row of the table.
fn pnpm_row(name: &str, bad: &BadVersions) -> Option<String> {
    let versions = if bad.every { "*".to_owned() } else { exact_npm(bad).collect::<Vec<_>>().join(" ") };
    (!versions.is_empty()).then(|| json!([name, versions]).to_string())
}

fn record(n: usize, ecosystem: Ecosystem, name: &str, bad: &BadVersions) -> serde_json::Value {
    let ranges = if bad.every { json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]) } else { json!([]) };
    let versions: Vec<&String> = if bad.every { Vec::new() } else { bad.versions.iter().collect() };
    json!({
        "id": format!("MAL-0000-{}", n + 1),
        "affected": [{"package": {"ecosystem": ecosystem.as_str(), "name": name}, "versions": versions, "ranges": ranges}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::osv;

    #[test]
    fn what_is_exported_is_what_blocks() {
        let advisories = Advisories::builtin();
        let (all, hijacked) = (collect(&advisories, false), collect(&advisories, true));
        assert!(all.len() > hijacked.len() && hijacked.len() > 1000);
        assert!(hijacked.values().all(|bad| !bad.every));
        assert!(all[&(Ecosystem::Npm, "btree-core".to_owned())].ranges.contains(">=0,<=3.2.4"));
        assert!(hijacked[&(Ecosystem::Npm, "axios".to_owned())].versions.contains("1.14.1"));
        // An update reads its own export, with the same verdicts.
        let mut lines = Vec::new();
        assert_eq!(write(&hijacked, ExportFormat::Osv, &mut lines).unwrap(), hijacked.len());
        let lines = String::from_utf8(lines).unwrap();
        let read: usize = lines.lines().map(|line| osv::parse(line).unwrap().claims[0].rows.len()).sum();
        assert_eq!(read, hijacked.values().map(|bad| bad.versions.len()).sum::<usize>());
    }

    #[test]
    fn constraints_exclude_the_bad_versions() {
        let bad = |every: bool, versions: &[&str]| BadVersions {
            every,
            versions: versions.iter().map(|version| (*version).to_owned()).collect(),
            ranges: BTreeSet::new(),
        };
        let all = BTreeMap::from([
            ((Ecosystem::Npm, "other".to_owned()), bad(true, &[])),
            ((Ecosystem::Pypi, "left".to_owned()), bad(false, &["1.0", "1.1"])),
            ((Ecosystem::Pypi, "right".to_owned()), bad(true, &[])),
        ]);
        let written = |format| {
            let mut out = Vec::new();
            assert_eq!(write(&all, format, &mut out).unwrap(), 2);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(ExportFormat::Pip), "left!=1.0,!=1.1\nright<0\n");
        assert_eq!(
            written(ExportFormat::Uv),
            "constraint-dependencies = [\n    \"left!=1.0,!=1.1\",\n    \"right<0\",\n]\n"
        );
    }
    #[test]
    fn no_line_of_an_export_is_one_that_its_reader_cannot_read() {
        let mut all = collect(&Advisories::builtin(), false);
        let odd = BadVersions { versions: BTreeSet::from(["1,2".to_owned()]), ..BadVersions::default() };
        all.insert((Ecosystem::Npm, "unread'able".to_owned()), odd.clone());
        all.insert((Ecosystem::Pypi, "unread able".to_owned()), odd.clone());
        all.insert((Ecosystem::Pypi, "unread-able".to_owned()), odd);
        let option = BadVersions { every: true, ..BadVersions::default() };
        all.insert((Ecosystem::Pypi, "-unread".to_owned()), option);
        let canary = ExportCanary::usual(Ecosystem::Npm);
        add_canary(&mut all, &canary);
        let written = |format| {
            let mut out = Vec::new();
            write(&all, format, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let verdaccio = written(ExportFormat::Verdaccio);
        for line in verdaccio.lines().skip(4) {
            let rest = line.strip_prefix("      - package: '").or_else(|| line.strip_prefix("        versions: '"));
            let value = rest.and_then(|rest| rest.strip_suffix('\'')).unwrap();
            assert!(!value.contains(',') && !value.is_empty() && !value.contains("unread"), "{line}");
        }
        assert!(verdaccio.contains(&format!("- package: '{}'\n        versions: '{}'", canary.name, canary.version)));
        assert!(verdaccio.contains("- package: 'btree-core'\n        versions: '>=0 <=3.2.4'"));
        let pnpm = written(ExportFormat::Pnpm);
        assert!(
            pnpm.contains(&format!("  [\"{}\",\"{}\"],\n", canary.name, canary.version)) && !pnpm.contains("unread")
        );
        assert!(!written(ExportFormat::Pip).contains("unread"));
    }
}
