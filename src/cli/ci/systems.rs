//! What each CI system says about the change it builds: where it begins and where it ends.
//!
//! Names of variables are from each system's own documentation. Nothing is read but the environment and, on GitHub,
//! the file with the event.

use serde_json::Value;

use crate::error::{Context, Error, Result};

/// The change under judgement, as the CI system names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The system, for messages.
    pub system: &'static str,
    /// Where the change begins: names to try, the best first. Empty: the system does not say.
    pub base: Vec<Name>,
    /// Where it ends.
    pub head: Name,
    /// How to get the whole history in this system: a line to add, and where.
    pub deepen: &'static str,
}

/// The name of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A commit's id.
    Commit(String),
    /// A branch of the remote.
    Branch(String),
    /// Whatever branch the remote calls its default.
    DefaultBranch,
    /// What is checked out.
    Head,
    /// Nothing: this is the first push ever, or one that replaces all that was there.
    Nothing,
}

/// A look into the environment.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The first system that the environment speaks of; `read` reads the file with GitHub's event.
///
/// # Errors
/// Exit 2, when a system is recognised and does not say what it must.
pub fn detect(env: Env<'_>, read: &dyn Fn(&str) -> std::io::Result<Vec<u8>>) -> Result<Option<Change>> {
    let is = |name: &str| env(name).is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if is("GITHUB_ACTIONS") || is("GITEA_ACTIONS") || is("FORGEJO_ACTIONS") {
        return github(env, read).map(Some);
    }
    Ok(if is("GITLAB_CI") {
        Some(gitlab(env))
    } else if env("BITBUCKET_BUILD_NUMBER").is_some() {
        Some(bitbucket(env))
    } else if is("TF_BUILD") {
        Some(azure(env))
    } else if is("CIRCLECI") {
        Some(circleci(env))
    } else if is("BUILDKITE") {
        Some(buildkite(env))
    } else if env("JENKINS_URL").is_some() || env("JENKINS_HOME").is_some() {
        Some(jenkins(env))
    } else {
        None
    })
}

/// A commit's id; none for the zeros that stand for "there was none".
fn commit(value: Option<String>) -> Option<Name> {
    let id = value?;
    (id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0'))
        .then_some(Name::Commit(id))
}

fn branch(value: Option<String>) -> Option<Name> {
    let name = value?;
    let name = name.strip_prefix("refs/heads/").unwrap_or(&name);
    (!name.is_empty()).then(|| Name::Branch(name.to_owned()))
}

fn github(env: Env<'_>, read: &dyn Fn(&str) -> std::io::Result<Vec<u8>>) -> Result<Change> {
    let name = env("GITHUB_EVENT_NAME").unwrap_or_default();
    let deepen = "add `fetch-depth: 0` below `with:` of the actions/checkout step";
    let sha = || commit(env("GITHUB_SHA")).unwrap_or(Name::Head);
    let Some(path) = env("GITHUB_EVENT_PATH") else {
        // A container that was not given the file still knows what a pull request goes into.
        let base = branch(env("GITHUB_BASE_REF")).ok_or_else(|| {
            Error::incomplete("neither GITHUB_EVENT_PATH nor GITHUB_BASE_REF is set, so the change is not known")
                .help("pass --base and --head")
        })?;
        return Ok(Change { system: "GitHub Actions", base: vec![base], head: sha(), deepen });
    };
    let doing = format!("the event of this workflow, {path}");
    let event: Value = serde_json::from_slice(&read(&path).or_incomplete(&doing)?).or_incomplete(&doing)?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let default = || branch(text("/repository/default_branch")).unwrap_or(Name::DefaultBranch);
    let (base, head) = if event.get("pull_request").is_some() {
        // The branch as it is now holds what was merged into the pull request since the event.
        let base = [branch(text("/pull_request/base/ref")), commit(text("/pull_request/base/sha"))];
        let head = commit(text("/pull_request/head/sha")).ok_or_else(|| {
            Error::incomplete(format!("{path}: the pull request names no head commit")).help("pass --base and --head")
        })?;
        (base.into_iter().flatten().collect(), head)
    } else if event.get("merge_group").is_some() {
        let base = commit(text("/merge_group/base_sha"));
        (base.into_iter().collect(), commit(text("/merge_group/head_sha")).unwrap_or_else(sha))
    } else if name == "push" {
        let before = commit(text("/before"));
        (before.into_iter().chain([default(), Name::Nothing]).collect(), commit(text("/after")).unwrap_or_else(sha))
    } else {
        (vec![default()], sha())
    };
    Ok(Change { system: "GitHub Actions", base, head, deepen })
}

fn gitlab(env: Env<'_>) -> Change {
    let target = branch(env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"));
    let (base, head) = match target {
        // In a merged-results pipeline CI_COMMIT_SHA is a commit that GitLab made.
        Some(target) => (
            [Some(target), commit(env("CI_MERGE_REQUEST_DIFF_BASE_SHA")), None],
            commit(env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")).or_else(|| commit(env("CI_COMMIT_SHA"))),
        ),
        None => (
            [commit(env("CI_COMMIT_BEFORE_SHA")), branch(env("CI_DEFAULT_BRANCH")), Some(Name::Nothing)],
            commit(env("CI_COMMIT_SHA")),
        ),
    };
    Change {
        system: "GitLab CI",
        base: base.into_iter().flatten().collect(),
        head: head.unwrap_or(Name::Head),
        deepen: "add `GIT_DEPTH: \"0\"` below `variables:` of the job in .gitlab-ci.yml",
    }
}

fn bitbucket(env: Env<'_>) -> Change {
    let base = [branch(env("BITBUCKET_PR_DESTINATION_BRANCH")), commit(env("BITBUCKET_PR_DESTINATION_COMMIT"))];
    Change {
        system: "Bitbucket Pipelines",
        base: base.into_iter().flatten().chain([Name::DefaultBranch]).collect(),
        head: commit(env("BITBUCKET_COMMIT")).unwrap_or(Name::Head),
        deepen: "add `clone: { depth: full }` to the step in bitbucket-pipelines.yml",
    }
}

fn azure(env: Env<'_>) -> Change {
    let head = commit(env("SYSTEM_PULLREQUEST_SOURCECOMMITID")).or_else(|| commit(env("BUILD_SOURCEVERSION")));
    Change {
        system: "Azure Pipelines",
        base: branch(env("SYSTEM_PULLREQUEST_TARGETBRANCH")).into_iter().chain([Name::DefaultBranch]).collect(),
        head: head.unwrap_or(Name::Head),
        deepen: "add `- checkout: self` with `fetchDepth: 0` to the steps of the job",
    }
}

fn circleci(env: Env<'_>) -> Change {
    Change {
        system: "CircleCI",
        base: vec![Name::DefaultBranch],
        head: commit(env("CIRCLE_SHA1")).unwrap_or(Name::Head),
        deepen: "add `method: full` to the checkout step",
    }
}

fn buildkite(env: Env<'_>) -> Change {
    let of_request = env("BUILDKITE_PULL_REQUEST").filter(|n| n != "false");
    let base = of_request.and_then(|_| branch(env("BUILDKITE_PULL_REQUEST_BASE_BRANCH")));
    let default = branch(env("BUILDKITE_PIPELINE_DEFAULT_BRANCH")).unwrap_or(Name::DefaultBranch);
    Change {
        system: "Buildkite",
        base: base.into_iter().chain([default]).collect(),
        head: commit(env("BUILDKITE_COMMIT")).unwrap_or(Name::Head),
        deepen: "remove `--depth` from BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS",
    }
}

fn jenkins(env: Env<'_>) -> Change {
    let (base, head) = match branch(env("CHANGE_TARGET")) {
        // GIT_COMMIT can be a merge that Jenkins made; what it merged is the change all the same.
        Some(target) => (vec![target], commit(env("GIT_COMMIT"))),
        None => {
            let before = commit(env("GIT_PREVIOUS_SUCCESSFUL_COMMIT"));
            (before.into_iter().chain([Name::DefaultBranch]).collect(), commit(env("GIT_COMMIT")))
        }
    };
    Change {
        system: "Jenkins",
        base,
        head: head.unwrap_or(Name::Head),
        deepen: "switch `Shallow clone` off in the clone behaviours of the job, and let it fetch the target branch",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn change(vars: &[(&str, &str)], event: &str) -> Change {
        let env = |name: &str| vars.iter().find(|v| v.0 == name).map(|v| v.1.to_owned());
        detect(&env, &|_| Ok(event.as_bytes().to_vec())).expect("readable").expect("a CI system")
    }

    fn c(id: &str) -> Name {
        Name::Commit(id.into())
    }

    fn b(name: &str) -> Name {
        Name::Branch(name.into())
    }

    #[test]
    fn github_events() {
        let on = |name: &str, event: &str| {
            let vars = [
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", name),
                ("GITHUB_EVENT_PATH", "e"),
                ("GITHUB_SHA", B),
            ];
            let change = change(&vars, event);
            (change.base, change.head)
        };
        let event =
            format!(r#"{{"pull_request": {{"base": {{"ref": "main", "sha": "{A}"}}, "head": {{"sha": "{B}"}}}}}}"#);
        assert_eq!(on("pull_request", &event), (vec![b("main"), c(A)], c(B)));
        assert_eq!(on("pull_request_target", &event), (vec![b("main"), c(A)], c(B)));
        let event = format!(r#"{{"merge_group": {{"base_sha": "{A}", "head_sha": "{B}"}}}}"#);
        assert_eq!(on("merge_group", &event), (vec![c(A)], c(B)));
        let event = format!(r#"{{"before": "{A}", "after": "{B}", "repository": {{"default_branch": "trunk"}}}}"#);
        assert_eq!(on("push", &event), (vec![c(A), b("trunk"), Name::Nothing], c(B)));
        let event = format!(r#"{{"before": "{ZERO}", "after": "{B}", "repository": {{"default_branch": "trunk"}}}}"#);
        assert_eq!(on("push", &event), (vec![b("trunk"), Name::Nothing], c(B)), "a new branch");
        assert_eq!(on("schedule", "{}"), (vec![Name::DefaultBranch], c(B)));
    }

    #[test]
    fn github_without_an_event_is_an_error() {
        assert!(detect(&|name| (name == "GITHUB_ACTIONS").then(|| "true".to_owned()), &|_| Ok(Vec::new())).is_err());
        let vars = [("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main"), ("GITHUB_SHA", B)];
        let change = change(&vars, "");
        assert_eq!((change.base, change.head), (vec![b("main")], c(B)), "but for a pull request");
        let env = |name: &str| name.starts_with("GITHUB").then(|| "true".to_owned());
        assert!(detect(&env, &|_| Ok(b"not json".to_vec())).is_err());
    }

    #[test]
    fn the_others() {
        for (vars, base, head) in [
            (
                vec![
                    ("GITLAB_CI", "true"),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", A),
                    ("CI_COMMIT_SHA", B),
                ],
                vec![b("main"), c(A)],
                c(B),
            ),
            (
                vec![
                    ("GITLAB_CI", "true"),
                    ("CI_COMMIT_BEFORE_SHA", ZERO),
                    ("CI_DEFAULT_BRANCH", "main"),
                    ("CI_COMMIT_SHA", B),
                ],
                vec![b("main"), Name::Nothing],
                c(B),
            ),
            (
                vec![
                    ("BITBUCKET_BUILD_NUMBER", "7"),
                    ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                    ("BITBUCKET_COMMIT", B),
                ],
                vec![b("main"), Name::DefaultBranch],
                c(B),
            ),
            (
                vec![
                    ("TF_BUILD", "True"),
                    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
                    ("SYSTEM_PULLREQUEST_SOURCECOMMITID", B),
                ],
                vec![b("main"), Name::DefaultBranch],
                c(B),
            ),
            (vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", B)], vec![Name::DefaultBranch], c(B)),
            (
                vec![
                    ("BUILDKITE", "true"),
                    ("BUILDKITE_PULL_REQUEST", "12"),
                    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
                    ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "trunk"),
                    ("BUILDKITE_COMMIT", B),
                ],
                vec![b("main"), b("trunk")],
                c(B),
            ),
            (
                vec![("JENKINS_URL", "https://ci.example"), ("CHANGE_TARGET", "main"), ("GIT_COMMIT", B)],
                vec![b("main")],
                c(B),
            ),
            (
                vec![("JENKINS_URL", "https://ci.example"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", A), ("GIT_COMMIT", B)],
                vec![c(A), Name::DefaultBranch],
                c(B),
            ),
        ] {
            let change = change(&vars, "");
            assert_eq!((change.base, change.head), (base, head), "{}", change.system);
        }
        assert_eq!(detect(&|_| None, &|_| Ok(Vec::new())), Ok(None));
    }
}
