//! The gate's findings, each with its rule and its words.

use super::super::advisory::{Advisory, PackageVerdict};
use super::super::change::{Note, NoteKind};
use super::super::facts::{Facts, Known};
use super::super::indicator::{Trace, TraceWeight};
use super::super::inventory::{Inventory, Package, Topic};
use super::super::origin::{self, Difference};
use super::super::rules;
use super::super::survey::SurveyRow;
use crate::engine::redact;
use crate::rule::{Confidence, Rule};

/// A report quotes a command up to so many characters.
const QUOTED: usize = 100;

/// A finding before the policy decides.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its rule.
    pub rule: &'static Rule,
    /// Its confidence.
    pub confidence: Confidence,
    /// Its subject in public words: `axios@1.14.1`, an indicator.
    pub subject: String,
    /// Its position in the file.
    pub position: DraftPosition,
    /// The explanation, for people.
    pub notes: Vec<String>,
    /// True if an old side holds it as well.
    pub preexisting: bool,
}

/// A position in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftPosition {
    /// A line, from 1.
    Line(u32),
    /// A byte offset.
    Byte(usize),
}

impl Draft {
    /// A finding about one package version; each reason becomes a note.
    pub(super) fn of_package(rule: &'static Rule, package: &Package, reasons: &[String]) -> Self {
        let subject = format!("{}@{}", package.name, package.version.as_deref().unwrap_or_default());
        let shown = shown_subject(&subject);
        Self {
            rule,
            confidence: rule.confidence,
            notes: reasons.iter().map(|reason| format!("{shown}: {reason}")).collect(),
            subject,
            position: DraftPosition::Line(package.line),
            preexisting: false,
        }
    }

    /// The finding about a version that its registry warns of.
    pub(super) fn of_warnings(package: &Package, warnings: &[String]) -> Option<Self> {
        (!warnings.is_empty()).then(|| Self::of_package(&rules::WITHDRAWN, package, warnings))
    }

    /// The finding about a version's signatures: what does not hold, or lacks although `demanded`, blocks; what changed warns.
    pub(super) fn of_provenance(package: &Package, facts: &Facts, demanded: bool) -> Option<Self> {
        let mut reasons = facts.forgeries();
        if demanded && facts.known == Known::Version && !facts.is_proven() && reasons.is_empty() {
            reasons.push("no signature says who built it, and `[packages] provenance` demands one".to_owned());
        }
        let confidence = if reasons.is_empty() { Confidence::Low } else { Confidence::High };
        reasons.extend(facts.changed.clone());
        (!reasons.is_empty()).then(|| Self { confidence, ..Self::of_package(&rules::PROVENANCE, package, &reasons) })
    }

    /// The finding of a comparison.
    pub(super) fn of_note(note: &Note, inventory: &Inventory) -> Self {
        let subject = match &note.version {
            Some(version) => format!("{}@{version}", note.name),
            None => note.name.clone(),
        };
        let (rule, mut text) = describe(note, inventory);
        if note.others > 0 {
            let others = note.others;
            text = match note.kind {
                NoteKind::Downgrade { .. } => format!("{text}; {others} other packages went back as well"),
                NoteKind::Suspicious(_) if others == 1 => {
                    format!("{text}; 1 other package of this incident came with it")
                }
                NoteKind::Suspicious(_) => format!("{text}; {others} other packages of this incident came with it"),
                _ => format!("{text}; so do {others} other packages"),
            };
        }
        Self {
            rule,
            confidence: rule.confidence,
            notes: vec![format!("{}: {text}", shown_subject(&subject))],
            subject,
            position: DraftPosition::Line(note.line),
            preexisting: matches!(note.kind, NoteKind::StillBad(_)),
        }
    }

    /// The finding of a trace; `before` are the traces in the old sides.
    pub(super) fn of_trace(trace: Trace, before: &[Trace]) -> Self {
        let rule = match trace.weight {
            TraceWeight::Warns => &rules::HIDDEN,
            TraceWeight::Blocks => &rules::INDICATOR,
        };
        Self {
            rule,
            confidence: rule.confidence,
            preexisting: before.iter().any(|b| b.id == trace.id && b.weight >= trace.weight),
            subject: trace.id,
            position: DraftPosition::Byte(trace.at),
            notes: vec![trace.what],
        }
    }
}

/// The package that a note is about, if the note is a verdict of the advisory data.
pub(super) fn row(path: &str, note: &Note, inventory: &Inventory) -> Option<SurveyRow> {
    let verdict = match &note.kind {
        NoteKind::KnownBad(advisory) | NoteKind::StillBad(advisory) => PackageVerdict::Block(advisory.clone()),
        NoteKind::Suspicious(advisory) => PackageVerdict::Warn(advisory.clone()),
        _ => return None,
    };
    let package = package_of(note, inventory)?;
    Some(SurveyRow {
        verdict,
        path: Some(path.to_owned()),
        line: Some(note.line),
        published: package.published.clone(),
        from: origin::unknown_host(package),
        ..SurveyRow::unknown(package.ecosystem, &note.name, note.version.as_deref())
    })
}

fn package_of<'i>(note: &Note, inventory: &'i Inventory) -> Option<&'i Package> {
    inventory.packages.iter().find(|p| p.name == note.name && p.version == note.version)
}

fn describe(note: &Note, inventory: &Inventory) -> (&'static Rule, String) {
    match &note.kind {
        NoteKind::KnownBad(advisory) | NoteKind::StillBad(advisory) => {
            (&rules::HIJACKED, advisory.sentence(note.version.is_some()))
        }
        NoteKind::Suspicious(advisory) => {
            let sentence = advisory.sentence(note.version.is_some());
            (&rules::SUSPICIOUS, sentence + &may_be_another(note, inventory) + &is_older(note, inventory, advisory))
        }
        NoteKind::Origin(difference) => describe_difference(difference),
        NoteKind::InstallScript => {
            (&rules::INSTALL_SCRIPT, "runs a script when it is installed; no version here did before".to_owned())
        }
        NoteKind::Script { event, command, before } => (
            &rules::INSTALL_SCRIPT,
            match before {
                Some(before) => format!("`{event}` runs `{}`; before: `{}`", shortened(command), shortened(before)),
                None => format!("`{event}` runs `{}`", shortened(command)),
            },
        ),
        NoteKind::Downgrade { from } => (&rules::DOWNGRADE, format!("was {} before", redact::package_text(from))),
        NoteKind::Lookalike(popular) => (&rules::LOOKALIKE, format!("is {popular} meant?")),
        NoteKind::Setting { setting, gone } => {
            let rule = if setting.topic == Topic::Place { &rules::SOURCE } else { &rules::INSTALL_SCRIPT };
            let value = shortened(&setting.value);
            (rule, if *gone { format!("`{value}` is no longer set") } else { format!("is now `{value}`") })
        }
    }
}

/// The reason why an advisory about every version of the name does not block.
fn may_be_another(note: &Note, inventory: &Inventory) -> String {
    match package_of(note, inventory).and_then(origin::unknown_host) {
        Some(host) => format!("; its origin is unknown ({host}), it may be another package of this name"),
        None => String::new(),
    }
}

/// The reason why a hijacked version does not block that the lockfile pins to an older commit.
fn is_older(note: &Note, inventory: &Inventory, advisory: &Advisory) -> String {
    match package_of(note, inventory).filter(|package| origin::is_pinned_before(package, advisory)) {
        Some(package) => {
            let day = package.published.as_deref().and_then(|date| date.get(..10)).unwrap_or_default();
            format!(
                "; the lockfile pins a commit that is dated {day}, before the attack: make sure that it is the old one"
            )
        }
        None => String::new(),
    }
}

fn describe_difference(difference: &Difference) -> (&'static Rule, String) {
    match difference {
        Difference::NewHost(host) => (&rules::SOURCE, format!("comes from {host}, which served nothing here before")),
        Difference::PlainHttp(url) => {
            (&rules::SOURCE, format!("comes without encryption: {}", redact::package_text(url)))
        }
        Difference::FromGit(url) => {
            (&rules::SOURCE, format!("comes from a git repository: {}", redact::package_text(url)))
        }
        Difference::FromUrl(url) => (&rules::SOURCE, format!("comes from an archive: {}", redact::package_text(url))),
        Difference::FetchedFor(entry) => {
            (&rules::SOURCE, format!("is fetched by the address in the entry of {}", redact::package_text(entry)))
        }
        Difference::InPlaceOf(popular) => (&rules::SOURCE, format!("is installed in the place of {popular}")),
        Difference::HashChanged => {
            (&rules::INTEGRITY, "the lockfile had another hash for this version before".to_owned())
        }
        Difference::CommitChanged => {
            (&rules::SOURCE, "has another commit for this version than before: the tag was moved".to_owned())
        }
        Difference::HashGone => (&rules::UNPROTECTED, "lost its hash: whatever is served will be installed".to_owned()),
        Difference::HashWeaker(kind) => {
            let kind = if kind.is_empty() { "one of an unknown kind" } else { kind };
            (&rules::UNPROTECTED, format!("lost its hash but for {kind}, which can be forged"))
        }
    }
}

/// A subject as a report may show it: the reader needs the name of a package, and its version may be an address.
pub fn shown_subject(subject: &str) -> String {
    match subject.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => format!("{}@{}", redact::name(&subject[..at]), redact::package_text(&subject[at + 1..])),
        None => redact::name(subject),
    }
}

/// A quoted text, masked before it is cut: the beginning of a token is no token to a rule.
fn shortened(command: &str) -> String {
    let command = redact::package_text(command);
    match command.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}...", &command[..end]),
        None => command,
    }
}
