//! Advisories: is this package version known to be bad?

use super::ecosystem::Ecosystem;
use super::feed::Feed;
use super::index::{AdvisoryEntry, Index};
use super::row::AdvisoryKind;
use super::{popular, version};
use std::borrow::Cow;
use std::collections::BTreeSet;

static BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/advisories.idx"));

/// The version that npm publishes in place of a package it took down: harmless, under any name.
const PLACEHOLDER: &str = "0.0.1-security";

/// The advisory data: the binary's own, and the newer data of `advisories update`.
#[derive(Clone)]
pub struct Advisories {
    /// The newest first; a look-up searches all of them.
    layers: Vec<Index>,
}

/// An advisory that answers a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// The incident's id.
    pub incident: String,
    /// The incident's title, or empty.
    pub title: String,
    /// The date of its publication: `YYYY[-MM[-DD]]`, or empty.
    pub date: String,
    /// The kind of attack.
    pub kind: AdvisoryKind,
    /// The sources that reported it, joined by `+`.
    pub source: String,
    /// The version, range or `*` in the data.
    pub versions: String,
    /// True if a single feed reports it, for a package that many depend on.
    pub unconfirmed: bool,
}

impl Advisory {
    /// The advisory in one line. `exact`: about one version, not about the name.
    pub fn sentence(&self, exact: bool) -> String {
        let what = match (self.kind, self.versions.as_str()) {
            (AdvisoryKind::Hijack, "*") => "taken over once; pin to what is known to be good".to_owned(),
            (AdvisoryKind::Hijack, _) if exact => "hijacked version".to_owned(),
            (AdvisoryKind::Hijack, versions) => format!("{versions} was hijacked; name a version to check it"),
            (AdvisoryKind::Malicious, "*") => "malicious package, every version".to_owned(),
            (AdvisoryKind::Malicious, _) if exact => "malicious version".to_owned(),
            (AdvisoryKind::Malicious, versions) => format!("{versions} was malicious; name a version to check it"),
            (AdvisoryKind::NameOnly, _) => "the name is known from an attack, the bad versions are not".to_owned(),
            (AdvisoryKind::Poc, _) => "a researcher's proof of concept".to_owned(),
            (AdvisoryKind::Withdrawn, _) => "withdrawn".to_owned(),
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

/// The answer to a look-up. There is no "safe": a version that is not in the data is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageVerdict {
    /// A known-bad version.
    Block(Advisory),
    /// A reason to look, not to block: a name from an attack, a proof of concept, other versions that are known to be
    /// bad.
    Warn(Advisory),
    /// Not in the data.
    Unknown,
}

impl PackageVerdict {
    /// `block`, `warn` or `unknown`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Block(_) => "block",
            Self::Warn(_) => "warn",
            Self::Unknown => "unknown",
        }
    }

    /// The advisory behind a block or a warning.
    pub fn advisory(&self) -> Option<&Advisory> {
        match self {
            Self::Block(advisory) | Self::Warn(advisory) => Some(advisory),
            Self::Unknown => None,
        }
    }
}

impl Advisories {
    /// The data in the binary. It costs nothing: a look-up searches the bytes without loading them.
    #[expect(clippy::expect_used, reason = "bytes of the binary, which the build script wrote")]
    pub fn builtin() -> Self {
        let index = Index::open(Cow::Borrowed(BUILTIN)).expect("the build script wrote it");
        Self { layers: vec![index] }
    }

    /// An index alone, without the binary's own data.
    pub fn only(index: Index) -> Self {
        Self { layers: vec![index] }
    }

    /// Adds an index that takes precedence over the present ones.
    #[must_use]
    pub fn with(mut self, index: Index) -> Self {
        self.layers.insert(0, index);
        self
    }

    /// The date of the newest record, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.layers.iter().map(Index::date).max().unwrap_or_default()
    }

    /// The day up to which the data is complete about these ecosystems, or about all if there is none: that of the
    /// feed that ended first. Newer data counts where it holds a whole feed, so that a single new record makes nothing
    /// young.
    pub fn complete_until(&self, ecosystems: &BTreeSet<Ecosystem>) -> String {
        let of_layer = |layer: &Index, ecosystem: Ecosystem| {
            let feeds = layer.feeds().filter(|feed| feed.complete && feed.ecosystem == ecosystem);
            feeds.map(|feed| feed.until).min()
        };
        let of = |ecosystem: &Ecosystem| self.layers.iter().filter_map(|layer| of_layer(layer, *ecosystem)).max();
        let oldest = |all: &mut dyn Iterator<Item = &Ecosystem>| all.filter_map(of).min();
        let date = oldest(&mut ecosystems.iter()).or_else(|| oldest(&mut Ecosystem::ALL.iter()));
        date.unwrap_or_else(|| self.date().to_owned())
    }

    /// Every feed, newest data first.
    pub fn feeds(&self) -> Vec<Feed> {
        self.layers.iter().flat_map(Index::feeds).collect()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.layers.iter().map(Index::len).sum()
    }

    /// Returns whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(Index::is_empty)
    }

    /// The verdict on `name` at `version`. Without a version, a block means that every version is bad, and a warning
    /// may mean that some are.
    pub fn lookup(&self, ecosystem: Ecosystem, name: &str, version: Option<&str>) -> PackageVerdict {
        let name = ecosystem.normalise(name);
        let mut verdict = PackageVerdict::Unknown;
        for n in 0..self.layers.len() {
            match self.lookup_in(n, ecosystem, &name, version) {
                block @ PackageVerdict::Block(_) => return block,
                warn @ PackageVerdict::Warn(_) if verdict == PackageVerdict::Unknown => verdict = warn,
                _ => {}
            }
        }
        verdict
    }

    /// Every advisory about a name.
    pub fn of(&self, ecosystem: Ecosystem, name: &str) -> Vec<Advisory> {
        let name = ecosystem.normalise(name);
        let all = self
            .layers
            .iter()
            .enumerate()
            .flat_map(|(n, layer)| layer.all(ecosystem, &name).into_iter().map(move |entry| (n, entry)));
        all.filter(|(n, entry)| self.is_valid(*n, ecosystem, &name, entry)).map(|(_, entry)| entry.into()).collect()
    }

    /// Visits every entry, newest data first, until `visit` returns false.
    pub fn each(&self, mut visit: impl FnMut(Ecosystem, &str, Advisory) -> bool) {
        let mut more = true;
        for (n, layer) in self.layers.iter().enumerate() {
            layer.each(|ecosystem, name, entry| {
                if self.is_valid(n, ecosystem, name, &entry) {
                    more = more && visit(ecosystem, name, entry.into());
                }
                more
            });
        }
    }

    /// Returns whether an entry of the nth layer is valid: newer data may withdraw it.
    fn is_valid(&self, n: usize, ecosystem: Ecosystem, name: &str, entry: &AdvisoryEntry) -> bool {
        !self.layers[..n].iter().any(|newer| newer.takes_back(ecosystem, name, entry))
    }

    fn lookup_in(&self, n: usize, ecosystem: Ecosystem, name: &str, version: Option<&str>) -> PackageVerdict {
        let index = &self.layers[n];
        let is_valid = |entry: &AdvisoryEntry| self.is_valid(n, ecosystem, name, entry);
        let decide = |entry| decide(ecosystem, name, entry);
        let every = index.exact(ecosystem, name, "*").filter(is_valid);
        let Some(version) = version else {
            let any = || index.all(ecosystem, name).into_iter().find(is_valid);
            return every
                .map(decide)
                .unwrap_or_else(|| any().map_or(PackageVerdict::Unknown, |e| PackageVerdict::Warn(e.into())));
        };
        let canonical = version::canonical(ecosystem, version);
        if let Some(entry) = index.exact(ecosystem, name, &canonical).filter(is_valid) {
            return decide(entry);
        }
        let holds = |entry: &AdvisoryEntry| version::in_range(ecosystem, &canonical, &entry.version) && is_valid(entry);
        if let Some(entry) = index.ranges(ecosystem, name).into_iter().find(holds) {
            return decide(entry);
        }
        match every.map(decide) {
            Some(PackageVerdict::Block(advisory)) if ecosystem == Ecosystem::Npm && canonical == PLACEHOLDER => {
                PackageVerdict::Warn(advisory)
            }
            Some(verdict) => verdict,
            None => PackageVerdict::Unknown,
        }
    }
}

/// Feeds that machines fill from unchecked reports.
const FEEDS: [&str; 7] =
    ["osv", "scg-feed", "leitwacht", "ossf-2025-06", "ossf-2026-05-names", "guarddog-cluster", "guarddog-evals"];

/// Decides on an entry: hijacked versions and malicious packages block. A name without a version never does, even in a
/// row of kind `hijack`. A single feed never blocks a package that many depend on: feeds have called good releases
/// malicious, and that stops everybody.
fn decide(ecosystem: Ecosystem, name: &str, entry: AdvisoryEntry) -> PackageVerdict {
    let named = entry.version != "*";
    let unconfirmed = || FEEDS.contains(&entry.source.as_str()) && popular::rank(ecosystem, name).is_some();
    match entry.kind {
        AdvisoryKind::Malicious if unconfirmed() => {
            PackageVerdict::Warn(Advisory { unconfirmed: true, ..entry.into() })
        }
        AdvisoryKind::Malicious => PackageVerdict::Block(entry.into()),
        AdvisoryKind::Hijack if named => PackageVerdict::Block(entry.into()),
        AdvisoryKind::Hijack | AdvisoryKind::NameOnly | AdvisoryKind::Poc | AdvisoryKind::Withdrawn => {
            PackageVerdict::Warn(entry.into())
        }
    }
}

impl From<AdvisoryEntry> for Advisory {
    fn from(entry: AdvisoryEntry) -> Self {
        Self {
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
mod tests;
