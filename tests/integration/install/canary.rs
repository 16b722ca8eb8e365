//! The canary: awake where the hooks work, and loud where they do not.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::hooks::script;
use crate::support::{Repo, Run, Sandbox};

fn installed<'s>(sandbox: &'s Sandbox) -> Repo<'s> {
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    repo.shield(&["install"]).expect(0);
    repo
}

const ALL_WELL: &str = ": commit blocked, push blocked, merge blocked, ci blocked, clean passed (";

#[track_caller]
fn assert_awake(run: Run) {
    let run = run.expect(0);
    assert!(run.stdout.starts_with("canary SHIELD-") && run.stdout.contains(ALL_WELL), "{run:?}");
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""), "one line: {run:?}");
}

#[track_caller]
fn assert_loud(run: Run, about: &str) {
    let run = run.expect(1);
    assert!(run.stdout.contains("NOT"), "{run:?}");
    assert!(run.stderr.contains(about), "{about}: {run:?}");
}

fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push((path.clone(), fs::read(path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn it_sings_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    // What the work tree holds of the policy counts, committed or not.
    repo.write(".shield-hook.toml", "severity = \"low\"\n");
    let before = files(repo.dir());
    assert_awake(repo.shield(&["canary"]));
    assert_eq!(files(repo.dir()), before, "the repository is not touched");
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0, "nothing is left behind");
    let journal = fs::read_to_string(sandbox.home().join(".local/state/shield-hook/journal.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 1, "{journal}");
    assert!(journal.contains("\"command\":\"canary\"") && journal.contains("\"result\":\"clean\""), "{journal}");
}

#[test]
fn it_needs_no_identity_and_asks_nobody() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    sandbox.write_git_config(
        "[commit]\n\tgpgSign = true\n\ttemplate = /nowhere\n[core]\n\teditor = false\n[user]\n\tuseConfigOnly = true\n",
    );
    assert_awake(repo.shield(&["canary"]));
    // An empty repository, and a linked work tree.
    let empty = sandbox.repo("empty repo");
    empty.shield(&["install"]).expect(0);
    assert_awake(empty.shield(&["canary"]));
    repo.git(&["worktree", "add", "-q", sandbox.path("linked").to_str().unwrap()]);
    assert_awake(sandbox.shield(&sandbox.path("linked"), &["canary"]));
}

#[test]
fn hooks_of_others_are_not_run() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let ran = sandbox.path("deployed");
    let deploy = format!("#!/bin/sh\ntouch '{}'\n", ran.display());
    for hook in ["pre-commit", "pre-push", "post-commit", "prepare-commit-msg", "post-checkout", "post-merge"] {
        script(&repo.path(format!(".git/hooks/{hook}")), &deploy);
    }
    repo.shield(&["install"]).expect(0);
    assert_awake(repo.shield(&["canary"]));
    assert!(!ran.exists());
    // Nor where ours are not in place at all.
    let other = sandbox.repo("other");
    script(&other.path(".git/hooks/pre-push"), &deploy);
    assert_loud(other.shield(&["canary"]), "pre-push is another hook, which does not run shield-hook");
    assert!(!ran.exists());
}

#[test]
fn under_strict_hooks_husky_and_a_global_installation() {
    let sandbox = Sandbox::new();
    let strict = sandbox.repo("strict");
    strict.shield(&["install", "--strict"]).expect(0);
    assert_awake(strict.shield(&["canary"]));

    let husky = sandbox.repo("husky");
    husky.git(&["config", "core.hooksPath", ".husky/_"]);
    husky.write(
        ".husky/_/h",
        "#!/usr/bin/env sh\ns=$(dirname \"$(dirname \"$0\")\")/$(basename \"$0\")\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\n",
    );
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "post-commit", "pre-push"] {
        script(&husky.path(format!(".husky/_/{hook}")), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    }
    let ran = sandbox.path("deployed");
    husky.write(".husky/pre-push", format!("touch '{}'\n", ran.display()));
    husky.shield(&["install"]).expect(0);
    assert_awake(husky.shield(&["canary"]));
    assert!(!ran.exists(), "their part of the script is not run");

    sandbox.shield(&sandbox.home(), &["install", "--global"]).expect(0);
    assert_awake(sandbox.repo("global").shield(&["canary"]));
    assert_awake(strict.shield(&["canary"]));
}

#[test]
fn a_stub_that_only_says_no_is_found_out() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    let stub = repo.path(".git/hooks/pre-commit");
    let text = fs::read_to_string(&stub).unwrap();
    let (head, _) = text.split_once("hook=").unwrap();
    script(&stub, &format!("{head}echo 'shield-hook: blocked: 1 secret blocks'; exit 1\n"));
    assert_loud(repo.shield(&["canary"]), "commit: something else stopped it");
    script(&stub, &format!("{head}exit 0\n"));
    assert_loud(repo.shield(&["canary"]), "was edited and did not run shield-hook");
}

#[test]
fn a_program_that_does_nothing_is_found_out() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let program = sandbox.path("bin/shield-hook");
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    fs::hard_link(crate::support::binary(), &program)
        .or_else(|_| fs::copy(crate::support::binary(), &program).map(drop))
        .unwrap();
    Run::of(sandbox.command(&program, repo.dir()).arg("install"), None).expect(0);
    assert_awake(repo.shield(&["canary"]));
    fs::remove_file(&program).unwrap();
    assert_loud(repo.shield(&["canary"]), "commit: something else stopped it");
    script(&program, "#!/bin/sh\nexit 0\n");
    assert_loud(repo.shield(&["canary"]), "but no run of ours is in the journal");
    script(&program, "#!/bin/sh\nexit 1\n");
    assert_loud(repo.shield(&["canary"]), "no run of ours is in the journal");
}

#[test]
fn a_policy_that_lets_everything_through_is_found_out() {
    let policies = [
        "[[allow]]\npath = \"**\"\nbroad = true\nreason = \"all of it\"\n",
        "disable = [\"npm-access-token\", \"hijacked-package\"]\n",
        "block = \"high\"\nseverity = \"critical\"\n[[allow]]\nrule = \"hijacked-package\"\nreason = \"x\"\n",
        "rules = [\"nothing.toml\"]\nreplace-builtin = true\n",
    ];
    for policy in policies {
        let sandbox = Sandbox::new();
        let repo = installed(&sandbox);
        repo.write(".shield-hook.toml", policy);
        let run = repo.shield(&["canary"]).expect(1);
        assert!(run.stdout.contains("commit NOT blocked"), "{policy}: {run:?}");
    }
}

#[test]
fn the_gate_in_ci_goes_by_what_is_committed() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"**\"\nbroad = true\nreason = \"all of it\"\n");
    repo.commit("a policy that allows everything");
    fs::remove_file(repo.path(".shield-hook.toml")).unwrap();
    let run = repo.shield(&["canary"]).expect(1);
    assert!(run.stdout.contains("commit blocked, push blocked, merge blocked, ci NOT blocked"), "{run:?}");
}

#[test]
fn places_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    let tmp = sandbox.path("tmp");
    fs::set_permissions(&tmp, fs::Permissions::from_mode(0o555)).unwrap();
    assert_awake(repo.shield(&["canary"]));
    fs::set_permissions(&tmp, fs::Permissions::from_mode(0o755)).unwrap();
    repo.git(&["config", "core.hooksPath", "/nowhere/at/all"]);
    assert_loud(repo.shield(&["canary"]), "there is no /nowhere/at/all/pre-commit");
    sandbox.shield(&sandbox.home(), &["canary"]).expect(2);
}

#[test]
fn a_rule_that_stays_silent_is_named() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox);
    let rule = |id: &str, body: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"t\"\nseverity = \"high\"\nconfidence = \"high\"\nsince = \"0.1.0\"\n\
             why = \"w\"\nfix = \"f\"\nreferences = [\"https://example.com\"]\nkeywords = [\"corp_\"]\n\
             regex = '''\\b(?<secret>corp_[0-9a-f]{{20}})\\b'''\n{body}"
        )
    };
    repo.write("rules.toml", rule("corp-token", "match = [\"x = ${secret}\"]\nreject = [\"corp_x\"]\n"));
    repo.write(".shield-hook.toml", "rules = [\"rules.toml\"]\nreplace-builtin = true\n");
    let run = repo.shield(&["canary", "--rules"]).expect(0);
    assert!(run.stdout.contains("1 of 1 rules alive, 2 samples"), "{run:?}");
    // Its own sample stands in a file to which an allowance of the policy applies.
    repo.write("rules.toml", rule("corp-token", "entropy = 7.9\nmatch = [\"x = ${secret}\"]\nreject = [\"corp_x\"]\n"));
    let run = repo.shield(&["canary", "--rules"]).expect(1);
    assert!(run.stderr.contains("corp-token: silent on all 2"), "{run:?}");
}

#[test]
fn a_server_refuses_the_push() {
    let sandbox = Sandbox::new();
    let server = sandbox.repo_with("server.git", &["--bare"]);
    assert_loud(server.shield(&["canary"]), "git runs no pre-receive hook");
    server.shield(&["install"]).expect(0);
    let before = files(server.dir());
    let run = server.shield(&["canary"]).expect(0);
    assert!(run.stdout.contains(": push blocked, ci blocked, clean passed ("), "{run:?}");
    assert_eq!(files(server.dir()), before, "the repository is not touched");
    script(&server.path("hooks/pre-receive"), "#!/bin/sh\ncat >/dev/null\nexit 1\n");
    assert_loud(server.shield(&["canary"]), "pre-receive");
    fs::remove_file(server.path("hooks/pre-receive")).unwrap();
    // A policy that lets every secret through, as the server reads it: from HEAD.
    server.shield(&["install"]).expect(0);
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"**\"\nreason = \"all\"\nbroad = true\n").commit("loose");
    repo.git(&["push", "--quiet", "--no-verify", server.dir().to_str().unwrap(), "HEAD:refs/heads/main"]);
    assert_loud(server.shield(&["canary"]), "the policy may let it through");
}
