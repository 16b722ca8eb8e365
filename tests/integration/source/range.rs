//! `scan --range`: the commits that one revision has and another has not.

use std::fs;
use std::path::Path;

use crate::support::{Repo, Run, Sandbox, npm_token};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

fn scan(repo: &Repo<'_>, range: &str) -> Run {
    repo.shield(&["scan", "--range", range, "--format", "json"])
}

fn count(run: &Run, what: &str) -> u64 {
    run.json()["coverage"][what].as_u64().expect("a number")
}

/// Three commits: clean, a leak, the leak removed.
fn leaked_and_removed(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.repo("repo");
    repo.write("a", "1\n").commit("clean");
    repo.write("f", npmrc(&npm_token())).commit("leak");
    fs::remove_file(repo.path("f")).expect("gone");
    repo.commit("removed");
    repo
}

#[test]
fn every_commit_of_the_range_is_read() {
    let sandbox = Sandbox::new();
    let repo = leaked_and_removed(&sandbox);
    let run = scan(&repo, "HEAD~2..HEAD").expect_blocked(&["f:1"]);
    assert_eq!(count(&run, "commits"), 2);
    assert_eq!(run.json()["findings"][0]["commit"].as_str(), Some(repo.git(&["rev-parse", "HEAD~1"]).as_str()));
    scan(&repo, "HEAD~1..HEAD").expect_clean();
    scan(&repo, "HEAD~2..").expect_blocked(&["f:1"]);
    scan(&repo, "HEAD..HEAD~2").expect_clean();
    let run = scan(&repo, "HEAD..HEAD").expect_clean();
    assert_eq!(count(&run, "commits"), 0);
}

#[test]
fn both_forms_read_what_the_right_side_has() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "1\n").commit("first");
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("topic", npmrc(&npm_token())).commit("topic");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("main", npmrc(&npm_token())).commit("main");
    for range in ["main..topic", "main...topic"] {
        scan(&repo, range).expect_blocked(&["topic:1"]);
    }
    for range in ["topic..main", "topic...main", "topic.."] {
        scan(&repo, range).expect_blocked(&["main:1"]);
    }
}

#[test]
fn a_merge_is_compared_with_all_its_parents() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "1\n").commit("first");
    repo.git(&["tag", "start"]);
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("side", npmrc(&npm_token())).commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("main", "1\n").commit("main");
    repo.git(&["merge", "--quiet", "--no-commit", "side"]);
    repo.write("evil", npmrc(&npm_token())).commit("merge");
    scan(&repo, "start..main").expect_blocked(&["evil:1", "side:1"]);
    // What the second parent brought is not blamed on the merge.
    scan(&repo, "side..main").expect_blocked(&["evil:1"]);
}

#[test]
fn tags_and_messages_and_roots() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "1\n").commit("first");
    repo.git(&["tag", "-a", "v1", "-m", "one"]);
    let id = repo.commit(&npmrc(&npm_token()));
    repo.git(&["tag", "-a", "v2", "-m", "two"]);
    scan(&repo, "v1..v2").expect_blocked(&[&format!("commit message of {}:1", &id[..7])]);
    // A history of its own is read from its root.
    repo.git(&["switch", "--quiet", "--orphan", "other"]);
    repo.write("root", npmrc(&npm_token())).commit("root");
    scan(&repo, "main..other").expect_blocked(&["root:1"]);
}

#[test]
fn what_was_there_before_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let leak = npmrc(&npm_token());
    repo.write("f", format!("{leak}one\n")).commit("old leak");
    repo.write("f", format!("{leak}two\n")).commit("another line");
    repo.git(&["mv", "f", "g"]);
    repo.commit("renamed");
    repo.write("g", "two\n").commit("removed");
    let run = scan(&repo, "HEAD~3..").expect(0);
    assert_eq!(run.blocking(), Vec::<String>::new(), "{}", run.stdout);
    let run = scan(&repo, "HEAD~2..").expect_clean();
    assert_eq!(count(&run, "commits"), 2);
}

#[test]
fn a_range_that_is_none_or_leads_nowhere_stops() {
    let sandbox = Sandbox::new();
    let repo = leaked_and_removed(&sandbox);
    scan(&repo, "HEAD").expect(3);
    for range in ["nowhere..HEAD", "HEAD..nowhere", &format!("{}..HEAD", "1".repeat(40))] {
        let run = scan(&repo, range).expect(2);
        assert!(run.stderr.contains("help:"), "{}", run.stderr);
    }
    sandbox.shield(&sandbox.path("tmp"), &["scan", "--range", "a..b"]).expect(2);
}

#[test]
fn a_shallow_clone_that_hides_part_of_the_range_is_incomplete() {
    let sandbox = Sandbox::new();
    let repo = leaked_and_removed(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    for n in 0..4 {
        repo.write("b", format!("{n}\n")).commit("more");
    }
    let url = format!("file://{}", text(repo.dir()));
    let shallow = sandbox.path("shallow");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--depth=2", "--no-single-branch", &url, text(&shallow)]);
    let shallow = sandbox.at(shallow);
    // Both ends are here, but not what lies between.
    let run = scan(&shallow, "origin/main..origin/topic").expect(2);
    assert_eq!(run.json()["complete"], false);
    assert!(run.stderr.contains("unshallow"), "{}", run.stderr);
    // What is whole is read as ever.
    scan(&shallow, "origin/topic~1..origin/topic").expect_clean();
    // An end that is not here names the way out.
    let run = scan(&shallow, &format!("{}..HEAD", repo.git(&["rev-parse", "main~2"]))).expect(2);
    assert!(run.stderr.contains("unshallow"), "{}", run.stderr);
    shallow.git(&["fetch", "--quiet", "--unshallow"]);
    scan(&shallow, "origin/main..origin/topic").expect_clean();
}

#[test]
fn other_hashes_and_ref_stores() {
    for options in [&["--object-format=sha256"][..], &["--ref-format=reftable"]] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("repo", options);
        repo.write("a", "1\n").commit("first");
        repo.write("f", npmrc(&npm_token())).commit("leak");
        scan(&repo, "HEAD~1..HEAD").expect_blocked(&["f:1"]);
        scan(&repo, "main~1..main").expect_blocked(&["f:1"]);
        scan(&repo, "nowhere..main").expect(2);
    }
}

#[test]
fn from_a_sub_directory_and_in_a_bare_repository() {
    let sandbox = Sandbox::new();
    let repo = leaked_and_removed(&sandbox);
    fs::create_dir_all(repo.path("sub")).expect("a directory");
    scan(&sandbox.at(repo.path("sub")), "main~2..main").expect_blocked(&["f:1"]);
    let bare = sandbox.path("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", text(&bare)]);
    scan(&sandbox.at(bare), "main~2..main").expect_blocked(&["f:1"]);
}

#[test]
fn nothing_is_written() {
    let sandbox = Sandbox::new();
    let repo = leaked_and_removed(&sandbox);
    let before = listing(repo.dir());
    scan(&repo, "HEAD~2..").expect(1);
    assert_eq!(listing(repo.dir()), before);
}

/// Every file below `dir` with its size and time of change.
fn listing(dir: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        let meta = entry.metadata().expect("metadata");
        all.push(format!("{:?} {} {:?}", entry.path(), meta.len(), meta.modified().expect("a time")));
        if meta.is_dir() {
            all.extend(listing(&entry.path()));
        }
    }
    all.sort();
    all
}
