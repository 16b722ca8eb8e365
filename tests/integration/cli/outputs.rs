//! Whole outputs of the commands that people read, as snapshots.

use std::fs;

use crate::support::snapshot::{assert_output, assert_text};
use crate::support::{Repo, Sandbox, seeded_npm_token};

/// A repository with the hooks of the program, and one commit.
fn installed(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.repo("repo");
    repo.write("README", "one\n").commit("one");
    repo.shield(&["install"]).expect(0);
    repo
}

#[cfg(unix)]
#[test]
fn install_and_uninstall() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    assert_output("install", &repo, &["install"]);
    assert_output("install_again", &repo, &["install"]);
    assert_output("install_one_hook", &sandbox.repo("one"), &["install", "--hook", "pre-push"]);
    assert_output("uninstall", &repo, &["uninstall"]);
    let husky = sandbox.repo("husky");
    husky.git(&["config", "core.hooksPath", ".husky/_"]);
    husky.write(".husky/_/h", "#!/usr/bin/env sh\n").write(".husky/_/pre-commit", "#!/usr/bin/env sh\n");
    husky.write(".husky/pre-commit", "npm test\n");
    assert_output("install_husky", &husky, &["install"]);
    let framework = sandbox.repo("framework");
    framework.write(".pre-commit-config.yaml", "repos: []\n");
    assert_output("install_framework", &framework, &["install"]);
    let lefthook = sandbox.repo("lefthook");
    lefthook.write("lefthook.yml", "pre-commit:\n  commands:\n    lint:\n      run: echo lint\n");
    assert_output("install_lefthook", &lefthook, &["install"]);
}

#[cfg(unix)]
#[test]
fn doctor() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    assert_output("doctor_healthy", &repo, &["doctor"]);
    fs::remove_file(repo.path(".git/hooks/pre-push")).expect("a hook");
    let hook = repo.path(".git/hooks/commit-msg");
    let edited = fs::read_to_string(&hook).expect("a hook") + "exit 0\n";
    fs::write(&hook, edited).expect("a hook");
    assert_output("doctor_broken_hooks", &repo, &["doctor"]);
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.write(".husky/_/pre-commit", "#!/bin/sh\n");
    assert_output("doctor_shadowed_by_a_manager", &repo, &["doctor"]);
    assert_output("doctor_without_repository", &sandbox.at(sandbox.home()), &["doctor"]);
}

#[cfg(unix)]
#[test]
fn canary() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    assert_output("canary_proves", &repo, &["canary"]);
    fs::remove_file(repo.path(".git/hooks/pre-commit")).expect("a hook");
    assert_output("canary_without_a_hook", &repo, &["canary"]);
}

#[test]
fn explain() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [found, allowed, damaged] = [1, 2, 3].map(seeded_npm_token);
    // The last character belongs to the checksum.
    let damaged = format!("{}{}", &damaged[..39], if damaged.ends_with('0') { '1' } else { '0' });
    repo.write(
        "a.py",
        format!(
            "k = \"{found}\"\n# shield-hook:allow npm-access-token a sample\nk = \"{allowed}\"\nk = \"{damaged}\"\nx = 1\n"
        ),
    );
    assert_output("explain_found", &repo, &["explain", "a.py:1"]);
    assert_output("explain_allowed", &repo, &["explain", "a.py:3"]);
    assert_output("explain_look_alike", &repo, &["explain", "a.py:4"]);
    assert_output("explain_nothing", &repo, &["explain", "a.py:5"]);
    assert_output("explain_no_such_line", &repo, &["explain", "a.py:9"]);
    assert_output("explain_no_such_file", &repo, &["explain", "gone.py:1"]);
}

#[test]
fn check() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    assert_output("check_hijacked", &repo, &["check", "npm:axios@1.14.1"]);
    assert_output("check_clean", &repo, &["check", "npm:axios@1.14.0"]);
    assert_output("check_unknown", &repo, &["check", "npm:no-package-of-this-name@1.0.0"]);
    repo.write(
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/axios\": {\"version\": \"1.14.1\"},\n\
         \"node_modules/no-package-of-this-name\": {\"version\": \"1.0.0\"}\n}}\n",
    );
    assert_output("check_lockfile", &repo, &["check", "--all", "package-lock.json"]);
}

#[test]
fn config_show() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    assert_output("config_show_defaults", &repo, &["config", "show"]);
    repo.write("known.baseline", "")
        .write("security/own.toml", repo.shield(&["rules", "new", "own-token"]).expect(0).stdout);
    repo.write(
        ".shield-hook.toml",
        "block = \"high\"\nseverity = \"medium\"\nrules = [\"security/*.toml\"]\nreplace-builtin = false\n\
         disable = [\"generic-password\"]\nmax-object = \"4 MiB\"\nbaseline = \"known.baseline\"\n\
         published-elsewhere = \"block\"\nmoved = \"block\"\ntests-and-docs = \"block\"\ninline = \"own\"\n\n\
         [packages]\ninstall-script = \"block\"\nsource = \"block\"\ndowngrade = \"block\"\nlookalike = \"block\"\n\
         suspicious = \"block\"\nhidden = \"block\"\ntiers = [500]\ncooldown = [7, 1]\nwithdrawn = \"block\"\n\
         online = false\n\n[ci]\naccept = \"fingerprint\"\n\n[server]\npolicy-weakened = \"block\"\n\n\
         [[allow]]\npath = \"docs/**\"\nrule = \"generic-token\"\nreason = \"a sample\"\nexpires = 2199-01-31\n\n\
         [[unread]]\npath = \"vendor/*.7z\"\nreason = \"checked by its signature\"\n",
    );
    assert_output("config_show_everything_set", &repo, &["config", "show"]);
}

#[test]
fn digest() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", "nothing\n").add();
    let mut lines = String::new();
    let mut record = |args: &[&str]| lines.extend([repo.shield(args).stderr.lines().last().expect("a line"), "\n"]);
    record(&["scan", "--staged"]);
    record(&["check", "npm:axios@1.14.1"]);
    repo.write("b.txt", format!("k = {}\n", seeded_npm_token(4))).add();
    record(&["hook", "pre-commit"]);
    record(&["scan", "--history"]);
    record(&["scan", "gone.txt"]);
    assert_text("digest_lines", &sandbox, &lines);
    assert_output("digest", &repo, &["digest"]);
}
