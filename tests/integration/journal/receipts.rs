//! post-commit and the journal: which commits the hooks have read, and what is said about the others.
use std::fs;

use crate::support::{Repo, Sandbox, npm_token};
use serde_json::Value;

fn installed<'s>(sandbox: &'s Sandbox, name: &str) -> Repo<'s> {
    let repo = sandbox.repo(name);
    repo.write("a", "one\n").commit("one");
    repo.shield(&["install"]).expect(0);
    // Reflogs count seconds: what follows is to be after the installation.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    repo
}

fn journal(repo: &Repo<'_>) -> Vec<Value> {
    let text = fs::read_to_string(repo.path(".git/shield-hook/journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn last(repo: &Repo<'_>, command: &str) -> Value {
    journal(repo).into_iter().rfind(|r| r["command"] == command).unwrap_or_else(|| panic!("no {command}"))
}

#[test]
fn a_commit_that_pre_commit_read_shows_one_line() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    repo.write("b", "two\n").add();
    for args in [&["commit", "-m", "two"][..], &["commit", "--allow-empty", "-am", "three"]] {
        let run = repo.try_git(args).expect(0);
        assert_eq!(run.stderr.matches("shield-hook").count(), 1, "{run:?}");
        let head = repo.git(&["rev-parse", "HEAD"]);
        let record = last(&repo, "hook post-commit");
        assert_eq!(record["covers"]["commits"], serde_json::json!([head]));
        assert_eq!(record["counts"]["blobs"], 0, "it was not read twice: {record}");
    }
    // -a and a partial commit have an index of their own.
    repo.write("b", "three\n");
    repo.try_git(&["commit", "-am", "four"]).expect(0);
    assert_eq!(last(&repo, "hook post-commit")["counts"]["blobs"], 0);
    repo.write("a", "x\n").write("b", "y\n").add();
    let run = repo.try_git(&["commit", "-m", "five", "--", "b"]).expect(0);
    assert_eq!(run.stderr.matches("shield-hook").count(), 1, "{run:?}");
    assert_eq!(last(&repo, "hook post-commit")["covers"]["bypassed"], Value::Null);
}

#[test]
fn a_bypass_is_said_at_once_and_fails_nothing() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    repo.write("planted", format!("token = {}\n", npm_token())).add();
    let run = repo.try_git(&["commit", "--no-verify", "-m", "bypass"]).expect(0);
    let said = run.stdout.clone() + &run.stderr;
    assert!(said.contains("planted") && said.contains("a push of it will be stopped"), "{run:?}");
    let record = last(&repo, "hook post-commit");
    assert_eq!((&record["result"], &record["covers"]["bypassed"]), (&Value::from("blocked"), &Value::from(true)));
    // A clean one is noted, and nobody is told.
    repo.write("c", "c\n").git(&["add", "c"]);
    let run = repo.try_git(&["commit", "--no-verify", "-m", "clean"]).expect(0);
    assert!(!run.stderr.contains("shield-hook"), "{run:?}");
    assert_eq!(last(&repo, "hook post-commit")["covers"]["bypassed"], true);
}

#[test]
fn amending_a_bypass_does_not_make_it_clean() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    repo.write("planted", format!("token = {}\n", npm_token())).add();
    repo.try_git(&["commit", "-q", "--no-verify", "-m", "bypass"]).expect(0);
    let run = repo.try_git(&["commit", "--amend", "-m", "amended"]).expect(0);
    let said = run.stdout.clone() + &run.stderr;
    assert!(said.contains("a push of it will be stopped"), "{run:?}");
    let record = last(&repo, "hook post-commit");
    assert_eq!(record["covers"]["bypassed"], Value::Null, "the hook ran: {record}");
}

#[test]
fn a_rebase_and_a_cherry_pick_do_not_nag() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    repo.git(&["branch", "topic"]);
    repo.write("b", "two\n").commit("two");
    repo.git(&["checkout", "-q", "topic"]);
    repo.write("planted", format!("token = {}\n", npm_token())).commit("from before");
    repo.write("c", "three\n").commit("three");
    repo.shield(&["install"]).expect(0);
    let run = repo.try_git(&["rebase", "main"]).expect(0);
    assert!(!run.stderr.contains("shield-hook") && !run.stdout.contains("shield-hook"), "{run:?}");
    repo.git(&["checkout", "-q", "main"]);
    let run = repo.try_git(&["cherry-pick", "topic"]).expect(0);
    assert!(!run.stderr.contains("shield-hook"), "{run:?}");
    let record = last(&repo, "hook post-commit");
    assert_eq!(record["covers"]["bypassed"], Value::Null);
    assert_eq!(record["covers"]["commits"], serde_json::json!([repo.git(&["rev-parse", "HEAD"])]));
}

#[test]
fn a_push_counts_the_commits_that_no_hook_saw() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    let remote = sandbox.remote("remote.git");
    let remote = remote.to_str().unwrap();
    repo.write("b", "two\n").add().git(&["commit", "-qm", "two"]);
    repo.write("c", "three\n").add().git(&["-c", "core.hooksPath=/dev/null", "commit", "-qm", "unseen"]);
    repo.write("d", "four\n").add().git(&["commit", "-qm", "four"]);
    let run = repo.try_git(&["push", remote, "HEAD:refs/heads/main"]).expect(0);
    assert!(run.stderr.contains("1 commit made without the hooks"), "{run:?}");
    repo.git(&["remote", "add", "origin", remote]);
    repo.git(&["fetch", "-q", "origin"]);
    repo.write("e", "five\n").add().git(&["commit", "-qm", "five"]);
    let run = repo.try_git(&["push", "origin", "HEAD:refs/heads/main"]).expect(0);
    assert!(!run.stderr.contains("made without the hooks"), "{run:?}");
}

#[test]
fn a_journal_that_cannot_be_written_is_said_and_changes_no_verdict() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    fs::remove_dir_all(repo.path(".git/shield-hook")).unwrap();
    fs::write(repo.path(".git/shield-hook"), "in the way").unwrap();
    repo.write("b", "two\n").add();
    let run = repo.try_git(&["commit", "-m", "two"]).expect(0);
    assert!(run.stderr.contains("this run is not in the journal"), "{run:?}");
    repo.write("planted", format!("token = {}\n", npm_token())).add();
    assert_eq!(repo.try_git(&["commit", "-m", "planted"]).code, 1);
}

#[test]
fn a_comment_that_stays_in_the_message_is_read_after_all() {
    let sandbox = Sandbox::new();
    let repo = installed(&sandbox, "repo");
    repo.write("b", "two\n").add();
    let message = format!("two\n# {}\n", npm_token());
    repo.write(".git/said", &message);
    let editor = ("GIT_EDITOR", "cp .git/said");
    let run = repo.try_git_with(&["commit", "--cleanup=verbatim"], &[editor], None).expect(0);
    assert!(run.stderr.contains("a push of it will be stopped"), "{run:?}");
    assert_eq!(last(&repo, "hook post-commit")["result"], "blocked");
    // Taken out, it is none of the commit's.
    repo.write("b", "three\n").add();
    let run = repo.try_git_with(&["commit"], &[editor], None).expect(0);
    assert_eq!(run.stderr.matches("shield-hook").count(), 1, "{run:?}");
}
