//! Advisories in OSV's format (<https://ossf.github.io/osv-schema/>), as the malicious-packages data sets publish them.

use super::ecosystem::Ecosystem;
use super::row::{AdvisoryKind, AdvisoryRow};
use serde::Deserialize;

#[derive(Deserialize)]
struct OsvRecord {
    id: String,
    #[serde(default)]
    modified: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    affected: Vec<OsvAffected>,
    #[serde(default)]
    database_specific: serde_json::Value,
}

#[derive(Deserialize)]
struct OsvAffected {
    #[serde(default)]
    package: Option<OsvPackage>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ranges: Vec<OsvRange>,
}

#[derive(Deserialize)]
struct OsvPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct OsvRange {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    events: Vec<OsvEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct OsvEvent {
    #[serde(default)]
    introduced: Option<String>,
    #[serde(default)]
    fixed: Option<String>,
    #[serde(default)]
    last_affected: Option<String>,
}

/// The claims of one record about one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsvClaim {
    /// The record's id.
    pub id: String,
    /// The other ids of the same advisory.
    pub aliases: Vec<String>,
    /// The date of the record's last change (RFC 3339).
    pub modified: String,
    /// The ecosystem the package is published in.
    pub ecosystem: Ecosystem,
    /// The package's name.
    pub name: String,
    /// The bad versions; none if the record is withdrawn.
    pub rows: Vec<AdvisoryRow>,
}

impl OsvClaim {
    /// The rows that withdraw every other claim about the package under one of the record's ids. They have no version,
    /// so that they spare the record's own rows.
    pub fn takes_back(&self) -> impl Iterator<Item = AdvisoryRow> {
        [&self.id].into_iter().chain(&self.aliases).map(|incident| AdvisoryRow {
            ecosystem: self.ecosystem,
            name: self.name.clone(),
            version: String::new(),
            incident: incident.clone(),
            source: "osv".to_owned(),
            kind: AdvisoryKind::Withdrawn,
        })
    }
}

/// The content of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsvReading {
    /// The claims about each package.
    pub claims: Vec<OsvClaim>,
    /// The date of the record's last change: `YYYY-MM-DD`.
    pub date: String,
    /// The packages of unknown ecosystems, each as a message that names it.
    pub refused: Vec<String>,
}

/// Reads a record.
///
/// A record that is not about malice (a vulnerability's) has no claim, and a withdrawn one withdraws its earlier
/// claims. A package of an unknown ecosystem is refused by name. Where a record lists the bad versions, a range of
/// every version beside them says only that the name deserves a look.
///
/// # Errors
/// A message when the text is no OSV record, or an id, name or version in it is empty or holds a control character.
pub fn parse(text: &str) -> Result<OsvReading, String> {
    let record: OsvRecord = serde_json::from_str(text).map_err(|error| format!("line {}: {error}", error.line()))?;
    let odd = |text: &str| text.is_empty() || text.contains(['\t', '\n', '\0', '\u{2}']);
    if odd(&record.id) || record.aliases.iter().any(|alias| odd(alias)) {
        return Err("an id that is none".to_owned());
    }
    let date: String = record.modified.chars().take(10).collect();
    let malicious = |id: &String| id.starts_with("MAL-");
    let withdrawn = record.withdrawn.is_some();
    if !(withdrawn || malicious(&record.id) || record.aliases.iter().any(malicious)) {
        return Ok(OsvReading { date, ..OsvReading::default() });
    }
    let source = record.source();
    let (mut claims, mut refused): (Vec<OsvClaim>, Vec<String>) = (Vec::new(), Vec::new());
    for affected in &record.affected {
        let Some(package) = &affected.package else { continue };
        let Some(ecosystem) = Ecosystem::parse(&package.ecosystem) else {
            let (id, ecosystem, name) = (&record.id, &package.ecosystem, &package.name);
            refused.push(format!("{id}: unknown ecosystem `{ecosystem}` of `{name}`"));
            continue;
        };
        if odd(&package.name) {
            return Err("a name or version that is none".to_owned());
        }
        let same = |claim: &OsvClaim| claim.ecosystem == ecosystem && claim.name == package.name;
        let at = claims.iter().position(same).unwrap_or_else(|| {
            let (id, aliases) = (record.id.clone(), record.aliases.clone());
            let (modified, name) = (record.modified.clone(), package.name.clone());
            claims.push(OsvClaim { id, aliases, modified, ecosystem, name, rows: Vec::new() });
            claims.len() - 1
        });
        let versions = affected.versions.iter().cloned().chain(ranges(&affected.ranges));
        for version in versions.filter(|_| !withdrawn) {
            let version = version.trim().to_owned();
            if odd(&version) {
                return Err("a name or version that is none".to_owned());
            }
            let (name, incident, source) = (package.name.clone(), record.id.clone(), source.clone());
            let listed = version == "*" && !affected.versions.is_empty();
            let kind = if listed { AdvisoryKind::NameOnly } else { AdvisoryKind::Malicious };
            claims[at].rows.push(AdvisoryRow { ecosystem, name, version, incident, source, kind });
        }
    }
    Ok(OsvReading { claims, date, refused })
}

impl OsvRecord {
    /// The source: several if the record names more than one reporter.
    fn source(&self) -> String {
        let origins = self.database_specific.get("malicious-packages-origins").and_then(|o| o.as_array());
        let named = origins.into_iter().flatten().filter_map(|origin| origin.get("source")?.as_str());
        let mut sources: Vec<&str> = named.filter(|s| !s.is_empty() && !s.contains(['\t', '\n', '\0', '+'])).collect();
        if self.aliases.iter().any(|alias| alias.starts_with("GHSA-")) {
            sources.push("ghsa-malware");
        }
        sources.sort_unstable();
        sources.dedup();
        if sources.len() < 2 { "osv".to_owned() } else { format!("osv+{}", sources.join("+")) }
    }
}

/// The events as comparators: `introduced 0` alone is every version.
fn ranges(ranges: &[OsvRange]) -> Vec<String> {
    let mut out = Vec::new();
    for range in ranges.iter().filter(|r| r.kind != "GIT") {
        let mut lower: Option<&str> = None;
        for event in &range.events {
            if let Some(introduced) = &event.introduced
                && let Some(before) = lower.replace(introduced)
            {
                out.push(open_range(before));
            }
            let upper = match (&event.fixed, &event.last_affected) {
                (Some(fixed), _) => format!("<{fixed}"),
                (None, Some(last)) => format!("<={last}"),
                (None, None) => continue,
            };
            match lower.take() {
                Some("0") | None => out.push(upper),
                Some(lower) => out.push(format!(">={lower},{upper}")),
            }
        }
        out.extend(lower.map(open_range));
    }
    out
}

fn open_range(lower: &str) -> String {
    if lower == "0" { "*".to_owned() } else { format!(">={lower}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_ranges() {
        let text = r#"{"id": "MAL-2030-1", "modified": "2030-01-02T03:04:05Z", "affected": [
            {"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]},
            {"package": {"ecosystem": "PyPI", "name": "B"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]},
            {"package": {"ecosystem": "npm", "name": "c"}, "ranges": [{"type": "SEMVER", "events": [
                {"introduced": "1.0.0"}, {"fixed": "1.2.0"}, {"introduced": "2.0.0"}, {"last_affected": "2.1.0"}]}]},
            {"package": {"ecosystem": "Cobol", "name": "d"}, "versions": ["1"]}]}"#;
        let OsvReading { claims, date, refused } = parse(text).unwrap();
        assert_eq!(refused, ["MAL-2030-1: unknown ecosystem `Cobol` of `d`"]);
        let rows: Vec<&AdvisoryRow> = claims.iter().flat_map(|claim| &claim.rows).collect();
        let said: Vec<String> = rows.iter().map(|r| format!("{} {}", r.name, r.version)).collect();
        assert_eq!(said, ["a 1.0.0", "B *", "c >=1.0.0,<1.2.0", "c >=2.0.0,<=2.1.0"]);
        assert_eq!(date, "2030-01-02");
    }

    #[test]
    fn every_version_beside_a_list_of_versions_is_no_ban() {
        let text = r#"{"id": "MAL-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"],
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}"#;
        let rows: Vec<_> =
            parse(text).unwrap().claims.remove(0).rows.into_iter().map(|r| (r.version, r.kind)).collect();
        assert_eq!(rows, [("1.0.0".to_owned(), AdvisoryKind::Malicious), ("*".to_owned(), AdvisoryKind::NameOnly)]);
    }

    #[test]
    fn what_is_not_malicious_or_withdrawn_says_nothing() {
        let package = r#""affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1"]}]"#;
        let rows = |head: &str| -> usize {
            parse(&format!("{{{head}, {package}}}")).unwrap().claims.iter().map(|claim| claim.rows.len()).sum()
        };
        assert_eq!(rows(r#""id": "GHSA-1""#), 0);
        assert_eq!(rows(r#""id": "GHSA-1", "aliases": ["MAL-1-1"]"#), 1);
        assert_eq!(rows(r#""id": "MAL-1", "withdrawn": "x""#), 0);
        let withdrawn = parse(&format!(r#"{{"id": "MAL-1", "aliases": ["GHSA-1"], "withdrawn": "x", {package}}}"#));
        let back: Vec<String> = withdrawn.unwrap().claims[0].takes_back().map(|row| row.incident).collect();
        assert_eq!(back, ["MAL-1", "GHSA-1"]);
        assert!(parse("{}").is_err());
        assert!(parse("[1]").is_err());
    }

    #[test]
    fn several_reports_are_several_sources() {
        let source = |more: &str| {
            let text = format!(
                r#"{{"id": "MAL-1", {more} "affected": [{{"package": {{"ecosystem": "npm", "name": "a"}}, "versions": ["1"]}}]}}"#
            );
            parse(&text).unwrap().claims[0].rows[0].source.clone()
        };
        let origins = |all: &str| format!(r#""database_specific": {{"malicious-packages-origins": [{all}]}},"#);
        assert_eq!(source(""), "osv");
        assert_eq!(source(&origins(r#"{"source": "x"}, {"source": "x"}"#)), "osv");
        assert_eq!(source(&origins(r#"{"source": "x"}, {"source": "y"}"#)), "osv+x+y");
        assert_eq!(
            source(&format!(r#"{} "aliases": ["GHSA-1"],"#, origins(r#"{"source": "x"}"#))),
            "osv+ghsa-malware+x"
        );
    }
}
