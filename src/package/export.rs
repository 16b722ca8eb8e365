//! The bad versions in the forms that resolvers and mirrors read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::json;

use super::advisory::{Advisories, PackageVerdict};
use super::ecosystem::Ecosystem;
use super::row::AdvisoryKind;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A constraints file of pip: `pip install -c FILE`
    Pip,
    /// Constraints of uv: a uv.toml
    Uv,
    /// One JSON object: ecosystem, name, versions
    Json,
    /// One record of OSV a line
    Osv,
}

/// The bad versions of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadVersions {
    /// True if every version is bad.
    pub every: bool,
    /// The bad versions.
    pub versions: BTreeSet<String>,
}

/// Everything that blocks, by ecosystem and name. `hijack_only` leaves out the names that are malicious as a whole, which
/// nobody installs but by mistake: they are most of the data.
pub fn collect(advisories: &Advisories, hijack_only: bool) -> BTreeMap<(Ecosystem, String), BadVersions> {
    let mut bad: BTreeMap<(Ecosystem, String), BadVersions> = BTreeMap::new();
    advisories.each(|ecosystem, name, advisory| {
        let version = Some(advisory.versions.as_str()).filter(|version| *version != "*");
        let wanted = !hijack_only || advisory.kind == AdvisoryKind::Hijack;
        // A range blocks what is in it; resolvers have no common form for ranges, so they are left to the lockfile.
        let is_range = version.is_some_and(|version| version.starts_with(['<', '>']));
        if wanted && !is_range && matches!(advisories.lookup(ecosystem, name, version), PackageVerdict::Block(_)) {
            let entry = bad.entry((ecosystem, name.to_owned())).or_default();
            entry.every |= version.is_none();
            entry.versions.extend(version.map(str::to_owned));
        }
        true
    });
    bad
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
    let python = || bad.iter().filter(|((ecosystem, _), _)| *ecosystem == Ecosystem::Pypi);
    match format {
        ExportFormat::Pip => {
            python().try_for_each(|((_, name), bad)| writeln!(out, "{}", requirement(name, bad)))?;
            Ok(python().count())
        }
        ExportFormat::Uv => {
            writeln!(out, "constraint-dependencies = [")?;
            python().try_for_each(|((_, name), bad)| writeln!(out, "    \"{}\",", requirement(name, bad)))?;
            writeln!(out, "]")?;
            Ok(python().count())
        }
        ExportFormat::Json => {
            let row = |((ecosystem, name), bad): (&(Ecosystem, String), &BadVersions)| json!({"ecosystem": ecosystem.as_str(), "name": name, "every": bad.every, "versions": bad.versions});
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

/// A constraint that no bad version meets. No version is below 0.
fn requirement(name: &str, bad: &BadVersions) -> String {
    if bad.every {
        return format!("{name}<0");
    }
    let versions: Vec<String> = bad.versions.iter().map(|version| format!("!={version}")).collect();
    format!("{name}{}", versions.join(","))
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
}
