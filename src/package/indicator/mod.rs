//! Traces of supply-chain attacks in files: worm workflows, loaders, lifecycle scripts, exfiltration files, autoruns,
//! hidden text.
//!
//! A strong indicator is a finding. A weak one (`context`) needs another of a different kind in the same file.

mod autorun;
pub mod behaviour;
mod data;
mod exfil;
mod hidden;
mod script;

pub use data::{HEADER, Indicator, IndicatorKind, check};

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use hidden::Trick;
use sha2::{Digest, Sha256};

use super::wildcard;
use crate::engine::redact;
use crate::rule::Status;

/// So many invisible characters in a row are a payload; fewer may be an editor's accident.
const PAYLOAD: usize = 32;
/// The base64 layers of an exfiltration file; a single layer is everyday data.
const EXFILTRATION_LAYERS: usize = 2;

/// One trace in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The same id in every file: the indicator's value, or the kind of trick.
    pub id: String,
    /// The trace and its attack, for people.
    pub what: String,
    /// The offset in bytes; 0 for a trace of the file as such.
    pub at: usize,
    /// The consequence.
    pub weight: TraceWeight,
}

/// The consequence of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceWeight {
    /// Worth a look.
    Warns,
    /// Stops the change.
    Blocks,
}

/// The indicators, indexed by the kind of text that they are compared with.
struct Catalogue<'t> {
    list: Vec<Indicator<'t>>,
    /// The indicators of [`IndicatorKind::Sha256`], by digest.
    digests: HashMap<[u8; 32], usize>,
    /// The values of [`IndicatorKind::Text`].
    text: AhoCorasick,
    /// The indicator of each pattern of `text`.
    texts: Vec<usize>,
}

impl<'t> Catalogue<'t> {
    /// The catalogue of the data in the binary, built once a run that needs it.
    fn builtin() -> &'static Catalogue<'static> {
        static BUILTIN: OnceLock<Catalogue<'static>> = OnceLock::new();
        BUILTIN.get_or_init(|| Catalogue::of(data::load()))
    }

    #[expect(clippy::expect_used, reason = "a few hundred short patterns fit any automaton")]
    fn of(list: Vec<Indicator<'t>>) -> Self {
        let of_kind = |kind| list.iter().enumerate().filter(move |(_, i)| i.kind == kind);
        let digests = of_kind(IndicatorKind::Sha256).filter_map(|(n, i)| Some((i.digest()?, n))).collect();
        let texts: Vec<usize> = of_kind(IndicatorKind::Text).map(|(n, _)| n).collect();
        let text = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(texts.iter().map(|n| &list[*n].value))
            .expect("a few hundred short patterns");
        Catalogue { digests, text, texts, list }
    }

    fn of_kind(&self, kind: IndicatorKind) -> impl Iterator<Item = &Indicator<'t>> {
        self.list.iter().filter(move |indicator| indicator.kind == kind)
    }

    /// The trace of a file with this SHA-256.
    fn file_with_digest(&self, digest: [u8; 32]) -> Option<Trace> {
        let indicator = &self.list[*self.digests.get(&digest)?];
        Some(indicator.trace("the file is known from an attack", 0))
    }

    /// The indicators of the file's path or name.
    fn of_path<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c Indicator<'t>> {
        self.list.iter().filter(move |indicator| indicator.matches_path(path))
    }

    /// Every text of an attack in `bytes`, each once.
    fn texts_in(&self, bytes: &[u8]) -> Vec<(&Indicator<'t>, usize)> {
        let mut seen = HashSet::new();
        let found = self.text.find_overlapping_iter(bytes).filter_map(|hit| {
            let n = self.texts[hit.pattern().as_usize()];
            seen.insert(n).then(|| (&self.list[n], hit.start()))
        });
        found.collect()
    }

    /// Returns whether a command names the loader of an attack or runs like one.
    fn is_known_command(&self, command: &str) -> bool {
        self.of_kind(IndicatorKind::Name).any(|i| command.contains(&i.value))
            || self.of_kind(IndicatorKind::Script).any(|i| script::runs(&i.value, script::ScriptEvent::Any, command))
    }
}

/// Returns whether a new file may be a loader, which makes its hash worth computing.
pub fn may_be_loader(path: &str) -> bool {
    const EXTENSIONS: [&str; 16] =
        ["js", "mjs", "cjs", "ts", "py", "pth", "pyz", "sh", "ps1", "bat", "vbs", "exe", "dll", "node", "gz", "tgz"];
    path.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Returns whether a file name is known from an attack.
pub fn is_named(name: &str) -> bool {
    Catalogue::builtin().of_kind(IndicatorKind::Name).any(|i| wildcard::matches(&i.value, name))
}

/// The trace of a file that is an attack's loader, by its SHA-256.
pub fn loader(bytes: &[u8]) -> Option<Trace> {
    Catalogue::builtin().file_with_digest(Sha256::digest(bytes).into())
}

/// Returns whether the bytes may hold invisible characters. Most text has none of their lead bytes.
pub fn may_hide(bytes: &[u8]) -> bool {
    memchr::memchr3(0xe2, 0xef, 0xf3, bytes).is_some()
}

/// Returns whether the text hides anything. The predicate is line-local: it holds for a text if it holds for one of its
/// lines.
pub fn has_hidden_text(bytes: &[u8]) -> bool {
    !hidden::find(bytes).is_empty()
}

/// The traces of hidden text in the file at `path`.
///
/// ```
/// use shield_hook::package::indicator::{TraceWeight, hidden};
///
/// let payload = format!("run(`{}`)", "\u{e0101}".repeat(40));
/// assert_eq!(hidden("index.js", payload.as_bytes())[0].weight, TraceWeight::Blocks);
/// assert!(hidden("index.js", b"run()").is_empty());
/// ```
pub fn hidden(path: &str, bytes: &[u8]) -> Vec<Trace> {
    let trace = |hidden: hidden::Hidden| {
        let (id, what, weight) = match hidden.kind {
            Trick::Invisible if hidden.run >= PAYLOAD => (
                "invisible-payload",
                format!("{} invisible characters in a row: a hidden payload", hidden.run),
                TraceWeight::Blocks,
            ),
            Trick::Invisible => {
                ("invisible-text", format!("{} invisible characters in a row", hidden.run), TraceWeight::Warns)
            }
            Trick::Bidi if is_code(path) => (
                "bidirectional-text",
                "a bidirectional control reorders this line on screen (CVE-2021-42574)".to_owned(),
                TraceWeight::Warns,
            ),
            Trick::Bidi => return None,
        };
        Some(Trace { id: id.to_owned(), what, at: hidden.at, weight })
    };
    hidden::find(bytes).into_iter().filter_map(trace).collect()
}

/// Returns whether the order on screen matters: prose and translations use bidirectional controls properly.
fn is_code(path: &str) -> bool {
    const PROSE: [&str; 14] =
        ["md", "txt", "rst", "po", "pot", "html", "htm", "csv", "tsv", "srt", "xml", "strings", "arb", "ftl"];
    !path.rsplit_once('.').is_some_and(|(_, extension)| PROSE.contains(&extension))
        && !path.split('/').any(|part| matches!(part, "locale" | "locales" | "i18n" | "l10n" | "lang" | "translations"))
}

/// Returns whether [`scan`] can find anything in a file at `path`, whatever its content.
pub fn inspects(path: &str) -> bool {
    name_of(path) == "package.json"
        || autorun::may_run(path)
        || reads_text(path)
        || super::lockfile::recognise(path).is_some()
        || Catalogue::builtin().of_path(path).next().is_some()
}

/// Every trace in the file at `path`, which must be one of the paths that an attack writes to.
pub fn scan(path: &str, bytes: &[u8]) -> Vec<Trace> {
    scan_with(Catalogue::builtin(), path, bytes)
}

fn scan_with(catalogue: &Catalogue<'_>, path: &str, bytes: &[u8]) -> Vec<Trace> {
    let mut found: Vec<(&Indicator<'_>, &str, usize)> = Vec::new();
    found.extend(catalogue.of_path(path).map(|indicator| match indicator.kind {
        IndicatorKind::Path => (indicator, "the file of an attack", 0),
        _ => (indicator, "a file name of an attack", 0),
    }));
    if name_of(path) == "package.json" {
        for script in script::all(bytes) {
            let indicators = catalogue.of_kind(IndicatorKind::Script).filter(|i| script.is(&i.value));
            found.extend(indicators.map(|indicator| (indicator, "a lifecycle script of an attack", script.at)));
        }
    }
    if reads_text(path) {
        found.extend(catalogue.texts_in(bytes).into_iter().map(|(indicator, at)| (indicator, "text of an attack", at)));
    }
    let (strong, weak): (Vec<_>, Vec<_>) = found.into_iter().partition(|(indicator, ..)| indicator.strong);
    let mut traces: Vec<Trace> = strong.into_iter().map(|(indicator, how, at)| indicator.trace(how, at)).collect();
    let may_be_exfiltration =
        weak.iter().any(|(indicator, ..)| indicator.kind == IndicatorKind::Name && indicator.value.ends_with(".json"));
    if may_be_exfiltration && exfil::layers(bytes) >= EXFILTRATION_LAYERS {
        traces.push(Trace {
            id: "exfiltration-file".to_owned(),
            what: "base64 in base64 under the file name that a worm uses for stolen secrets".to_owned(),
            at: 0,
            weight: TraceWeight::Blocks,
        });
    }
    traces.extend(autoruns(catalogue, path, bytes));
    let kinds: HashSet<IndicatorKind> = weak.iter().map(|(indicator, ..)| indicator.kind).collect();
    if kinds.len() > 1 || !traces.is_empty() {
        traces.extend(weak.into_iter().map(|(indicator, how, at)| indicator.trace(how, at)));
    }
    traces.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    traces
}

/// The commands that the file makes run by themselves.
fn autoruns(catalogue: &Catalogue<'_>, path: &str, bytes: &[u8]) -> Vec<Trace> {
    if !autorun::may_run(path) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let trace = |autorun: autorun::Autorun| {
        let blocks = autorun.suspicious || catalogue.is_known_command(&autorun.command);
        // The id is stored in baselines, and the command may hold a secret.
        let hash = Sha256::digest(autorun.command.as_bytes());
        Trace {
            id: format!("autorun {}", data_encoding::HEXLOWER.encode(&hash[..6])),
            what: format!("runs when {}: `{}`", autorun.when, redact::package_text(&autorun.command)),
            at: offset_of_command(&text, &autorun.command),
            weight: if blocks { TraceWeight::Blocks } else { TraceWeight::Warns },
        }
    };
    autorun::find(path, &text).into_iter().map(trace).collect()
}

/// Returns whether text of an attack in the file at `path` is the attack: a file that runs, is installed or instructs
/// an assistant. In other files (a report, a detector, documentation) the same text is only about the attack.
fn reads_text(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let hidden_folder = path.split('/').any(|part| matches!(part, ".claude" | ".vscode" | ".cursor" | ".devcontainer"));
    let workflow = folder.ends_with(".github/workflows") || name == "action.yml" || name == "action.yaml";
    workflow
        || hidden_folder
        || is_named(name)
        || super::lockfile::recognise(path).is_some_and(|format| !format.is_recipe())
        || name.ends_with(".pth")
        || matches!(
            name,
            "binding.gyp"
                | "setup.py"
                | "setup.mjs"
                | "sitecustomize.py"
                | "usercustomize.py"
                | ".cursorrules"
                | ".windsurfrules"
        )
}

/// The offset of a command in a file, by its first word with a path or a dot in it.
fn offset_of_command(text: &str, command: &str) -> usize {
    let word = command.split_ascii_whitespace().find(|w| w.contains(['/', '.'])).unwrap_or(command);
    text.find(word).unwrap_or(0)
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

impl Indicator<'_> {
    fn trace(&self, how: &str, at: usize) -> Trace {
        let blocks = self.strong && self.status == Status::Stable;
        Trace {
            id: self.value.clone(),
            what: format!("{how}: {} ({})", self.what, self.source),
            at,
            weight: if blocks { TraceWeight::Blocks } else { TraceWeight::Warns },
        }
    }

    /// Returns whether it is the indicator of a file by its path or name.
    fn matches_path(&self, path: &str) -> bool {
        match self.kind {
            IndicatorKind::Path => {
                let in_a_subproject =
                    || path.strip_suffix(self.value.as_str()).is_some_and(|folder| folder.ends_with('/'));
                wildcard::matches(&self.value, path) || in_a_subproject()
            }
            IndicatorKind::Name => wildcard::matches(&self.value, name_of(path)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
