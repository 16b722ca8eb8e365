//! Traces of supply-chain attacks in files: worm workflows, loaders, lifecycle scripts, exfiltration files, autoruns,
//! hidden text.
//!
//! A strong indicator is a finding. A weak one (`context`) is none by itself: two of different kinds in one file are.

mod autorun;
mod data;
mod exfil;
mod hidden;

pub use autorun::Autorun;
pub use data::{HEADER, Indicator, Kind, test};
pub use exfil::unwrap;
pub use hidden::{Hidden, Trick};

use crate::rule::Status;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::OnceLock;

/// One trace in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What names it, whatever file it is in: the indicator's value, or the kind of trick.
    pub id: String,
    /// For people: what it is, and of which attack.
    pub what: String,
    /// Where it starts, in bytes; 0 where it is about the whole file.
    pub at: usize,
    /// How sure it is.
    pub weight: Weight,
}

/// How sure a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth a look.
    Warns,
    /// Stops the change.
    Blocks,
}

struct Known {
    list: Vec<Indicator<'static>>,
    hashes: HashMap<[u8; 32], usize>,
    text: AhoCorasick,
    /// Which indicator each pattern of `text` is.
    texts: Vec<usize>,
}

/// The data, made ready once a run that needs it.
fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let list = data::load();
        let of = |kind: Kind| list.iter().enumerate().filter(move |(_, i)| i.kind == kind);
        let hex = |i: &Indicator| data_encoding::HEXLOWER_PERMISSIVE.decode(i.value.as_bytes()).ok()?.try_into().ok();
        let hashes = of(Kind::Sha256).filter_map(|(n, i)| Some((hex(i)?, n))).collect();
        let texts: Vec<usize> = of(Kind::Text).map(|(n, _)| n).collect();
        let text = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(texts.iter().map(|n| &list[*n].value))
            .expect("a few hundred short patterns");
        Known { hashes, text, texts, list }
    })
}

/// The indicators, for `rules list` and tests.
pub fn list() -> &'static [Indicator<'static>] {
    &known().list
}

/// Whether a file that is new may be a loader, so that its hash is worth taking.
pub fn may_be_loader(path: &str) -> bool {
    const EXTENSIONS: [&str; 16] =
        ["js", "mjs", "cjs", "ts", "py", "pth", "pyz", "sh", "ps1", "bat", "vbs", "exe", "dll", "node", "gz", "tgz"];
    path.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Whether a file of this name is known from an attack.
pub fn is_named(name: &str) -> bool {
    known().list.iter().any(|i| i.kind == Kind::Name && glob(&i.value, name))
}

/// The file's hash, where an attack's loader has it.
pub fn loader(bytes: &[u8]) -> Option<Trace> {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let indicator = &known().list[*known().hashes.get(&hash)?];
    Some(trace(indicator, "the whole file is known from an attack", 0))
}

/// Whether hidden text is possible at all: most text is ASCII, or has none of the lead bytes.
pub fn may_hide(bytes: &[u8]) -> bool {
    memchr::memchr3(0xe2, 0xef, 0xf3, bytes).is_some()
}

/// Whether anything in the text hides, whatever file it is. Of a part in whole lines it says what it says of them in the
/// whole.
pub fn hides(bytes: &[u8]) -> bool {
    !hidden::find(bytes).is_empty()
}

/// Hidden text in any file.
pub fn hidden(path: &str, bytes: &[u8]) -> Vec<Trace> {
    let mut traces = Vec::new();
    for hidden in hidden::find(bytes) {
        let (id, what, weight) = match hidden.kind {
            // So many bytes that nobody sees are a payload; fewer may be an accident of an editor.
            Trick::Invisible if hidden.run >= 32 => (
                "invisible-payload",
                format!("{} invisible characters in a row: a hidden payload", hidden.run),
                Weight::Blocks,
            ),
            Trick::Invisible => {
                ("invisible-text", format!("{} invisible characters in a row", hidden.run), Weight::Warns)
            }
            Trick::Bidi if is_code(path) => (
                "bidirectional-text",
                "a bidirectional control reorders this line on screen (CVE-2021-42574)".to_owned(),
                Weight::Warns,
            ),
            Trick::Bidi => continue,
        };
        traces.push(Trace { id: id.to_owned(), what, at: hidden.at, weight });
    }
    traces
}

/// Whether order on screen matters: in prose and translations these controls are at home.
fn is_code(path: &str) -> bool {
    const PROSE: [&str; 14] =
        ["md", "txt", "rst", "po", "pot", "html", "htm", "csv", "tsv", "srt", "xml", "strings", "arb", "ftl"];
    !path.rsplit_once('.').is_some_and(|(_, extension)| PROSE.contains(&extension))
        && !path.split('/').any(|part| matches!(part, "locale" | "locales" | "i18n" | "l10n" | "lang" | "translations"))
}

/// Whether [`scan`] finds anything in any file at `path`: most places an attack writes to are read for some of its
/// traces only.
pub fn looks_into(path: &str) -> bool {
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == "package.json"
        || autorun::may_run(path)
        || reads_text(path)
        || super::lockfile::recognise(path).is_some()
        || known().list.iter().any(|indicator| names(indicator, path, name))
}

/// Whether it is the indicator of a file by its path or name.
fn names(indicator: &Indicator, path: &str, name: &str) -> bool {
    let value = &indicator.value;
    match indicator.kind {
        Kind::Path => {
            let below = || path.strip_suffix(value.as_str()).is_some_and(|folder| folder.ends_with('/'));
            glob(value, path) || below()
        }
        Kind::Name => glob(value, name),
        _ => false,
    }
}

/// Every trace in the file at `path`, which is one of the places an attack writes to.
pub fn scan(path: &str, bytes: &[u8]) -> Vec<Trace> {
    let known = known();
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut strong = Vec::new();
    let mut weak: Vec<(Kind, Trace)> = Vec::new();
    let mut add = |indicator: &Indicator, how: &str, at: usize| {
        let trace = trace(indicator, how, at);
        if indicator.strong { strong.push(trace) } else { weak.push((indicator.kind, trace)) }
    };
    for indicator in known.list.iter().filter(|indicator| names(indicator, path, name)) {
        let is_path = indicator.kind == Kind::Path;
        add(indicator, if is_path { "the file of an attack" } else { "a file name of an attack" }, 0);
    }
    if name == "package.json" {
        for (event, command, at) in scripts(bytes) {
            for indicator in known.list.iter().filter(|i| i.kind == Kind::Script) {
                if runs(&indicator.value, &event, &command) {
                    add(indicator, "a lifecycle script of an attack", at);
                }
            }
        }
    }
    if reads_text(path) {
        let mut seen = std::collections::HashSet::new();
        for found in known.text.find_overlapping_iter(bytes) {
            let index = known.texts[found.pattern().as_usize()];
            if seen.insert(index) {
                add(&known.list[index], "text of an attack", found.start());
            }
        }
    }
    if unwrap_suspect(&weak) && exfil::unwrap(bytes).is_some_and(|(_, layers)| layers >= 2) {
        strong.push(Trace {
            id: "exfiltration-file".to_owned(),
            what: "base64 in base64 under a name that a worm gives to what it stole".to_owned(),
            at: 0,
            weight: Weight::Blocks,
        });
    }
    let text = if autorun::may_run(path) { String::from_utf8_lossy(bytes) } else { "".into() };
    for autorun in autorun::find(path, &text) {
        let known_loader = known.list.iter().any(|i| i.kind == Kind::Name && autorun.command.contains(&i.value))
            || known.list.iter().any(|i| i.kind == Kind::Script && runs(&i.value, "", &autorun.command));
        let weight = if known_loader || autorun.suspicious { Weight::Blocks } else { Weight::Warns };
        let what = format!("runs when {}: `{}`", autorun.when, autorun.command);
        let at = first_word_at(&text, &autorun.command);
        // The command may hold a secret: what names the trace must not.
        let hash = Sha256::digest(autorun.command.as_bytes());
        let id = format!("autorun {}", data_encoding::HEXLOWER.encode(&hash[..6]));
        strong.push(Trace { id, what, at, weight });
    }
    // Weak ones count beside another of a different kind only.
    let kinds: std::collections::HashSet<Kind> = weak.iter().map(|(kind, _)| *kind).collect();
    if kinds.len() > 1 || !strong.is_empty() {
        strong.extend(weak.into_iter().map(|(_, trace)| Trace { weight: Weight::Warns, ..trace }));
    }
    strong.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    strong
}

fn trace(indicator: &Indicator, how: &str, at: usize) -> Trace {
    let weight = if indicator.strong && indicator.status == Status::Stable { Weight::Blocks } else { Weight::Warns };
    Trace { id: indicator.value.clone(), what: format!("{how}: {} ({})", indicator.what, indicator.source), at, weight }
}

fn unwrap_suspect(weak: &[(Kind, Trace)]) -> bool {
    weak.iter().any(|(kind, trace)| *kind == Kind::Name && trace.id.ends_with(".json"))
}

/// Whether a place is one where text of an attack means the attack: what runs, is installed or gives orders there.
/// Elsewhere (a report, a detector, documentation) the same text is talk about it.
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

/// The scripts of a package.json with the place of each; nothing where it is no JSON (the lockfile gate says so).
fn scripts(bytes: &[u8]) -> Vec<(String, String, usize)> {
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let scripts = manifest.get("scripts").and_then(|s| s.as_object());
    scripts
        .into_iter()
        .flatten()
        .filter_map(|(event, command)| {
            let at = text.find(&format!("\"{event}\"")).unwrap_or(0);
            Some((event.clone(), command.as_str()?.to_owned(), at))
        })
        .collect()
}

/// Whether a script is the indicator's: the same event with the same command in it, or the command of any event.
fn runs(indicator: &str, event: &str, command: &str) -> bool {
    let command = command.split_ascii_whitespace().collect::<Vec<_>>().join(" ").replace("./", "");
    // `node bundle.js` also inside `npm run x && node bundle.js`, not in `node bundle.json.js`.
    let holds = |part: &str| {
        command.match_indices(part).any(|(at, _)| {
            let after = command[at + part.len()..].chars().next();
            let before = command[..at].chars().next_back();
            after.is_none_or(|c| c.is_whitespace() || ";&|\"'".contains(c))
                && before.is_none_or(|c| !c.is_alphanumeric())
        })
    };
    match indicator.split_once(": ") {
        Some((at, part)) => (event == at || event.is_empty() && at == "preinstall") && holds(part),
        None => holds(indicator),
    }
}

/// Where a command stands in a file, told by its first word with a path or a dot in it.
fn first_word_at(text: &str, command: &str) -> usize {
    let telling = command.split_ascii_whitespace().find(|w| w.contains(['/', '.'])).unwrap_or(command);
    text.find(telling).unwrap_or(0)
}

/// `*` stands for any run of characters other than `/`.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            text.len() >= head.len() + tail.len()
                && text.starts_with(head)
                && text.ends_with(tail)
                && !text[head.len()..text.len() - tail.len()].contains('/')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(path: &str, text: &str) -> Vec<String> {
        scan(path, text.as_bytes()).into_iter().filter(|t| t.weight == Weight::Blocks).map(|t| t.id).collect()
    }

    #[test]
    fn every_strong_indicator_is_found_where_it_belongs() {
        for indicator in list().iter().filter(|i| i.strong) {
            let value = &indicator.value;
            let found = match indicator.kind {
                Kind::Path => blocks(&value.replace('*', "123"), ""),
                Kind::Name => blocks(&format!("a/{}", value.replace('*', "x")), ""),
                Kind::Script => {
                    let (event, command) = value.split_once(": ").unwrap_or(("postinstall", value));
                    blocks("a/package.json", &format!("{{\"scripts\": {{\"{event}\": \"{command}\"}}}}"))
                }
                Kind::Text => {
                    let quoted = serde_json::to_string(value).unwrap();
                    // Quotes in the value stand escaped in JSON, so a place that is none holds it.
                    let text = format!("on: push\nrun: {value}\n");
                    assert!(blocks(".vscode/tasks.json", &quoted).len() <= 9);
                    blocks(".github/workflows/build.yml", &text)
                }
                // The files themselves are not ours to keep; the look-up is tried below.
                Kind::Sha256 => continue,
            };
            assert!(found.contains(value), "{value}: {found:?}");
        }
    }

    #[test]
    fn weak_ones_count_in_company_only() {
        for indicator in list().iter().filter(|i| !i.strong) {
            let value = &indicator.value;
            if list().iter().any(|i| i.strong && i.kind == Kind::Text && value.contains(&i.value)) {
                continue;
            }
            let traces = match indicator.kind {
                Kind::Path => scan(value, b""),
                Kind::Name => scan(&format!("a/{}", value.replace('*', "x")), b""),
                Kind::Text => scan(".github/workflows/build.yml", value.as_bytes()),
                _ => continue,
            };
            assert!(traces.iter().all(|t| t.weight == Weight::Warns), "{value}: {traces:?}");
        }
        let text = list().iter().find(|i| !i.strong && i.kind == Kind::Text).unwrap();
        assert!(scan("setup_bun.js", b"").is_empty());
        assert_eq!(scan("setup_bun.js", text.value.as_bytes()).len(), 2);
    }

    #[test]
    fn talk_about_an_attack_is_no_attack() {
        let all: String = list().iter().map(|i| format!("{}\n", i.value)).collect();
        for path in ["README.md", "docs/iocs.csv", "src/detector.py", "rules/list.tsv"] {
            assert!(scan(path, all.as_bytes()).is_empty(), "{path}");
        }
        let ours = include_str!("../../../rules/indicators/indicators.tsv");
        assert_eq!(scan("rules/indicators/indicators.tsv", ours.as_bytes()), []);
        let defanged: String =
            ours.lines().filter(|l| l.starts_with("string")).filter_map(|l| l.split('\t').nth(1)).collect();
        assert_eq!(scan(".github/workflows/x.yml", defanged.as_bytes()), []);
        assert!(loader(ours.as_bytes()).is_none());
    }

    #[test]
    fn all_names_are_judged_by_name() {
        for indicator in list() {
            let path = match indicator.kind {
                Kind::Path => indicator.value.replace('*', "1"),
                Kind::Name => format!("a/{}", indicator.value.replace('*', "x")),
                _ => continue,
            };
            assert!(crate::path::special::is_special(path.as_bytes()), "{path} is missing in path/special.rs");
        }
    }

    #[test]
    fn scripts_are_matched_whole() {
        assert!(runs("preinstall: node setup_bun.js", "preinstall", "node ./setup_bun.js"));
        assert!(runs("preinstall: node setup_bun.js", "preinstall", "npm run x && node  setup_bun.js;true"));
        assert!(!runs("preinstall: node setup_bun.js", "build", "node setup_bun.js"));
        assert!(!runs("postinstall: node bundle.js", "postinstall", "node bundle.json"));
        assert!(!runs("postinstall: node bundle.js", "postinstall", "ts-node bundle.js.map"));
    }

    #[test]
    fn an_exfiltration_file_is_known_by_name_and_content() {
        let once = data_encoding::BASE64.encode(b"{\"environment\": {\"A\": \"b\"}}");
        let twice = data_encoding::BASE64.encode(once.as_bytes());
        assert_eq!(blocks("cloud.json", &twice), ["exfiltration-file"]);
        assert!(scan("cloud.json", b"{\"region\": \"eu\"}").is_empty());
        assert!(scan("other.json", twice.as_bytes()).is_empty());
    }

    #[test]
    fn hidden_payloads_block_and_short_runs_warn() {
        let run = |n: usize| "\u{e0101}".repeat(n);
        assert_eq!(hidden("a.js", run(40).as_bytes())[0].weight, Weight::Blocks);
        assert_eq!(hidden("a.js", run(10).as_bytes())[0].weight, Weight::Warns);
        let reordered = "a = '\u{202e}b'\n";
        assert_eq!(hidden("a.js", reordered.as_bytes()).len(), 1);
        assert!(hidden("locales/he.json", reordered.as_bytes()).is_empty());
    }
}
