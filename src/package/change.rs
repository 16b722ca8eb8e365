//! What a change brings: the packages of a lockfile or manifest before and after, compared.

use super::advisory::{Advisories, Advisory, Verdict};
use super::ecosystem::Ecosystem;
use super::inventory::{Inventory, Package, Source};
use super::lockfile::origin::host_of;
use super::{popular, version};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A change to the set of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What was added, removed and updated, by name.
    pub rows: Vec<Row>,
    /// What deserves a look, in the file's order.
    pub notes: Vec<Note>,
}

/// One name's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The package.
    pub name: String,
    /// The versions before; none for what is added.
    pub before: Vec<String>,
    /// The versions after; none for what is removed.
    pub after: Vec<String>,
}

/// One thing that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The package (or script) it is about.
    pub name: String,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// The line it stands on, from 1.
    pub line: u32,
    /// What it is.
    pub what: What,
}

/// What deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A known-bad version comes in.
    KnownBad(Advisory),
    /// A known-bad version that was there before.
    StillBad(Advisory),
    /// The data has something on this name, not on this version.
    Suspicious(Advisory),
    /// The hash changed and the version did not.
    IntegrityChanged,
    /// A registry that served nothing before.
    NewHost(String),
    /// Fetched without encryption.
    PlainHttp(String),
    /// From a git repository.
    FromGit(String),
    /// From an archive at a URL.
    FromUrl(String),
    /// Runs a script at installation; no version here did before.
    InstallScript,
    /// A script of the project's own that runs at installation: its command, and what it was before.
    Script {
        /// When it runs.
        event: String,
        /// What runs now.
        command: String,
        /// What ran before.
        before: Option<String>,
    },
    /// An older version than before.
    Downgrade {
        /// The version before.
        from: String,
    },
    /// The name is nearly that of a popular package.
    Lookalike(String),
}

/// Compares `new` with what it was in every parent; without any, all of it is new.
pub fn compare(old: &[Inventory], new: &Inventory, advisories: &Advisories) -> Change {
    let before = Before::of(old);
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in &new.packages {
        let Some(what) = judge(package, &before, advisories) else { continue };
        for what in what {
            // The same package at several places in the tree is one thing to look at.
            let key = (package.name.clone(), package.version.clone(), std::mem::discriminant(&what));
            if seen.insert(key) {
                let (name, version) = (package.name.clone(), package.version.clone());
                notes.push(Note { name, version, line: package.line, what });
            }
        }
    }
    notes.extend(downgrades(new, &before));
    for script in &new.scripts {
        let earlier: Vec<&str> = old
            .iter()
            .filter_map(|side| side.scripts.iter().find(|s| s.event == script.event))
            .map(|s| s.command.as_str())
            .collect();
        if !earlier.contains(&script.command.as_str()) {
            let before = earlier.first().map(|c| (*c).to_owned());
            let (event, command) = (script.event.clone(), script.command.clone());
            let what = What::Script { event, command, before };
            notes.push(Note { name: script.event.clone(), version: None, line: script.line, what });
        }
    }
    notes.sort_by_key(|note| note.line);
    Change { rows: rows(old.first(), new), notes }
}

/// What the data says of the packages of a file as it is, without a before.
pub fn known(inventory: &Inventory, advisories: &Advisories) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in inventory.packages.iter().filter(|package| package.is_registry()) {
        let Some(what) = data_says(package, false, advisories) else { continue };
        if seen.insert((&package.name, &package.version, std::mem::discriminant(&what))) {
            let (name, version) = (package.name.clone(), package.version.clone());
            notes.push(Note { name, version, line: package.line, what });
        }
    }
    notes.sort_by_key(|note| note.line);
    notes
}

/// What the data says of a package; `stood` says that it was there before.
fn data_says(package: &Package, stood: bool, advisories: &Advisories) -> Option<What> {
    match advisories.lookup(package.ecosystem, &package.name, package.version.as_deref()) {
        Verdict::Block(advisory) if stood => Some(What::StillBad(advisory)),
        Verdict::Block(advisory) => Some(What::KnownBad(advisory)),
        // Of a range, all that is known is that some version is bad: the lockfile says which one it is.
        Verdict::Warn(advisory) if !stood && (package.version.is_some() || advisory.versions == "*") => {
            Some(What::Suspicious(advisory))
        }
        _ => None,
    }
}

/// What all old sides together hold.
struct Before<'a> {
    any: bool,
    by_name: HashMap<(Ecosystem, &'a str), Vec<&'a Package>>,
    hosts: HashSet<&'a str>,
}

impl<'a> Before<'a> {
    fn of(old: &'a [Inventory]) -> Before<'a> {
        let mut before = Before { any: !old.is_empty(), by_name: HashMap::new(), hosts: HashSet::new() };
        for package in old.iter().flat_map(|side| &side.packages) {
            before.by_name.entry((package.ecosystem, &package.name)).or_default().push(package);
            if let Source::Registry(Some(url)) = &package.source {
                before.hosts.extend(host_of(url));
            }
        }
        before
    }

    fn named<'b>(&'b self, package: &'b Package) -> &'b [&'a Package] {
        self.by_name.get(&(package.ecosystem, package.name.as_str())).map_or(&[], Vec::as_slice)
    }
}

fn judge(package: &Package, before: &Before<'_>, advisories: &Advisories) -> Option<Vec<What>> {
    let named = before.named(package);
    let same: Vec<&&Package> = named.iter().filter(|p| p.version == package.version).collect();
    let mut what = Vec::new();
    if package.is_registry() {
        let stood = same.iter().any(|p| p.is_registry());
        what.extend(data_says(package, stood, advisories));
        if package.version.is_some() && !same.is_empty() && same.iter().all(|p| hashes_differ(p, package)) {
            what.push(What::IntegrityChanged);
        }
    }
    let unchanged = same.iter().any(|p| p.source == package.source && p.install_script == package.install_script);
    if unchanged {
        return (!what.is_empty()).then_some(what);
    }
    what.extend(from_where(package, named, before));
    // In a lockfile that is new as a whole every script is, and says nothing.
    if before.any && package.install_script && !named.iter().any(|p| p.install_script) {
        what.push(What::InstallScript);
    }
    if named.is_empty() && package.is_registry() {
        what.extend(popular::lookalike(package.ecosystem, &package.name).map(What::Lookalike));
    }
    Some(what)
}

/// Whether the two share a kind of hash, and agree on none of that kind.
fn hashes_differ(a: &Package, b: &Package) -> bool {
    let mut shared = BTreeMap::<&str, bool>::new();
    for (kind, hash) in &a.integrity {
        for (other_kind, other) in &b.integrity {
            if kind == other_kind {
                *shared.entry(kind).or_default() |= hash == other;
            }
        }
    }
    shared.values().any(|agree| !agree)
}

/// What is notable about where it comes from, unless an earlier version came from the same place.
fn from_where(package: &Package, named: &[&Package], before: &Before<'_>) -> Option<What> {
    let plain = |url: &str| url.starts_with("http://") || url.starts_with("git://") || url.contains("+http://");
    let from_before = |matching: &dyn Fn(&Source) -> bool| named.iter().any(|p| matching(&p.source));
    match &package.source {
        Source::Registry(Some(url)) if plain(url) => {
            let host = host_of(url)?;
            // A mirror on this machine or in this network that has served all along is no news.
            (!before.hosts.contains(host) || !before.any).then(|| What::PlainHttp(without_credentials(url)))
        }
        Source::Registry(Some(url)) => {
            let host = host_of(url)?;
            (before.any && !before.hosts.is_empty() && !before.hosts.contains(host))
                .then(|| What::NewHost(host.to_owned()))
        }
        Source::Git(url) if plain(url) => Some(What::PlainHttp(without_credentials(url))),
        Source::Git(url) => (!from_before(&|s| matches!(s, Source::Git(old) if repository(old) == repository(url))))
            .then(|| What::FromGit(without_credentials(url))),
        Source::Url(url) if plain(url) => Some(What::PlainHttp(without_credentials(url))),
        Source::Url(url) => (!from_before(&|s| matches!(s, Source::Url(old) if host_of(old) == host_of(url))))
            .then(|| What::FromUrl(without_credentials(url))),
        _ => None,
    }
}

/// A URL fit to be shown: what stands before `@` in its authority may be a password, what follows `?` a token.
fn without_credentials(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

/// A git source without its commit.
fn repository(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// Names whose newest version went down.
fn downgrades(new: &Inventory, before: &Before<'_>) -> Vec<Note> {
    let mut newest: BTreeMap<(Ecosystem, &str), &Package> = BTreeMap::new();
    for package in new.packages.iter().filter(|p| p.is_registry() && p.version.is_some()) {
        let slot = newest.entry((package.ecosystem, &package.name)).or_insert(package);
        if order(package, slot) == Some(Ordering::Greater) {
            *slot = package;
        }
    }
    let mut notes = Vec::new();
    for package in newest.into_values() {
        let olds = before.named(package).iter().filter(|p| p.is_registry() && p.version.is_some());
        let highest = olds.copied().reduce(|a, b| if order(b, a) == Some(Ordering::Greater) { b } else { a });
        if let Some(old) = highest
            && order(package, old) == Some(Ordering::Less)
        {
            notes.push(Note {
                name: package.name.clone(),
                version: package.version.clone(),
                line: package.line,
                what: What::Downgrade { from: old.version.clone().unwrap_or_default() },
            });
        }
    }
    notes
}

fn order(a: &Package, b: &Package) -> Option<Ordering> {
    version::compare(a.ecosystem, a.version.as_deref()?, b.version.as_deref()?)
}

/// Added, removed and updated names, in that order of the alphabet.
fn rows(old: Option<&Inventory>, new: &Inventory) -> Vec<Row> {
    let versions = |inventory: &Inventory| {
        let mut by_name: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in inventory.packages.iter().filter(|p| p.source != Source::Workspace) {
            let version = package.version.clone().unwrap_or_default();
            by_name.entry(package.name.clone()).or_default().insert(version);
        }
        by_name
    };
    let (before, after) = (old.map(versions).unwrap_or_default(), versions(new));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let all = |side: &BTreeMap<String, BTreeSet<String>>, name: &String| -> Vec<String> {
        side.get(name).into_iter().flatten().cloned().collect()
    };
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Row { name: name.clone(), before: all(&before, name), after: all(&after, name) })
        .collect()
}

#[cfg(test)]
#[allow(clippy::cloned_ref_to_slice_refs, reason = "lists of one read like lists of two")]
mod tests {
    use super::*;

    fn package(name: &str, version: &str) -> Package {
        Package::new(Ecosystem::Npm, name, Some(version.to_owned()), 1)
    }

    fn inventory(packages: &[Package]) -> Inventory {
        Inventory { packages: packages.to_vec(), ..Inventory::default() }
    }

    fn whats(old: &[Package], new: &[Package]) -> Vec<What> {
        let change = compare(&[inventory(old)], &inventory(new), &Advisories::builtin());
        change.notes.into_iter().map(|n| n.what).collect()
    }

    fn from(url: &str, package: Package) -> Package {
        Package { source: Source::Registry(Some(url.to_owned())), ..package }
    }

    #[test]
    fn a_known_bad_version_is_new_once() {
        let (bad, fine) = (package("axios", "1.14.1"), package("axios", "1.14.0"));
        assert!(matches!(whats(&[fine.clone()], &[bad.clone()])[..], [What::KnownBad(_)]));
        assert!(matches!(whats(&[bad.clone()], &[bad.clone()])[..], [What::StillBad(_)]));
        // The same version by another route is a new thing.
        let git = Package { source: Source::Git("github:a/b".into()), ..bad.clone() };
        assert!(matches!(whats(&[git], &[bad])[0], What::KnownBad(_)));
        assert!(whats(&[], &[fine]).is_empty());
    }

    #[test]
    fn a_hash_may_not_change_while_the_version_stays() {
        let with = |hashes: &[(&str, &str)]| Package {
            integrity: hashes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..package("left-pad", "1.0.0")
        };
        let old = with(&[("sha512", "a")]);
        assert_eq!(whats(&[old.clone()], &[with(&[("sha512", "b")])]), [What::IntegrityChanged]);
        // Another algorithm, or no hash, says nothing; one more wheel of a release is no change.
        assert!(whats(&[old.clone()], &[with(&[("sha1", "c")])]).is_empty());
        assert!(whats(&[old.clone()], &[with(&[])]).is_empty());
        assert!(whats(&[old.clone()], &[with(&[("sha512", "a"), ("sha512", "b")])]).is_empty());
        assert_eq!(
            whats(&[with(&[("x.whl", "a"), ("y.whl", "b")])], &[with(&[("x.whl", "a"), ("y.whl", "c")])]),
            [What::IntegrityChanged]
        );
        assert!(whats(&[old], &[Package { version: Some("1.0.1".into()), ..with(&[("sha512", "b")]) }]).is_empty());
    }

    #[test]
    fn where_it_comes_from() {
        let usual = from("https://registry.example/a/-/a-1.tgz", package("aaaa", "1.0.0"));
        let elsewhere = from("https://evil.example/b/-/b-1.tgz", package("bbbb", "1.0.0"));
        assert_eq!(
            whats(&[usual.clone()], &[usual.clone(), elsewhere.clone()]),
            [What::NewHost("evil.example".into())]
        );
        // A new lockfile has no usual host.
        assert!(compare(&[], &inventory(&[elsewhere]), &Advisories::builtin()).notes.is_empty());
        let plain = from("http://user:pass@evil.example/c?token=x", package("cccc", "1.0.0"));
        assert_eq!(whats(&[usual.clone()], &[plain]), [What::PlainHttp("http://evil.example/c".into())]);
        let git = |at: &str| Package { source: Source::Git(format!("github:a/b#{at}")), ..package("dddd", "1.0.0") };
        assert!(matches!(whats(&[usual], &[git("1")])[..], [What::FromGit(_)]));
        assert!(whats(&[git("1")], &[git("2")]).is_empty());
    }

    #[test]
    fn scripts_downgrades_and_lookalikes() {
        let script = |v: &str| Package { install_script: true, ..package("aaaa", v) };
        assert_eq!(whats(&[package("aaaa", "1.0.0")], &[script("1.0.1")]), [What::InstallScript]);
        assert!(whats(&[script("1.0.0")], &[script("1.0.1")]).is_empty());
        assert_eq!(
            whats(&[package("aaaa", "1.10.0")], &[package("aaaa", "1.9.0")]),
            [What::Downgrade { from: "1.10.0".into() }]
        );
        assert!(whats(&[package("aaaa", "1.9.0")], &[package("aaaa", "1.10.0"), package("aaaa", "1.8.0")]).is_empty());
        assert_eq!(whats(&[], &[package("loadsh", "1.0.0")]), [What::Lookalike("lodash".into())]);
    }

    #[test]
    fn what_any_parent_has_is_not_new() {
        let (a, b) = (inventory(&[package("axios", "1.14.1")]), inventory(&[]));
        let change = compare(&[b, a.clone()], &a, &Advisories::builtin());
        assert!(matches!(change.notes[0].what, What::StillBad(_)));
    }

    #[test]
    fn rows_say_what_was_added_removed_and_updated() {
        let old = inventory(&[package("a", "1.0.0"), package("b", "1.0.0"), package("c", "1.0.0")]);
        let new = inventory(&[package("a", "1.0.0"), package("b", "2.0.0"), package("d", "1.0.0")]);
        let rows = compare(&[old], &new, &Advisories::builtin()).rows;
        let text: Vec<String> =
            rows.iter().map(|r| format!("{} {}>{}", r.name, r.before.join(","), r.after.join(","))).collect();
        assert_eq!(text, ["b 1.0.0>2.0.0", "c 1.0.0>", "d >1.0.0"]);
    }
}
