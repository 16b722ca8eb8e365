//! The templates for CI systems: readable, and calling what exists.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, npm_token};

fn template(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The templates of the CI systems: every file of their folder but the script that they share.
fn templates() -> impl Iterator<Item = String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/ci");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with(".sh"))
}

/// Nothing is on a runner by itself: each template gets the program from a full commit, before it calls it.
#[test]
fn every_template_gets_the_program() {
    // GitHub's is our action.
    for name in templates().filter(|name| name != "github.yml") {
        let text = template(&format!("hooks/ci/{name}")).replace("$$", "$");
        let mut rest = text.as_str();
        for line in [
            "git clone --quiet https://YOUR_HOST/",
            "git -C \"$HOME/shield-hook\" checkout --quiet FULL_COMMIT_ID",
            "sh \"$HOME/shield-hook/install.sh\" --with-rust --no-hooks --bin \"$HOME/bin\"",
            "PATH=\"$HOME/bin:$PATH\"",
            "shield-hook ci",
        ] {
            rest = rest.split_once(line).unwrap_or_else(|| panic!("{name} lacks, or has in another order: {line}")).1;
        }
    }
}

#[test]
fn yaml_is_yaml() {
    let listed = |folder: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        files.map(|file| format!("{folder}/{}", file.to_str().unwrap())).collect::<Vec<_>>()
    };
    let mut names = vec!["action.yml".to_owned(), ".pre-commit-hooks.yaml".to_owned()];
    names.extend(["hooks/ci", ".github/workflows", ".github/ISSUE_TEMPLATE"].into_iter().flat_map(listed));
    names.retain(|name| name.ends_with("yml") || name.ends_with("yaml"));
    assert!(names.len() >= 13, "{names:?}");
    for name in names {
        for event in saphyr_parser::Parser::new_from_str(&template(&name)) {
            event.unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

/// Every `shield-hook ...` line of the templates is a command line that the binary understands.
#[test]
fn every_command_exists() {
    let sandbox = Sandbox::new();
    let mut seen = 0;
    let names = templates().map(|name| format!("hooks/ci/{name}"));
    for name in names.chain([".pre-commit-hooks.yaml", "hooks/ci/judge.sh"].map(str::to_owned)) {
        for line in template(&name).lines() {
            let Some((_, command)) = line.split_once("shield-hook ") else { continue };
            let mut words: Vec<&str> = command
                .split_whitespace()
                .map(|w| w.trim_matches(['\'', '"']))
                .filter(|w| *w != "$net")
                .take_while(|w| *w != "||")
                .collect();
            if !matches!(words.first(), Some(&("ci" | "hook"))) {
                continue;
            }
            words.push("--help");
            let run = sandbox.shield(&sandbox.home(), &words);
            assert_eq!(run.code, 0, "{name}: {words:?}: {}", run.stderr);
            seen += 1;
        }
    }
    assert!(seen >= 9, "only {seen} commands were found");
}

/// The lines of a template that fetch, as the system's shell gets them.
fn fetching(name: &str) -> String {
    let text = template(name).replace("$$", "$");
    let lines = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("- ");
        let line = line.strip_prefix("sh '").and_then(|line| line.strip_suffix('\'')).unwrap_or(line);
        (line.starts_with("branch=") || line.starts_with("git fetch")).then(|| line.to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A runner that has nothing but the branch it builds gets the one whose policy counts from the template.
#[cfg(unix)]
#[test]
fn the_templates_fetch_the_policy() {
    let sandbox = Sandbox::new();
    let server = sandbox.remote("server.git");
    let work = sandbox.repo("work");
    let url = format!("file://{}", server.display());
    work.git(&["remote", "add", "origin", &url]);
    work.write(".shield-hook.toml", "block = \"low\"\n").commit("first");
    work.git(&["push", "--quiet", "origin", "main"]);
    work.git(&["switch", "--quiet", "-c", "topic"]);
    let head = work.write("a.txt", format!("token = \"{}\"\n", npm_token())).commit("leak");
    work.git(&["push", "--quiet", "origin", "topic"]);
    for (at, (name, vars)) in [
        (
            "hooks/ci/gitlab.yml",
            vec![("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"), ("CI_COMMIT_SHA", &head)],
        ),
        (
            "hooks/ci/gitlab.yml",
            vec![
                ("GITLAB_CI", "true"),
                ("CI_DEFAULT_BRANCH", "main"),
                ("CI_COMMIT_SHA", &head),
                ("CI_COMMIT_BRANCH", "topic"),
            ],
        ),
        (
            "hooks/ci/buildkite.yml",
            vec![
                ("BUILDKITE", "true"),
                ("BUILDKITE_PULL_REQUEST", "1"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
                ("BUILDKITE_COMMIT", &head),
            ],
        ),
        (
            "hooks/ci/buildkite.yml",
            vec![
                ("BUILDKITE", "true"),
                ("BUILDKITE_PULL_REQUEST", "false"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
                ("BUILDKITE_BRANCH", "topic"),
                ("BUILDKITE_COMMIT", &head),
            ],
        ),
        (
            "hooks/ci/bitbucket.yml",
            vec![
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                ("BITBUCKET_COMMIT", &head),
            ],
        ),
        (
            "hooks/ci/Jenkinsfile",
            vec![("JENKINS_URL", "https://ci.example"), ("CHANGE_TARGET", "main"), ("GIT_COMMIT", &head)],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let runner = sandbox.path(format!("runner{at}"));
        let to = runner.to_str().expect("UTF-8");
        work.git(&["clone", "--quiet", "--single-branch", "--branch", "topic", &url, to]);
        let mut fetch = sandbox.command("sh", &runner);
        fetch.args(["-ec", &fetching(name)]).envs(vars.iter().copied());
        crate::support::Run::of(&mut fetch, None).expect(0);
        let run = sandbox.shield_with(&runner, &["ci", "--format", "json"], &vars, None);
        let run = run.expect_blocked(&["a.txt:1"]);
        assert!(!run.stderr.contains("built-in rules"), "{name}: {}", run.stderr);
    }
}

/// The action's script ends with the gate's exit code, and leaves the SARIF file.
#[cfg(unix)]
#[test]
fn the_action_judges() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let base = repo.write("a.txt", "fine\n").commit("first");
    let head = repo.write("a.txt", format!("token = \"{}\"\n", npm_token())).commit("leak");
    let event = sandbox.path("event.json");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/ci/judge.sh");
    let bin = crate::support::binary().parent().expect("a directory").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path))).expect("a search path");
    for (to, code) in [(&base, 0), (&head, 1)] {
        fs::write(&event, format!(r#"{{"merge_group": {{"base_sha": "{base}", "head_sha": "{to}"}}}}"#))
            .expect("event");
        let mut command = sandbox.command("sh", repo.dir());
        command
            .arg(&script)
            .env("PATH", &path)
            .env("SARIF", "out.sarif")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "merge_group")
            .env("GITHUB_EVENT_PATH", &event);
        let run = crate::support::Run::of(&mut command, None).expect(code);
        assert_eq!(run.stdout.contains("::error file=a.txt,line=1"), code == 1, "{}", run.stdout);
        let sarif: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(repo.path("out.sarif")).expect("the file")).expect("JSON");
        assert_eq!(sarif["runs"][0]["results"].as_array().expect("results").len(), code as usize);
    }
}

/// A tag can be moved by whoever takes over an action; a full commit id cannot.
#[test]
fn our_own_workflows_pin_every_action() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let mut pinned = 0;
    for entry in fs::read_dir(dir).expect("the workflows").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a workflow");
        for uses in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let Some((_, revision)) = uses.split_once('@') else {
                assert!(uses.starts_with("./"), "{uses} names no revision");
                continue;
            };
            let id = revision.split(' ').next().unwrap_or_default();
            assert!(
                id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit()),
                "{uses} is not pinned by a full commit"
            );
            pinned += 1;
        }
    }
    assert!(pinned > 0, "no action found");
}
