//! A history looked through in delta space tells the same as one whose every object is read whole.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{Sandbox, npm_token};
use proptest::prelude::*;
use shield_hook::engine::{Engine, Settings};
use shield_hook::git::Repo;
use shield_hook::package::gate::PackageGate;
use shield_hook::policy::Policy;
use shield_hook::rule::RuleSet;
use shield_hook::rule::generate::Generator;
use shield_hook::scan;
use shield_hook::source::{CommitRange, History};

/// What a scan of the whole history tells, in all ways: every object whole and by itself, version after version, and
/// along the deltas. The last two should be as the first.
fn all_ways(dir: &Path, engine: &Engine) -> [Vec<String>; 3] {
    let repo = Repo::discover(dir).expect("a repository");
    let policy = Policy::default();
    let told = |source: &History, is_each: bool| {
        let run = if is_each { scan::run_each } else { scan::run };
        let outcome = run(&[source], engine, &policy).expect("a scan");
        let mut lines: Vec<String> = outcome.findings.iter().map(|f| format!("{f:?}")).collect();
        lines.push(format!("{:?}", outcome.coverage));
        lines.extend(outcome.packages.iter().map(|row| format!("{row:?}")));
        lines.extend(outcome.changes.iter().map(|change| format!("{change:?}")));
        lines
    };
    let packages = PackageGate::default();
    let whole = told(&History::new(&repo, false, u64::MAX), true);
    let swept =
        told(&History::new(&repo, false, u64::MAX).filtered(scan::history_filter(engine, &policy, &packages)), false);
    [whole, told(&History::new(&repo, false, u64::MAX), false), swept]
}

/// What a scan of all commits up to HEAD tells, each against its parents: every version by itself, and one after the
/// other.
fn range_both_ways(dir: &Path, engine: &Engine) -> [Vec<String>; 2] {
    let repo = Repo::discover(dir).expect("a repository");
    let head = repo.head().expect("a head").expect("a commit");
    [scan::run_each, scan::run].map(|run| {
        let outcome = run(&[&CommitRange::beyond(&repo, Vec::new(), head, u64::MAX)], engine, &Policy::default())
            .expect("a scan");
        let mut lines: Vec<String> = outcome.findings.iter().map(|f| format!("{f:?}")).collect();
        lines.push(format!("{:?}", outcome.coverage));
        lines.extend(outcome.packages.iter().map(|row| format!("{row:?}")));
        lines.extend(outcome.changes.iter().map(|change| format!("{change:?}")));
        lines
    })
}

fn engine() -> Engine {
    Engine::new(RuleSet::builtin(), Settings::default())
}

/// A line of a file: mostly chaff, now and then something that a rule looks at.
#[derive(Clone, Debug)]
enum Line {
    Chaff(u32),
    /// A secret, one of a few, so that the same comes and goes.
    Token(usize),
    Password(usize),
    /// Base64 of a token.
    Encoded(usize),
    /// Two lines that a rule reads together.
    Key(usize),
    Secret(usize),
    Keyword,
    Placeholder,
    Nul,
    Long(u32),
}

#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, Vec<Line>),
    Remove(usize, usize),
    Move(usize, usize, usize),
    Rename,
    Wide,
    /// Everything telling is taken out.
    Clear,
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        30 => any::<u32>().prop_map(Line::Chaff),
        2 => (0..3_usize).prop_map(Line::Token),
        2 => (0..3_usize).prop_map(Line::Password),
        1 => (0..3_usize).prop_map(Line::Encoded),
        1 => (0..2_usize).prop_map(Line::Key),
        1 => (0..2_usize).prop_map(Line::Secret),
        3 => Just(Line::Keyword),
        1 => Just(Line::Placeholder),
        1 => Just(Line::Nul),
        1 => any::<u32>().prop_map(Line::Long),
    ]
}

/// What a file begins with: so little that is telling that some versions hold nothing at all.
fn quiet_line() -> impl Strategy<Value = Line> {
    prop_oneof![
        300 => any::<u32>().prop_map(Line::Chaff),
        20 => Just(Line::Keyword),
        1 => any::<u32>().prop_map(Line::Long),
        1 => line(),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (any::<usize>(), prop::collection::vec(line(), 1..4)).prop_map(|(at, lines)| Edit::Insert(at, lines)),
        4 => (any::<usize>(), 1..4_usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        2 => (any::<usize>(), 1..20_usize, any::<usize>()).prop_map(|(from, count, to)| Edit::Move(from, count, to)),
        1 => Just(Edit::Rename),
        1 => Just(Edit::Wide),
        4 => Just(Edit::Clear),
    ]
}

/// Secrets made for this run.
struct Stock {
    tokens: Vec<String>,
    passwords: Vec<String>,
    ids: Vec<String>,
    keys: Vec<String>,
}

impl Stock {
    fn new() -> Self {
        let some = |n: usize, make: &dyn Fn() -> String| (0..n).map(|_| make()).collect();
        let upper = |n: usize| {
            crate::support::base62(n * 4)
                .chars()
                .filter(|c| c.is_ascii_uppercase() || ('2'..='7').contains(c))
                .take(n)
                .collect::<String>()
        };
        Self {
            tokens: some(3, &npm_token),
            passwords: some(3, &|| crate::support::base62(24)),
            ids: some(2, &|| format!("{}IA{}", "AK", upper(16))),
            keys: some(2, &|| crate::support::base62(40)),
        }
    }

    fn text(&self, line: &Line) -> String {
        match line {
            Line::Chaff(n) => format!("line {n} of nothing in particular, just as long as lines are"),
            Line::Token(n) => format!("//registry.example/:_authToken={}", self.tokens[*n]),
            Line::Password(n) => format!("db_password = \"{}\"", self.passwords[*n]),
            Line::Encoded(n) => {
                format!("data: {}", data_encoding::BASE64.encode(format!("token={}", self.tokens[*n]).as_bytes()))
            }
            Line::Key(n) => format!("aws_access_key_id = {}", self.ids[*n]),
            Line::Secret(n) => format!("aws_secret_access_key = {}", self.keys[*n]),
            Line::Keyword => "the token and the password are kept elsewhere, npm_config_registry too".into(),
            Line::Placeholder => "password = \"${PASSWORD}\"".into(),
            Line::Nul => "a\0b".into(),
            Line::Long(n) => format!("{n} ").repeat(400),
        }
    }
}

/// A history of one file through all edits, as `git fast-import` reads it.
fn stream(first: &[Line], edits: &[Edit], stock: &Stock) -> Vec<u8> {
    let (mut lines, mut wide, mut renamed) = (first.to_vec(), false, 0);
    let mut out = Vec::new();
    for (n, edit) in std::iter::once(None).chain(edits.iter().map(Some)).enumerate() {
        let length = lines.len();
        match edit {
            None => {}
            Some(Edit::Insert(at, new)) => {
                let at = at % (length + 1);
                lines.splice(at..at, new.iter().cloned());
            }
            Some(Edit::Remove(at, count)) if length > 0 => {
                let at = at % length;
                lines.drain(at..(at + count).min(length));
            }
            Some(Edit::Move(from, count, to)) if length > 0 => {
                let from = from % length;
                let moved: Vec<Line> = lines.drain(from..(from + count).min(length)).collect();
                let to = to % (lines.len() + 1);
                lines.splice(to..to, moved);
            }
            Some(Edit::Rename) => renamed += 1,
            Some(Edit::Wide) => wide = !wide,
            Some(Edit::Clear) => lines.retain(|line| matches!(line, Line::Chaff(_) | Line::Keyword)),
            Some(_) => {}
        }
        let mut text = String::new();
        for line in &lines {
            let _ = writeln!(text, "{}", stock.text(line));
        }
        let bytes: Vec<u8> =
            if wide { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { text.into_bytes() };
        let path = ["src/config.rs", "tests/config.rs", "package.json", "deep/er/.npmrc"][renamed % 4];
        out.extend(
            format!(
                "commit refs/heads/main\ncommitter T <t@example.com> {} +0000\ndata 2\nx\n{}deleteall\nM 100644 inline \
                 {path}\ndata {}\n",
                1_700_000_000 + n,
                "",
                bytes.len()
            )
            .into_bytes(),
        );
        out.extend(bytes);
        out.push(b'\n');
    }
    out
}

/// As many as PROPTEST_CASES says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn delta_space_tells_the_same(
        first in prop::collection::vec(quiet_line(), 200..500),
        edits in prop::collection::vec(edit(), 5..30),
        depth in 1..60_usize,
        packs in 1..3_usize,
    ) {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("r");
        let stock = Stock::new();
        let half = edits.len() / packs;
        let run = repo.try_git_with(
            &["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force", "--depth=0"],
            &[],
            Some(&stream(&first, &edits[..half], &stock)),
        );
        prop_assert_eq!(run.code, 0, "{}", run.stderr);
        repo.git(&["repack", "-q", "-a", "-d", "-f", &format!("--depth={depth}"), "--window=20"]);
        repo.git(&["branch", "older"]);
        let run = repo.try_git_with(&["fast-import", "--quiet", "--force"], &[], Some(&stream(&first, &edits, &stock)));
        prop_assert_eq!(run.code, 0, "{}", run.stderr);
        let [whole, followed, swept] = all_ways(repo.dir(), &engine());
        prop_assert_eq!(&whole, &followed);
        prop_assert_eq!(&whole, &swept);
        let [each, followed] = range_both_ways(repo.dir(), &engine());
        prop_assert_eq!(each, followed);
    }
}

/// The same on real repositories: SHIELD_HOOK_TWINS names some, separated by colons.
#[test]
fn delta_space_tells_the_same_of_real_repositories() {
    let engine = engine();
    for dir in std::env::var("SHIELD_HOOK_TWINS").unwrap_or_default().split(':').filter(|dir| !dir.is_empty()) {
        let [whole, followed, swept] = all_ways(Path::new(dir), &engine);
        for (how, told) in [("followed", followed), ("swept", swept)] {
            let missing: Vec<&String> = whole.iter().filter(|line| !told.contains(line)).collect();
            let extra: Vec<&String> = told.iter().filter(|line| !whole.contains(line)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{dir} {how}: missing {missing:#?}\nextra {extra:#?}");
        }
    }
}

#[test]
fn what_a_commit_takes_from_another_path_is_looked_at_again() {
    // A rule that applies to some paths only: the same content, made from a base where it does not.
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    let chaff: String = (0..400).map(|n| format!("chaff {n} and more of it to make the file long enough\n")).collect();
    let text = format!("{chaff}//registry.example/:_auth={}\n", crate::support::base62(44));
    repo.write("plain.txt", &text).commit("plain");
    repo.write("sub/.npmrc", format!("{text}# more\n")).commit("special");
    repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]);
    let [whole, followed, swept] = all_ways(repo.dir(), &engine());
    assert_eq!(whole, followed);
    assert_eq!(whole, swept);
}

#[test]
fn keys_that_come_and_go_in_stores_are_the_same() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    let set = RuleSet::builtin();
    let mut samples = Generator::with_seed(&set, 5);
    let mut entry = |kind: &str| {
        let sample = samples.expand(set.get("java-keystore").expect("a rule"), &format!("${{store:{kind}}}"));
        let store = data_encoding::BASE64.decode(sample.expect("a store").text.as_bytes()).expect("base64");
        store[12..store.len() - 20].to_vec()
    };
    let certificates: Vec<Vec<u8>> = (0..40).map(|_| entry("jks-certificates")).collect();
    let keys: Vec<Vec<u8>> = (0..3).map(|_| entry("jks")).collect();
    // Which certificates and which keys each version holds; one has a header that is broken.
    let versions: &[(usize, &[usize], bool)] = &[
        (40, &[], true),
        (40, &[0], true),
        (39, &[0, 1], true),
        (40, &[0, 1], false),
        (40, &[1], true),
        (38, &[1, 2], true),
        (38, &[], true),
    ];
    for (n, (some, held, is_whole)) in versions.iter().enumerate() {
        let entries: Vec<&[u8]> =
            certificates[..*some].iter().chain(held.iter().map(|k| &keys[*k])).map(Vec::as_slice).collect();
        let magic = if *is_whole { [0xfe, 0xed, 0xfe, 0xed] } else { *b"none" };
        let store =
            [&magic, &[0, 0, 0, 2, 0, 0, 0][..], &[entries.len() as u8], &entries.concat(), &[n as u8; 20]].concat();
        let text = data_encoding::BASE64.encode(&store);
        let wrapped: String =
            text.as_bytes().chunks(76).map(|l| format!("    {}\n", String::from_utf8_lossy(l))).collect();
        repo.write("server.jks", &store).write("secret.yaml", format!("data:\n  server.jks: |\n{wrapped}"));
        repo.write("line.env", format!("FIRST=1\nSTORE={text}\nLAST=1\n"));
        repo.commit(&format!("version {n}"));
    }
    repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]);
    let [whole, followed, swept] = all_ways(repo.dir(), &engine());
    assert!(whole.len() > 9, "{whole:#?}");
    assert_eq!(whole, followed);
    assert_eq!(whole, swept);
    let [each, followed] = range_both_ways(repo.dir(), &engine());
    assert_eq!(each, followed);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 50,
        ..ProptestConfig::with_cases(cases().min(40))
    })]

    /// Directories of many entries, whose trees are made from each other in pieces.
    #[test]
    fn what_trees_hold_is_the_same(
        commits in prop::collection::vec(prop::collection::vec((0..900_u32, 0..4_u32, 0..6_u32), 1..12), 5..25),
        depth in 1..40_usize,
    ) {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("r");
        let token = npm_token();
        let path = |n: u32| match n % 3 {
            0 => format!("file{n:03}.txt"),
            1 => format!("lib/module{n:03}/part.txt"),
            _ => format!("lib/name-{n}"),
        };
        let file = |n: u32, version: u32| {
            let text = if version == 3 { format!("_authToken={token}{n}\n") } else { format!("{n} {version}\n") };
            format!("M 100644 inline {}\ndata {}\n{text}\n", path(n), text.len())
        };
        let head = |n: usize| format!("commit refs/heads/main\ncommitter T <t@example.com> {} +0000\ndata 2\nx\n", 1_700_000_000 + n);
        let mut stream = head(0) + "deleteall\n";
        stream.extend((0..600).map(|n| file(n, 0)));
        for (n, changes) in commits.iter().enumerate() {
            stream += &head(n + 1);
            for (name, version, what) in changes {
                stream += &if *what == 0 { format!("D {}\n", path(*name)) } else { file(*name, *version) };
            }
        }
        let import = ["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force", "--depth=0"];
        let run = repo.try_git_with(&import, &[], Some(stream.as_bytes()));
        prop_assert_eq!(run.code, 0, "{}", run.stderr);
        repo.git(&["repack", "-q", "-a", "-d", "-f", &format!("--depth={depth}"), "--window=20"]);
        let [whole, _, swept] = all_ways(repo.dir(), &engine());
        prop_assert_eq!(whole, swept);
    }
}
