//! The package gate: from a changed file and its old sides to findings.

mod draft;

pub use draft::{Draft, DraftPosition, shown_subject};

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::advisory::Advisories;
use super::change::{self, PackageChange};
use super::ecosystem::Ecosystem;
use super::indicator::{self, Trace, behaviour};
use super::inventory::{Inventory, Package};
use super::lockfile::Format;
use super::online::registries::{Registries, Surroundings};
use super::online::{Online, PackageVersion};
use super::origin::PackageOrigin;
use super::settings::PackageSettings;
use super::survey::SurveyRow;
use super::{fetch, lockfile, rules, store};
use crate::error::Result;
use crate::path::special::is_special;
use crate::source::Skip;

/// Git's own limit: a NUL byte among so many first bytes makes a file binary.
const BINARY_PREFIX: usize = 8000;

/// The gate with its data, which is loaded for the first file that needs it.
#[derive(Default)]
pub struct PackageGate {
    advisories: OnceLock<Result<Advisories>>,
    online: OnceLock<Result<Online>>,
    /// The ecosystems of the packages that were looked up.
    used: Mutex<BTreeSet<Ecosystem>>,
}

/// The state that a file is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonMode {
    /// The old sides of a change: only new packages and settings count.
    Change,
    /// The old sides of a change that may have added the file.
    NewFile,
    /// Nothing: the file counts in full.
    State,
}

/// The gate's results for one file.
#[derive(Clone, Debug, Default)]
pub struct GateReport {
    /// The findings, before the policy decides.
    pub drafts: Vec<Draft>,
    /// The packages that an advisory names.
    pub rows: Vec<SurveyRow>,
    /// The packages that were added, removed and updated.
    pub change: Option<PackageChange>,
    /// The error of a lockfile that cannot be read.
    pub unreadable: Option<Unreadable>,
    /// The packages that no registry answered about.
    pub unanswered: Vec<Skip>,
    /// The packages, of those that the change adds, whose host may serve another package of the same name.
    pub unknown: Vec<String>,
}

impl GateReport {
    /// Returns whether there is nothing to report.
    fn is_empty(&self) -> bool {
        let Self { drafts, rows, change, unreadable, unanswered, unknown } = self;
        drafts.is_empty()
            && rows.is_empty()
            && unknown.is_empty()
            && unanswered.is_empty()
            && unreadable.is_none()
            && change.as_ref().is_none_or(|change| change.rows.is_empty())
    }
}

/// A lockfile or manifest that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The parser's message.
    pub reason: String,
    /// True if the scan is incomplete without the file.
    pub incomplete: bool,
}

/// A file's content as its format reads it.
struct Parsed {
    format: &'static dyn Format,
    inventory: Result<Inventory, Unreadable>,
}

/// Returns whether the gate may report anything about a file. Decided by its path and by one fast search for invisible
/// characters, because almost every file of a change ends here.
pub fn may_concern(path: &str, bytes: &[u8], mode: ComparisonMode) -> bool {
    is_special(path.as_bytes())
        || mode == ComparisonMode::NewFile && indicator::may_be_loader(path)
        || indicator::may_hide(bytes)
        || mode != ComparisonMode::State && behaviour::may_act(path, bytes)
}

/// Returns whether a file at this path is inspected for anything other than hidden text.
pub fn inspects_path(path: &str) -> bool {
    is_special(path.as_bytes()) && (indicator::inspects(path) || lockfile::may_hold_requirements(path))
}

/// Returns whether the text hides anything. The predicate is line-local: it holds for a text if it holds for one of its
/// lines.
pub fn has_hidden_text(bytes: &[u8]) -> bool {
    indicator::has_hidden_text(bytes)
}

impl PackageGate {
    /// Returns whether there is anything to report about a file without old sides. An error counts as a yes, so that
    /// the full check reports it.
    pub fn has_finding(&self, path: &str, bytes: &[u8], settings: &PackageSettings) -> bool {
        let report = self.check(path, bytes, ComparisonMode::State, settings, &mut Vec::new);
        !report.is_ok_and(|report| report.is_empty())
    }

    /// Checks the file at `path`. `old` reads its old sides; it is called only when they are needed.
    ///
    /// # Errors
    /// Exit 2 when updated advisory data cannot be read, exit 3 when `settings` ask registries that are not configured
    /// or that this program has no network code for.
    pub fn check(
        &self,
        path: &str,
        bytes: &[u8],
        mode: ComparisonMode,
        settings: &PackageSettings,
        old: &mut dyn FnMut() -> Vec<Vec<u8>>,
    ) -> Result<GateReport> {
        let mut report = GateReport::default();
        let traces = traces(path, bytes, mode);
        let parsed = parse(path, bytes);
        let acts = mode != ComparisonMode::State && behaviour::needs_old_sides(path, bytes);
        if traces.is_empty() && parsed.is_none() && !acts {
            return Ok(report);
        }
        let old = if mode == ComparisonMode::State { Vec::new() } else { old() };
        if !traces.is_empty() {
            let before: Vec<Trace> = old.iter().flat_map(|side| traces_of_old(path, side)).collect();
            report.drafts.extend(traces.into_iter().map(|trace| Draft::of_trace(trace, &before)));
        }
        if acts {
            let added = behaviour::added(path, bytes, &old).into_iter();
            let news =
                added.filter(|trace| report.drafts.iter().all(|draft| draft.position != DraftPosition::Byte(trace.at)));
            let news: Vec<Draft> = news.map(|trace| Draft::of_trace(trace, &[])).collect();
            report.drafts.extend(news);
        }
        let Some(Parsed { format, inventory }) = parsed else { return Ok(report) };
        let mut inventory = match inventory {
            Ok(inventory) => inventory,
            Err(unreadable) => return Ok(GateReport { unreadable: Some(unreadable), ..report }),
        };
        let before = inventories(path, &old);
        if settings.online && mode != ComparisonMode::State && format.is_lock() {
            self.add_facts(&mut inventory, &before, settings, &mut report)?;
        }
        self.compare(path, &inventory, mode, &before, &mut report)?;
        if format.is_recipe() {
            // A script may install an older version on purpose, and its installs are no list of the project's packages.
            report.change = None;
            report.drafts.retain(|draft| draft.rule.id != rules::DOWNGRADE.id);
        } else if mode != ComparisonMode::State {
            report.drafts.extend(too_new(&inventory, &before, settings));
        }
        Ok(report)
    }

    /// The day up to which the advisory data is complete about the packages that were looked up, if it has been loaded.
    pub fn data(&self) -> Option<String> {
        let advisories = self.advisories.get()?.as_ref().ok()?;
        Some(advisories.complete_until(&self.used.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Adds the registries' facts about new versions: publication dates to the inventory, warnings to the report.
    fn add_facts(
        &self,
        inventory: &mut Inventory,
        before: &[Inventory],
        settings: &PackageSettings,
        report: &mut GateReport,
    ) -> Result<()> {
        let online = self.online.get_or_init(|| {
            let net = fetch::online().map_err(|error| error.context("[packages] online"))?;
            Ok(Online::new(net, Registries::read(Surroundings::here(settings.npmrc.clone()))?))
        });
        let online = online.as_ref().map_err(Clone::clone)?;
        let is_new = |package: &Package| package.is_registry() && !was_there(package, before);
        let (at, wanted): (Vec<usize>, Vec<PackageVersion<'_>>) = inventory
            .packages
            .iter()
            .enumerate()
            .filter(|(_, package)| is_new(package))
            .filter_map(|(at, package)| {
                let version = package.version.as_deref()?;
                Some((at, PackageVersion { ecosystem: package.ecosystem, name: &package.name, version }))
            })
            .unzip();
        let answers = online.ask(&wanted)?;
        for (at, facts) in at.into_iter().zip(answers.facts) {
            let Some(facts) = facts else { continue };
            let package = &mut inventory.packages[at];
            report.drafts.extend(Draft::of_warnings(package, &facts.warnings()));
            let demanded = settings.demands_provenance(package.ecosystem, &package.name);
            report.drafts.extend(Draft::of_provenance(package, &facts, demanded));
            package.published = facts.published.or(package.published.take());
        }
        report.unanswered.extend(answers.unanswered);
        Ok(())
    }

    /// Compares the inventory with the old sides, or in [`ComparisonMode::State`] with the advisory data alone.
    fn compare(
        &self,
        path: &str,
        inventory: &Inventory,
        mode: ComparisonMode,
        before: &[Inventory],
        report: &mut GateReport,
    ) -> Result<()> {
        let advisories = self.advisories.get_or_init(store::load).as_ref().map_err(Clone::clone)?;
        let ecosystems = inventory.packages.iter().map(|package| package.ecosystem);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(ecosystems);
        let (notes, unknown, change) = if mode == ComparisonMode::State {
            let unknown = inventory.packages.iter().filter(|p| PackageOrigin::of(p) == PackageOrigin::Unknown);
            (change::known(inventory, advisories), unknown.map(Package::label).collect(), None)
        } else {
            let change = change::compare(before, inventory, advisories);
            (change.notes.clone(), change.unknown.clone(), Some(change))
        };
        report.rows.extend(notes.iter().filter_map(|note| draft::row(path, note, inventory)));
        // The state of a file is a list to work through, and a change one decision.
        let told = if mode == ComparisonMode::State { notes } else { change::by_incident(notes) };
        report.drafts.extend(told.iter().map(|note| Draft::of_note(note, inventory)));
        report.unknown = unknown;
        report.change = change;
        Ok(())
    }
}

/// The traces of attacks in the file.
fn traces(path: &str, bytes: &[u8], mode: ComparisonMode) -> Vec<Trace> {
    let is_binary = bytes[..bytes.len().min(BINARY_PREFIX)].contains(&0);
    let mut traces = if is_binary { Vec::new() } else { indicator::hidden(path, bytes) };
    if mode == ComparisonMode::NewFile && indicator::may_be_loader(path) {
        traces.extend(indicator::loader(bytes));
    }
    if is_special(path.as_bytes()) {
        traces.extend(indicator::scan(path, bytes));
    }
    traces
}

/// The traces in an old side of the file.
fn traces_of_old(path: &str, bytes: &[u8]) -> impl Iterator<Item = Trace> {
    indicator::hidden(path, bytes).into_iter().chain(indicator::scan(path, bytes))
}

/// Reads the file if its path or its content belongs to a format.
fn parse(path: &str, bytes: &[u8]) -> Option<Parsed> {
    if !is_special(path.as_bytes()) {
        return None;
    }
    let format = lockfile::recognise_in(path, bytes)?;
    let read = lockfile::read(format, bytes);
    // Most scripts install nothing, and a text that is no script installs nothing either.
    if format.is_recipe() && !read.as_ref().is_ok_and(|inventory| !inventory.packages.is_empty()) {
        return None;
    }
    let inventory = read.map_err(|error| {
        // A manifest that cannot be read installs nothing.
        Unreadable { reason: error.to_string(), incomplete: format.is_lock() && format.is_text() }
    });
    Some(Parsed { format, inventory })
}

/// The inventories of the old sides. A side that cannot be read is left out, so everything in the new side is new.
fn inventories(path: &str, old: &[Vec<u8>]) -> Vec<Inventory> {
    old.iter().filter_map(|side| lockfile::parse(path, side)?.ok()).collect()
}

/// Returns whether an old side holds the same version.
fn was_there(package: &Package, before: &[Inventory]) -> bool {
    before
        .iter()
        .flat_map(|side| &side.packages)
        .any(|p| (p.ecosystem, &p.name, &p.version) == (package.ecosystem, &package.name, &package.version))
}

/// The new versions that are younger than the cooldown allows.
fn too_new(inventory: &Inventory, before: &[Inventory], settings: &PackageSettings) -> Vec<Draft> {
    if settings.cooldown.is_empty() {
        return Vec::new();
    }
    let now = jiff::Timestamp::now();
    let draft = |package: &Package| {
        let published = package.published.as_deref().filter(|_| !was_there(package, before))?;
        let young = settings.too_new(package.ecosystem, &package.name, published, now)?;
        Some(Draft::of_package(&rules::TOO_NEW, package, &[young.to_string()]))
    };
    inventory.packages.iter().filter(|package| package.is_registry()).filter_map(draft).collect()
}
