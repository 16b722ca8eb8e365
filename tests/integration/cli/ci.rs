//! `shield-hook ci`: real repositories, the environment of each CI system, and changes that try to loosen the gate.

use std::path::PathBuf;

use crate::support::{Repo, Run, Sandbox, npm_token};

/// What a CI system has: a clone of a server's repository, on the branch under judgement.
struct Ci<'s> {
    sandbox: &'s Sandbox,
    /// Where people work; pushes to the server.
    work: Repo<'s>,
    server: PathBuf,
}

impl<'s> Ci<'s> {
    fn new(sandbox: &'s Sandbox, files: &[(&str, &str)]) -> Self {
        let server = sandbox.remote("server.git");
        let work = sandbox.repo("work");
        work.git(&["remote", "add", "origin", server.to_str().expect("UTF-8")]);
        work.write("README.md", "hello\n");
        for (name, text) in files {
            work.write(name, text);
        }
        work.commit("first");
        work.git(&["push", "--quiet", "origin", "main"]);
        work.git(&["switch", "--quiet", "-c", "topic"]);
        Ci { sandbox, work, server }
    }

    /// Pushes the branch, and clones as a runner does.
    fn checkout(&self, options: &[&str]) -> Repo<'s> {
        self.work.git(&["push", "--quiet", "--force", "origin", "topic"]);
        let at = self.sandbox.path(format!("runner{}", self.sandbox_count()));
        let url = format!("file://{}", self.server.display());
        let mut args = vec!["clone", "--quiet", "--branch", "topic"];
        args.extend(options);
        let to = at.to_str().expect("UTF-8").to_owned();
        args.extend([url.as_str(), to.as_str()]);
        self.work.git(&args);
        self.sandbox.at(at)
    }

    fn sandbox_count(&self) -> usize {
        std::fs::read_dir(self.sandbox.path(".")).expect("the sandbox").count()
    }

    fn id(&self, rev: &str) -> String {
        self.work.git(&["rev-parse", rev])
    }

    /// Runs the gate as GitHub Actions does for a pull request from topic to main.
    fn pull_request(&self, runner: &Repo<'_>, args: &[&str]) -> Run {
        let event = format!(
            r#"{{"pull_request": {{"base": {{"ref": "main", "sha": "{}"}}, "head": {{"sha": "{}"}}}}}}"#,
            self.id("main"),
            self.id("topic")
        );
        self.github(runner, "pull_request", &event, args)
    }

    fn github(&self, runner: &Repo<'_>, name: &str, event: &str, args: &[&str]) -> Run {
        let path = self.sandbox.path("event.json");
        std::fs::write(&path, event).expect("the event");
        let env = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", path.to_str().expect("UTF-8")),
        ];
        let mut all = vec!["ci", "--format", "json"];
        all.extend(args);
        runner.shield_with(&all, &env, None)
    }

    fn judge(&self, args: &[&str]) -> Run {
        self.pull_request(&self.checkout(&[]), args)
    }
}

fn rules(run: &Run) -> Vec<String> {
    let mut rules: Vec<String> =
        run.blocking().iter().map(|b| b.rsplit_once(' ').expect("place and rule").1.to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

fn config(token: &str) -> String {
    format!("token = \"{token}\"\n")
}

#[test]
fn a_clean_pull_request_passes_and_a_leak_stops() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("a.txt", "nothing\n").commit("fine");
    let run = ci.judge(&[]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
    ci.work.write("b.txt", config(&npm_token())).commit("leak");
    let run = ci.judge(&[]).expect_blocked(&["b.txt:1"]);
    assert_eq!(run.json()["findings"][0]["commit"], ci.id("topic"));
}

#[test]
fn what_was_there_before_is_not_blamed() {
    let sandbox = Sandbox::new();
    let old = config(&npm_token());
    let ci = Ci::new(&sandbox, &[("old.txt", &old)]);
    ci.work.write("old.txt", format!("# a comment\n{old}")).commit("touch");
    ci.judge(&[]).expect_clean();
}

#[test]
fn a_secret_that_came_and_went_stops_unless_only_the_net_change_is_asked_for() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.work.write("a.txt", "token = env\n").commit("remove");
    ci.judge(&[]).expect_blocked(&["a.txt:1"]);
    ci.judge(&["--net"]).expect_clean();
}

#[test]
fn merging_the_base_in_does_not_blame_what_the_base_holds() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("a.txt", "work\n").commit("work");
    ci.work.git(&["switch", "--quiet", "main"]);
    ci.work.write("theirs.txt", config(&npm_token())).commit("already published");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    ci.work.git(&["switch", "--quiet", "topic"]);
    ci.work.git(&["merge", "--quiet", "--no-edit", "--no-verify", "main"]);
    ci.judge(&[]).expect_clean();
}

#[test]
fn a_change_cannot_allow_its_own_secret() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", "block = \"medium\"\n")]);
    let allow = "[[allow]]\nrule = \"npm-access-token\"\nreason = \"trust me\"\n";
    ci.work.write(".shield-hook.toml", allow).write("a.txt", config(&npm_token())).commit("leak");
    let run = ci.judge(&[]).expect_blocked(&[".shield-hook.toml:1", "a.txt:1"]);
    assert_eq!(rules(&run), ["npm-access-token", "policy-weakened"]);
    assert!(run.stderr.contains("1 secret blocks, 1 change to the policy"), "{}", run.stderr);
}

#[test]
fn an_allowance_of_the_base_holds() {
    let sandbox = Sandbox::new();
    let allow = "[[allow]]\nrule = \"npm-access-token\"\npath = \"fixtures/\"\nreason = \"made up\"\n";
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", allow)]);
    ci.work.write("fixtures/a.txt", config(&npm_token())).commit("fixture");
    let run = ci.judge(&[]).expect_clean();
    let reason = run.json()["findings"][0]["reason"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("origin/main") && reason.contains("made up"), "{reason}");
}

#[test]
fn every_way_to_weaken_the_policy_is_a_finding() {
    let base = "severity = \"medium\"\nblock = \"low\"\ninline = \"own\"\npublished-elsewhere = \"block\"\n\
                rules = [\"own/*.toml\"]\n";
    let rule = "provider = \"own\"\n[[rule]]\nid = \"own-token\"\ntitle = \"own token\"\nstatus = \"stable\"\n\
                severity = \"high\"\nconfidence = \"high\"\nsince = \"0.1.0\"\nkeywords = [\"ownkey_\"]\n\
                regex = '''\\b(?<secret>ownkey_[a-z0-9]{24})\\b'''\nwhy = \"It opens the door to the house.\"\n\
                fix = \"Change the lock of the door.\"\nreferences = [\"https://example.com/keys\"]\n\
                match = [\"k = ${secret}\"]\nreject = [\"ownkey_none\"]\n";
    for (what, path, text, line) in [
        ("block", ".shield-hook.toml", base.replace("\"low\"", "\"high\""), 2),
        ("severity", ".shield-hook.toml", base.replace("severity = \"medium\"", "severity = \"critical\""), 1),
        ("inline", ".shield-hook.toml", base.replace("\"own\"\n", "\"all\"\n"), 3),
        ("published elsewhere", ".shield-hook.toml", base.replace("= \"block\"", "= \"report\""), 4),
        ("disable", ".shield-hook.toml", format!("{base}disable = [\"npm-access-token\"]\n"), 6),
        ("no rule files", ".shield-hook.toml", base.replace("rules = [\"own/*.toml\"]\n", ""), 1),
        ("a changed rule", "own/rule.toml", rule.replace("{24}", "{99}"), 1),
        (
            "an allowance",
            ".shield-hook.toml",
            format!("{base}[[allow]]\npath = \"x\"\nbroad = true\nreason = \"y\"\n"),
            6,
        ),
        ("broken", ".shield-hook.toml", format!("{base}blok = 1\n"), 1),
        ("removed", ".shield-hook.toml", String::new(), 1),
        (
            "a baseline",
            ".shield-hook.baseline",
            format!("{}\tnpm-access-token\ta.txt\n", "0123456789abcdef".repeat(2)),
            1,
        ),
    ] {
        let sandbox = Sandbox::new();
        let ci = Ci::new(&sandbox, &[(".shield-hook.toml", base), ("own/rule.toml", rule)]);
        ci.work.write("a.txt", "work\n").commit("harmless");
        ci.judge(&[]).expect_clean();
        ci.work.write(path, text).commit(what);
        let run = ci.judge(&[]).expect(1);
        assert_eq!(rules(&run), ["policy-weakened"], "{what}: {}", run.stdout);
        let at = if path.starts_with(".shield-hook.b") { path } else { ".shield-hook.toml" };
        assert!(run.blocking().contains(&format!("{at}:{line} policy-weakened")), "{what}: {:?}", run.blocking());
    }
}

#[test]
fn a_package_gate_that_is_weakened_is_a_finding() {
    let base = "[packages]\ninstall-script = \"block\"\ntiers = [500]\ncooldown = [7, 3]\n";
    for (what, text, line) in [
        ("a rule switched off", format!("disable = [\"hijacked-package\"]\n{base}"), 1),
        ("a rule that warns again", base.replace("\"block\"", "\"warn\""), 2),
        ("a shorter cooldown", base.replace("[7, 3]", "[7, 1]"), 4),
        ("a smaller tier", base.replace("[500]", "[50]"), 4),
        ("none at all", String::new(), 1),
    ] {
        let sandbox = Sandbox::new();
        let ci = Ci::new(&sandbox, &[(".shield-hook.toml", base)]);
        ci.work.write(".shield-hook.toml", text).commit(what);
        let run = ci.judge(&[]).expect(1);
        let at = format!(".shield-hook.toml:{line} policy-weakened");
        assert!(run.blocking().contains(&at), "{what}: {:?}", run.blocking());
    }
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", base)]);
    let stricter =
        "[packages]\ninstall-script = \"block\"\nsource = \"block\"\ntiers = [500, 900]\ncooldown = [7, 7, 3]\n";
    ci.work.write(".shield-hook.toml", stricter).commit("stricter");
    ci.judge(&[]).expect_clean();
}

#[test]
fn a_stricter_policy_is_no_finding() {
    let sandbox = Sandbox::new();
    let allow = "[[allow]]\nrule = \"npm-access-token\"\nreason = \"made up\"\n";
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", &format!("block = \"high\"\n{allow}"))]);
    ci.work.write(".shield-hook.toml", "block = \"low\"\n").commit("stricter");
    ci.judge(&[]).expect_clean();
}

#[test]
fn the_base_can_say_that_reviewers_decide() {
    for base in [
        "disable = [\"policy-weakened\"]\n",
        "[[allow]]\nrule = \"policy-weakened\"\nreason = \"owners review this file\"\n",
    ] {
        let sandbox = Sandbox::new();
        let ci = Ci::new(&sandbox, &[(".shield-hook.toml", base)]);
        ci.work.write(".shield-hook.toml", format!("block = \"high\"\n{base}")).commit("weaken");
        ci.judge(&[]).expect_clean();
    }
}

#[test]
fn an_inline_directive_of_the_change_is_honoured_and_said_aloud() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let line = format!("token = \"{}\" # shield-hook:allow npm-access-token a sample\n", npm_token());
    ci.work.write("a.txt", line).commit("leak");
    let run = ci.judge(&[]).expect_blocked(&["a.txt:1"]);
    assert_eq!(rules(&run), ["policy-weakened"]);
    let json = run.json();
    let allowed = json["findings"].as_array().expect("findings").iter().find(|f| f["verdict"] == "allowed");
    assert_eq!(allowed.expect("the secret, allowed")["rule"], "npm-access-token");
}

#[test]
fn the_users_own_configuration_has_no_say() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let user = sandbox.home().join(".config/shield-hook");
    std::fs::create_dir_all(&user).expect("a directory");
    std::fs::write(user.join("config.toml"), "disable = [\"npm-access-token\"]\n").expect("a file");
    ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.judge(&[]).expect_blocked(&["a.txt:1"]);
}

#[test]
fn a_shallow_checkout_says_which_line_to_add() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.work.write("a.txt", "gone\n").commit("remove");
    for depth in ["--depth=1", "--depth=2"] {
        let runner = ci.checkout(&[depth]);
        let run = ci.pull_request(&runner, &[]).expect(2);
        assert!(run.stderr.contains("fetch-depth: 0"), "{}", run.stderr);
        // With the base there and the way to it cut off, nothing is clean either.
        runner.git(&["fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main"]);
        let run = ci.pull_request(&runner, &[]);
        assert_ne!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("fetch-depth: 0"), "{}", run.stderr);
    }
}

#[test]
fn other_events_of_github() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let before = ci.work.write("a.txt", "one\n").commit("one");
    let after = ci.work.write("b.txt", config(&npm_token())).commit("leak");
    let last = ci.work.write("c.txt", "three\n").commit("three");
    let runner = ci.checkout(&[]);
    let zero = "0".repeat(40);
    let push = |before: &str, after: &str| {
        format!(r#"{{"before": "{before}", "after": "{after}", "repository": {{"default_branch": "main"}}}}"#)
    };
    ci.github(&runner, "push", &push(&before, &last), &[]).expect_blocked(&["b.txt:1"]);
    ci.github(&runner, "push", &push(&after, &last), &[]).expect_clean();
    ci.github(&runner, "push", &push(&zero, &last), &[]).expect_blocked(&["b.txt:1"]);
    ci.github(&runner, "push", &push(&"d".repeat(40), &last), &[]).expect_blocked(&["b.txt:1"]);
    let group =
        |base: &str, more: &str| format!(r#"{{"merge_group": {{"base_sha": "{base}", "head_sha": "{last}"{more}}}}}"#);
    ci.github(&runner, "merge_group", &group(&before, ""), &[]).expect_blocked(&["b.txt:1"]);
    // What waits before it in the queue is not its own, and does not judge it either.
    let queue = r#", "base_ref": "refs/heads/main""#;
    ci.github(&runner, "merge_group", &group(&before, queue), &[]).expect_blocked(&["b.txt:1"]);
    ci.github(&runner, "merge_group", &group(&after, queue), &[]).expect_clean();
    // The first push ever: nothing was there before.
    let main = ci.id("main");
    let run = ci.github(&runner, "push", &push(&zero, &main), &[]).expect_clean();
    assert_eq!(run.json()["coverage"]["commits"], 1);
}

#[test]
fn the_other_systems() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let old = ci.id("main");
    let head = ci.work.write("b.txt", config(&npm_token())).commit("leak");
    let runner = ci.checkout(&[]);
    let (old, head) = (old.as_str(), head.as_str());
    for env in [
        vec![
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", old),
            ("CI_COMMIT_SHA", head),
        ],
        vec![("GITLAB_CI", "true"), ("CI_COMMIT_BEFORE_SHA", old), ("CI_COMMIT_SHA", head)],
        vec![("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_PR_DESTINATION_BRANCH", "main"), ("BITBUCKET_COMMIT", head)],
        vec![
            ("TF_BUILD", "True"),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", head),
        ],
        vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", head)],
        vec![
            ("BUILDKITE", "true"),
            ("BUILDKITE_PULL_REQUEST", "5"),
            ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ("BUILDKITE_COMMIT", head),
        ],
        vec![("JENKINS_URL", "https://ci.example"), ("CHANGE_TARGET", "main"), ("GIT_COMMIT", head)],
    ] {
        let run = runner.shield_with(&["ci", "--format", "json"], &env, None).expect_blocked(&["b.txt:1"]);
        assert_eq!(run.json()["coverage"]["commits"], 1, "{env:?}");
    }
}

#[test]
fn both_ends_by_hand_and_neither() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("b.txt", config(&npm_token())).commit("leak");
    ci.work.shield(&["ci", "--base", "main", "--format", "json"]).expect_blocked(&["b.txt:1"]);
    ci.work.shield(&["ci", "--base", "main", "--head", "topic", "--format", "json"]).expect_blocked(&["b.txt:1"]);
    ci.work.shield(&["ci", "--base", "topic", "--head", "main", "--format", "json"]).expect_clean();
    let run = ci.work.shield(&["ci"]).expect(3);
    assert!(run.stderr.contains("--base origin/main"), "{}", run.stderr);
    let run = ci.work.shield(&["ci", "--base", "nowhere"]).expect(2);
    assert!(run.stderr.contains("nowhere"), "{}", run.stderr);
}

#[test]
fn nothing_is_written_into_the_repository() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    ci.work.write("b.txt", config(&npm_token())).commit("leak");
    let runner = ci.checkout(&[]);
    let list = || runner.git(&["ls-files", "--others"]) + &files(&runner.path(".git")).join("\n");
    let before = list();
    ci.pull_request(&runner, &[]).expect(1);
    assert_eq!(list(), before);
}

fn files(dir: &std::path::Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        match entry.file_type().expect("a type").is_dir() {
            true => all.extend(files(&entry.path())),
            false => all.push(format!("{} {}", entry.path().display(), entry.metadata().expect("metadata").len())),
        }
    }
    all.sort();
    all
}

/// An environment that a CI system gives, and what it stands for.
type Vars<'v> = Vec<(&'v str, &'v str)>;

/// Every system's builds in which nothing is new: of the default branch, by the clock, by hand, for a tag.
fn without_news<'v>(main: &'v str, event: &'v str, zero: &'v str) -> Vec<Vars<'v>> {
    let github = |name, at| {
        vec![
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", event),
            ("GITHUB_SHA", main),
            ("GITHUB_REF", at),
        ]
    };
    let gitlab = |more: &[(&'v str, &'v str)]| {
        let own = [
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", main),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_BEFORE_SHA", zero),
        ];
        [&own[..], more].concat()
    };
    let mut all = Vec::new();
    for name in ["schedule", "workflow_dispatch", "repository_dispatch", "workflow_run", "create"] {
        all.push(github(name, "refs/heads/main"));
    }
    for name in ["release", "push", "workflow_dispatch"] {
        all.push(github(name, "refs/tags/v1"));
    }
    all.push(github("push", "refs/heads/copy-of-main"));
    for source in ["schedule", "web", "api", "trigger", "pipeline", "chat"] {
        all.push(gitlab(&[("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", "main")]));
    }
    all.push(gitlab(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_TAG", "v1")]));
    all.push(gitlab(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "copy-of-main")]));
    all.push(vec![("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", main), ("BUILD_REASON", "Manual")]);
    all.push(vec![("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", main), ("BUILD_SOURCEBRANCH", "refs/tags/v1")]);
    let buildkite = [("BUILDKITE", "true"), ("BUILDKITE_COMMIT", main), ("BUILDKITE_PULL_REQUEST", "false")];
    all.push([&buildkite[..], &[("BUILDKITE_SOURCE", "schedule"), ("BUILDKITE_BRANCH", "main")]].concat());
    all.push([&buildkite[..], &[("BUILDKITE_TAG", "v1")]].concat());
    all.push(vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", main), ("CIRCLE_TAG", "v1")]);
    all.push(vec![("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", main), ("BITBUCKET_TAG", "v1")]);
    all.push(vec![("JENKINS_URL", "https://ci.example"), ("GIT_COMMIT", main), ("TAG_NAME", "v1")]);
    all
}

#[test]
fn a_build_without_news_blames_nothing_and_ends() {
    let sandbox = Sandbox::new();
    // The last commit of the default branch is the leak: it was published before any of these builds.
    let ci = Ci::new(&sandbox, &[("old.txt", &config(&npm_token()))]);
    let main = ci.id("main");
    ci.work.git(&["tag", "v1", "main"]);
    ci.work.git(&["push", "--quiet", "origin", "v1"]);
    let runner = ci.checkout(&[]);
    let event = sandbox.path("event.json");
    let zero = "0".repeat(40);
    let text = format!(r#"{{"before": "{zero}", "after": "{main}", "repository": {{"default_branch": "main"}}}}"#);
    std::fs::write(&event, text).expect("the event");
    for env in without_news(&main, event.to_str().expect("UTF-8"), &zero) {
        let run = runner.shield_with(&["ci", "--format", "json"], &env, None);
        assert_eq!(run.code, 0, "{env:?}\n{}{}", run.stdout, run.stderr);
        assert_eq!(run.json()["coverage"]["commits"], 0, "{env:?}");
    }
}

#[test]
fn a_build_of_the_default_branch_judges_its_last_change() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[("old.txt", &config(&npm_token()))]);
    ci.work.git(&["switch", "--quiet", "main"]);
    for (leaks, code) in [(false, 0), (true, 1)] {
        let text = if leaks { config(&npm_token()) } else { "fine\n".into() };
        let head = ci.work.write("new.txt", text).commit("a push to main");
        ci.work.git(&["push", "--quiet", "origin", "main"]);
        let runner = ci.checkout(&[]);
        for env in [
            vec![("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", &head), ("BUILD_REASON", "IndividualCI")],
            vec![("BUILDKITE", "true"), ("BUILDKITE_COMMIT", &head), ("BUILDKITE_BRANCH", "main")],
            vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", &head), ("CIRCLE_BRANCH", "main")],
            vec![("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", &head), ("BITBUCKET_BRANCH", "main")],
            vec![("JENKINS_URL", "https://ci.example"), ("GIT_COMMIT", &head), ("BRANCH_NAME", "main")],
        ] {
            let run = runner.shield_with(&["ci", "--format", "json"], &env, None);
            assert_eq!(run.code, code, "{env:?}\n{}{}", run.stdout, run.stderr);
            assert_eq!(run.json()["coverage"]["commits"], 1, "{env:?}");
        }
    }
}

#[test]
fn a_forced_push_whose_old_commit_is_gone_blames_what_is_certainly_new() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[("old.txt", &config(&npm_token()))]);
    ci.work.git(&["switch", "--quiet", "main"]);
    let first = ci.work.write("a.txt", "fine\n").commit("one");
    let second = ci.work.write("b.txt", "fine\n").commit("two");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    let runner = ci.checkout(&[]);
    let event = |head: &str, listed: &str| {
        format!(
            r#"{{"ref": "refs/heads/main", "before": "{}", "after": "{head}", "forced": true, "commits": [{listed}],
                "repository": {{"default_branch": "main"}}}}"#,
            "d".repeat(40)
        )
    };
    let run = ci.github(&runner, "push", &event(&second, ""), &[]).expect_clean();
    assert_eq!(run.json()["findings"][0]["verdict"], "warn", "{}", run.stdout);
    assert!(run.stderr.contains("certainly new"), "{}", run.stderr);
    // Two commits were pushed; the system lists them, and the first holds a secret.
    let leak = ci.work.write("c.txt", config(&npm_token())).commit("leak");
    let last = ci.work.write("d.txt", "fine\n").commit("last");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    let runner = ci.checkout(&[]);
    let listed = format!(r#"{{"id": "{leak}"}}, {{"id": "{last}"}}"#);
    ci.github(&runner, "push", &event(&last, &listed), &[]).expect_blocked(&["c.txt:1"]);
    ci.github(&runner, "push", &event(&last, ""), &[]).expect_clean();
    ci.github(&runner, "push", &event(&leak, ""), &[]).expect_blocked(&["c.txt:1"]);
    assert_ne!(first, second);
}

/// A clone that ends at the commit which is built cannot tell what is new: it says which line to add, and blames nothing.
#[test]
fn a_shallow_clone_blames_nothing() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[("old.txt", &config(&npm_token()))]);
    ci.work.git(&["switch", "--quiet", "main"]);
    let head = ci.work.write("a.txt", "fine\n").commit("more");
    ci.work.git(&["tag", "v1"]);
    ci.work.git(&["push", "--quiet", "origin", "main", "v1"]);
    let url = format!("file://{}", ci.server.display());
    for (at, (of, env, code)) in [
        ("main", vec![("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", head.as_str())], 2),
        ("main", vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", &head), ("CIRCLE_BRANCH", "main")], 2),
        ("v1", vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", &head), ("CIRCLE_TAG", "v1")], 2),
        ("main", vec![("GITLAB_CI", "true"), ("CI_COMMIT_SHA", &head), ("CI_PIPELINE_SOURCE", "schedule")], 0),
    ]
    .into_iter()
    .enumerate()
    {
        let to = sandbox.path(format!("shallow{at}"));
        ci.work.git(&["clone", "--quiet", "--depth=1", "--branch", of, &url, to.to_str().expect("UTF-8")]);
        let run = sandbox.at(to).shield_with(&["ci"], &env, None);
        assert_eq!(run.code, code, "{env:?}\n{}{}", run.stdout, run.stderr);
        assert!(code == 0 || run.stderr.contains("help: add "), "{}", run.stderr);
    }
}

#[test]
fn a_tag_that_only_the_tag_leads_to_is_read() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let head = ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.work.git(&["tag", "-a", "v1", "-m", &config(&npm_token())]);
    ci.work.git(&["push", "--quiet", "origin", "v1"]);
    ci.work.git(&["switch", "--quiet", "main"]);
    ci.work.git(&["branch", "--quiet", "-D", "topic"]);
    ci.work.git(&["switch", "--quiet", "-c", "topic"]);
    let runner = ci.checkout(&[]);
    let env = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", head.as_str()), ("CI_COMMIT_TAG", "v1")];
    let run = runner.shield_with(&["ci", "--format", "json"], &env, None);
    run.expect_blocked(&["a.txt:1", "tag message of v1:1"]);
}

const LOOSE: &str = "[[allow]]\npath = \"**\"\nbroad = true\nreason = \"x\"\n";

/// The same secret is judged in every case; only where the loose policy stands differs.
#[test]
fn a_change_does_not_choose_the_commit_that_judges_it() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", LOOSE)]);
    let loose = ci.id("main");
    ci.work.git(&["switch", "--quiet", "main"]);
    ci.work.write(".shield-hook.toml", "block = \"medium\"\n").commit("tightened");
    let tight = ci.id("main");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    // From an old commit; with two merge bases, of which the loose one is the newest by its date.
    ci.work.git(&["switch", "--quiet", "-C", "topic", &loose]);
    ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.judge(&[]).expect_blocked(&["a.txt:1"]);
    ci.work.git(&["switch", "--quiet", "-C", "topic", &tight]);
    ci.work.git(&["merge", "--quiet", "--no-verify", "-s", "ours", "-m", "join", &loose]);
    ci.work.write("b.txt", config(&npm_token())).commit("leak");
    ci.judge(&[]).expect_blocked(&["b.txt:1"]);
    // Merged back, the tightened policy stays: that the branch has the old one is no weakening.
    ci.work.git(&["switch", "--quiet", "-C", "topic", &loose]);
    ci.work.write("c.txt", "fine\n").commit("old branch");
    ci.judge(&[]).expect_clean();
}

#[test]
fn a_branchs_own_policy_never_judges_its_pushes() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let before = ci.work.write(".shield-hook.toml", LOOSE).commit("loosened");
    let after = ci.work.write("a.txt", config(&npm_token())).commit("leak");
    let runner = ci.checkout(&[]);
    let env = [
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_BEFORE_SHA", before.as_str()),
        ("CI_COMMIT_SHA", after.as_str()),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_BRANCH", "topic"),
    ];
    let run = runner.shield_with(&["ci", "--format", "json"], &env, None).expect(1);
    assert_eq!(rules(&run), ["npm-access-token", "policy-weakened"]);
    // Without the default branch nobody's policy counts, and that is said.
    runner.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    runner.git(&["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"]);
    let run = runner.shield_with(&["ci", "--format", "json"], &env, None).expect_blocked(&["a.txt:1"]);
    assert!(run.stderr.contains("built-in rules and no allowances"), "{}", run.stderr);
}

/// The fingerprint of the only finding in `a.txt`, from the gate's own report.
fn fingerprint(run: &Run) -> String {
    let json = run.json();
    let found = json["findings"].as_array().expect("findings").iter().find(|f| f["path"] == "a.txt").cloned();
    found.expect("the finding")["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn an_allowance_by_fingerprint_goes_first_and_by_itself() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let sample = config(&npm_token());
    ci.work.write("a.txt", &sample).commit("a sample");
    let run = ci.judge(&[]).expect_blocked(&["a.txt:1"]);
    let id = fingerprint(&run);
    let advice = run.json()["findings"][0]["repair"].to_string();
    assert!(advice.contains("in a separate change") && advice.contains("origin/main"), "{advice}");
    // As part of the change that brings the finding it opens nothing, and says what to do.
    ci.work.shield(&["allow", &id, "--reason", "a sample"]).expect(0);
    ci.work.commit("allowed");
    let run = ci.judge(&[]).expect(1);
    assert_eq!(rules(&run), ["npm-access-token", "policy-weakened"]);
    assert!(run.stdout.contains("in a change of its own to origin/main"), "{}", run.stdout);
    // By itself it is told and passes.
    ci.work.git(&["switch", "--quiet", "-C", "topic", "main"]);
    for reasoned in [true, false] {
        ci.work.git(&["reset", "--quiet", "--hard", "main"]);
        let entry = format!("{id}\tnpm-access-token\ta.txt{}\n", if reasoned { "\ta sample" } else { "" });
        ci.work.write(".shield-hook.baseline", entry).commit("an entry of the baseline");
        assert_eq!(ci.judge(&[]).code, i32::from(!reasoned), "a baseline needs a reason to be as narrow");
    }
    ci.work.git(&["reset", "--quiet", "--hard", "main"]);
    ci.work.shield(&["allow", &id, "--reason", "a sample"]).expect(0);
    ci.work.commit("allowed");
    let run = ci.judge(&[]).expect_clean();
    let notice = run.json()["findings"][0].clone();
    assert_eq!((&notice["rule"], &notice["verdict"]), (&"policy-weakened".into(), &"warn".into()));
    assert!(notice.to_string().contains("CODEOWNERS"), "{notice}");
    // Merged, it lets the sample pass.
    ci.work.git(&["push", "--quiet", "origin", "topic:main"]);
    ci.work.git(&["branch", "--quiet", "-f", "main", "topic"]);
    ci.work.write("a.txt", &sample).commit("a sample");
    ci.judge(&[]).expect_clean();
}

#[test]
fn wide_allowances_are_never_a_notice() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    for allow in ["rule = \"npm-access-token\"", "path = \"a.txt\"\nbroad = true", "value = \"abc[0-9]\""] {
        ci.work.write(".shield-hook.toml", format!("[[allow]]\n{allow}\nreason = \"x\"\n")).commit("wide");
        assert_eq!(rules(&ci.judge(&[]).expect(1)), ["policy-weakened"], "{allow}");
    }
}

#[test]
fn the_target_branch_can_leave_fingerprints_to_the_review() {
    let sandbox = Sandbox::new();
    let accept = "[ci]\naccept = \"fingerprint\"\n";
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", accept)]);
    ci.work.write("a.txt", config(&npm_token())).commit("a sample");
    let run = ci.judge(&[]).expect_blocked(&["a.txt:1"]);
    ci.work.shield(&["allow", &fingerprint(&run), "--reason", "a sample"]).expect(0);
    ci.work.commit("allowed");
    let run = ci.judge(&[]).expect_clean();
    assert!(run.json()["findings"].to_string().contains("accepted"), "{}", run.stdout);
    // A directive with rule and reason is as narrow; another scanner's is not.
    let line = |directive: &str| format!("token = \"{}\" # {directive}\n", npm_token());
    ci.work.write("b.txt", line("shield-hook:allow npm-access-token a sample")).commit("a directive");
    ci.judge(&[]).expect_clean();
    ci.work.write("c.txt", line("gitleaks:allow")).commit("a directive");
    ci.judge(&[]).expect_blocked(&["c.txt:1"]);
    // The change cannot say so itself.
    let ci = Ci { work: sandbox.repo("other"), server: sandbox.remote("other.git"), sandbox: &sandbox };
    ci.work.git(&["remote", "add", "origin", ci.server.to_str().expect("UTF-8")]);
    ci.work.write("README.md", "hello\n").commit("first");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    ci.work.git(&["switch", "--quiet", "-c", "topic"]);
    ci.work
        .write("a.txt", line("shield-hook:allow npm-access-token x"))
        .write(".shield-hook.toml", accept)
        .commit("both");
    ci.judge(&[]).expect_blocked(&[".shield-hook.toml:2", "a.txt:1"]);
}

#[test]
fn a_broken_policy_of_the_target_lets_its_repair_in() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[(".shield-hook.toml", "}}}\n")]);
    ci.work.write("a.txt", "fine\n").commit("work");
    ci.judge(&[]).expect_blocked(&[".shield-hook.toml:1"]);
    ci.work.write(".shield-hook.toml", "[[allow]]\nrule = \"npm-access-token\"\nreason = \"x\"\n").commit("repair");
    let run = ci.judge(&[]).expect_clean();
    assert!(run.stderr.contains("until it is repaired"), "{}", run.stderr);
    ci.work.write("a.txt", config(&npm_token())).commit("leak");
    ci.judge(&[]).expect_blocked(&["a.txt:1"]);
}

#[test]
fn taking_the_gate_out_of_its_wiring_is_a_finding() {
    let workflow = "on: pull_request\njobs:\n  g:\n    steps:\n      - uses: OWNER/shield-hook@COMMIT\n";
    let files = [
        (".github/workflows/g.yml", workflow),
        (".husky/pre-commit", "shield-hook hook pre-commit\n"),
        ("lefthook.yml", "pre-push:\n  jobs:\n    - run: shield-hook hook pre-push\n"),
        (
            ".pre-commit-config.yaml",
            "repos:\n  - repo: https://git.example/shield-hook\n    hooks: [{id: shield-hook}]\n",
        ),
        ("Makefile", "gate:\n\tshield-hook scan\n"),
    ];
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &files);
    ci.work.write("a.txt", "work\n").commit("harmless");
    ci.judge(&[]).expect_clean();
    for (name, _) in files {
        ci.work.git(&["rm", "--quiet", name]);
        ci.work.commit("out");
        let run = ci.judge(&[]).expect(1);
        assert_eq!(rules(&run), ["policy-weakened"], "{name}");
        assert!(run.blocking().iter().all(|b| b.starts_with(&format!("{name}:1 "))), "{:?}", run.blocking());
        ci.work.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
    let advisory = workflow.replace("  g:\n", "  g:\n    continue-on-error: true\n");
    ci.work.write(files[0].0, advisory).commit("advisory");
    let run = ci.judge(&[]).expect_blocked(&[".github/workflows/g.yml:1"]);
    assert!(run.stdout.contains("continue-on-error: true"), "{}", run.stdout);
    // A branch that was made before the gate was put in takes nothing out.
    let first = ci.work.git(&["rev-list", "--max-parents=0", "HEAD"]);
    ci.work.git(&["switch", "--quiet", "main"]);
    ci.work.write("more.mk", "").write(".gitlab-ci.yml", "gate:\n  script: [shield-hook ci]\n").commit("another gate");
    ci.work.git(&["push", "--quiet", "origin", "main"]);
    ci.work.git(&["switch", "--quiet", "-C", "topic", &first]);
    ci.work.write("a.txt", "work\n").commit("harmless");
    ci.judge(&[]).expect_clean();
}

#[test]
fn the_summary_of_a_job_has_the_findings_and_no_secret() {
    let sandbox = Sandbox::new();
    let ci = Ci::new(&sandbox, &[]);
    let token = npm_token();
    ci.work.write("a|b.txt", config(&token)).commit("leak");
    let (runner, path) = (ci.checkout(&[]), sandbox.path("summary.md"));
    let id = |name: &str| ci.id(name);
    let (base, head) = (id("main"), id("topic"));
    let args = ["ci", "--base", &base, "--head", &head];
    let run = runner.shield_with(&args, &[("GITHUB_STEP_SUMMARY", path.to_str().expect("UTF-8"))], None).expect(1);
    let text = std::fs::read_to_string(&path).expect("the summary");
    assert!(text.starts_with("### shield-hook: blocked: 1 secret blocks"), "{text}");
    assert!(text.contains("| **blocks** | `npm-access-token` | `a\\|b.txt:1` |"), "{text}");
    assert!(!text.contains(&token), "{text}");
    // A summary that cannot be written is told, and changes nothing.
    let there = sandbox.path("");
    let again = runner.shield_with(&args, &[("GITHUB_STEP_SUMMARY", there.to_str().expect("UTF-8"))], None).expect(1);
    assert!(again.stderr.contains("the summary of the job is not written"), "{again:?}");
    assert_eq!(run.stdout, again.stdout);
}
