//! Whose policy judges: every row of docs/policy.md, with the policy in every place where it could be read from.

use std::path::{Path, PathBuf};

use crate::support::{Repo, Run, Sandbox, npm_token};

/// The places that hold a policy. Each allows secrets in a file of its own, so a run shows by what it lets pass whose
/// policy it went by.
const PLACES: [&str; 5] = ["worktree", "head", "default", "before", "user"];

/// A repository in which every place has another policy, and the last commit brings one secret for each.
struct RepairContext<'s> {
    sandbox: &'s Sandbox,
    repo: Repo<'s>,
    /// The branch before the commit.
    before: String,
    /// The branch.
    head: String,
}

fn allowing(place: &str) -> String {
    format!("[[allow]]\npath = \"for-{place}\"\nbroad = true\nreason = \"whoever goes by {place}\"\n")
}

impl<'s> RepairContext<'s> {
    fn new(sandbox: &'s Sandbox, branch: &str) -> Self {
        let repo = sandbox.repo("work");
        repo.write(".shield-hook.toml", allowing("default")).commit("the default branch");
        let server = sandbox.remote("server.git");
        repo.git(&["remote", "add", "origin", server.to_str().expect("UTF-8")]);
        repo.git(&["push", "--quiet", "origin", "main"]);
        if branch != "main" {
            repo.git(&["switch", "--quiet", "-c", branch]);
        }
        let before = repo.write(".shield-hook.toml", allowing("before")).commit("before");
        for place in PLACES {
            repo.write(format!("for-{place}"), format!("token = \"{}\"\n", npm_token()));
        }
        let head = repo.write(".shield-hook.toml", allowing("head")).commit("the change");
        repo.git(&["push", "--quiet", "origin", "HEAD"]);
        repo.write(".shield-hook.toml", allowing("worktree"));
        let user = sandbox.home().join(".config/shield-hook");
        std::fs::create_dir_all(&user).expect("a directory");
        std::fs::write(user.join("config.toml"), allowing("user")).expect("a file");
        RepairContext { sandbox, repo, before, head }
    }

    /// The places by which something passed.
    fn heard(run: &Run) -> Vec<String> {
        let json = run.json();
        let allowed = json["findings"].as_array().expect("findings").iter().filter(|f| f["verdict"] == "allowed");
        let paths = allowed.map(|f| f["path"].as_str().expect("a path").trim_start_matches("for-").to_owned());
        let mut places: Vec<String> = paths.collect();
        places.sort();
        places
    }

    fn ci(&self, vars: &[(&str, &str)]) -> Vec<String> {
        RepairContext::heard(&self.repo.shield_with(&["ci", "--format", "json"], vars, None))
    }

    fn bare(&self) -> PathBuf {
        let at = self.sandbox.path("bare.git");
        let to = at.to_str().expect("UTF-8");
        self.repo.git(&["clone", "--quiet", "--bare", self.repo.dir().to_str().expect("UTF-8"), to]);
        at
    }
}

fn gitlab<'v>(before: &'v str, head: &'v str, branch: &'v str) -> Vec<(&'v str, &'v str)> {
    vec![
        ("GITLAB_CI", "true"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_BRANCH", branch),
        ("CI_COMMIT_BEFORE_SHA", before),
        ("CI_COMMIT_SHA", head),
    ]
}

#[test]
fn on_a_branch() {
    let sandbox = Sandbox::new();
    let scene = RepairContext::new(&sandbox, "topic");
    let range = format!("{}..{}", scene.before, scene.head);
    let scan =
        |dir: &Path| RepairContext::heard(&sandbox.shield(dir, &["scan", "--range", &range, "--format", "json"]));
    assert_eq!(scan(scene.repo.dir()), ["user", "worktree"]);
    let server = scene.bare();
    assert_eq!(scan(&server), ["head", "user"]);
    // As before the push: with its tracking ref nothing would be new.
    scene.repo.git(&["update-ref", "-d", "refs/remotes/origin/topic"]);
    let hook = scene.repo.shield_with(
        &["hook", "--format", "json", "pre-push", "origin"],
        &[],
        Some(format!("HEAD {} refs/heads/x {}\n", scene.head, scene.before).as_bytes()),
    );
    assert_eq!(RepairContext::heard(&hook), ["user", "worktree"]);
    // A change that wants into a branch; a push to it; a policy that is named.
    let target = ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    assert_eq!(scene.ci(&[&gitlab(&scene.before, &scene.head, "topic")[..], &[target]].concat()), ["default"]);
    assert_eq!(scene.ci(&gitlab(&scene.before, &scene.head, "topic")), ["default"]);
    assert_eq!(scene.ci(&gitlab(&"0".repeat(40), &scene.head, "topic")), ["default"]);
    let typed = scene.repo.shield(&["ci", "--base", &scene.before, "--head", &scene.head, "--format", "json"]);
    assert_eq!(RepairContext::heard(&typed), ["before"]);
    // The server: the default branch's, whatever branch is pushed to.
    sandbox.at(&server).git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    sandbox.at(&server).git(&["update-ref", "refs/heads/topic", &scene.before]);
    for to in ["refs/heads/topic", "refs/heads/main", "refs/heads/new"] {
        let line = format!("{} {} {to}\n", scene.before, scene.head);
        let received =
            sandbox.shield_with(&server, &["hook", "--format", "json", "pre-receive"], &[], Some(line.as_bytes()));
        assert_eq!(RepairContext::heard(&received), ["default"], "{to}");
    }
    // Where the default branch is not here, nobody's.
    scene.repo.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    scene.repo.git(&["switch", "--quiet", "--detach"]);
    scene.repo.git(&["branch", "--quiet", "-D", "main"]);
    assert!(scene.ci(&gitlab(&scene.before, &scene.head, "topic")).is_empty());
}

#[test]
fn on_the_default_branch() {
    let sandbox = Sandbox::new();
    let scene = RepairContext::new(&sandbox, "main");
    assert_eq!(scene.ci(&gitlab(&scene.before, &scene.head, "main")), ["before"]);
    assert_eq!(scene.ci(&[("CIRCLECI", "true"), ("CIRCLE_SHA1", &scene.head), ("CIRCLE_BRANCH", "main")]), ["before"]);
    assert!(scene.ci(&gitlab(&"d".repeat(40), &scene.head, "main")).is_empty(), "the old commit is gone");
}
