//! Advisories: is this package version known to be bad?

use super::ecosystem::Ecosystem;
use super::index::{Entry, Index};
use super::row::Kind;
use super::{popular, version};
use std::borrow::Cow;

static BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/advisories.idx"));

/// What npm puts in the place of a package it took down: harmless, whatever the name was.
const PLACEHOLDER: &str = "0.0.1-security";

/// The advisory data: what is in the binary, and what `advisories update` has added to it.
#[derive(Clone)]
pub struct Advisories {
    /// The newest first; each look-up asks all.
    layers: Vec<Index>,
}

/// One advisory, as it answers a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// The incident's id.
    pub incident: String,
    /// The incident in words, or empty.
    pub title: String,
    /// When it became known: `YYYY[-MM[-DD]]`, or empty.
    pub date: String,
    /// What kind of attack.
    pub kind: Kind,
    /// Who reported it, joined by `+`.
    pub source: String,
    /// The version, range or `*` the data names.
    pub versions: String,
    /// One feed alone says so, of a package that many depend on.
    pub unconfirmed: bool,
}

impl Advisory {
    /// What it says, in one line. `exact`: of one version, not of the name as such.
    pub fn sentence(&self, exact: bool) -> String {
        let what = match (self.kind, self.versions.as_str()) {
            (Kind::Hijack, "*") => "taken over once; pin to what is known to be good".to_owned(),
            (Kind::Hijack, _) if exact => "hijacked version".to_owned(),
            (Kind::Hijack, versions) => format!("{versions} was hijacked; name a version to check it"),
            (Kind::Malicious, "*") => "malicious package, every version".to_owned(),
            (Kind::Malicious, _) if exact => "malicious version".to_owned(),
            (Kind::Malicious, versions) => format!("{versions} was malicious; name a version to check it"),
            (Kind::NameOnly, _) => "the name is known from an attack, the bad versions are not".to_owned(),
            (Kind::Poc, _) => "a researcher's proof of concept".to_owned(),
            (Kind::Withdrawn, _) => "withdrawn".to_owned(),
        };
        let mut parts = vec![what];
        parts.push(match self.title.as_str() {
            "" => self.incident.clone(),
            title => format!("{title} ({})", self.incident),
        });
        if !self.date.is_empty() {
            parts.push(self.date.clone());
        }
        parts.push(format!("source: {}", self.source));
        if self.unconfirmed {
            parts.push("one feed alone, so it does not block a package that many depend on".to_owned());
        }
        parts.join("; ")
    }
}

/// The answer to a look-up. There is no "safe": what is not in the data is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A known-bad version.
    Block(Advisory),
    /// Reason to look, not to stop: a name from an attack, a proof of concept, other versions known to be bad.
    Warn(Advisory),
    /// Not in the data.
    Unknown,
}

impl Verdict {
    /// `block`, `warn` or `unknown`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::Block(_) => "block",
            Verdict::Warn(_) => "warn",
            Verdict::Unknown => "unknown",
        }
    }

    /// The advisory behind a block or a warning.
    pub fn advisory(&self) -> Option<&Advisory> {
        match self {
            Verdict::Block(advisory) | Verdict::Warn(advisory) => Some(advisory),
            Verdict::Unknown => None,
        }
    }
}

impl Advisories {
    /// The data in the binary. Costs nothing: it is searched where it lies.
    pub fn builtin() -> Advisories {
        let index = Index::open(Cow::Borrowed(BUILTIN)).expect("the build script wrote it");
        Advisories { layers: vec![index] }
    }

    /// This data and no other.
    pub fn only(index: Index) -> Advisories {
        Advisories { layers: vec![index] }
    }

    /// Adds data that is asked before what is here.
    #[must_use]
    pub fn with(mut self, index: Index) -> Advisories {
        self.layers.insert(0, index);
        self
    }

    /// The date of the newest record, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.layers.iter().map(Index::date).max().unwrap_or_default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.layers.iter().map(Index::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(Index::is_empty)
    }

    /// What is known of `name` at `version`. Without a version: of the name as such, where a block means that every
    /// version is bad and a warning may mean that some are.
    pub fn lookup(&self, ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Verdict {
        let name = ecosystem.normalise(name);
        let mut verdict = Verdict::Unknown;
        for n in 0..self.layers.len() {
            match self.look(n, ecosystem, &name, version) {
                block @ Verdict::Block(_) => return block,
                warn @ Verdict::Warn(_) if verdict == Verdict::Unknown => verdict = warn,
                _ => {}
            }
        }
        verdict
    }

    /// Everything known under a name.
    pub fn of(&self, ecosystem: Ecosystem, name: &str) -> Vec<Advisory> {
        let name = ecosystem.normalise(name);
        let all = self
            .layers
            .iter()
            .enumerate()
            .flat_map(|(n, layer)| layer.all(ecosystem, &name).into_iter().map(move |entry| (n, entry)));
        all.filter(|(n, entry)| self.stands(*n, ecosystem, &name, entry)).map(|(_, entry)| entry.into()).collect()
    }

    /// Every entry, newest data first, until `visit` returns false.
    pub fn each(&self, mut visit: impl FnMut(Ecosystem, &str, Advisory) -> bool) {
        let mut more = true;
        for (n, layer) in self.layers.iter().enumerate() {
            layer.each(|ecosystem, name, entry| {
                if self.stands(n, ecosystem, name, &entry) {
                    more = more && visit(ecosystem, name, entry.into());
                }
                more
            });
        }
    }

    /// Whether an entry of the nth layer stands: newer data may take it back.
    fn stands(&self, n: usize, ecosystem: Ecosystem, name: &str, entry: &Entry) -> bool {
        !self.layers[..n].iter().any(|newer| newer.takes_back(ecosystem, name, entry))
    }

    fn look(&self, n: usize, ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Verdict {
        let index = &self.layers[n];
        let stands = |entry: &Entry| self.stands(n, ecosystem, name, entry);
        let judge = |entry| judge(ecosystem, name, entry);
        let every = index.exact(ecosystem, name, "*").filter(stands);
        let Some(version) = version else {
            let any = || index.all(ecosystem, name).into_iter().find(stands);
            return every.map(judge).unwrap_or_else(|| any().map_or(Verdict::Unknown, |e| Verdict::Warn(e.into())));
        };
        let canonical = version::canonical(ecosystem, version);
        if let Some(entry) = index.exact(ecosystem, name, &canonical).filter(stands) {
            return judge(entry);
        }
        let holds = |entry: &Entry| version::in_range(ecosystem, &canonical, &entry.version) && stands(entry);
        if let Some(entry) = index.ranges(ecosystem, name).into_iter().find(holds) {
            return judge(entry);
        }
        match every.map(judge) {
            Some(Verdict::Block(advisory)) if ecosystem == Ecosystem::Npm && canonical == PLACEHOLDER => {
                Verdict::Warn(advisory)
            }
            Some(verdict) => verdict,
            None => Verdict::Unknown,
        }
    }
}

/// Lists that machines fill from reports which nobody has checked yet.
const FEEDS: [&str; 7] =
    ["osv", "scg-feed", "leitwacht", "ossf-2025-06", "ossf-2026-05-names", "guarddog-cluster", "guarddog-evals"];

/// Hijacked versions and malicious packages block; a name alone never does, even where a row says `hijack` of it, and
/// neither does what one feed alone says of a package that many depend on: they have called releases malicious that were
/// not, and that stops everybody.
fn judge(ecosystem: Ecosystem, name: &str, entry: Entry) -> Verdict {
    let named = entry.version != "*";
    let unconfirmed = || FEEDS.contains(&entry.source.as_str()) && popular::rank(ecosystem, name).is_some();
    match entry.kind {
        Kind::Malicious if unconfirmed() => Verdict::Warn(Advisory { unconfirmed: true, ..entry.into() }),
        Kind::Malicious => Verdict::Block(entry.into()),
        Kind::Hijack if named => Verdict::Block(entry.into()),
        Kind::Hijack | Kind::NameOnly | Kind::Poc | Kind::Withdrawn => Verdict::Warn(entry.into()),
    }
}

impl From<Entry> for Advisory {
    fn from(entry: Entry) -> Advisory {
        Advisory {
            incident: entry.incident,
            title: entry.title,
            date: entry.date,
            kind: entry.kind,
            source: entry.source,
            versions: entry.version,
            unconfirmed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::row::parse_rows;

    const DATA: &str = include_str!("../../rules/advisories/compromised.tsv");

    #[test]
    fn every_row_is_found_as_itself() {
        let advisories = Advisories::builtin();
        let rows = parse_rows(DATA).unwrap();
        assert_eq!(rows.len(), 66_472);
        for row in &rows {
            let version = match row.version.as_str() {
                "*" => Some("9.8.7"),
                // A lower bound that is included lies inside its range.
                range if row.is_range() => Some(range.split(',').next().unwrap().trim_start_matches(">="))
                    .filter(|v| *v != "0")
                    .or(Some("0.0.0")),
                exact => Some(exact),
            };
            let verdict = advisories.lookup(row.ecosystem, &row.name, version);
            let expected = match row.kind {
                Kind::Hijack if row.version == "*" => "warn",
                Kind::Hijack | Kind::Malicious => "block",
                Kind::NameOnly | Kind::Poc | Kind::Withdrawn => "warn",
            };
            assert_eq!(verdict.as_str(), expected, "{row:?}");
            // Elsewhere two rows may mean the same version (`v3.4.0` and `3.4.0`, a version and a range around it).
            if row.is_range() || row.ecosystem != Ecosystem::Npm {
                continue;
            }
            let advisory = verdict.advisory().unwrap();
            assert_eq!(
                (&advisory.incident, &advisory.source, advisory.kind),
                (&row.incident, &row.source, row.kind),
                "{row:?}"
            );
        }
    }

    #[test]
    fn other_versions_of_hijacked_packages_are_unknown() {
        let advisories = Advisories::builtin();
        for (ecosystem, name, version) in [
            (Ecosystem::Npm, "axios", "1.14.0"),
            (Ecosystem::Npm, "chalk", "5.6.0"),
            (Ecosystem::Npm, "kill-port", "2.0.1"),
            (Ecosystem::Npm, "xrpl", "4.3.0"),
            (Ecosystem::Npm, "@solana/web3.js", "1.95.8"),
            (Ecosystem::Pypi, "ultralytics", "8.3.43"),
            (Ecosystem::Npm, "Axios", "1.14.1"),
            (Ecosystem::Npm, "astro", "7.1.0"),
            (Ecosystem::Npm, "@nx/key", "3.2.0"),
            (Ecosystem::Npm, "@tarojs/cli", "4.1.12-beta.47"),
            (Ecosystem::Crates, "arrayref", "0.3.9"),
            (Ecosystem::Crates, "internment", "0.8.6"),
            (Ecosystem::Crates, "append-only-vec", "0.1.8"),
        ] {
            assert_eq!(advisories.lookup(ecosystem, name, Some(version)), Verdict::Unknown, "{name} {version}");
        }
    }

    #[test]
    fn names_and_versions_match_by_the_ecosystems_rules() {
        let advisories = Advisories::builtin();
        for (ecosystem, name, version) in [
            (Ecosystem::Npm, "axios", "v1.14.1"),
            (Ecosystem::Npm, "axios", "1.14.1+build"),
            (Ecosystem::Npm, "@solana/web3.js", "1.95.7"),
            (Ecosystem::Pypi, "Elementary_Data", "0.23.3.0"),
            (Ecosystem::Crates, "arrayref", "0.3.10"),
            (Ecosystem::Crates, "internment", "0.8.7"),
            (Ecosystem::Crates, "append_only_vec", "0.1.9"),
        ] {
            assert_eq!(advisories.lookup(ecosystem, name, Some(version)).as_str(), "block", "{name} {version}");
        }
    }

    #[test]
    fn a_name_without_a_version() {
        let advisories = Advisories::builtin();
        assert_eq!(advisories.lookup(Ecosystem::Npm, "axios", None).as_str(), "warn");
        assert_eq!(advisories.lookup(Ecosystem::Npm, "left-pad", None), Verdict::Unknown);
        let rows = parse_rows(DATA).unwrap();
        let wholly = rows.iter().find(|r| r.kind == Kind::Malicious && r.version == "*").unwrap();
        assert_eq!(advisories.lookup(wholly.ecosystem, &wholly.name, None).as_str(), "block");
    }

    #[test]
    fn the_registrys_placeholder_never_blocks() {
        let advisories = Advisories::builtin();
        let rows = parse_rows(DATA).unwrap();
        let wholly = rows
            .iter()
            .find(|r| r.ecosystem == Ecosystem::Npm && r.kind == Kind::Malicious && r.version == "*")
            .unwrap();
        assert_eq!(advisories.lookup(Ecosystem::Npm, &wholly.name, Some(PLACEHOLDER)).as_str(), "warn");
    }

    #[test]
    fn known_incidents_carry_their_title_and_date() {
        let verdict = Advisories::builtin().lookup(Ecosystem::Npm, "eslint-scope", Some("3.7.2"));
        let advisory = verdict.advisory().unwrap();
        assert_eq!(advisory.date, "2018-07-12");
        assert!(advisory.title.contains("stolen token"));
    }

    fn layer(table: &str) -> Index {
        let rows = parse_rows(table).unwrap();
        Index::open(Cow::Owned(crate::package::index::write("2030-01-01", &rows, &[]).unwrap())).unwrap()
    }

    #[test]
    fn one_feed_alone_does_not_block_what_many_depend_on() {
        let said = |name: &str, source: &str, kind: &str| {
            let table = format!("npm\t{name}\t99.0.0\tMAL-2030-1\t{source}\t{kind}\n");
            Advisories::only(layer(&table)).lookup(Ecosystem::Npm, name, Some("99.0.0"))
        };
        for feed in FEEDS {
            assert_eq!(said("chalk", feed, "malicious").as_str(), "warn", "{feed}");
            assert_eq!(said("zzqqxxk", feed, "malicious").as_str(), "block", "{feed}");
            assert_eq!(said("chalk", &format!("{feed}+maintainer"), "malicious").as_str(), "block", "{feed}");
        }
        assert_eq!(said("chalk", "maintainer", "hijack").as_str(), "block");
        assert!(said("chalk", "osv", "malicious").advisory().unwrap().sentence(true).contains("one feed alone"));
    }

    #[test]
    fn newer_data_takes_back_what_an_incident_said_of_a_package() {
        let old = "npm\ta\t1.0.0\tMAL-2030-1\tx\tmalicious\nnpm\ta\t2.0.0\tMAL-2030-1\tx\tmalicious\n\
                   npm\ta\t3.0.0\tother\tx\tmalicious\nnpm\tb\t*\tMAL-2030-1\tx\tmalicious\n";
        let verdicts = |new: &str| {
            let advisories = Advisories::only(layer(old)).with(layer(new));
            [("a", "1.0.0"), ("a", "2.0.0"), ("a", "3.0.0"), ("b", "1.0.0")]
                .map(|(name, version)| advisories.lookup(Ecosystem::Npm, name, Some(version)).as_str())
        };
        let back = |name: &str, version: &str| format!("npm\t{name}\t{version}\tMAL-2030-1\tx\twithdrawn\n");
        assert_eq!(verdicts(&back("c", "*")), ["block"; 4]);
        assert_eq!(verdicts(&back("a", "*")), ["unknown", "unknown", "block", "block"]);
        assert_eq!(verdicts(&back("a", "2.0")), ["block"; 4]);
        assert_eq!(verdicts(&back("a", "2.0.0")), ["block", "unknown", "block", "block"]);
        assert_eq!(verdicts(&back("b", "*")), ["block", "block", "block", "unknown"]);
        // In one table the row that is taken back says nothing.
        let both = Advisories::only(layer(&format!("{old}{}", back("a", "1.0.0"))));
        assert_eq!(both.lookup(Ecosystem::Npm, "a", Some("1.0.0")), Verdict::Unknown);
        assert_eq!(both.of(Ecosystem::Npm, "a").len(), 2);
    }

    #[test]
    fn a_damaged_index_is_refused() {
        assert!(Index::open(Cow::Borrowed(b"")).is_err());
        assert!(Index::open(Cow::Borrowed(&BUILTIN[..BUILTIN.len() / 3])).is_err());
        let mut blob = BUILTIN.to_vec();
        blob[1000] ^= 1;
        assert!(Index::open(Cow::Owned(blob)).and_then(|index| index.verify()).is_err());
    }
}
