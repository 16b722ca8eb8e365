//! The packages of a lockfile or manifest compared with those of its old sides.

use super::advisory::{Advisories, Advisory, PackageVerdict};
use super::ecosystem::Ecosystem;
use super::inventory::{Inventory, Package, Setting, Source};
use super::origin::{self, Difference, KnownAddresses, PackageOrigin};
use super::{install_script, popular, version};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

/// A change to the set of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageChange {
    /// The packages that were added, removed and updated, by name.
    pub rows: Vec<VersionChange>,
    /// The changes that deserve a look, in the file's order.
    pub notes: Vec<Note>,
    /// The new packages whose host may serve another package of the same name.
    pub unknown: Vec<String>,
}

/// The versions of one name before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionChange {
    /// The package.
    pub name: String,
    /// The versions before; none if the package was added.
    pub before: Vec<String>,
    /// The versions after; none if the package was removed.
    pub after: Vec<String>,
}

/// A change that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The package, script or setting it is about.
    pub name: String,
    /// The package's version.
    pub version: Option<String>,
    /// The line in the file, from 1.
    pub line: u32,
    /// The number of further packages with the same change.
    pub others: usize,
    /// The kind of change.
    pub kind: NoteKind,
}

impl Note {
    fn of(package: &Package, kind: NoteKind) -> Self {
        let (name, version) = (package.name.clone(), package.version.clone());
        Self { name, version, line: package.line, others: 0, kind }
    }
}

/// The kind of a change that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// A known-bad version that is new.
    KnownBad(Advisory),
    /// A known-bad version that an old side holds as well.
    StillBad(Advisory),
    /// An advisory about the name, not about this version.
    Suspicious(Advisory),
    /// Another origin than before.
    Origin(Difference),
    /// A script at installation, which no version in the old sides had.
    InstallScript,
    /// A script of the project itself that runs at installation.
    Script {
        /// The event that runs it.
        event: String,
        /// The new command.
        command: String,
        /// The old command.
        before: Option<String>,
    },
    /// An older version than before.
    Downgrade {
        /// The version before.
        from: String,
    },
    /// A name that differs by a letter from a popular package's.
    Lookalike(String),
    /// A new setting, or a protective one that was removed.
    Setting {
        /// The setting.
        setting: Setting,
        /// True if it was removed.
        gone: bool,
    },
}

impl NoteKind {
    /// The kind without its data.
    fn category(&self) -> (Discriminant<Self>, Option<Discriminant<Difference>>) {
        let difference = if let Self::Origin(difference) = self { Some(discriminant(difference)) } else { None };
        (discriminant(self), difference)
    }
}

/// Compares `new` with every old side; without any, all of it is new.
pub fn compare(old: &[Inventory], new: &Inventory, advisories: &Advisories) -> PackageChange {
    let before = OldSides::of(old);
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in &new.packages {
        for kind in kinds(package, &before, advisories) {
            // A package may be in several folders of the tree.
            if seen.insert((package.name.clone(), package.version.clone(), kind.category())) {
                notes.push(Note::of(package, kind));
            }
        }
    }
    let mut went_back = downgrades(new, &before);
    // Of several that are reported as one, the first in the file carries the line.
    went_back.sort_by_key(|note| note.line);
    notes.extend(went_back);
    let mut notes = merged(notes);
    notes.extend(scripts(old, new));
    notes.extend(settings(old, new));
    notes.sort_by_key(|note| note.line);
    let unknown = unknown_origin(new, &before);
    PackageChange { rows: rows(old.first(), new), notes, unknown }
}

/// More packages than this with the same change make one note.
const EACH: usize = 3;

/// Merges the notes of packages that moved together, as all do when a lockfile changes its registry or is taken back.
fn merged(notes: Vec<Note>) -> Vec<Note> {
    let key = |note: &Note| {
        let shared = match &note.kind {
            NoteKind::Origin(difference) => difference.shared()?,
            NoteKind::Downgrade { .. } => String::new(),
            _ => return None,
        };
        Some((note.kind.category(), shared))
    };
    let mut count: HashMap<_, usize> = HashMap::new();
    notes.iter().filter_map(key).for_each(|key| *count.entry(key).or_default() += 1);
    let mut first = HashSet::new();
    let mut notes_left = Vec::new();
    for mut note in notes {
        match key(&note).map(|key| (count[&key], key)) {
            Some((all, key)) if all > EACH => {
                if first.insert(key) {
                    note.others = all - 1;
                    notes_left.push(note);
                }
            }
            _ => notes_left.push(note),
        }
    }
    notes_left
}

/// Joins the warnings about several packages of one incident: a family of packages that was taken over is updated together.
pub fn by_incident(notes: Vec<Note>) -> Vec<Note> {
    let mut joined: Vec<Note> = Vec::new();
    for note in notes {
        let incident = |note: &Note| match &note.kind {
            NoteKind::Suspicious(advisory) => Some(advisory.incident.clone()),
            _ => None,
        };
        let of_note = incident(&note);
        match joined.iter_mut().find(|earlier| of_note.is_some() && incident(earlier) == of_note) {
            Some(earlier) => earlier.others += 1,
            None => joined.push(note),
        }
    }
    joined
}

/// The scripts that are new, except those that are known to set up a tool only.
fn scripts(old: &[Inventory], new: &Inventory) -> Vec<Note> {
    let mut notes = Vec::new();
    for script in new.scripts.iter().filter(|script| !install_script::is_known_command(&script.command)) {
        let earlier = old.iter().filter_map(|side| side.scripts.iter().find(|s| s.event == script.event));
        let earlier: Vec<&str> = earlier.map(|s| s.command.as_str()).collect();
        if !earlier.contains(&script.command.as_str()) {
            let before = earlier.first().map(|c| (*c).to_owned());
            let (event, command) = (script.event.clone(), script.command.clone());
            let kind = NoteKind::Script { event, command, before };
            notes.push(Note { name: script.event.clone(), version: None, line: script.line, others: 0, kind });
        }
    }
    notes
}

/// The new settings, and the protective ones that were removed.
fn settings(old: &[Inventory], new: &Inventory) -> Vec<Note> {
    let note = |setting: &Setting, line, gone| {
        let setting = setting.clone();
        let name = setting.key.clone();
        Note { name, version: None, line, others: 0, kind: NoteKind::Setting { setting, gone } }
    };
    let is = |a: &Setting, b: &Setting| (&a.key, &a.value) == (&b.key, &b.value);
    let was_set = |s: &Setting| old.iter().any(|side| side.settings.iter().any(|o| is(o, s)));
    let came = new.settings.iter().filter(|s| !s.guard && !was_set(s)).map(|s| note(s, s.line, false));
    let Some((first, others)) = old.split_first() else { return came.collect() };
    // A protective setting that one parent lacks was removed before; one with another value still protects.
    let has_key = |side: &Inventory, key: &str| side.settings.iter().any(|s| s.key == key);
    let gone = first
        .settings
        .iter()
        .filter(|s| s.guard && !has_key(new, &s.key) && others.iter().all(|side| has_key(side, &s.key)));
    came.chain(gone.map(|s| note(s, 1, true))).collect()
}

/// The new packages whose host may serve another package of the same name.
fn unknown_origin(new: &Inventory, before: &OldSides<'_>) -> Vec<String> {
    let came = |package: &Package| {
        let same = |p: &&&Package| p.version == package.version && p.source == package.source;
        !before.named(package).iter().any(|p| same(&p))
    };
    let unknown = new.packages.iter().filter(|p| PackageOrigin::of(p) == PackageOrigin::Unknown && came(p));
    unknown.map(Package::label).collect()
}

/// The advisories about the packages of a file without old sides.
pub fn known(inventory: &Inventory, advisories: &Advisories) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in &inventory.packages {
        let Some(kind) = advisory_note(package, &[], advisories) else { continue };
        if seen.insert((&package.name, &package.version, kind.category())) {
            notes.push(Note::of(package, kind));
        }
    }
    notes.sort_by_key(|note| note.line);
    notes
}

/// The advisory about a package; `named` are the packages of its name in the old sides.
fn advisory_note(package: &Package, named: &[&Package], advisories: &Advisories) -> Option<NoteKind> {
    let verdict = origin::verdict(advisories, package);
    let before = || {
        let same = named.iter().filter(|p| p.version == package.version);
        same.map(|p| origin::verdict(advisories, p)).collect::<Vec<_>>()
    };
    match verdict {
        PackageVerdict::Block(advisory) if before().iter().any(|v| matches!(v, PackageVerdict::Block(_))) => {
            Some(NoteKind::StillBad(advisory))
        }
        PackageVerdict::Block(advisory) => Some(NoteKind::KnownBad(advisory)),
        PackageVerdict::Warn(advisory) if before().iter().all(|v| *v == PackageVerdict::Unknown) => {
            Some(NoteKind::Suspicious(advisory))
        }
        PackageVerdict::Warn(_) | PackageVerdict::Unknown => None,
    }
}

/// The packages of all old sides.
struct OldSides<'a> {
    any: bool,
    by_name: HashMap<(Ecosystem, &'a str), Vec<&'a Package>>,
    addresses: KnownAddresses<'a>,
}

impl<'a> OldSides<'a> {
    fn of(old: &'a [Inventory]) -> Self {
        let addresses = KnownAddresses::of(old.iter().map(|side| side.packages.as_slice()));
        let mut before = OldSides { any: !old.is_empty(), by_name: HashMap::new(), addresses };
        for package in old.iter().flat_map(|side| &side.packages) {
            before.by_name.entry((package.ecosystem, &package.name)).or_default().push(package);
        }
        before
    }

    fn named<'b>(&'b self, package: &'b Package) -> &'b [&'a Package] {
        self.by_name.get(&(package.ecosystem, package.name.as_str())).map_or(&[], Vec::as_slice)
    }
}

fn kinds(package: &Package, before: &OldSides<'_>, advisories: &Advisories) -> Vec<NoteKind> {
    let named = before.named(package);
    let mut kinds: Vec<NoteKind> = advisory_note(package, named, advisories).into_iter().collect();
    kinds.extend(origin::compare(package, named, &before.addresses).into_iter().map(NoteKind::Origin));
    // In a new lockfile every script is new; the project's own are found in its manifests.
    let own = matches!(package.source, Source::Workspace | Source::Link(_));
    let is_new = before.any && !own && package.install_script && !named.iter().any(|p| p.install_script);
    if is_new && !install_script::is_known_package(&package.name) {
        kinds.push(NoteKind::InstallScript);
    }
    if named.is_empty() && package.is_registry() {
        kinds.extend(popular::lookalike(package.ecosystem, &package.name).map(NoteKind::Lookalike));
    }
    kinds
}

/// The names whose versions, as a set, became older: every new version is older than every removed one, and none is as
/// new as the newest was. Removing one of several copies is no downgrade of the others.
fn downgrades(new: &Inventory, before: &OldSides<'_>) -> Vec<Note> {
    let versioned = |p: &Package| p.version.is_some() && PackageOrigin::of(p) != PackageOrigin::Own && !p.impostor;
    let mut by_name: BTreeMap<(Ecosystem, &str), Vec<&Package>> = BTreeMap::new();
    for package in new.packages.iter().filter(|p| versioned(p)) {
        by_name.entry((package.ecosystem, &package.name)).or_default().push(package);
    }
    let older = |a: &Package, b: &Package| order(a, b) == Some(Ordering::Less);
    let newest = |all: &[&Package]| all.iter().copied().reduce(|a, b| if older(a, b) { b } else { a }).cloned();
    let mut notes = Vec::new();
    for now in by_name.into_values() {
        let then: Vec<&Package> = before.named(now[0]).iter().copied().filter(|p| versioned(p)).collect();
        let without = |some: &[&Package], others: &[&Package]| -> Vec<Package> {
            some.iter().filter(|p| !others.iter().any(|o| o.version == p.version)).map(|p| (**p).clone()).collect()
        };
        let (came, went) = (without(&now, &then), without(&then, &now));
        let came_newest = newest(&came.iter().collect::<Vec<_>>());
        let (Some(came), Some(highest), Some(left)) = (came_newest, newest(&then), newest(&now)) else { continue };
        if older(&left, &highest) && !went.is_empty() && went.iter().all(|gone| older(&came, gone)) {
            notes.push(Note::of(&came, NoteKind::Downgrade { from: highest.version.clone().unwrap_or_default() }));
        }
    }
    notes
}

fn order(a: &Package, b: &Package) -> Option<Ordering> {
    version::compare(a.ecosystem, a.version.as_deref()?, b.version.as_deref()?)
}

/// The added, removed and updated names, in alphabetical order.
fn rows(old: Option<&Inventory>, new: &Inventory) -> Vec<VersionChange> {
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
        .map(|name| VersionChange { name: name.clone(), before: all(&before, name), after: all(&after, name) })
        .collect()
}

#[cfg(test)]
#[allow(clippy::cloned_ref_to_slice_refs, reason = "lists of one read like lists of two")]
mod tests;
