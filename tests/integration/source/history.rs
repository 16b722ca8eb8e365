//! `scan --history`: everything any ref leads to, each secret once.

use std::fs;
use std::path::Path;

use crate::support::{Repo, Run, Sandbox, npm_token};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

fn scan(repo: &Repo<'_>) -> Run {
    repo.shield(&["scan", "--history", "--format", "json"])
}

fn count(run: &Run, what: &str) -> u64 {
    run.json()["coverage"][what].as_u64().expect("a number")
}

/// What git says the history holds: commits and blobs.
fn expected(repo: &Repo<'_>) -> (u64, u64) {
    let list = repo.git(&["rev-list", "--objects", "--all", "HEAD"]);
    let ids: String = list.lines().map(|l| format!("{}\n", l.split(' ').next().unwrap_or_default())).collect();
    let kinds = repo.try_git_with(&["cat-file", "--batch-check=%(objecttype)"], &[], Some(ids.as_bytes())).stdout;
    let of = |kind: &str| kinds.lines().filter(|k| *k == kind).count() as u64;
    (of("commit"), of("blob"))
}

#[test]
fn one_tip_is_told_as_one() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", "a\n").commit("a");
    let digest = |run: Run| run.json()["digest"].as_str().expect("a digest").to_owned();
    // Loose objects are read one by one, a pack along its deltas.
    for _ in 0..2 {
        assert!(digest(scan(&repo)).contains(" 1 tip,"), "{}", digest(scan(&repo)));
        repo.git(&["repack", "-q", "-a", "-d"]);
    }
    repo.git(&["branch", "other"]);
    repo.write("b.txt", "b\n").commit("b");
    assert!(digest(scan(&repo)).contains(" 2 tips,"), "{}", digest(scan(&repo)));
}

#[test]
fn everything_is_read_once_and_a_secret_is_told_where_it_first_came_up() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("README", "hello\n").commit("first");
    let leak = npmrc(&npm_token());
    repo.write("d/f", &leak).commit("leak");
    let commit = repo.git(&["rev-parse", "HEAD"]);
    for n in 0..5 {
        repo.write("d/f", format!("{leak}{n}\n")).commit("later");
    }
    fs::remove_file(repo.path("d/f")).expect("gone");
    repo.commit("removed");
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "--quiet", "-a", "-d", "-f", "--depth=50", "--window=50"]);
        }
        let run = scan(&repo).expect_blocked(&["d/f:1"]);
        assert_eq!(run.blocking().len(), 1, "{}", run.stdout);
        assert_eq!(run.json()["findings"][0]["commit"].as_str(), Some(commit.as_str()));
        assert_eq!((count(&run, "commits"), count(&run, "blobs")), expected(&repo));
    }
}

#[test]
fn every_kind_of_ref_is_read() {
    let ways: [&[&str]; 6] = [
        &["branch", "aside"],
        &["tag", "v1"],
        &["tag", "-a", "v1", "-m", "x"],
        &["update-ref", "refs/remotes/origin/x", "HEAD"],
        &["update-ref", "refs/changes/1", "HEAD"],
        &["worktree", "add", "--quiet", "--detach", "../linked"],
    ];
    for keep in ways {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("README", "hello\n").commit("first");
        repo.write("f", npmrc(&npm_token())).commit("leak");
        repo.git(keep);
        repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        let run = scan(&repo);
        assert_eq!(run.code, 1, "{keep:?}: {}{}", run.stdout, run.stderr);
        run.expect_blocked(&["f:1"]);
    }
}

#[test]
fn stash_messages_tags_notes_and_names() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "1\n").commit("first");
    repo.write("f", npmrc(&npm_token()));
    repo.git(&["stash", "--quiet"]);
    let id = repo.commit(&format!("subject\n\n{}", npmrc(&npm_token())));
    repo.git(&["tag", "-a", "v1", "-m", &npmrc(&npm_token())]);
    repo.git(&["notes", "add", "-m", &npmrc(&npm_token())]);
    let note = repo.git(&["ls-tree", "-r", "--name-only", "refs/notes/commits"]);
    scan(&repo).expect_blocked(&[
        "f:1",
        &format!("commit message of {}:3", &id[..7]),
        "tag message of v1:1",
        &format!("note on {note}:1"),
    ]);
    let token = npm_token();
    repo.write(format!("{token}.txt"), "x\n").commit("a name");
    let run = scan(&repo).expect(1);
    assert_eq!(run.blocking().len(), 5, "{}", run.stdout);
    assert!(!run.stdout.contains(&token), "the token is never printed");
}

#[test]
fn a_blob_or_tree_that_only_a_ref_names() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "1\n").commit("first");
    let blob = repo.try_git_with(&["hash-object", "-w", "--stdin"], &[], Some(npmrc(&npm_token()).as_bytes()));
    let blob = blob.stdout.trim().to_owned();
    repo.git(&["update-ref", "refs/keep/blob", &blob]);
    scan(&repo).expect_blocked(&[&format!("blob {blob}:1")]);
    let tree = repo.try_git_with(&["mktree"], &[], Some(format!("100644 blob {blob}\tleak\n").as_bytes()));
    repo.git(&["update-ref", "refs/keep/tree", tree.stdout.trim()]);
    scan(&repo).expect_blocked(&["leak:1"]);
}

#[test]
fn unreachable_objects_are_read_when_asked_for() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("README", "hello\n").commit("first");
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let lost = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let blob = repo.try_git_with(&["hash-object", "-w", "--stdin"], &[], Some(npmrc(&npm_token()).as_bytes()));
    let blob = blob.stdout.trim().to_owned();
    scan(&repo).expect_clean();
    let all = ["scan", "--history", "--all-objects", "--format", "json"];
    let run = repo.shield(&all).expect_blocked(&["f:1", &format!("blob {blob}:1")]);
    let json = run.json();
    let commits: Vec<_> = json["findings"].as_array().expect("findings").iter().map(|f| f["commit"].as_str()).collect();
    assert!(commits.contains(&Some(lost.as_str())), "{commits:?}");
    repo.git(&["-c", "gc.reflogExpire=now", "repack", "--quiet", "-a", "-d", "--keep-unreachable"]);
    repo.shield(&all).expect_blocked(&["f:1", &format!("blob {blob}:1")]);
}

#[test]
fn what_cannot_be_read_is_never_taken_for_clean() {
    for broken in ["HEAD:f", "HEAD^{tree}", "HEAD~1", "HEAD~1:g"] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("g", "1\n").commit("first");
        repo.write("g", "2\n").write("f", "2\n").commit("second");
        let id = repo.git(&["rev-parse", broken]);
        fs::remove_file(repo.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).expect("a loose object");
        let run = scan(&repo).expect(2);
        assert_eq!(run.json()["complete"], false, "{broken}");
        assert!(run.stderr.contains(&id), "{broken} is named: {}", run.stderr);
    }
}

#[test]
fn a_shallow_clone_is_incomplete_and_a_whole_one_is_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for n in 0..3 {
        repo.write("f", format!("{n}\n")).commit("more");
    }
    let url = format!("file://{}", text(repo.dir()));
    let shallow = sandbox.path("shallow");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--depth=1", &url, text(&shallow)]);
    let shallow = sandbox.at(shallow);
    let run = scan(&shallow).expect(2);
    assert!(run.stderr.contains("unshallow"), "{}", run.stderr);
    shallow.git(&["fetch", "--quiet", "--unshallow"]);
    scan(&shallow).expect_clean();
}

#[test]
fn a_partial_clone_is_incomplete_and_nothing_is_fetched() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.write("f", "1\n").commit("first");
    repo.write("f", "2\n").commit("second");
    let url = format!("file://{}", text(repo.dir()));
    let partial = sandbox.path("partial");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--filter=blob:none", &url, text(&partial)]);
    let partial = sandbox.at(partial);
    let missing = || partial.git(&["rev-list", "--objects", "--all", "--missing=print"]).matches('?').count();
    let before = missing();
    assert_eq!(before, 1);
    scan(&partial).expect(2);
    assert_eq!(missing(), before);
}

#[test]
fn an_empty_repository_and_other_formats() {
    let sandbox = Sandbox::new();
    scan(&sandbox.repo("empty")).expect_clean();
    for (n, options) in [&["--object-format=sha256"][..], &["--ref-format=reftable"]].iter().enumerate() {
        let repo = sandbox.repo_with(&format!("repo{n}"), options);
        repo.write("f", npmrc(&npm_token())).commit("leak");
        fs::remove_file(repo.path("f")).expect("gone");
        repo.commit("removed");
        scan(&repo).expect_blocked(&["f:1"]);
        repo.git(&["switch", "--quiet", "--detach"]);
        repo.write("g", npmrc(&npm_token())).commit("leak");
        let linked = sandbox.path(format!("linked{n}"));
        repo.git(&["worktree", "add", "--quiet", text(&linked), "main"]);
        scan(&sandbox.at(linked)).expect_blocked(&["f:1", "g:1"]);
    }
}

#[test]
fn borrowed_objects_and_several_packs() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).commit("leak");
    repo.git(&["repack", "--quiet", "-d"]);
    fs::remove_file(repo.path("f")).expect("gone");
    repo.write("g", npmrc(&npm_token())).commit("removed");
    repo.git(&["repack", "--quiet", "-d"]);
    repo.write("h", npmrc(&npm_token())).commit("loose");
    scan(&repo).expect_blocked(&["f:1", "g:1", "h:1"]);
    repo.git(&["multi-pack-index", "write"]);
    scan(&repo).expect_blocked(&["f:1", "g:1", "h:1"]);
    let borrower = sandbox.path("borrower");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--shared", text(repo.dir()), text(&borrower)]);
    scan(&sandbox.at(borrower)).expect_blocked(&["f:1", "g:1", "h:1"]);
}
