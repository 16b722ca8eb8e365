use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn build(vars: &[(&str, &str)], event: &str) -> Build {
    let env = |name: &str| vars.iter().find(|v| v.0 == name).map(|v| v.1.to_owned());
    detect(&env, &|_| Ok(event.as_bytes().to_vec())).expect("readable").expect("a CI system")
}

fn c(id: &str) -> RevisionName {
    RevisionName::Commit(id.into())
}

fn b(name: &str) -> RevisionName {
    RevisionName::Branch(name.into())
}

fn into(target: &[RevisionName]) -> Event {
    Event::Request { target: target.to_vec(), from: None }
}

fn push(branch: Option<&str>, before: Before, default: RevisionName) -> Event {
    Event::Push { branch: branch.map(str::to_owned), before, pushed: Vec::new(), default }
}

fn was(id: &str) -> Before {
    Before::Commit(id.into())
}

fn again(branch: Option<&str>, default: RevisionName) -> Event {
    Event::Rerun { branch: branch.map(str::to_owned), default }
}

fn tagged(on_branch: bool, default: RevisionName) -> Event {
    Event::Tag { name: "v1".into(), on_branch, default }
}

/// An environment of each system, with nothing that describes a change.
const ENVIRONMENTS: &[(&str, &[(&str, &str)])] = &[
    ("GitHub Actions", &[("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main")]),
    ("GitLab CI", &[("GITLAB_CI", "true")]),
    ("Bitbucket Pipelines", &[("BITBUCKET_BUILD_NUMBER", "7")]),
    ("Azure Pipelines", &[("TF_BUILD", "True")]),
    ("CircleCI", &[("CIRCLECI", "true")]),
    ("Buildkite", &[("BUILDKITE", "true")]),
    ("Jenkins", &[("JENKINS_URL", "https://ci.example")]),
];

#[test]
fn every_system_is_recognised_by_its_environment() {
    let tried: Vec<&str> = ENVIRONMENTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, SYSTEMS.iter().map(|system| system.name).collect::<Vec<_>>());
    for (name, vars) in ENVIRONMENTS {
        let build = build(vars, "{}");
        assert_eq!((build.system.name, build.head), (*name, RevisionName::Head));
    }
}

/// A pull request that takes the job away would otherwise pass without a word.
#[test]
fn every_system_has_its_workflows_inspected() {
    for system in SYSTEMS {
        assert!(crate::policy::wiring::is_inspected(system.workflow), "{}: {}", system.name, system.workflow);
    }
}

#[test]
fn every_system_has_a_template_that_fetches_the_whole_history() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/ci");
    for System { name, template, .. } in SYSTEMS {
        let text = std::fs::read_to_string(folder.join(template.file)).expect(name);
        assert!(text.contains(template.fetches), "{} lacks {}", template.file, template.fetches);
        assert!(text.contains("shield-hook ci") || text.contains("judge.sh") || text.contains("uses:"), "{name}");
    }
}

#[test]
fn the_page_has_a_row_for_every_system() {
    let page = include_str!("../../../../docs/ci.md");
    for System { name, template, .. } in SYSTEMS {
        let row = format!("| {name} | [`hooks/ci/{0}`](../hooks/ci/{0}) |", template.file);
        assert!(page.contains(&row), "docs/ci.md: {row}");
    }
}

#[test]
fn github_events() {
    let on = |name: &str, at: &str, event: &str| {
        let vars = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", "e"),
            ("GITHUB_SHA", B),
            ("GITHUB_REF", at),
        ];
        let build = build(&vars, event);
        assert_eq!(build.head, c(B), "{name}");
        build.event
    };
    let event = format!(r#"{{"pull_request": {{"base": {{"ref": "main", "sha": "{A}"}}, "head": {{"sha": "{B}"}}}}}}"#);
    for name in ["pull_request", "pull_request_target", "pull_request_review"] {
        assert_eq!(on(name, "refs/pull/1/merge", &event), into(&[b("main"), c(A)]));
    }
    let event =
        format!(r#"{{"merge_group": {{"base_sha": "{A}", "base_ref": "refs/heads/main", "head_sha": "{B}"}}}}"#);
    assert_eq!(on("merge_group", "", &event), Event::Request { target: vec![b("main")], from: Some(c(A)) });
    let event = |before: &str, more: &str| {
        format!(r#"{{"before": "{before}", "after": "{B}"{more}, "repository": {{"default_branch": "trunk"}}}}"#)
    };
    let (topic, trunk) = ("refs/heads/topic", b("trunk"));
    assert_eq!(on("push", topic, &event(A, "")), push(Some("topic"), was(A), trunk.clone()));
    assert_eq!(on("push", topic, &event(ZERO, "")), push(Some("topic"), Before::New, trunk.clone()));
    assert_eq!(on("push", "refs/tags/v1", &event(ZERO, "")), tagged(false, trunk.clone()));
    let on_trunk = r#", "base_ref": "refs/heads/trunk""#;
    assert_eq!(on("push", "refs/tags/v1", &event(ZERO, on_trunk)), tagged(true, trunk.clone()));
    let listed = format!(r#", "commits": [{{"id": "{A}"}}]"#);
    let Event::Push { pushed, .. } = on("push", topic, &event(ZERO, &listed)) else { panic!("a push") };
    assert_eq!(pushed, [A]);
    let default = r#"{"repository": {"default_branch": "trunk"}}"#;
    for name in ["schedule", "workflow_dispatch", "repository_dispatch", "workflow_run", "no_such_event"] {
        assert_eq!(on(name, topic, default), again(Some("topic"), trunk.clone()), "{name}");
    }
    assert_eq!(on("release", "refs/tags/v1", default), again(None, trunk));
    assert_eq!(on("schedule", topic, "{}"), again(Some("topic"), RevisionName::DefaultBranch));
}

#[test]
fn github_without_an_event_is_an_error() {
    assert!(detect(&|name| (name == "GITHUB_ACTIONS").then(|| "true".to_owned()), &|_| Ok(Vec::new())).is_err());
    let vars = [("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main"), ("GITHUB_SHA", B)];
    let build = build(&vars, "");
    assert_eq!((build.event, build.head), (into(&[b("main")]), c(B)), "but for a pull request");
    let env = |name: &str| name.starts_with("GITHUB").then(|| "true".to_owned());
    assert!(detect(&env, &|_| Ok(b"not json".to_vec())).is_err());
}

#[test]
fn gitlab_events() {
    let on = |more: &[(&str, &str)]| {
        let all = [("GITLAB_CI", "true"), ("CI_DEFAULT_BRANCH", "trunk"), ("CI_COMMIT_SHA", B)];
        let build = build(&[&all[..], more].concat(), "");
        assert_eq!(build.head, c(B), "{more:?}");
        build.event
    };
    let request = [("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", A)];
    assert_eq!(on(&request), into(&[b("main"), c(A)]));
    let topic = ("CI_COMMIT_BRANCH", "topic");
    assert_eq!(on(&[topic, ("CI_COMMIT_BEFORE_SHA", A)]), push(Some("topic"), was(A), b("trunk")));
    assert_eq!(on(&[topic, ("CI_COMMIT_BEFORE_SHA", ZERO)]), push(Some("topic"), Before::New, b("trunk")));
    assert_eq!(on(&[("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_BEFORE_SHA", ZERO)]), tagged(false, b("trunk")));
    for source in ["schedule", "web", "api", "trigger", "pipeline"] {
        let again_on = [topic, ("CI_COMMIT_BEFORE_SHA", ZERO), ("CI_PIPELINE_SOURCE", source)];
        assert_eq!(on(&again_on), again(Some("topic"), b("trunk")), "{source}");
    }
}

#[test]
fn the_others() {
    let bitbucket = [("BITBUCKET_BUILD_NUMBER", "7"), ("BITBUCKET_COMMIT", B)];
    let azure = [("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", B)];
    let circleci = [("CIRCLECI", "true"), ("CIRCLE_SHA1", B)];
    let buildkite = [("BUILDKITE", "true"), ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "trunk"), ("BUILDKITE_COMMIT", B)];
    let jenkins = [("JENKINS_URL", "https://ci.example"), ("GIT_COMMIT", B)];
    let unsaid = |branch, default| push(Some(branch), Before::Unknown, default);
    let origin = RevisionName::DefaultBranch;
    for (system, vars, event) in [
        (&bitbucket[..], &[("BITBUCKET_PR_DESTINATION_BRANCH", "main")][..], into(&[b("main")])),
        (&bitbucket, &[("BITBUCKET_BRANCH", "topic")], unsaid("topic", origin.clone())),
        (&bitbucket, &[("BITBUCKET_TAG", "v1")], tagged(false, origin.clone())),
        (&azure, &[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")], into(&[b("main")])),
        (
            &azure,
            &[("BUILD_REASON", "IndividualCI"), ("BUILD_SOURCEBRANCH", "refs/heads/topic")],
            unsaid("topic", origin.clone()),
        ),
        (
            &azure,
            &[("BUILD_REASON", "Schedule"), ("BUILD_SOURCEBRANCH", "refs/heads/topic")],
            again(Some("topic"), origin.clone()),
        ),
        (&azure, &[("BUILD_SOURCEBRANCH", "refs/tags/v1")], tagged(false, origin.clone())),
        (&circleci, &[("CIRCLE_BRANCH", "topic")], unsaid("topic", origin.clone())),
        (&circleci, &[("CIRCLE_TAG", "v1")], tagged(false, origin.clone())),
        (
            &buildkite,
            &[("BUILDKITE_PULL_REQUEST", "12"), ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main")],
            into(&[b("main"), b("trunk")]),
        ),
        (
            &buildkite,
            &[("BUILDKITE_PULL_REQUEST", "false"), ("BUILDKITE_BRANCH", "topic")],
            unsaid("topic", b("trunk")),
        ),
        (&buildkite, &[("BUILDKITE_SOURCE", "schedule")], again(None, b("trunk"))),
        (&buildkite, &[("BUILDKITE_TAG", "v1")], tagged(false, b("trunk"))),
        (&jenkins, &[("CHANGE_TARGET", "main")], into(&[b("main")])),
        (
            &jenkins,
            &[("GIT_PREVIOUS_SUCCESSFUL_COMMIT", A), ("BRANCH_NAME", "topic")],
            push(Some("topic"), was(A), origin.clone()),
        ),
        (&jenkins, &[("GIT_BRANCH", "origin/topic")], unsaid("topic", origin.clone())),
        (&jenkins, &[("TAG_NAME", "v1")], tagged(false, origin)),
    ] {
        let build = build(&[system, vars].concat(), "");
        assert_eq!((build.event, build.head), (event, c(B)), "{} {vars:?}", build.system.name);
    }
    assert!(detect(&|_| None, &|_| Ok(Vec::new())).expect("no file to read").is_none());
}
