//! The package gate: one file of a change, with what it was before, to findings.

use super::advisory::{Advisories, Verdict};
use super::change::{self, Change, Note, What};
use super::ecosystem::Ecosystem;
use super::indicator::{self, Trace, Weight};
use super::inventory::{Inventory, Package, Topic};
use super::online::registries::{Registries, Surroundings};
use super::online::{Online, Question};
use super::origin::{self, Difference, Origin};
use super::settings::Settings;
use super::survey::Row;
use super::{fetch, lockfile, rules, store};
use crate::error::Result;
use crate::path::special::is_special;
use crate::rule::{Confidence, Rule};
use crate::source::Skip;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The gate with its data, which is taken up when the first file needs it.
#[derive(Default)]
pub struct Gate {
    advisories: OnceLock<Result<Advisories>>,
    online: OnceLock<Result<Online>>,
}

/// What is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// A change: what is new counts, and what it is compared with is at hand.
    Change,
    /// A change that brings the file.
    NewFile,
    /// A file as it is, without a before.
    State,
}

/// One thing to report, before the policy has its say.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The rule it falls under.
    pub rule: &'static Rule,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about, in public words: `axios@1.14.1`, an indicator.
    pub subject: String,
    /// Where it stands.
    pub place: Place,
    /// What is known about it, for people.
    pub notes: Vec<String>,
    /// It was there before this change.
    pub stood_before: bool,
}

/// Where in the file something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(u32),
    /// A byte.
    Byte(usize),
}

/// What the gate has to say of one file.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// What to report.
    pub drafts: Vec<Draft>,
    /// The packages with a verdict.
    pub rows: Vec<Row>,
    /// What was added, removed and updated.
    pub change: Option<Change>,
    /// The lockfile could not be read: why, and whether that leaves the scan incomplete.
    pub unreadable: Option<(String, bool)>,
    /// What the registries did not say.
    pub unanswered: Vec<Skip>,
    /// The packages, of those that the change brings, that come from where nobody can tell what is served.
    pub unknown: Vec<String>,
}

/// Whether the gate may have anything to say of a file: told by its name, and by one fast search for characters that
/// can hide.
pub fn concerns(path: &str, bytes: &[u8], sight: Sight) -> bool {
    is_special(path.as_bytes())
        || sight == Sight::NewFile && indicator::may_be_loader(path)
        || indicator::may_hide(bytes)
}

/// Whether a file at this path is looked into for anything but hidden text.
pub fn looks_into(path: &str) -> bool {
    is_special(path.as_bytes()) && (indicator::looks_into(path) || lockfile::may_hold_requirements(path))
}

/// Whether anything in the text hides. Of a part in whole lines it says what it says of them in the whole.
pub fn hides(bytes: &[u8]) -> bool {
    indicator::hides(bytes)
}

impl Gate {
    /// Whether there is anything to report of a file as it is, without a before.
    pub fn has_word(&self, path: &str, bytes: &[u8], settings: &Settings) -> bool {
        let reports = |judged: Judged| {
            let changes = judged.change.is_some_and(|change| !change.rows.is_empty());
            let said = !judged.drafts.is_empty() || !judged.rows.is_empty() || !judged.unknown.is_empty();
            said || judged.unreadable.is_some() || changes
        };
        self.judge(path, bytes, Sight::State, settings, &mut Vec::new).map_or(true, reports)
    }

    /// Judges the file at `path`. `old` gives its old sides; it is called only where they matter.
    ///
    /// # Errors
    /// When updated advisory data cannot be read.
    pub fn judge(
        &self,
        path: &str,
        bytes: &[u8],
        sight: Sight,
        settings: &Settings,
        old: &mut dyn FnMut() -> Vec<Vec<u8>>,
    ) -> Result<Judged> {
        let mut judged = Judged::default();
        let mut traces = Vec::new();
        if !bytes[..bytes.len().min(8000)].contains(&0) {
            traces = indicator::hidden(path, bytes);
        }
        if sight == Sight::NewFile && indicator::may_be_loader(path) {
            traces.extend(indicator::loader(bytes));
        }
        let special = is_special(path.as_bytes());
        if special {
            traces.extend(indicator::scan(path, bytes));
        }
        let format = special.then(|| lockfile::recognise_in(path, bytes)).flatten();
        let read = format.map(|format| (format, lockfile::read(format, bytes)));
        // Most scripts install nothing, and text that cannot be read as one is none.
        let read = read.filter(|(format, read)| {
            !format.is_recipe() || read.as_ref().is_ok_and(|inventory| !inventory.packages.is_empty())
        });
        if traces.is_empty() && read.is_none() {
            return Ok(judged);
        }
        let old = if sight == Sight::State { Vec::new() } else { old() };
        if !traces.is_empty() {
            let before: Vec<Trace> = old
                .iter()
                .flat_map(|side| indicator::hidden(path, side).into_iter().chain(indicator::scan(path, side)))
                .collect();
            judged.drafts.extend(traces.into_iter().map(|trace| of_trace(trace, &before)));
        }
        if let Some((format, read)) = read {
            match read {
                Ok(mut inventory) => {
                    let before = before(path, &old);
                    if settings.online && sight != Sight::State && format.is_lock() {
                        self.ask(&mut inventory, &before, settings, &mut judged)?;
                    }
                    self.inventory(path, &inventory, sight, &before, &mut judged)?;
                    if format.is_recipe() {
                        // A script may well go back to an older version; what comes and goes in it is no list of packages.
                        judged.change = None;
                        judged.drafts.retain(|draft| draft.rule.id != rules::DOWNGRADE.id);
                    } else if sight != Sight::State {
                        judged.drafts.extend(too_new(&inventory, &before, settings));
                    }
                }
                // A manifest that is no manifest installs nothing, and bun's old lockfile nobody but bun can read.
                Err(error) => {
                    judged.unreadable = Some((error.to_string(), format.is_lock() && format.name() != "bun.lockb"));
                }
            }
        }
        Ok(judged)
    }

    /// The date of the data, where it was asked.
    pub fn data(&self) -> Option<&str> {
        self.advisories.get()?.as_ref().ok().map(Advisories::date)
    }

    /// Asks the registries about what is new: fills in when it came out, and reports what they warn of.
    fn ask(
        &self,
        inventory: &mut Inventory,
        before: &[Inventory],
        settings: &Settings,
        judged: &mut Judged,
    ) -> Result<()> {
        let online = self.online.get_or_init(|| {
            let net = fetch::online().map_err(|error| error.context("[packages] online"))?;
            Ok(Online::new(net, Registries::read(Surroundings::here(settings.npmrc.clone()))?))
        });
        let online = online.as_ref().map_err(Clone::clone)?;
        let mut new: BTreeMap<(Ecosystem, String), Vec<usize>> = BTreeMap::new();
        for (at, package) in inventory.packages.iter().enumerate() {
            if package.is_registry() && package.version.is_some() && !stood(package, before) {
                new.entry((package.ecosystem, package.ecosystem.normalise(&package.name))).or_default().push(at);
            }
        }
        let (keys, places): (Vec<_>, Vec<_>) = new.into_iter().unzip();
        let packages = &mut inventory.packages;
        let questions = keys.into_iter().zip(&places).map(|((ecosystem, _), at)| Question {
            ecosystem,
            name: packages[at[0]].name.clone(),
            versions: at.iter().filter_map(|at| packages[*at].version.clone()).collect(),
        });
        let questions: Vec<Question> = questions.collect();
        for ((question, at), answer) in questions.iter().zip(&places).zip(online.ask_all(&questions)) {
            match answer? {
                Some(Ok(all)) => {
                    for (package, facts) in at.iter().zip(all) {
                        let package = &mut packages[*package];
                        let said = facts.warnings();
                        package.published = facts.published.or(package.published.take());
                        let subject = format!("{}@{}", package.name, package.version.as_deref().unwrap_or_default());
                        judged.drafts.extend((!said.is_empty()).then(|| Draft {
                            rule: &rules::WITHDRAWN,
                            confidence: rules::WITHDRAWN.confidence,
                            notes: said.iter().map(|said| format!("{subject}: {said}")).collect(),
                            subject,
                            place: Place::Line(package.line),
                            stood_before: false,
                        }));
                    }
                }
                Some(Err(unanswered)) => judged.unanswered.push(unanswered.skip(question.ecosystem, &question.name)),
                None => {}
            }
        }
        Ok(())
    }

    fn inventory(
        &self,
        path: &str,
        inventory: &Inventory,
        sight: Sight,
        before: &[Inventory],
        judged: &mut Judged,
    ) -> Result<()> {
        let advisories = self.advisories.get_or_init(store::load).as_ref().map_err(Clone::clone)?;
        if sight == Sight::State {
            let unknown = inventory.packages.iter().filter(|package| Origin::of(package) == Origin::Unknown);
            judged.unknown = unknown.map(Package::label).collect();
            for note in change::known(inventory, advisories) {
                judged.rows.extend(row(path, &note, inventory));
                judged.drafts.push(of_note(&note, inventory));
            }
            return Ok(());
        }
        let change = change::compare(before, inventory, advisories);
        for note in &change.notes {
            judged.rows.extend(row(path, note, inventory));
            judged.drafts.push(of_note(note, inventory));
        }
        judged.unknown.clone_from(&change.unknown);
        judged.change = Some(change);
        Ok(())
    }
}

/// The old sides. One that cannot be read compares to nothing: what is there now is new.
fn before(path: &str, old: &[Vec<u8>]) -> Vec<Inventory> {
    old.iter().filter_map(|side| lockfile::parse(path, side)?.ok()).collect()
}

/// Whether the same version was there before.
fn stood(package: &Package, before: &[Inventory]) -> bool {
    before
        .iter()
        .flat_map(|side| &side.packages)
        .any(|p| (p.ecosystem, &p.name, &p.version) == (package.ecosystem, &package.name, &package.version))
}

/// Versions that come in before their time.
fn too_new(inventory: &Inventory, before: &[Inventory], settings: &Settings) -> Vec<Draft> {
    if settings.cooldown.is_empty() {
        return Vec::new();
    }
    let now = jiff::Timestamp::now();
    let mut drafts = Vec::new();
    for package in inventory.packages.iter().filter(|p| p.is_registry()) {
        let (Some(published), false) = (&package.published, stood(package, before)) else { continue };
        if let Some((age, wanted)) = settings.too_new(package.ecosystem, &package.name, published, now) {
            let subject = format!("{}@{}", package.name, package.version.as_deref().unwrap_or_default());
            let day = published.split('T').next().unwrap_or(published);
            drafts.push(Draft {
                rule: &rules::TOO_NEW,
                confidence: rules::TOO_NEW.confidence,
                notes: vec![format!("{subject}: out since {day}, {age} days; it should be {wanted}")],
                subject,
                place: Place::Line(package.line),
                stood_before: false,
            });
        }
    }
    drafts
}

/// The package behind a note, where the note is a verdict of the data.
fn row(path: &str, note: &Note, inventory: &Inventory) -> Option<Row> {
    let verdict = match &note.what {
        What::KnownBad(advisory) | What::StillBad(advisory) => Verdict::Block(advisory.clone()),
        What::Suspicious(advisory) => Verdict::Warn(advisory.clone()),
        _ => return None,
    };
    let package = inventory.packages.iter().find(|p| p.name == note.name && p.version == note.version)?;
    Some(Row {
        verdict,
        path: Some(path.to_owned()),
        line: Some(note.line),
        published: package.published.clone(),
        from: origin::unknown_place(package),
        ..Row::unknown(package.ecosystem, &note.name, note.version.as_deref())
    })
}

fn of_note(note: &Note, inventory: &Inventory) -> Draft {
    let subject = match &note.version {
        Some(version) => format!("{}@{version}", note.name),
        None => note.name.clone(),
    };
    let (rule, mut text) = match &note.what {
        What::KnownBad(advisory) | What::StillBad(advisory) => {
            (&rules::HIJACKED, advisory.sentence(note.version.is_some()))
        }
        What::Suspicious(advisory) => {
            (&rules::SUSPICIOUS, advisory.sentence(note.version.is_some()) + &may_be_another(note, inventory))
        }
        What::Origin(difference) => of_difference(difference),
        What::InstallScript => {
            (&rules::INSTALL_SCRIPT, "runs a script when it is installed; no version here did before".to_owned())
        }
        What::Script { event, command, before } => (
            &rules::INSTALL_SCRIPT,
            match before {
                Some(before) => format!("`{event}` runs `{}`; before: `{}`", short(command), short(before)),
                None => format!("`{event}` runs `{}`", short(command)),
            },
        ),
        What::Downgrade { from } => (&rules::DOWNGRADE, format!("was {from} before")),
        What::Lookalike(popular) => (&rules::LOOKALIKE, format!("is it {popular} that is meant?")),
        What::Setting { setting, gone } => {
            let rule = if setting.topic == Topic::Place { &rules::SOURCE } else { &rules::INSTALL_SCRIPT };
            let value = short(&setting.value);
            (rule, if *gone { format!("`{value}` is no longer set") } else { format!("is now `{value}`") })
        }
    };
    if note.others > 0 {
        text = format!("{text}; so do {} other packages", note.others);
    }
    Draft {
        rule,
        confidence: rule.confidence,
        subject: subject.clone(),
        place: Place::Line(note.line),
        notes: vec![format!("{subject}: {text}")],
        stood_before: matches!(note.what, What::StillBad(_)),
    }
}

/// The reason why a name that is bad as such does not block.
fn may_be_another(note: &Note, inventory: &Inventory) -> String {
    let package = inventory.packages.iter().find(|p| p.name == note.name && p.version == note.version);
    match package.and_then(origin::unknown_place) {
        Some(place) => format!("; its origin is unknown ({place}), it may be another package of this name"),
        None => String::new(),
    }
}

fn of_difference(difference: &Difference) -> (&'static Rule, String) {
    match difference {
        Difference::NewHost(host) => (&rules::SOURCE, format!("comes from {host}, which served nothing here before")),
        Difference::PlainHttp(url) => (&rules::SOURCE, format!("comes without encryption: {url}")),
        Difference::FromGit(url) => (&rules::SOURCE, format!("comes from a git repository: {url}")),
        Difference::FromUrl(url) => (&rules::SOURCE, format!("comes from an archive: {url}")),
        Difference::FetchedFor(entry) => (&rules::SOURCE, format!("is fetched by the address in the entry of {entry}")),
        Difference::InPlaceOf(popular) => (&rules::SOURCE, format!("is installed in the place of {popular}")),
        Difference::HashChanged => {
            (&rules::INTEGRITY, "the lockfile had another hash for this version before".to_owned())
        }
        Difference::HashGone => (&rules::UNPROTECTED, "lost its hash: whatever is served will be installed".to_owned()),
        Difference::HashWeaker(kind) => {
            let kind = if kind.is_empty() { "one of an unknown kind" } else { kind };
            (&rules::UNPROTECTED, format!("lost its hash but for {kind}, which can be forged"))
        }
    }
}

fn of_trace(trace: Trace, before: &[Trace]) -> Draft {
    let hides = trace.weight == Weight::Warns;
    let rule = if hides { &rules::HIDDEN } else { &rules::INDICATOR };
    Draft {
        rule,
        confidence: rule.confidence,
        stood_before: before.iter().any(|b| b.id == trace.id && b.weight >= trace.weight),
        subject: trace.id,
        place: Place::Byte(trace.at),
        notes: vec![trace.what],
    }
}

fn short(command: &str) -> String {
    match command.char_indices().nth(100) {
        Some((end, _)) => format!("{}...", &command[..end]),
        None => command.to_owned(),
    }
}
