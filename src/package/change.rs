//! What a change brings: the packages of a lockfile or manifest before and after, compared.

use super::advisory::{Advisories, Advisory, Verdict};
use super::ecosystem::Ecosystem;
use super::inventory::{Inventory, Package, Setting, Source};
use super::origin::{self, Difference, Origin, Places};
use super::{install_script, popular, version};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

/// A change to the set of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What was added, removed and updated, by name.
    pub rows: Vec<Row>,
    /// What deserves a look, in the file's order.
    pub notes: Vec<Note>,
    /// The packages that came in from a host of which nobody can tell what it serves.
    pub unknown: Vec<String>,
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
    /// How many other packages it is about, too.
    pub others: usize,
    /// What it is.
    pub what: What,
}

impl Note {
    fn of(package: &Package, what: What) -> Note {
        let (name, version) = (package.name.clone(), package.version.clone());
        Note { name, version, line: package.line, others: 0, what }
    }
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
    /// It comes from elsewhere than before.
    Origin(Difference),
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
    /// A setting that came in, or a guard that went away.
    Setting {
        /// The setting.
        setting: Setting,
        /// Whether it went away.
        gone: bool,
    },
}

impl What {
    /// The kind of thing, whatever it is about.
    fn kind(&self) -> (Discriminant<What>, Option<Discriminant<Difference>>) {
        let difference = if let What::Origin(difference) = self { Some(discriminant(difference)) } else { None };
        (discriminant(self), difference)
    }
}

/// Compares `new` with what it was in every parent; without any, all of it is new.
pub fn compare(old: &[Inventory], new: &Inventory, advisories: &Advisories) -> Change {
    let before = Before::of(old);
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in &new.packages {
        for what in judge(package, &before, advisories) {
            // The same package at several places in the tree is one thing to look at.
            if seen.insert((package.name.clone(), package.version.clone(), what.kind())) {
                notes.push(Note::of(package, what));
            }
        }
    }
    let mut notes = merged(notes);
    notes.extend(downgrades(new, &before));
    notes.extend(scripts(old, new));
    notes.extend(settings(old, new));
    notes.sort_by_key(|note| note.line);
    let unknown = unknown_origin(new, &before);
    Change { rows: rows(old.first(), new), notes, unknown }
}

/// More packages than this with one thing in common are one note.
const EACH: usize = 3;

/// A lockfile that moves to another registry moves as a whole: one note says so for all of its packages.
fn merged(notes: Vec<Note>) -> Vec<Note> {
    let key = |note: &Note| match &note.what {
        What::Origin(difference) => difference.shared().map(|shared| (note.what.kind(), shared)),
        _ => None,
    };
    let mut count: HashMap<_, usize> = HashMap::new();
    notes.iter().filter_map(key).for_each(|key| *count.entry(key).or_default() += 1);
    let mut first = HashSet::new();
    let mut kept = Vec::new();
    for mut note in notes {
        match key(&note).map(|key| (count[&key], key)) {
            Some((all, key)) if all > EACH => {
                if first.insert(key) {
                    note.others = all - 1;
                    kept.push(note);
                }
            }
            _ => kept.push(note),
        }
    }
    kept
}

/// The scripts that run now and did not before, but for those that are known to do no more than set up a tool.
fn scripts(old: &[Inventory], new: &Inventory) -> Vec<Note> {
    let mut notes = Vec::new();
    for script in new.scripts.iter().filter(|script| !install_script::is_known_command(&script.command)) {
        let earlier = old.iter().filter_map(|side| side.scripts.iter().find(|s| s.event == script.event));
        let earlier: Vec<&str> = earlier.map(|s| s.command.as_str()).collect();
        if !earlier.contains(&script.command.as_str()) {
            let before = earlier.first().map(|c| (*c).to_owned());
            let (event, command) = (script.event.clone(), script.command.clone());
            let what = What::Script { event, command, before };
            notes.push(Note { name: script.event.clone(), version: None, line: script.line, others: 0, what });
        }
    }
    notes
}

/// The settings that came in, and the guards that went away.
fn settings(old: &[Inventory], new: &Inventory) -> Vec<Note> {
    let note = |setting: &Setting, line, gone| {
        let setting = setting.clone();
        let name = setting.key.clone();
        Note { name, version: None, line, others: 0, what: What::Setting { setting, gone } }
    };
    let is = |a: &Setting, b: &Setting| (&a.key, &a.value) == (&b.key, &b.value);
    let stood = |s: &Setting| old.iter().any(|side| side.settings.iter().any(|o| is(o, s)));
    let came = new.settings.iter().filter(|s| !s.guard && !stood(s)).map(|s| note(s, s.line, false));
    let Some((first, others)) = old.split_first() else { return came.collect() };
    // A guard that one parent had given up is gone already; one with another value is a guard still.
    let held = |side: &Inventory, key: &str| side.settings.iter().any(|s| s.key == key);
    let gone =
        first.settings.iter().filter(|s| s.guard && !held(new, &s.key) && others.iter().all(|side| held(side, &s.key)));
    came.chain(gone.map(|s| note(s, 1, true))).collect()
}

/// What the change brings from where nobody knows.
fn unknown_origin(new: &Inventory, before: &Before<'_>) -> Vec<String> {
    let is_new = |package: &Package| {
        let same = |p: &&&Package| p.version == package.version && p.source == package.source;
        !before.named(package).iter().any(|p| same(&p))
    };
    let unknown = new.packages.iter().filter(|p| Origin::of(p) == Origin::Unknown && is_new(p));
    unknown.map(Package::label).collect()
}

/// What the data says of the packages of a file as it is, without a before.
pub fn known(inventory: &Inventory, advisories: &Advisories) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for package in &inventory.packages {
        let Some(what) = data_says(package, &[], advisories) else { continue };
        if seen.insert((&package.name, &package.version, what.kind())) {
            notes.push(Note::of(package, what));
        }
    }
    notes.sort_by_key(|note| note.line);
    notes
}

/// What the data says of a package; `named` are those of its name that were there before.
fn data_says(package: &Package, named: &[&Package], advisories: &Advisories) -> Option<What> {
    let verdict = origin::verdict(advisories, package);
    let before = || {
        let same = named.iter().filter(|p| p.version == package.version);
        same.map(|p| origin::verdict(advisories, p)).collect::<Vec<_>>()
    };
    match verdict {
        Verdict::Block(advisory) if before().iter().any(|v| matches!(v, Verdict::Block(_))) => {
            Some(What::StillBad(advisory))
        }
        Verdict::Block(advisory) => Some(What::KnownBad(advisory)),
        Verdict::Warn(advisory) if before().iter().all(|v| *v == Verdict::Unknown) => Some(What::Suspicious(advisory)),
        Verdict::Warn(_) | Verdict::Unknown => None,
    }
}

/// What all old sides together hold.
struct Before<'a> {
    any: bool,
    by_name: HashMap<(Ecosystem, &'a str), Vec<&'a Package>>,
    places: Places<'a>,
}

impl<'a> Before<'a> {
    fn of(old: &'a [Inventory]) -> Before<'a> {
        let places = Places::of(old.iter().map(|side| side.packages.as_slice()));
        let mut before = Before { any: !old.is_empty(), by_name: HashMap::new(), places };
        for package in old.iter().flat_map(|side| &side.packages) {
            before.by_name.entry((package.ecosystem, &package.name)).or_default().push(package);
        }
        before
    }

    fn named<'b>(&'b self, package: &'b Package) -> &'b [&'a Package] {
        self.by_name.get(&(package.ecosystem, package.name.as_str())).map_or(&[], Vec::as_slice)
    }
}

fn judge(package: &Package, before: &Before<'_>, advisories: &Advisories) -> Vec<What> {
    let named = before.named(package);
    let mut what: Vec<What> = data_says(package, named, advisories).into_iter().collect();
    what.extend(origin::compare(package, named, &before.places).into_iter().map(What::Origin));
    // In a lockfile that is new as a whole every script is, and says nothing; the project's own stand in its manifests.
    let own = matches!(package.source, Source::Workspace | Source::Link(_));
    let news = before.any && !own && package.install_script && !named.iter().any(|p| p.install_script);
    if news && !install_script::is_known_package(&package.name) {
        what.push(What::InstallScript);
    }
    if named.is_empty() && package.is_registry() {
        what.extend(popular::lookalike(package.ecosystem, &package.name).map(What::Lookalike));
    }
    what
}

/// Names whose versions, as a set, went down: what came in is older than all that went away, and nothing as new as
/// before is left. A copy that merely goes away is no downgrade of the others.
fn downgrades(new: &Inventory, before: &Before<'_>) -> Vec<Note> {
    let versioned = |p: &Package| p.version.is_some() && Origin::of(p) != Origin::Own && !p.impostor;
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
            notes.push(Note::of(&came, What::Downgrade { from: highest.version.clone().unwrap_or_default() }));
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
mod tests;
