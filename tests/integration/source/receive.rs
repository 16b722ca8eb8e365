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

const LOOSE: &str = "[[allow]]\npath = \"f\"\nreason = \"a test\"\nbroad = true\n";

/// The verdict on a weakening; none where nothing weakens.
fn weakening(run: &Run) -> Option<String> {
    let json = run.json();
    let found = json["findings"].as_array().expect("findings").iter().find(|f| f["rule"] == "policy-weakened").cloned();
    Some(found?["verdict"].as_str().expect("a verdict").to_owned())
}

/// A policy on a branch of one's own is told; it opens neither that branch nor, through it, the default branch.
#[test]
fn the_policy_is_that_of_the_default_branch() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    repo.write(".shield-hook.toml", LOOSE).commit("a loose policy");
    let run = push(&repo, &["origin", "main:loose"]).expect_clean();
    assert_eq!(weakening(&run).as_deref(), Some("warn"), "{}", run.stdout);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &["origin", "main:loose"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", "main:main"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", "main:new"]).expect_blocked(&["f:1"]);
    // Once the default branch allows it, every branch does.
    let run = push(&repo, &["origin", "main~1:main"]).expect_clean();
    assert_eq!(weakening(&run).as_deref(), Some("warn"), "{}", run.stdout);
    let run = push(&repo, &["--atomic", "origin", "main:loose", "main:new"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
    assert_eq!(weakening(&run), None, "{}", run.stdout);
}

#[test]
fn a_weakening_is_refused_by_setting() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    let refuse = "[server]\npolicy-weakened = \"block\"\n";
    repo.write(".shield-hook.toml", refuse).commit("strict");
    push(&repo, &["origin", "main"]).expect_clean();
    for loose in [String::new(), format!("block = \"high\"\n{refuse}"), format!("{refuse}{LOOSE}")] {
        repo.write(".shield-hook.toml", &loose).commit("loosened");
        for to in ["main:main", "main:topic"] {
            let run = push(&repo, &["origin", to]).expect(1);
            assert_eq!(weakening(&run).as_deref(), Some("block"), "{loose}");
        }
        repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
    }
    // One secret, by its fingerprint and with a reason, is a notice.
    repo.shield(&["allow", &"ab".repeat(16), "--reason", "a sample", "--unseen"]).expect(0);
    repo.commit("narrow");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!(weakening(&run).as_deref(), Some("warn"));
}

#[test]
fn a_branch_that_was_made_before_the_policy_was_tightened_weakens_nothing() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("g", "clean\n").commit("work");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write(".shield-hook.toml", "block = \"low\"\n").commit("tightened");
    push(&repo, &["origin", "main"]).expect_clean();
    let run = push(&repo, &["origin", "topic"]).expect_clean();
    assert_eq!(weakening(&run), None, "{}", run.stdout);
}

#[test]
fn a_policy_that_cannot_be_parsed_is_refused_and_its_repair_is_not() {
    let sandbox = Sandbox::new();
    let (server, repo) = served(&sandbox, &[]);
    for (path, broken) in [
        (".shield-hook.toml", "}}}\n".to_owned()),
        (".shield-hook.toml", "blok = 1\n".into()),
        (".shield-hook.toml", "rules = [\"none/*.toml\"]\n".into()),
        (".shield-hook.baseline", "<<<<<<< ours\n".into()),
    ] {
        repo.write(path, &broken).commit("broken");
        for to in ["main:main", "main:topic"] {
            let run = push(&repo, &["origin", to]).expect(1);
            assert_eq!(weakening(&run).as_deref(), Some("block"), "{broken}");
        }
        // One that came in by another way is repaired by a push; until then nothing else gets in there.
        let hook = server.path("hooks/pre-receive");
        fs::rename(&hook, server.path("hooks/away")).expect("moved");
        repo.git(&["push", "--quiet", "origin", "main", "main:topic"]);
        fs::rename(server.path("hooks/away"), &hook).expect("moved");
        repo.write("g", base62()).commit("more");
        push(&repo, &["origin", "main"]).expect(1);
        repo.git(&["rm", "--quiet", path]);
        repo.commit("repaired");
        push(&repo, &["origin", "main:topic"]).expect_clean();
        push(&repo, &["origin", "main"]).expect_clean();
    }
}

fn base62() -> String {
    crate::support::base62(3)
}

#[test]
fn what_two_branches_bring_is_told_once() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    repo.write(".shield-hook.toml", LOOSE).write("g", npmrc(&npm_token())).commit("leak");
    let run = push(&repo, &["--atomic", "origin", "main:one", "main:two"]).expect_blocked(&["g:1"]);
    assert_eq!(run.json()["findings"].as_array().map(Vec::len), Some(2), "{}", run.stdout);
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

/// Sets the server's policy, past its hook.
fn set_policy(server: &Repo<'_>, repo: &Repo<'_>, text: &str) {
    let (hook, away) = (server.path("hooks/pre-receive"), server.path("hooks/away"));
    fs::rename(&hook, &away).expect("moved");
    repo.write(".shield-hook.toml", text).commit("the policy");
    repo.git(&["push", "--quiet", "origin", "main"]);
    fs::rename(&away, &hook).expect("moved");
}

/// A push has a budget: it is refused when that ends, and no setting about unread content lets it through.
#[test]
fn a_push_beyond_its_budget_is_refused() {
    let sandbox = Sandbox::new();
    let (server, repo) = served(&sandbox, &[]);
    let accept = "[[unread]]\npath = \"**\"\nreason = \"whatever it is\"\n";
    set_policy(&server, &repo, &format!("[server]\npush-bytes = 100000\n{accept}"));
    repo.write("small", "x\n".repeat(1000)).commit("small");
    push(&repo, &["origin", "main"]).expect_clean();
    for n in 0..3 {
        repo.write(format!("f{n}"), format!("{n}\n").repeat(20_000)).commit("large together");
    }
    let run = push(&repo, &["origin", "main"]).expect(2);
    assert!(run.stderr.contains("raise [server] push-bytes"), "{}", run.stderr);
    repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
    // A few bytes that become many.
    repo.write("bomb.gz", gzip(&vec![b'x'; 5_000_000])).commit("a bomb");
    let run = push(&repo, &["origin", "main"]).expect(2);
    assert!(run.stderr.contains("raise [server] push-bytes") || run.stderr.contains("bomb.gz"), "{}", run.stderr);
    repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
    set_policy(&server, &repo, &format!("[server]\npush-seconds = 0\n{accept}"));
    repo.write("late", npmrc(&npm_token())).commit("late");
    let run = push(&repo, &["origin", "main"]);
    // What takes less than a second may be read in time.
    assert_ne!(run.code, 0, "{}", run.stderr);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// Ten trees that hold each other ten times each are ten thousand million paths.
#[test]
fn trees_that_hold_each_other_are_refused_and_never_walked() {
    let sandbox = Sandbox::new();
    let (_, repo) = served(&sandbox, &[]);
    let blob = repo.write("leaf", "x\n").git(&["hash-object", "-w", "leaf"]);
    let mut tree = (0..10).map(|n| format!("100644 blob {blob}\tf{n}\n")).collect::<String>();
    for _ in 0..9 {
        let made = repo.try_git_with(&["mktree"], &[], Some(tree.as_bytes())).expect(0);
        let id = made.stdout.trim().to_owned();
        tree = (0..10).map(|n| format!("040000 tree {id}\td{n}\n")).collect();
    }
    let root = repo.try_git_with(&["mktree"], &[], Some(tree.as_bytes())).expect(0).stdout.trim().to_owned();
    let commit = repo.git(&["commit-tree", "-m", "a bomb", "-p", "HEAD", &root]);
    let run = push(&repo, &["origin", &format!("{commit}:refs/heads/bomb")]).expect(2);
    assert!(run.stderr.contains("more new paths than are planned"), "{}", run.stderr);
}
