//! `hook pre-receive` on a server: what a push brings is read while git still keeps it in quarantine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Repo, Run, Sandbox, binary, npm_token};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

/// A server whose pre-receive hook is ours, and a clone of it with one published commit.
fn served<'s>(sandbox: &'s Sandbox, options: &[&str]) -> (Repo<'s>, Repo<'s>) {
    let mut bare = options.to_vec();
    bare.push("--bare");
    let server = sandbox.repo_with("server.git", &bare);
    let hook = server.path("hooks/pre-receive");
    let out = sandbox.path("report");
    fs::create_dir_all(server.path("hooks")).expect("hooks");
    fs::write(
        &hook,
        format!("#!/bin/sh\nexec '{}' hook --format json pre-receive >'{}'\n", binary().display(), out.display()),
    )
    .expect("the hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("mode bits");
    let repo = sandbox.repo_with("repo", options);
    repo.git(&["remote", "add", "origin", text(server.dir())]);
    repo.write("README", "hello\n").commit("first");
    push(&repo, &["-u", "origin", "main"]).expect_clean();
    (server, repo)
}

/// Pushes, and gives what the server's hook said; the push must have ended the same way.
#[track_caller]
fn push(repo: &Repo<'_>, args: &[&str]) -> Run {
    let report = repo.sandbox().path("report");
    let _ = fs::remove_file(&report);
    let mut all = vec!["push", "--quiet"];
    all.extend(args);
    let git = repo.try_git(&all);
    let stdout = fs::read_to_string(report).unwrap_or_else(|_| panic!("the hook did not run: {}", git.stderr));
    let run = Run { code: 0, stdout, stderr: git.stderr };
    let json = run.json();
    let code = if json["result"] == "blocked" { 1 } else { 2 * i32::from(json["complete"] == false) };
    assert_eq!(git.code == 0, code == 0, "the push ended otherwise than the hook: {}", run.stderr);
    Run { code, ..run }
}

fn count(run: &Run, what: &str) -> u64 {
    run.json()["coverage"][what].as_u64().expect("a number")
}

#[test]
fn a_leak_is_refused_in_quarantine_and_the_rest_is_let_in() {
    for options in [&[][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
        let sandbox = Sandbox::new();
        let (server, repo) = served(&sandbox, options);
        repo.write("f", "clean\n").commit("second");
        let run = push(&repo, &["origin", "main"]).expect_clean();
        assert_eq!((count(&run, "commits"), count(&run, "blobs")), (1, 1), "{options:?}");
        repo.write("f", npmrc(&npm_token())).commit("leak");
        repo.write("f", "clean again\n").commit("removed");
        push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
        assert_eq!(server.git(&["rev-parse", "main"]), repo.git(&["rev-parse", "HEAD~2"]));
    }
}

#[test]
fn new_branches_tags_and_deletions() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    repo.git(&["tag", "-a", "v1", "-m", &npmrc(&npm_token())]);
    push(&repo, &["origin", "v1"]).expect_blocked(&["tag message of v1:1"]);
    // A new branch on what is there brings nothing.
    let run = push(&repo, &["origin", "main:topic"]).expect_clean();
    assert_eq!(count(&run, "commits"), 0);
    push(&repo, &["origin", ":topic"]).expect_clean();
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &["origin", "main:ok", "topic"]).expect_blocked(&["f:1"]);
    repo.git(&["notes", "add", "-m", &npmrc(&npm_token())]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    push(&repo, &["origin", "refs/notes/commits", "topic"]).expect_blocked(&["f:1", &format!("note on {head}:1")]);
}

#[test]
fn what_the_server_has_is_not_blamed_again() {
    let sandbox = Sandbox::new();
    let (server, repo) = served(&sandbox, &[]);
    repo.write("old", npmrc(&npm_token())).commit("leak");
    let hook = server.path("hooks/pre-receive");
    fs::rename(&hook, server.path("hooks/away")).expect("moved");
    repo.git(&["push", "--quiet", "origin", "main"]);
    fs::rename(server.path("hooks/away"), &hook).expect("moved");
    repo.write("new", "clean\n").commit("second");
    let run = push(&repo, &["origin", "main:other"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
}

#[test]
fn a_policy_that_is_pushed_does_not_judge_itself() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"f\"\nreason = \"a test\"\nbroad = true\n");
    repo.write("f", npmrc(&npm_token())).commit("leak, and a policy that lets it through");
    push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", "main:new"]).expect_blocked(&["f:1"]);
}

#[test]
fn the_policy_is_that_of_the_ref_which_is_updated() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    push(&repo, &["origin", "main:strict"]).expect_clean();
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"f\"\nreason = \"a test\"\nbroad = true\n")
        .commit("a loose policy");
    push(&repo, &["origin", "main"]).expect_clean();
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &["origin", "main:strict"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", "main"]).expect_clean();
}

#[test]
fn several_refs_are_each_judged_by_their_own_policy() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    push(&repo, &["origin", "main:strict"]).expect_clean();
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"f\"\nreason = \"a test\"\nbroad = true\n")
        .commit("a loose policy");
    push(&repo, &["origin", "main:loose"]).expect_clean();
    repo.write("f", npmrc(&npm_token())).commit("leak");
    // The default branch has no such allowance either.
    push(&repo, &["--atomic", "origin", "main:loose", "main:strict"]).expect_blocked(&["f:1"]);
    push(&repo, &["--atomic", "origin", "main:loose", "main:new"]).expect_blocked(&["f:1"]);
    let run = push(&repo, &["origin", "main:loose", ":strict"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
}

#[test]
fn what_two_policies_block_is_told_once() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    push(&repo, &["origin", "main:one"]).expect_clean();
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"g\"\nreason = \"a test\"\nbroad = true\n").commit("a policy");
    push(&repo, &["origin", "main:two"]).expect_clean();
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &["--atomic", "origin", "main:one", "main:two"]).expect_blocked(&["f:1"]);
    let run = push(&repo, &["--atomic", "origin", "main:one", "main:two"]);
    assert_eq!(run.json()["findings"].as_array().map(Vec::len), Some(1), "{}", run.stdout);
}

#[test]
fn the_name_of_a_new_ref_is_read() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    let token = npm_token();
    let run = push(&repo, &["origin", &format!("main:refs/heads/{token}")]).expect_blocked(&["refs/heads/npm_****:1"]);
    assert!(!run.stdout.contains(&token));
}

#[test]
fn a_namespace_hides_nothing_and_stops_nobody() {
    let sandbox = Sandbox::new();
    let (server, repo) = served(&sandbox, &[]);
    let url = format!("ext::git --namespace=other %s {}", text(server.dir()));
    repo.git(&["config", "protocol.ext.allow", "always"]);
    repo.write("f", "f\n").commit("clean");
    push(&repo, &[&url, "main"]).expect_clean();
    repo.write("f", npmrc(&npm_token())).commit("a secret");
    push(&repo, &[&url, "main"]).expect_blocked(&["f:1"]);
    push(&repo, &[&url, "main:refs/heads/new"]).expect_blocked(&["f:1"]);
}
