//! Advisories in OSV's format (<https://ossf.github.io/osv-schema/>), as the malicious-packages data sets publish them.

use super::ecosystem::Ecosystem;
use super::row::{Kind, Row};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    modified: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default)]
    package: Option<Package>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct Event {
    #[serde(default)]
    introduced: Option<String>,
    #[serde(default)]
    fixed: Option<String>,
    #[serde(default)]
    last_affected: Option<String>,
}

/// What one record says: its rows, and the date it was last changed (`YYYY-MM-DD`).
///
/// Records that say nothing of malice (a vulnerability's) or are withdrawn give no rows; a package of an ecosystem that
/// is not known here gives none either.
///
/// # Errors
/// When it is no OSV record.
pub fn parse(text: &str) -> Result<(Vec<Row>, String), String> {
    let record: Record = serde_json::from_str(text).map_err(|error| format!("line {}: {error}", error.line()))?;
    if record.id.is_empty() || record.id.contains(['\t', '\n', '\0']) {
        return Err("an id that is none".to_owned());
    }
    let date: String = record.modified.chars().take(10).collect();
    let malicious = |id: &String| id.starts_with("MAL-");
    if record.withdrawn.is_some() || !(malicious(&record.id) || record.aliases.iter().any(malicious)) {
        return Ok((Vec::new(), date));
    }
    let mut rows = Vec::new();
    for affected in &record.affected {
        let Some(package) = &affected.package else { continue };
        let Some(ecosystem) = Ecosystem::parse(&package.ecosystem) else { continue };
        for version in affected.versions.iter().cloned().chain(ranges(&affected.ranges)) {
            let version = version.trim().to_owned();
            if version.is_empty() || package.name.contains(['\t', '\n', '\0']) || version.contains(['\t', '\n', '\0']) {
                return Err("a name or version that is none".to_owned());
            }
            rows.push(Row {
                ecosystem,
                name: package.name.clone(),
                version,
                incident: record.id.clone(),
                source: "osv".to_owned(),
                kind: Kind::Malicious,
            });
        }
    }
    Ok((rows, date))
}

/// Events to comparators: `introduced 0` alone is every version.
fn ranges(ranges: &[Range]) -> Vec<String> {
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
        let (rows, date) = parse(text).unwrap();
        let said: Vec<String> = rows.iter().map(|r| format!("{} {}", r.name, r.version)).collect();
        assert_eq!(said, ["a 1.0.0", "B *", "c >=1.0.0,<1.2.0", "c >=2.0.0,<=2.1.0"]);
        assert_eq!(date, "2030-01-02");
    }

    #[test]
    fn what_is_not_malicious_or_withdrawn_says_nothing() {
        let package = r#""affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1"]}]"#;
        assert!(parse(&format!("{{\"id\": \"GHSA-1\", {package}}}")).unwrap().0.is_empty());
        assert_eq!(
            parse(&format!("{{\"id\": \"GHSA-1\", \"aliases\": [\"MAL-1-1\"], {package}}}")).unwrap().0.len(),
            1
        );
        assert!(parse(&format!("{{\"id\": \"MAL-1\", \"withdrawn\": \"x\", {package}}}")).unwrap().0.is_empty());
        assert!(parse("{}").is_err());
        assert!(parse("[1]").is_err());
    }
}
