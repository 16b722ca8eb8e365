//! One function a target.

use std::cell::RefCell;
use std::sync::OnceLock;

use shield_hook::archive::{self, ArchiveFormat, ArchiveLimits};
use shield_hook::chunk::{Chunk, ChunkPlace, Origin};
use shield_hook::data::rule::spec::{self, Author};
use shield_hook::engine::{Engine, Scratch, Settings};
use shield_hook::git;
use shield_hook::package::lockfile;
use shield_hook::policy::baseline::Baseline;
use shield_hook::policy::config::Config;
use shield_hook::policy::migrate::Tool;
use shield_hook::rule::RuleSet;
use shield_hook::source::{parse_pre_push, parse_ref_updates};
use shield_hook::terminal::text;

pub use super::differential::{staged, unpacked};
pub use super::git_input::{delta, index, loose};

/// A target: its name, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. Each has a file in `fuzz_targets/` and one in `seeds/`.
pub const TARGETS: &[Target] = &[
    ("archives", archives),
    ("baseline", baseline),
    ("config", config),
    ("decoders", decoders),
    ("delta", delta),
    ("index", index),
    ("lines", lines),
    ("lockfiles", lockfiles),
    ("loose", loose),
    ("migrate", migrate),
    ("printable", printable),
    ("rules", rules),
    ("staged", staged),
    ("stdin", stdin),
    ("stores", stores),
    ("unpacked", unpacked),
];

/// The first byte, which chooses, and the rest.
fn choice(data: &[u8], of: usize) -> Option<(usize, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((usize::from(*first) % of, rest))
}

/// Containers of every format, also where the first bytes are not those of the format. No member is larger than the
/// limits allow, and there are no more of them.
pub fn archives(data: &[u8]) {
    const FORMATS: &[ArchiveFormat] = &[
        ArchiveFormat::Zip,
        ArchiveFormat::Tar,
        ArchiveFormat::Gzip,
        ArchiveFormat::Bzip2,
        ArchiveFormat::Xz,
        ArchiveFormat::Lzma,
        ArchiveFormat::Zstd,
        ArchiveFormat::Ar,
        ArchiveFormat::Pdf,
        ArchiveFormat::Png,
        ArchiveFormat::Sqlite,
        ArchiveFormat::Pyc,
        ArchiveFormat::Zlib,
    ];
    let limits = ArchiveLimits { bytes: 1 << 22, member: 1 << 20, members: 500, depth: 4 };
    let Some((number, rest)) = choice(data, FORMATS.len() + 1) else { return };
    let Some(format) = FORMATS.get(number).copied().or_else(|| archive::recognise(rest)) else { return };
    let mut shown = 0;
    archive::read(rest, format, "dir/name.ext".into(), limits, &mut |member| {
        shown += 1;
        // Beside the reason for a member that is too large, its first bytes are shown.
        assert!(member.content.map_or(0, <[u8]>::len) as u64 <= limits.member + 1024);
    });
    // A member may be shown beside the reason for which the rest of it is not read.
    assert!(shown <= 4 * limits.members, "{shown} members");
}

/// A baseline that is read, written and read again is the same.
pub fn baseline(data: &[u8]) {
    let Ok(read) = Baseline::parse("baseline", data) else { return };
    let written = read.write();
    let again = Baseline::parse("baseline", written.as_bytes()).expect("what was written is read");
    assert_eq!(again.write(), written);
}

/// The configuration file.
pub fn config(data: &[u8]) {
    let _ = Config::parse("config.toml", data);
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(RuleSet::builtin(), Settings { now: 1_800_000_000, ..Settings::default() }))
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fn scan(path: &str, bytes: &[u8]) {
    let origin = Origin::of(ChunkPlace::File(path.into()));
    let matches = SCRATCH.with_borrow_mut(|scratch| engine().scan(Chunk { origin: &origin, bytes }, scratch));
    for found in &matches {
        assert!(found.span.start <= found.span.end && found.span.end <= bytes.len(), "{:?}", found.span);
    }
    assert!(matches.is_sorted_by_key(|found| found.span.start));
}

/// Text with all that is decoded and judged in it.
pub fn decoders(data: &[u8]) {
    const PATHS: &[&str] = &["src/main.rs", "config/app.yml", ".env", "deploy/secret.yaml", "tests/data.json", "notes"];
    if let Some((number, rest)) = choice(data, PATHS.len()) {
        scan(PATHS[number], rest);
    }
}

/// Key stores and keys: BER, PKCS#12, JKS and their like.
pub fn stores(data: &[u8]) {
    const PATHS: &[&str] = &["a.jks", "a.p12", "a.kdbx", "id_rsa", "a.pem", "a.der", "a.bks", "a.ppk", "key.asc", "a"];
    if let Some((number, rest)) = choice(data, PATHS.len()) {
        scan(PATHS[number], rest);
    }
}

/// The lines of a text that are new: none in the text itself, and no position behind its end.
pub fn lines(data: &[u8]) {
    let middle = data.iter().position(|b| *b == 0).unwrap_or(data.len() / 2);
    let (old, new) = (&data[..middle], &data[middle..]);
    let all = u32::MAX - 1;
    assert!(!git::new_lines(new, new).touch(0, all), "a text is new against itself");
    let found = git::new_lines(new, old);
    let olds: std::collections::HashSet<&[u8]> = old.split_inclusive(|b| *b == b'\n').collect();
    for (number, line) in new.split_inclusive(|b| *b == b'\n').enumerate() {
        let number = number as u32;
        assert!(olds.contains(line) || found.touch(number, number), "a line that was never there is old");
    }
}

/// Every lockfile format: the first byte chooses. A line of a package or of an error is a line of the file.
pub fn lockfiles(data: &[u8]) {
    let Some((number, rest)) = choice(data, lockfile::FORMATS.len()) else { return };
    let _ = lockfile::read(lockfile::FORMATS[number], rest);
}

/// The configuration and baselines of other tools.
pub fn migrate(data: &[u8]) {
    let Some((number, rest)) = choice(data, Tool::all().len() * 4) else { return };
    let tool = Tool::all()[number / 4];
    let names = tool.files();
    let _ = tool.read(names[number % 4 % names.len()], rest);
}

/// Text of others on a line of ours: one line, nothing that drives a terminal.
pub fn printable(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let name = text::name(&text);
    assert!(!name.chars().any(text::is_unsafe), "{name:?}");
    assert_eq!(text::name(&name), name);
    let lines = text::lines(&text);
    assert!(!lines.chars().any(|c| text::is_unsafe(c) && !matches!(c, '\n' | '\t')), "{lines:?}");
    let redacted = shield_hook::engine::redact::message(&text);
    assert_eq!(shield_hook::engine::redact::message(&redacted).is_empty(), redacted.is_empty());
}

/// A user's rule file, with its regexes and templates.
pub fn rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for author in [Author::User, Author::Project] {
        match spec::read("user.toml", text, author) {
            Ok(specs) => drop(spec::check_set(&specs, &[])),
            Err(problems) => {
                let lines = text.lines().count() + 1;
                assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)), "{problems:?}");
            }
        }
    }
}

/// What git writes to hooks.
pub fn stdin(data: &[u8]) {
    for updates in [parse_pre_push(data), parse_ref_updates(data)].into_iter().flatten() {
        assert!(updates.iter().all(|update| update.new.kind() == update.old.kind()));
        assert!(updates.len() <= data.len() / 80);
    }
}
