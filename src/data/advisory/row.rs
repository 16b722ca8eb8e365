//! A line of advisory data: the tab-separated form people edit and review.

use super::ecosystem::Ecosystem;

/// The claim of a row about a package version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdvisoryKind {
    /// A real package whose named versions were taken over.
    Hijack,
    /// A package, or a version of one, that was published to do harm.
    Malicious,
    /// The name is known from an attack, its bad versions are not.
    NameOnly,
    /// A researcher's proof of concept.
    Poc,
    /// The incident's earlier rows about the package (and version) are withdrawn.
    Withdrawn,
}

impl AdvisoryKind {
    /// Every kind but the withdrawal, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Hijack, Self::Malicious, Self::NameOnly, Self::Poc];

    /// The name used in data and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hijack => "hijack",
            Self::Malicious => "malicious",
            Self::NameOnly => "name-only",
            Self::Poc => "poc",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads [`as_str`](Self::as_str)'s names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Withdrawn]).find(|kind| kind.as_str() == name)
    }
}

/// One known-bad version (or range, or every version) of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryRow {
    /// The ecosystem of the package.
    pub ecosystem: Ecosystem,
    /// Its name, as published.
    pub name: String,
    /// A version, a range (`>=1,<2`), or `*`.
    pub version: String,
    /// The incident's id.
    pub incident: String,
    /// The reporters, joined by `+`.
    pub source: String,
    /// The kind of attack.
    pub kind: AdvisoryKind,
}

/// The header line of advisory data.
pub const HEADER: &str = "ecosystem\tname\tversion\tincident\tsource\tkind";

impl AdvisoryRow {
    /// Reads one line. The error explains the mistake, without the line's number.
    pub fn parse(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [ecosystem, name, version, incident, source, kind] = fields[..] else {
            return Err(format!("{} columns where 6 belong: {}", fields.len(), HEADER.replace('\t', ", ")));
        };
        let row = Self {
            ecosystem: Ecosystem::parse(ecosystem).ok_or_else(|| format!("unknown ecosystem `{ecosystem}`"))?,
            name: name.trim().to_owned(),
            version: version.trim().to_owned(),
            incident: incident.trim().to_owned(),
            source: source.trim().to_owned(),
            kind: AdvisoryKind::parse(kind.trim()).ok_or_else(|| format!("unknown kind `{kind}`"))?,
        };
        for (what, value) in [("name", &row.name), ("version", &row.version), ("incident", &row.incident)] {
            if value.is_empty() {
                return Err(format!("the {what} is empty"));
            }
        }
        if row.name.contains('\0') || row.version.contains('\0') {
            return Err("a NUL byte".to_owned());
        }
        Ok(row)
    }

    /// Returns whether this row withdraws `other`.
    pub fn withdraws(&self, other: &Self) -> bool {
        let name = |row: &Self| row.ecosystem.normalise(&row.name);
        self.kind == AdvisoryKind::Withdrawn
            && (self.ecosystem, &self.incident) == (other.ecosystem, &other.incident)
            && (self.version == "*" || self.version == other.version)
            && name(self) == name(other)
    }

    /// Returns whether the version is a range rather than one version or `*`.
    pub fn is_range(&self) -> bool {
        self.version.contains(['<', '>', '='])
    }
}

/// Reads a table of rows: a header is optional, empty lines and `#` comments are skipped. Errors name the line.
pub fn parse_rows(text: &str) -> Result<Vec<AdvisoryRow>, String> {
    lines(text)
        .map(|(number, line)| AdvisoryRow::parse(line).map_err(|error| format!("line {number}: {error}")))
        .collect()
}

/// Reads the rows of the known ecosystems; each of another one comes back as a message that names it.
///
/// # Errors
/// Those of [`parse_rows`], but for ecosystems.
pub fn parse_known_rows(text: &str) -> Result<(Vec<AdvisoryRow>, Vec<String>), String> {
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for (number, line) in lines(text) {
        let mut fields = line.split('\t');
        let (ecosystem, name) = (fields.next().unwrap_or_default(), fields.next());
        match name.filter(|_| Ecosystem::parse(ecosystem).is_none()) {
            Some(name) => refused.push(format!("line {number}: unknown ecosystem `{ecosystem}` of `{name}`")),
            None => rows.push(AdvisoryRow::parse(line).map_err(|error| format!("line {number}: {error}"))?),
        }
    }
    Ok((rows, refused))
}

/// The lines of a table that hold a row, each with its number.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#') && *line != HEADER)
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// As in the rows.
    pub id: String,
    /// The day, month or year it became known; may be empty.
    pub date: String,
    /// A line in words; may be empty.
    pub title: String,
}

/// Reads `id <tab> date <tab> title` lines.
pub fn parse_incidents(text: &str) -> Result<Vec<Incident>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#') && *line != "incident\tdate\ttitle")
        .map(|(i, line)| match line.split('\t').collect::<Vec<_>>()[..] {
            [id, date, title] => Ok(Incident { id: id.to_owned(), date: date.to_owned(), title: title.to_owned() }),
            _ => Err(format!("line {}: incident, date and title belong here, tab-separated", i + 1)),
        })
        .collect()
}
