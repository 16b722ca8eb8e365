//! What counts as published where a push goes: remotes that change their address, that hold what another has, that forgot
//! what they had; and what a hook manager or a submodule takes along unsaid.

use std::fs;

use crate::support::push::{guard, guard_by_manager, npmrc, published, push, text};
use crate::support::{Repo, Sandbox, npm_token};

/// A published repository with a leak that went to `origin` past the hook.
fn with_old_leak(sandbox: &Sandbox) -> Repo<'_> {
    let repo = published(sandbox);
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo
}

/// Whether a repository has a ref that leads to a file of this name.
fn holds(sandbox: &Sandbox, remote: &str, file: &str) -> bool {
    let found = sandbox.at(sandbox.path(remote)).git(&["log", "--all", "--format=%H", "--", file]);
    !found.is_empty()
}

#[test]
fn another_address_of_a_remote_holds_nothing_yet() {
    let ways: [(&str, &[&[&str]]); 8] = [
        ("set-url", &[&["remote", "set-url", "origin", "PUBLIC"]]),
        ("edit", &[&["config", "remote.origin.url", "PUBLIC"]]),
        ("pushurl", &[&["remote", "set-url", "--push", "origin", "PUBLIC"]]),
        ("pushInsteadOf", &[&["config", "url.PUBLIC.pushInsteadOf", "ORIGIN"]]),
        ("insteadOf", &[&["config", "url.PUBLIC.insteadOf", "ORIGIN"]]),
        ("removed and added", &[&["remote", "rename", "origin", "private"], &["remote", "add", "origin", "PUBLIC"]]),
        ("another remote", &[&["remote", "add", "public", "PUBLIC"], &["config", "remote.pushDefault", "public"]]),
        (
            "a second push address",
            &[
                &["remote", "set-url", "--add", "--push", "origin", "ORIGIN"],
                &["remote", "set-url", "--add", "--push", "origin", "PUBLIC"],
            ],
        ),
    ];
    for (way, commands) in ways {
        for branch in ["main", "topic"] {
            let sandbox = Sandbox::new();
            let repo = with_old_leak(&sandbox);
            let (origin, public) = (sandbox.path("origin.git"), sandbox.remote("public.git"));
            for command in commands {
                let words: Vec<String> = command
                    .iter()
                    .map(|word| word.replace("PUBLIC", text(&public)).replace("ORIGIN", text(&origin)))
                    .collect();
                repo.git(&words.iter().map(String::as_str).collect::<Vec<_>>());
            }
            if branch == "topic" {
                repo.git(&["switch", "--quiet", "-c", "topic"]);
                repo.write("f", "clean\n").commit("more");
            }
            let remote = if way == "another remote" { "public" } else { "origin" };
            let run = repo.try_git(&["push", "--quiet", remote, branch]);
            assert_ne!(run.code, 0, "{way}, {branch}: {}", run.stderr);
            assert!(!holds(&sandbox, "public.git", "old"), "{way}, {branch}");
        }
    }
}

#[test]
fn a_remote_that_no_push_was_seen_of_is_doubted_when_git_denies_all_of_it() {
    let sandbox = Sandbox::new();
    let (origin, public) = (sandbox.remote("origin.git"), sandbox.remote("public.git"));
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", text(&origin)]);
    repo.write("old", npmrc(&npm_token())).commit("leak");
    repo.git(&["branch", "other"]);
    repo.git(&["push", "--quiet", "origin", "main", "other"]);
    repo.git(&["remote", "set-url", "origin", text(&public)]);
    guard(&repo);
    push(&repo, &["origin", "main"]).expect_blocked(&["old:1"]);
}

#[test]
fn a_clone_remembers_where_it_came_from() {
    let sandbox = Sandbox::new();
    with_old_leak(&sandbox);
    let clone = sandbox.path("clone");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", text(&sandbox.path("origin.git")), text(&clone)]);
    let (clone, public) = (sandbox.at(clone), sandbox.remote("public.git"));
    guard(&clone);
    clone.git(&["switch", "--quiet", "-c", "topic"]);
    clone.write("f", "clean\n").commit("more");
    clone.git(&["remote", "set-url", "origin", text(&public)]);
    push(&clone, &["origin", "topic"]).expect_blocked(&["old:1"]);
    clone.git(&["remote", "set-url", "origin", text(&sandbox.path("origin.git"))]);
    push(&clone, &["origin", "topic"]).expect_clean();
}

#[test]
fn an_address_may_be_spelled_in_many_ways() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let origin = text(&sandbox.path("origin.git")).to_owned();
    let bare = origin.strip_suffix(".git").expect("a suffix");
    std::os::unix::fs::symlink(&origin, sandbox.path("link")).expect("a link");
    for (n, url) in [
        format!("file://{origin}"),
        format!("{origin}/"),
        bare.to_owned(),
        "../origin.git".into(),
        text(&sandbox.path("link")).to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let branch = format!("topic{n}");
        repo.git(&["remote", "set-url", "origin", url]);
        repo.git(&["switch", "--quiet", "-c", &branch, "main"]);
        repo.write(&branch, "clean\n").commit("more");
        let run = push(&repo, &["origin", &branch]).expect_clean();
        assert_eq!(run.json()["coverage"]["commits"], 1, "{url}");
        assert_eq!(run.json()["findings"], serde_json::json!([]), "{url}");
    }
}

#[test]
fn an_address_that_comes_back_has_what_it_had() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let (origin, public) = (sandbox.path("origin.git"), sandbox.remote("public.git"));
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", "clean\n").commit("more");
    repo.git(&["remote", "set-url", "origin", text(&public)]);
    push(&repo, &["origin", "topic"]).expect_blocked(&["old:1"]);
    repo.git(&["remote", "set-url", "origin", text(&origin)]);
    push(&repo, &["origin", "topic"]).expect_clean();
    // What moved in between did not move there.
    repo.git(&["remote", "set-url", "origin", text(&public)]);
    repo.write("leak", npmrc(&npm_token())).commit("leak");
    push(&repo, &["origin", "topic"]).expect_blocked(&["leak:1", "old:1"]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "topic:other"]);
    repo.git(&["remote", "set-url", "origin", text(&origin)]);
    let run = push(&repo, &["origin", "topic:third"]).expect(0);
    assert_eq!(run.json()["findings"][0]["verdict"], "warn", "{}", run.stdout);
}

#[test]
fn what_is_fetched_from_the_new_address_is_known_there() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    // The repository was moved, with all that it holds.
    let moved = sandbox.path("moved.git");
    fs::rename(sandbox.path("origin.git"), &moved).expect("moved");
    repo.git(&["remote", "set-url", "origin", text(&moved)]);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", "clean\n").commit("more");
    push(&repo, &["origin", "topic"]).expect_blocked(&["old:1"]);
    repo.git(&["fetch", "--quiet", "origin"]);
    let run = push(&repo, &["origin", "topic"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
    // It stays known, whatever is fetched later.
    let other = sandbox.remote("other.git");
    repo.git(&["push", "--quiet", "--no-verify", text(&other), "main"]);
    repo.git(&["fetch", "--quiet", text(&other), "main"]);
    repo.git(&["switch", "--quiet", "-c", "third", "main"]);
    repo.write("g", "clean\n").commit("third");
    let run = push(&repo, &["origin", "third"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
}

#[test]
fn a_push_to_a_branch_that_is_there_needs_no_tracking_ref() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let moved = sandbox.path("moved.git");
    fs::rename(sandbox.path("origin.git"), &moved).expect("moved");
    repo.git(&["remote", "set-url", "origin", text(&moved)]);
    repo.write("f", "clean\n").commit("more");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
}

#[test]
fn fetching_from_one_place_and_pushing_to_another() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let fork = sandbox.remote("fork.git");
    repo.git(&["remote", "set-url", "--push", "origin", text(&fork)]);
    push(&repo, &["origin", "main"]).expect_blocked(&["old:1"]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write("f", "clean\n").commit("more");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
    // The tracking ref moved with that push, so it speaks of the fork.
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("g", "clean\n").commit("topic");
    let run = push(&repo, &["origin", "topic"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
}

#[test]
fn a_ref_that_a_push_moved_speaks_of_no_third_address() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let (fork, third) = (sandbox.remote("fork.git"), sandbox.remote("third.git"));
    repo.git(&["remote", "set-url", "--push", "origin", text(&fork)]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    push(&repo, &[text(&third), "main"]).expect_blocked(&["old:1"]);
}

#[test]
fn opening_a_repository_to_a_new_remote_is_a_setting() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let public = sandbox.remote("public.git");
    repo.git(&["remote", "add", "public", text(&public)]);
    let run = push(&repo, &["public", "main"]).expect_blocked(&["old:1"]);
    assert!(
        run.stdout.contains("remote origin holds it, but nothing is known to be published where"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("git fetch public"), "{}", run.stdout);
    repo.write(".shield-hook.toml", "published-elsewhere = \"report\"\n");
    let run = push(&repo, &["public", "main"]).expect(0);
    assert_eq!(run.json()["findings"][0]["verdict"], "warn", "{}", run.stdout);
    repo.write(".shield-hook.toml", "published-elsewhere = \"block\"\n");
    repo.git(&["push", "--quiet", "--no-verify", "--force", "public", "HEAD~1:refs/heads/main"]);
    push(&repo, &["public", "main"]).expect_blocked(&["old:1"]);
}

#[test]
fn a_fork_that_pulls_from_upstream_is_told_and_not_stopped() {
    let sandbox = Sandbox::new();
    let upstream = with_old_leak(&sandbox);
    let fork = sandbox.path("fork.git");
    let at = sandbox.at(sandbox.path(""));
    at.git(&["clone", "--quiet", "--bare", text(&sandbox.path("origin.git")), text(&fork)]);
    let clone = sandbox.path("clone");
    at.git(&["clone", "--quiet", text(&fork), text(&clone)]);
    let clone = sandbox.at(clone);
    guard(&clone);
    clone.git(&["remote", "add", "upstream", text(&sandbox.path("origin.git"))]);
    upstream.write("new", npmrc(&npm_token())).commit("upstream leaks again");
    upstream.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    clone.git(&["pull", "--quiet", "--ff-only", "upstream", "main"]);
    let run = push(&clone, &["origin", "main"]).expect(0);
    assert_eq!(run.json()["findings"][0]["verdict"], "warn", "{}", run.stdout);
    clone.git(&["switch", "--quiet", "-c", "topic"]);
    clone.write("f", "clean\n").commit("topic");
    push(&clone, &["origin", "topic"]).expect_clean();
    // A fork made later, of which one fetch is enough to know.
    let second = sandbox.path("second.git");
    at.git(&["clone", "--quiet", "--bare", text(&sandbox.path("origin.git")), text(&second)]);
    clone.git(&["remote", "add", "second", text(&second)]);
    clone.git(&["fetch", "--quiet", "second"]);
    push(&clone, &["second", "topic"]).expect_clean();
    let third = sandbox.path("third.git");
    at.git(&["clone", "--quiet", "--bare", text(&sandbox.path("origin.git")), text(&third)]);
    clone.git(&["fetch", "--quiet", text(&third), "main"]);
    push(&clone, &[text(&third), "topic"]).expect_clean();
}

#[test]
fn git_outweighs_a_tracking_ref() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("leak", npmrc(&npm_token())).commit("leak");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "topic"]);
    // The branch is deleted there; the tracking ref is still here.
    let origin = sandbox.at(sandbox.path("origin.git"));
    origin.git(&["branch", "-D", "topic"]);
    push(&repo, &["origin", "topic"]).expect_blocked(&["leak:1"]);
    // It is put back to where it was before the leak.
    origin.git(&["branch", "topic", "main"]);
    push(&repo, &["origin", "topic"]).expect_blocked(&["leak:1"]);
}

#[test]
fn what_only_a_tracking_ref_vouches_for_is_said() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let tip = repo.git(&["rev-parse", "--short=7", "HEAD"]);
    let said = format!("history up to {tip} taken as published by origin/main of today");
    repo.git(&["branch", "new"]);
    let digest = push(&repo, &["origin", "new"]).expect_clean().json()["digest"].to_string();
    assert!(digest.contains(&said), "{digest}");
    repo.write("f", "clean\n").commit("more");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert!(!run.stdout.contains("taken as published"), "git itself says so: {}", run.stdout);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let other = sandbox.path("other");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", text(&sandbox.path("origin.git")), text(&other)]);
    let other = sandbox.at(other);
    guard(&other);
    // The leak is scrubbed, which the clone does not know.
    repo.git(&["push", "--quiet", "--no-verify", "--force", "origin", "HEAD~1:main"]);
    let stale = other.git(&["rev-parse", "--short=7", "HEAD"]);
    other.git(&["switch", "--quiet", "-c", "topic"]);
    other.write("g", "clean\n").commit("topic");
    for pushed in ["topic", "topic~1:refs/heads/same"] {
        let run = push(&other, &["origin", pushed]).expect_clean();
        let digest = run.json()["digest"].as_str().expect("a digest").to_owned();
        assert!(digest.contains(&format!("history up to {stale} taken as published by origin/main")), "{digest}");
    }
    other.git(&["fetch", "--quiet"]);
    push(&other, &["origin", "topic:refs/heads/again"]).expect(0);
}

#[test]
fn every_ref_of_a_push_is_found_behind_a_hook_manager() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    guard_by_manager(&repo);
    repo.git(&["switch", "--quiet", "-c", "leaky"]);
    repo.write("leak", npmrc(&npm_token())).commit("leak");
    repo.git(&["tag", "leaky-tag"]);
    for name in ["clean", "a-second"] {
        repo.git(&["switch", "--quiet", "-c", name, "main"]);
        repo.write(name, "clean\n").commit(name);
    }
    repo.git(&["config", "alias.p", "push --quiet"]);
    for refs in [
        &["origin", "clean", "leaky"][..],
        &["origin", "clean", "+leaky:refs/heads/elsewhere"],
        &["origin", "clean", "refs/heads/l*:refs/heads/l*"],
        &["origin", "clean", "tag", "leaky-tag"],
        &["origin", "--tags", "clean"],
        &["origin", "--all"],
        &["--force", "--follow-tags", "-o", "x", "origin", "clean", "leaky"],
    ] {
        let run = repo.try_git(&[&["push", "--quiet"], refs].concat());
        assert_ne!(run.code, 0, "{refs:?}");
        assert!(!holds(&sandbox, "origin.git", "leak"), "{refs:?}");
    }
    assert_ne!(repo.try_git(&["p", "origin", "clean", "leaky"]).code, 0);
    // A leak that stays here stops nothing.
    let run = push(&repo, &["origin", "clean", "a-second"]).expect_clean();
    assert!(run.json()["digest"].as_str().expect("a digest").contains("a-second"), "{}", run.stdout);
    // Where the command line says nothing, a leak that may go leaves the run incomplete, by name.
    repo.git(&["config", "alias.q", "!git push --quiet --no-such"]);
    repo.write("a-second", "more\n").commit("more");
    let run = push(&repo, &["--follow-tags", "origin", "a-second"]);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("leaky-tag"), "{}", run.stderr);
}

/// A repository with the submodule `lib`, both published, and the hook.
fn with_submodule(sandbox: &Sandbox) -> Repo<'_> {
    let lib = sandbox.remote("lib.git");
    let first = sandbox.repo("lib");
    first.write("a", "1\n").write("old", npmrc(&npm_token())).commit("first");
    first.git(&["push", "--quiet", text(&lib), "main"]);
    let repo = published(sandbox);
    repo.git(&["submodule", "--quiet", "add", text(&lib), "libs/lib"]);
    repo.commit("a submodule");
    push(&repo, &["origin", "main"]).expect_clean();
    repo
}

#[test]
fn a_submodule_that_is_pushed_along_is_read() {
    let sandbox = Sandbox::new();
    let repo = with_submodule(&sandbox);
    let lib = sandbox.at(repo.path("libs/lib"));
    lib.write("f", "clean\n").commit("clean");
    repo.commit("bump");
    let run = push(&repo, &["--recurse-submodules=on-demand", "origin", "main"]).expect_clean();
    assert_eq!(run.json()["coverage"]["skipped"], serde_json::json!([]), "{}", run.stdout);
    lib.write("leak", npmrc(&npm_token())).commit("leak");
    repo.commit("bump");
    push(&repo, &["--recurse-submodules=on-demand", "origin", "main"]).expect_blocked(&["libs/lib/leak:1"]);
    push(&repo, &["--recurse-submodules", "on-demand", "origin", "main"]).expect_blocked(&["libs/lib/leak:1"]);
    for (key, value) in [("push.recurseSubmodules", "on-demand"), ("submodule.recurse", "true")] {
        repo.git(&["config", key, value]);
        push(&repo, &["origin", "main"]).expect_blocked(&["libs/lib/leak:1"]);
        repo.git(&["config", "--unset", key]);
    }
    assert!(!holds(&sandbox, "lib.git", "leak"));
    // Alone, the repository publishes an id of the submodule and nothing else.
    let run = push(&repo, &["--no-recurse-submodules", "origin", "main"]).expect_clean();
    assert_eq!(run.json()["coverage"]["skipped"][0]["what"], "gitlink", "{}", run.stdout);
}

#[test]
fn doctor_and_install_name_submodules_without_hooks() {
    let sandbox = Sandbox::new();
    let repo = with_submodule(&sandbox);
    fs::remove_file(repo.path(".git/hooks/pre-push")).expect("the hook");
    let installed = repo.shield(&["install"]).expect(0);
    assert!(installed.stdout.contains("the submodule libs/lib has no hooks"), "{}", installed.stdout);
    let doctor = repo.shield(&["doctor"]);
    assert!(doctor.stdout.contains("the submodule libs/lib has no hooks"), "{}{}", doctor.stdout, doctor.stderr);
    sandbox.at(repo.path("libs/lib")).shield(&["install"]).expect(0);
    let doctor = repo.shield(&["doctor"]);
    assert!(!doctor.stdout.contains("libs/lib"), "{}", doctor.stdout);
}

#[test]
fn a_tracking_ref_that_no_remote_wrote_opens_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.shield(&["install", "--strict"]).expect(0);
    repo.write("leak", npmrc(&npm_token())).add();
    let tree = repo.git(&["write-tree"]);
    let leak = repo.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "x"]);
    for refs in [&["remotes/o/z", "heads/q"][..], &["remotes/origin/z", "heads/q"], &["remotes/origin/z", "tags/q"]] {
        let text: String = refs.iter().map(|name| format!("create refs/{name} {leak}\n")).collect();
        let run = repo.try_git_with(&["update-ref", "--stdin"], &[], Some(text.as_bytes()));
        assert_ne!(run.code, 0, "{refs:?}");
    }
    repo.git(&["update-ref", "refs/remotes/nobody/z", &leak]);
    assert_ne!(repo.try_git(&["branch", "q", &leak]).code, 0);
}

/// The branch that a stale clone tracks was rewritten on the other side: asked, that side has nothing of it.
#[test]
fn the_other_side_is_asked_where_the_policy_wants_it() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    let origin = sandbox.at(sandbox.path("origin.git"));
    origin.git(&["update-ref", "refs/heads/main", "main~1"]);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", "clean\n").commit("more");
    push(&repo, &["origin", "topic"]).expect_clean();
    origin.git(&["update-ref", "-d", "refs/heads/topic"]);
    repo.git(&["update-ref", "-d", "refs/remotes/origin/topic"]);
    repo.write(".shield-hook.toml", "[push]\nask = true\n");
    push(&repo, &["origin", "topic"]).expect_blocked(&["old:1"]);
    // What it has is not blamed.
    let run = push(&repo, &["origin", "topic~2:refs/heads/other"]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 0);
}

#[test]
fn an_address_that_does_not_answer_is_incomplete() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    repo.write(".shield-hook.toml", "[push]\nask = true\n");
    let head = repo.git(&["rev-parse", "HEAD"]);
    let nowhere = sandbox.path("nowhere.git");
    let stdin = format!("refs/heads/main {head} refs/heads/new {}\n", "0".repeat(40));
    let run = repo.shield_with(&["hook", "pre-push", "origin", text(&nowhere)], &[], Some(stdin.as_bytes())).expect(2);
    assert!(run.stderr.contains("does not answer"), "{}", run.stderr);
    assert!(!run.stderr.contains("nowhere.git"), "an address may hold a token: {}", run.stderr);
}

#[test]
fn a_tracking_ref_counts_for_as_long_as_the_policy_says() {
    let sandbox = Sandbox::new();
    let repo = with_old_leak(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", "clean\n").commit("more");
    // Pushed forty days ago.
    let log = repo.path(".git/logs/refs/remotes/origin/main");
    let aged = fs::read_to_string(&log).expect("its reflog");
    let then =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs() - 40 * 86_400;
    let aged: Vec<String> = aged
        .lines()
        .map(|line| {
            let (head, rest) = line.split_once("> ").expect("a person");
            let (_, zone) = rest.split_once(' ').expect("a time");
            format!("{head}> {then} {zone}\n")
        })
        .collect();
    fs::write(&log, aged.concat()).expect("its reflog");
    for (days, blocks) in [("0", false), ("60", false), ("30", true)] {
        repo.write(".shield-hook.toml", format!("[push]\ntracking-days = {days}\n"));
        let head = repo.git(&["rev-parse", "HEAD"]);
        let stdin = format!("refs/heads/topic {head} refs/heads/topic {}\n", "0".repeat(40));
        let origin = sandbox.path("origin.git");
        let args = ["hook", "--format", "json", "pre-push", "origin", text(&origin)];
        let run = repo.shield_with(&args, &[], Some(stdin.as_bytes()));
        assert_eq!(run.code, i32::from(blocks), "{days} days: {}{}", run.stdout, run.stderr);
    }
}
