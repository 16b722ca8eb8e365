//! Lockfiles that are cut short, torn, huge, deep, doubled or no text at all: an error with a line, never a panic, never
//! silence.

use crate::support::Sandbox;
use crate::support::lockfiles::{Origin, name_in, writers};
use proptest::prelude::*;
use shield_hook::package::inventory::{Inventory, LockError};
use shield_hook::package::lockfile::{self, FORMATS};
use shield_hook::package::{archive, contribution, osv, row};

fn items(ecosystem: &str) -> Vec<(String, String)> {
    [("alpha", "1.0.0"), ("beta", "2.0.0"), ("gamma", "3.0.0")]
        .map(|(n, v)| (name_in(ecosystem, n), v.to_owned()))
        .to_vec()
}

fn parse(path: &str, bytes: &[u8]) -> Result<Inventory, LockError> {
    lockfile::parse(path, bytes).expect("the name is a lockfile's")
}

/// What each format's file looks like when it holds something.
fn samples() -> Vec<(&'static str, String)> {
    writers()
        .flat_map(|w| {
            let origins = [Origin::Registry].into_iter().chain(w.origins.iter().copied());
            origins.map(|origin| (w.path, (w.write)(&items(w.ecosystem), origin)))
        })
        .collect()
}

#[test]
fn cut_at_every_byte() {
    for (path, text) in samples() {
        let whole = parse(path, text.as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}"));
        let lines = text.lines().count() as u32;
        for end in 0..text.len() {
            match parse(path, &text.as_bytes()[..end]) {
                // What can still be read holds no more than the whole.
                Ok(inventory) => assert!(inventory.packages.len() <= whole.packages.len(), "{path} cut at {end}"),
                Err(error) => {
                    assert!((1..=lines + 1).contains(&error.line), "{path} cut at {end}: {error}");
                    assert!(!error.reason.is_empty());
                }
            }
        }
    }
}

#[test]
fn json_and_most_others_notice_that_they_are_cut() {
    for (path, text) in samples() {
        // YAML, TOML and requirements are whole at many of their lines' ends; JSON never is.
        if path.ends_with("json") || path == "bun.lock" || path == "deno.lock" || path == "Pipfile.lock" {
            let text = text.trim_end();
            for end in 0..text.len() {
                assert!(parse(path, &text.as_bytes()[..end]).is_err(), "{path} cut at {end}");
            }
        }
    }
}

#[test]
fn merge_conflicts() {
    for (path, text) in samples() {
        let middle = text.match_indices('\n').nth(2).map_or(0, |(at, _)| at + 1);
        let torn = format!("{}<<<<<<< HEAD\n=======\n>>>>>>> other\n{}", &text[..middle], &text[middle..]);
        let error = parse(path, torn.as_bytes()).expect_err(path);
        assert!(error.reason.contains("merge conflict") && error.line == 4, "{path}: {error}");
    }
}

#[test]
fn not_text() {
    for (path, text) in samples() {
        let mut bytes = text.into_bytes();
        let middle = bytes.len() / 2;
        bytes[middle] = 0xff;
        let line = bytes[..middle].iter().filter(|b| **b == b'\n').count() as u32 + 1;
        let error = parse(path, &bytes).expect_err(path);
        assert!(error.reason.contains("UTF-8") && error.line == line, "{path}: {error}");
    }
}

#[test]
fn utf_16_as_windows_shells_write_it() {
    let text = "alpha==1.0.0\r\nbeta==2.0.0\r\n";
    for little in [true, false] {
        let mut bytes: Vec<u8> = if little { vec![0xff, 0xfe] } else { vec![0xfe, 0xff] };
        bytes.extend(text.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }));
        let packages = parse("requirements.txt", &bytes).unwrap().packages;
        assert_eq!(packages.iter().map(|p| p.line).collect::<Vec<_>>(), [1, 2]);
    }
}

#[test]
fn ten_thousand_levels() {
    // Any text is a script, or lines of `key = value`.
    let flat = ["bun.lockb", ".npmrc", ".yarnrc", "pip.conf", ".pnpmfile.cjs", "Gemfile", "gradle-wrapper.properties"];
    for format in FORMATS.into_iter().filter(|f| !flat.contains(&f.name()) && !f.is_recipe()) {
        for (open, close) in [("{\"a\":", "}"), ("[", "]"), ("a: [", "]"), ("{a: ", "}"), ("x = [", "]"), ("- ", "")] {
            let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            // requirements.txt has no nesting; anything else must refuse.
            let read = lockfile::read(format, text.as_bytes());
            assert!(read.is_err(), "{} read {open}", format.name());
        }
    }
    for path in ["a.csproj", "packages.config", "verification-metadata.xml", "bom.xml"] {
        let text = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let _ = parse(path, text.as_bytes());
    }
    let deep: String = (0..10_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert!(parse("pnpm-lock.yaml", deep.as_bytes()).is_err());
    let nested =
        format!("{}{}", r#"{"lockfileVersion":1,"dependencies":{"a":"#, r#"{"dependencies":{"a":"#.repeat(10_000));
    assert!(parse("package-lock.json", nested.as_bytes()).is_err());
}

#[test]
fn doubled_keys() {
    for (path, text, line) in [
        (
            "package-lock.json",
            "{\"lockfileVersion\": 3,\n\"packages\": {},\n\"packages\": {\"node_modules/a\": {}}}",
            3,
        ),
        ("bun.lock", "{\"lockfileVersion\": 1,\n\"packages\": {},\n\"packages\": {}}", 3),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n", 4),
        ("yarn.lock", "__metadata:\n  version: 8\n__metadata:\n  version: 8\n", 3),
        ("yarn.lock", "a@1:\n  version \"1.0.0\"\n  version \"2.0.0\"\n", 3),
        ("uv.lock", "version = 1\n[[package]]\nname = \"a\"\nname = \"b\"\n", 4),
    ] {
        let error = parse(path, text.as_bytes()).expect_err(text);
        assert_eq!(error.line, line, "{path}: {error}");
    }
    // Many keys take another way than few.
    let many: String = (0..40).map(|n| format!("\"node_modules/p{n}\": {{}},\n")).collect();
    let text = format!("{{\"lockfileVersion\": 3, \"packages\": {{\n{many}\"node_modules/p7\": {{}}}}}}");
    assert_eq!(parse("package-lock.json", text.as_bytes()).expect_err("doubled").line, 42);
}

#[test]
fn too_large() {
    let text = " ".repeat((64 << 20) + 1);
    let error = parse("package-lock.json", text.as_bytes()).expect_err("too large");
    assert!(error.reason.contains("limit"), "{error}");
}

#[test]
fn yaml_that_grows_is_refused() {
    let text = "lockfileVersion: '9.0'\na: &a [x, x]\nb: [*a, *a]\n";
    assert_eq!(parse("pnpm-lock.yaml", text.as_bytes()).expect_err("an alias").line, 3);
}

#[test]
fn buns_binary_lockfile_is_present_but_not_readable() {
    let error = parse("bun.lockb", b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00\xff").expect_err("binary");
    assert!(error.reason.starts_with("present, not readable"), "{error}");
}

#[test]
fn empty_files() {
    for format in FORMATS {
        // An empty requirements.txt, manifest or lockfile of TOML asks for nothing; the others are damaged.
        let damaged = matches!(
            format.name(),
            "package-lock.json"
                | "package.json"
                | "pnpm-lock.yaml"
                | "bun.lock"
                | "bun.lockb"
                | "deno.lock"
                | "Pipfile.lock"
                | "pylock.toml"
                | "composer.json"
                | "composer.lock"
                | "nuget.config"
                | "packages.lock.json"
                | "csproj"
                | "packages.config"
                | "dotnet-tools.json"
                | "pubspec.lock"
                | "verification-metadata.xml"
                | "Package.resolved"
                | "conda-lock.yml"
                | "pixi.lock"
                | "extensions.json"
                | ".mcp.json"
                | "bom.json"
                | "spdx.json"
        );
        assert_eq!(lockfile::read(format, b"").is_err(), damaged, "{}", format.name());
    }
}

#[test]
fn requirements_in_all_their_forms() {
    let text = "\
# a comment
-r base.txt
--constraint=limits.txt
-c more.txt  # why
--index-url https://registry.example/simple
alpha==1.0.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
beta[one,two]>=1,<2 ; python_version < '3.9'
gamma @ https://host.example/gamma-1.0-py3-none-any.whl
-e git+https://host.example/o/delta.git#egg=delta
./local/path
https://host.example/epsilon-2.0.tar.gz#sha256=cc
zeta===1.0+local
";
    let inventory = parse("requirements.txt", text.as_bytes()).unwrap();
    assert_eq!(inventory.includes, ["base.txt", "limits.txt", "more.txt"]);
    let said: Vec<String> = inventory
        .packages
        .iter()
        .map(|p| format!("{} {} {} {}", p.line, p.name, p.version.as_deref().unwrap_or("-"), p.is_registry()))
        .collect();
    assert_eq!(
        said,
        [
            "6 alpha 1.0.0 true",
            "9 beta - true",
            "10 gamma 1.0 false",
            "11 delta - false",
            "12 path - false",
            "13 epsilon 2.0 false",
            "14 zeta 1.0+local true"
        ]
    );
    assert_eq!(inventory.packages[0].integrity.len(), 2);
    let error = parse("requirements.txt", b"alpha==1\nthis is prose\n").expect_err("prose");
    assert_eq!(error.line, 2);
    assert!(parse("requirements.txt", b"alpha==1 \\\n").is_err());
}

/// What must not pass as read, with the line that is named.
fn hostile() -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let lock =
        "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/a\": {\"version\": \"1.0.0\"}\n  }\n}\n";
    let deep = "{\"a\":".repeat(10_000);
    let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n";
    vec![
        ("cut short", "package-lock.json", lock[..60].into(), "line 4"),
        (
            "conflict",
            "package-lock.json",
            lock.replacen("  \"packages\"", "<<<<<<< HEAD\n  \"packages\"", 1).into(),
            "line 3",
        ),
        ("conflict", "uv.lock", format!("{uv}>>>>>>> theirs\n").into(), "line 5"),
        ("deep", "package-lock.json", deep.into(), "line 1"),
        ("deep", "pnpm-lock.yaml", "[".repeat(10_000).into(), "line 1"),
        ("deep", "pylock.toml", format!("lock-version = \"1.0\"\nx = {}", "[".repeat(10_000)).into(), "line 2"),
        ("not UTF-8", "yarn.lock", b"# yarn lockfile v1\n\na@1:\n  version \"\xff\"\n".to_vec(), "line 4"),
        (
            "twice",
            "package-lock.json",
            lock.replacen("{\"version\"", "{\"version\": \"2.0.0\",\n\"version\"", 1).into(),
            "line 5",
        ),
        ("twice", "uv.lock", format!("{uv}version = \"2.0\"\n").into(), "line 5"),
        ("an alias", "pnpm-lock.yaml", "lockfileVersion: '9.0'\na: &a [x]\nb: *a\n".into(), "line 3"),
        ("twice", "composer.lock", b"{\"packages\": [],\n\"packages\": []}".to_vec(), "line 2"),
        ("twice", "pubspec.lock", b"packages:\n  a: {version: \"1\"}\n  a: {version: \"2\"}\n".to_vec(), "line 3"),
        ("twice", "Cargo.lock", b"[[package]]\nname = \"a\"\nname = \"b\"\n".to_vec(), "line 3"),
        ("cut short", "mix.lock", b"%{\n  \"a\": {:hex, :a, \"1.0.0\"".to_vec(), "line 2"),
        ("cut short", "packages.config", b"<packages>\n  <package id=\"a\"".to_vec(), "line 1"),
        ("not a lockfile", "go.sum", b"a v1 h1:x\nprose\n".to_vec(), "line 2"),
        ("huge", "go.sum", vec![b' '; 65 << 20], "line 1"),
        ("huge", "package-lock.json", vec![b' '; 65 << 20], "line 1"),
    ]
}

#[test]
fn check_and_the_gate_name_the_line_and_end_with_2() {
    for (what, name, bytes, line) in hostile() {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("a", "a\n").commit("before");
        repo.write(name, bytes);
        let run = repo.shield(&["check", name, "--format", "json"]).expect(2);
        let reason = run.json()["coverage"]["skipped"][0]["reason"].as_str().unwrap_or_default().to_owned();
        assert!(reason.starts_with(&format!("{line}:")), "check, {what} {name}: {reason}");
        repo.add();
        let run = repo.shield(&["scan", "--staged", "--format", "json"]).expect(2);
        let skipped = run.json()["coverage"]["skipped"].as_array().unwrap().clone();
        let named = skipped.iter().any(|s| s["path"] == name && s["reason"].as_str().unwrap().starts_with(line));
        assert!(named, "scan --staged, {what} {name}: {skipped:?}");
        repo.shield(&["audit", "--format", "json"]).expect(2);
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in FORMATS {
            let _ = lockfile::read(format, &bytes);
        }
    }

    #[test]
    fn scripts_never_panic(text in "(npm i |npx |pip install |uv|@|==|=|1\\.2\\.3|é|/|\\[|\\]|:|a|-r| |\\n|\\\\\n){0,60}") {
        for path in ["Dockerfile", "a.yml", "setup.py"] {
            let Ok(inventory) = parse(path, text.as_bytes()) else { continue };
            prop_assert!(inventory.packages.iter().all(|p| !p.name.is_empty() && p.line > 0));
        }
    }

    #[test]
    fn torn_samples_never_panic(
        which in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~\\n]{0,6}"), 1..4),
    ) {
        let samples = samples();
        let (path, text) = which.get(&samples);
        let mut bytes = text.clone().into_bytes();
        for (at, insert) in cuts {
            let at = at.index(bytes.len());
            let end = (at + insert.len() / 2).min(bytes.len());
            bytes.splice(at..end, insert.bytes());
        }
        let _ = lockfile::parse(path, &bytes);
    }

    /// What a fuzzer does to a good file: pieces doubled, moved, dropped, taken from another file, bits and numbers
    /// changed. Read as every format, for nobody holds a file to its name.
    #[test]
    fn shuffled_samples_never_panic(
        which in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        steps in proptest::collection::vec((0..6_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let samples = samples();
        let (other, mut bytes) = (other.get(&samples).1.as_bytes().to_vec(), which.get(&samples).1.clone().into_bytes());
        for (what, from, to, with) in steps {
            if bytes.is_empty() {
                break;
            }
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 200));
            match what {
                0 => { let piece = bytes[from..to].to_vec(); bytes.splice(to..to, piece); }
                1 => { bytes.drain(from..to); }
                2 => bytes[from] ^= 1 << (with % 8),
                3 => { let end = (from + usize::from(with)).min(other.len()); bytes.splice(from..from, other[from.min(end)..end].to_vec()); }
                4 => { let number = b"99999999999999999999"; bytes.splice(from..from, number[..usize::from(with) % 20].to_vec()); }
                _ => { bytes.splice(from..from, "\u{202e}\u{feff}\u{1f469}".bytes()); }
            }
        }
        for format in FORMATS {
            if let Err(error) = lockfile::read(format, &bytes) {
                let lines = bytes.iter().filter(|b| **b == b'\n').count() as u32 + 2;
                prop_assert!((1..=lines).contains(&error.line), "{}: {error}", format.name());
            }
        }
    }

    #[test]
    fn records_tables_and_archives_never_panic(
        at in any::<prop::sample::Index>(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        text in "[\\[\\]{}\":,a-z0-9<>=*. \t\n-]{0,120}",
    ) {
        let record = r#"{"id": "MAL-1-1", "modified": "2030-01-02T00:00:00Z", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"], "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2"}]}]}]}"#;
        let packed = crate::support::zip::zip(&[crate::support::zip::entry("a.json", record), crate::support::zip::entry("b/c.json", text.clone())]);
        for good in [record.as_bytes(), &packed] {
            let mut bytes = good.to_vec();
            for (at, with) in &flips {
                let at = at.index(bytes.len());
                bytes[at] = *with;
            }
            bytes.truncate(at.index(bytes.len()) + bytes.len() / 2);
            let _ = osv::parse(&String::from_utf8_lossy(&bytes));
            let _ = archive::each(&bytes, |_| true, |_, _| Ok(()));
        }
        let _ = (osv::parse(&text), row::parse_rows(&text), contribution::check(&format!("{}\n{text}", row::HEADER)));
    }
}
