//! The reference-transaction hook (`install --strict`): nothing gets past it into a branch, and everything else works.
use std::fs;

use crate::support::{Repo, Sandbox, npm_token};

fn strict<'s>(sandbox: &'s Sandbox, name: &str) -> Repo<'s> {
    let repo = sandbox.repo(name);
    repo.write("a", "one\n").commit("one");
    repo.shield(&["install", "--strict"]).expect(0);
    repo
}

fn plant(repo: &Repo<'_>, name: &str) {
    repo.write(name, format!("token = {}\n", npm_token())).add();
}

#[track_caller]
fn assert_refused(repo: &Repo<'_>, args: &[&str]) {
    let before = repo.git(&["for-each-ref"]);
    let run = repo.try_git(args);
    let said = run.stdout.clone() + &run.stderr;
    assert!(run.code != 0 && said.contains("planted"), "{args:?}: {run:?}");
    assert_eq!(repo.git(&["for-each-ref"]), before, "{args:?}");
}

#[test]
fn no_verify_does_not_get_past_it() {
    let sandbox = Sandbox::new();
    let repo = strict(&sandbox, "repo");
    plant(&repo, "planted");
    assert_refused(&repo, &["commit", "--no-verify", "-m", "x"]);
    assert_refused(&repo, &["commit", "--no-verify", "--amend", "-m", "x"]);
    let tree = repo.git(&["write-tree"]);
    let commit = repo.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "x"]);
    assert_refused(&repo, &["update-ref", "refs/heads/other", &commit]);
    assert_refused(&repo, &["branch", "other", &commit]);
    assert_refused(&repo, &["tag", "v1", &commit]);
    assert_refused(&repo, &["tag", "-a", "-m", "x", "v1", &commit]);
    repo.git(&["rm", "-qf", "planted"]);
    assert_refused(&repo, &["cherry-pick", &commit]);
    repo.git(&["reset", "-q", "--hard"]);
    assert_refused(&repo, &["merge", "--no-verify", &commit]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.write("b", "clean\n").add();
    repo.git(&["commit", "-q", "--no-verify", "-m", "clean"]);
    repo.git(&["tag", "v2"]);
}

#[test]
fn a_detached_head_and_the_stash_are_no_way_round() {
    let sandbox = Sandbox::new();
    let repo = strict(&sandbox, "repo");
    plant(&repo, "planted");
    repo.git(&["stash", "push", "-q", "--include-untracked"]);
    assert_refused(&repo, &["branch", "other", "stash@{0}"]);
    repo.git(&["stash", "drop", "-q"]);
    repo.git(&["checkout", "-q", "--detach"]);
    plant(&repo, "planted");
    repo.git(&["commit", "-q", "--no-verify", "-m", "detached"]);
    assert_refused(&repo, &["branch", "other"]);
    assert_refused(&repo, &["push", ".", "HEAD:refs/heads/other"]);
}

#[test]
fn what_git_does_by_itself_goes_on() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    // A secret from before the hooks: rewriting, packing or fetching its history is none of their business.
    repo.write("a", "one\n").commit("one");
    plant(&repo, "planted");
    repo.commit("from before");
    repo.git(&["branch", "topic", "HEAD~1"]);
    repo.shield(&["install", "--strict"]).expect(0);
    repo.git(&["checkout", "-q", "topic"]);
    repo.write("b", "two\n").add().git(&["commit", "-qm", "two"]);
    repo.git(&["tag", "v1"]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    repo.git(&["rebase", "-q", "main"]);
    repo.write("b", "three\n").git(&["stash", "push", "-q"]);
    repo.git(&["stash", "pop", "-q"]);
    repo.git(&["checkout", "-q", "b"]);
    repo.git(&["branch", "-m", "topic", "renamed"]);
    repo.git(&["tag", "-d", "v1"]);
    repo.git(&["checkout", "-q", "main"]);
    // A rebase of the old secret itself.
    repo.git(&["checkout", "-q", "-b", "rewritten"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    repo.git(&["rebase", "-q", "--force-rebase", "HEAD~2"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-D", "renamed"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    // Upstream's secrets are upstream's.
    let upstream = sandbox.repo("upstream");
    upstream.write("u", "u\n").commit("u");
    plant(&upstream, "planted-by-them");
    upstream.commit("theirs");
    upstream.git(&["tag", "-a", "-m", "tag", "v9"]);
    // A tag beside every branch.
    upstream.git(&["checkout", "-q", "--detach"]);
    plant(&upstream, "planted-in-a-release");
    upstream.commit("release");
    upstream.git(&["tag", "v10"]);
    upstream.git(&["checkout", "-q", "main"]);
    repo.git(&["remote", "add", "origin", upstream.dir().to_str().unwrap()]);
    repo.git(&["fetch", "-q", "origin"]);
    assert_eq!(repo.git(&["tag", "-l", "v9"]), "v9");
    repo.git(&["fetch", "-q", "--tags", "origin"]);
    assert_eq!(repo.git(&["tag", "-l", "v10"]), "v10");
    repo.git(&["fetch", "-q", upstream.dir().to_str().unwrap(), "main:directly"]);
    repo.git(&["branch", "from-upstream", "origin/main"]);
    repo.git(&["checkout", "-q", "from-upstream"]);
    upstream.write("u", "v\n").commit("v");
    repo.git(&["pull", "-q", "--ff-only", "origin", "main"]);
    repo.git(&["merge", "-q", "--allow-unrelated-histories", "-m", "merge", "main~1"]);
    repo.git(&["worktree", "add", "-q", sandbox.path("linked").to_str().unwrap(), "main"]);
    assert!(fs::read_to_string(repo.path("u")).unwrap().contains('v'));
}

#[test]
fn a_clone_and_the_receiving_side_work_under_a_global_installation() {
    let sandbox = Sandbox::new();
    let upstream = sandbox.repo("upstream");
    plant(&upstream, "planted");
    upstream.commit("theirs");
    upstream.git(&["tag", "v1"]);
    upstream.git(&["checkout", "-q", "--detach"]);
    plant(&upstream, "planted-in-a-release");
    upstream.commit("release");
    upstream.git(&["tag", "v2"]);
    upstream.git(&["checkout", "-q", "main"]);
    sandbox.shield(&sandbox.home(), &["install", "--global", "--strict"]).expect(0);
    let clone = sandbox.path("clone");
    upstream.git(&["clone", "-q", upstream.dir().to_str().unwrap(), clone.to_str().unwrap()]);
    let clone = sandbox.at(clone);
    clone.git(&["checkout", "-q", "-b", "topic"]);
    plant(&clone, "planted-too");
    assert_refused(&clone, &["commit", "--no-verify", "-m", "x"]);
}

#[test]
fn an_existing_transaction_hook_gets_every_line() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let log = sandbox.path("log");
    let hook = repo.path(".git/hooks/reference-transaction");
    fs::write(&hook, format!("#!/bin/sh\n{{ echo \"$1\"; cat; }} >>'{}'\n", log.display())).unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    repo.commit("one");
    let ran = |name: &str| {
        let _ = fs::remove_file(&log);
        repo.git(&["update-ref", &format!("refs/heads/{name}"), "HEAD"]);
        repo.git(&["update-ref", "-d", &format!("refs/heads/{name}")]);
        fs::read_to_string(&log).unwrap()
    };
    let before = ran("b");
    repo.shield(&["install", "--strict"]).expect(0);
    assert_eq!(ran("b"), before);
}
