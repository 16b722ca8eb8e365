//! The begin and the end of the change that a CI system builds, from its environment.
//!
//! Names of variables are from each system's own documentation. Nothing is read but the environment and, on GitHub,
//! the file with the event.

use serde_json::Value;

use crate::error::{Context, Error, Result};

/// One build of a CI system, as its environment describes it.
#[derive(Clone, Debug)]
pub struct Build {
    /// The system.
    pub system: &'static System,
    /// Why it builds.
    pub event: Event,
    /// The revision that is built.
    pub head: RevisionName,
}

/// Why something is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Commits want into a branch.
    Request {
        /// The branch: names to try, the best first.
        target: Vec<RevisionName>,
        /// Where the commits begin, when that is not the branch itself: behind others that wait in a queue.
        from: Option<RevisionName>,
    },
    /// Commits were pushed to a branch.
    Push {
        /// The branch; none if the system does not name it.
        branch: Option<String>,
        /// Where the branch was before.
        before: Before,
        /// The commits that the system lists as pushed; it may list none.
        pushed: Vec<String>,
        /// The default branch.
        default: RevisionName,
    },
    /// A tag was pushed.
    Tag {
        /// Its name.
        name: String,
        /// Whether the system knows of a branch that leads to the same commit.
        on_branch: bool,
        /// The default branch.
        default: RevisionName,
    },
    /// Nothing was pushed: a person, a schedule or a release started the run.
    Rerun {
        /// The branch; none if the system does not name it.
        branch: Option<String>,
        /// The default branch.
        default: RevisionName,
    },
}

/// Where a branch was before a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// At this commit, which need not be here.
    Commit(String),
    /// It was not.
    New,
    /// The system does not name it.
    Unknown,
}

/// The name of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevisionName {
    /// A commit's id.
    Commit(String),
    /// A branch of the remote.
    Branch(String),
    /// Whatever branch the remote calls its default.
    DefaultBranch,
    /// The checked-out commit.
    Head,
}

/// A look into the environment.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Reads a file, for GitHub's event.
pub type ReadFile<'r> = &'r dyn Fn(&str) -> std::io::Result<Vec<u8>>;

/// One CI system.
#[derive(Debug)]
pub struct System {
    /// Its name, for messages and help.
    pub name: &'static str,
    /// How to get the whole history in this system: a line to add, and where.
    pub deepen: &'static str,
    /// A file of a repository that this system takes its jobs from.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests compare it with the files that the policy inspects"))]
    workflow: &'static str,
    /// The job that we recommend, in `hooks/ci/`.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests read it"))]
    template: Template,
    /// Whether an environment is this system's.
    recognises: fn(Env<'_>) -> bool,
    /// Why it builds, and the revision that is built.
    build: fn(Env<'_>, ReadFile<'_>) -> Result<(Event, RevisionName)>,
}

/// A recommended job. A clone that is not deep enough would end every run with exit 2.
#[derive(Debug)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests read it"))]
struct Template {
    /// The name of its file.
    file: &'static str,
    /// The text with which it gets the whole history; empty where the system does so anyway.
    fetches: &'static str,
}

/// The CI systems, in the order in which they are tried.
pub const SYSTEMS: &[System] = &[
    System {
        name: "GitHub Actions",
        deepen: "add `fetch-depth: 0` below `with:` of the actions/checkout step",
        workflow: ".github/workflows/shield-hook.yml",
        template: Template { file: "github.yml", fetches: "fetch-depth: 0" },
        recognises: |env| ["GITHUB_ACTIONS", "GITEA_ACTIONS", "FORGEJO_ACTIONS"].iter().any(|name| is_true(env, name)),
        build: github,
    },
    System {
        name: "GitLab CI",
        deepen: "add `GIT_DEPTH: \"0\"` below `variables:` of the job in .gitlab-ci.yml",
        workflow: ".gitlab-ci.yml",
        template: Template { file: "gitlab.yml", fetches: "GIT_DEPTH: \"0\"" },
        recognises: |env| is_true(env, "GITLAB_CI"),
        build: |env, _| Ok(gitlab(env)),
    },
    System {
        name: "Bitbucket Pipelines",
        deepen: "add `clone: { depth: full }` to the step in bitbucket-pipelines.yml",
        workflow: "bitbucket-pipelines.yml",
        template: Template { file: "bitbucket.yml", fetches: "depth: full" },
        recognises: |env| env("BITBUCKET_BUILD_NUMBER").is_some(),
        build: |env, _| Ok(bitbucket(env)),
    },
    System {
        name: "Azure Pipelines",
        deepen: "add `- checkout: self` with `fetchDepth: 0` to the steps of the job",
        workflow: "azure-pipelines.yml",
        template: Template { file: "azure.yml", fetches: "fetchDepth: 0" },
        recognises: |env| is_true(env, "TF_BUILD"),
        build: |env, _| Ok(azure(env)),
    },
    System {
        name: "CircleCI",
        deepen: "add `method: full` to the checkout step",
        workflow: ".circleci/config.yml",
        template: Template { file: "circleci.yml", fetches: "method: full" },
        recognises: |env| is_true(env, "CIRCLECI"),
        build: |env, _| Ok(circleci(env)),
    },
    System {
        name: "Buildkite",
        deepen: "remove `--depth` from BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS",
        workflow: ".buildkite/pipeline.yml",
        template: Template { file: "buildkite.yml", fetches: "" },
        recognises: |env| is_true(env, "BUILDKITE"),
        build: |env, _| Ok(buildkite(env)),
    },
    System {
        name: "Jenkins",
        deepen: "switch `Shallow clone` off in the clone behaviours of the job, and let it fetch the target branch",
        workflow: "Jenkinsfile",
        template: Template { file: "Jenkinsfile", fetches: "" },
        recognises: |env| env("JENKINS_URL").is_some() || env("JENKINS_HOME").is_some(),
        build: |env, _| Ok(jenkins(env)),
    },
];

fn is_true(env: Env<'_>, name: &str) -> bool {
    env(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The build of the first system that the environment names; `read` reads the file with GitHub's event.
///
/// # Errors
/// Exit 2 when a recognised system lacks a variable that it must set.
pub fn detect(env: Env<'_>, read: ReadFile<'_>) -> Result<Option<Build>> {
    let recognised = SYSTEMS.iter().find(|system| (system.recognises)(env));
    let build = |system: &'static System| {
        let (event, head) = (system.build)(env, read)?;
        Ok(Build { system, event, head })
    };
    recognised.map(build).transpose()
}

/// A commit's id; none for the zeros that mean "there was none".
fn commit(value: Option<String>) -> Option<RevisionName> {
    let id = value?;
    (id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0'))
        .then_some(RevisionName::Commit(id))
}

fn branch(value: Option<String>) -> Option<RevisionName> {
    short(value, "refs/heads/").map(RevisionName::Branch)
}

/// A ref's name without the folder that it is in.
fn short(value: Option<String>, folder: &str) -> Option<String> {
    let name = value?;
    let name = name.strip_prefix(folder).unwrap_or(&name);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Where a branch was, when the system gives zeros for one that was not.
fn before(value: Option<String>) -> Before {
    match value {
        None => Before::Unknown,
        Some(id) => match commit(Some(id)) {
            Some(RevisionName::Commit(id)) => Before::Commit(id),
            _ => Before::New,
        },
    }
}

fn request(target: impl IntoIterator<Item = Option<RevisionName>>) -> Event {
    Event::Request { target: target.into_iter().flatten().collect(), from: None }
}

/// A build of a branch, without the commits that were pushed.
fn unsaid(branch: Option<String>, default: Option<RevisionName>) -> Event {
    Event::Push {
        branch,
        before: Before::Unknown,
        pushed: Vec::new(),
        default: default.unwrap_or(RevisionName::DefaultBranch),
    }
}

fn tag(name: String, default: Option<RevisionName>) -> Event {
    Event::Tag { name, on_branch: false, default: default.unwrap_or(RevisionName::DefaultBranch) }
}

fn rerun(branch: Option<String>, default: Option<RevisionName>) -> Event {
    Event::Rerun { branch, default: default.unwrap_or(RevisionName::DefaultBranch) }
}

fn github(env: Env<'_>, read: ReadFile<'_>) -> Result<(Event, RevisionName)> {
    let sha = || commit(env("GITHUB_SHA")).unwrap_or(RevisionName::Head);
    let Some(path) = env("GITHUB_EVENT_PATH") else {
        // A container without the file still has the target branch of a pull request in a variable.
        let base = branch(env("GITHUB_BASE_REF")).ok_or_else(|| {
            Error::incomplete("neither GITHUB_EVENT_PATH nor GITHUB_BASE_REF is set, so the change is not known")
                .help("pass --base and --head")
        })?;
        return Ok((request([Some(base)]), sha()));
    };
    let doing = format!("the event of this workflow, {path}");
    let event: Value = serde_json::from_slice(&read(&path).or_incomplete(&doing)?).or_incomplete(&doing)?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if event.get("pull_request").is_some() {
        // The tip of the branch comes first: since the event, it may have been merged into the pull request.
        let base = [branch(text("/pull_request/base/ref")), commit(text("/pull_request/base/sha"))];
        let head = commit(text("/pull_request/head/sha")).ok_or_else(|| {
            Error::incomplete(format!("{path}: the pull request names no head commit")).help("pass --base and --head")
        })?;
        return Ok((request(base), head));
    }
    if event.get("merge_group").is_some() {
        let from = commit(text("/merge_group/base_sha"));
        let target = branch(text("/merge_group/base_ref")).or_else(|| branch(text("/repository/default_branch")));
        let head = commit(text("/merge_group/head_sha")).unwrap_or_else(sha);
        return Ok((Event::Request { target: target.into_iter().collect(), from }, head));
    }
    let default = branch(text("/repository/default_branch")).unwrap_or(RevisionName::DefaultBranch);
    let name = text("/ref").filter(|name| name.starts_with("refs/")).or_else(|| env("GITHUB_REF"));
    let on_branch = name.clone().filter(|name| !name.starts_with("refs/tags/"));
    let on_branch = short(on_branch, "refs/heads/");
    if env("GITHUB_EVENT_NAME").as_deref() != Some("push") {
        return Ok((Event::Rerun { branch: on_branch, default }, sha()));
    }
    let head = commit(text("/after")).unwrap_or_else(sha);
    if let Some(name) = name.filter(|name| name.starts_with("refs/tags/")) {
        let name = name.trim_start_matches("refs/tags/").to_owned();
        return Ok((Event::Tag { name, on_branch: text("/base_ref").is_some(), default }, head));
    }
    let listed = event.pointer("/commits").and_then(Value::as_array);
    let pushed = listed.into_iter().flatten().filter_map(|c| Some(c.get("id")?.as_str()?.to_owned())).collect();
    Ok((Event::Push { branch: on_branch, before: before(text("/before")), pushed, default }, head))
}

fn gitlab(env: Env<'_>) -> (Event, RevisionName) {
    let default = branch(env("CI_DEFAULT_BRANCH"));
    let source = env("CI_PIPELINE_SOURCE").unwrap_or_else(|| "push".into());
    let on_branch = env("CI_COMMIT_BRANCH");
    let mut head = commit(env("CI_COMMIT_SHA"));
    let event = match (branch(env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")), env("CI_COMMIT_TAG")) {
        (Some(target), _) => {
            // In a merged-results pipeline CI_COMMIT_SHA is a commit that GitLab made.
            head = commit(env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")).or(head);
            request([Some(target), commit(env("CI_MERGE_REQUEST_DIFF_BASE_SHA"))])
        }
        (None, Some(name)) => tag(name, default),
        (None, None) if source != "push" => rerun(on_branch, default),
        (None, None) => Event::Push {
            branch: on_branch,
            before: before(env("CI_COMMIT_BEFORE_SHA")),
            pushed: Vec::new(),
            default: default.unwrap_or(RevisionName::DefaultBranch),
        },
    };
    (event, head.unwrap_or(RevisionName::Head))
}

fn bitbucket(env: Env<'_>) -> (Event, RevisionName) {
    let target = [branch(env("BITBUCKET_PR_DESTINATION_BRANCH")), commit(env("BITBUCKET_PR_DESTINATION_COMMIT"))];
    let event = match (target, env("BITBUCKET_TAG")) {
        ([None, None], Some(name)) => tag(name, None),
        ([None, None], None) => unsaid(env("BITBUCKET_BRANCH"), None),
        (target, _) => request(target),
    };
    (event, commit(env("BITBUCKET_COMMIT")).unwrap_or(RevisionName::Head))
}

fn azure(env: Env<'_>) -> (Event, RevisionName) {
    let head = commit(env("SYSTEM_PULLREQUEST_SOURCECOMMITID")).or_else(|| commit(env("BUILD_SOURCEVERSION")));
    let source = env("BUILD_SOURCEBRANCH").unwrap_or_default();
    let on_branch = source.strip_prefix("refs/heads/").map(str::to_owned);
    // A push is IndividualCI or BatchedCI.
    let is_push = env("BUILD_REASON").is_none_or(|reason| reason.ends_with("CI"));
    let event = match (branch(env("SYSTEM_PULLREQUEST_TARGETBRANCH")), source.strip_prefix("refs/tags/")) {
        (Some(target), _) => request([Some(target)]),
        (None, Some(name)) => tag(name.to_owned(), None),
        (None, None) if is_push => unsaid(on_branch, None),
        (None, None) => rerun(on_branch, None),
    };
    (event, head.unwrap_or(RevisionName::Head))
}

fn circleci(env: Env<'_>) -> (Event, RevisionName) {
    let event = match env("CIRCLE_TAG") {
        Some(name) => tag(name, None),
        None => unsaid(env("CIRCLE_BRANCH"), None),
    };
    (event, commit(env("CIRCLE_SHA1")).unwrap_or(RevisionName::Head))
}

fn buildkite(env: Env<'_>) -> (Event, RevisionName) {
    let of_request = env("BUILDKITE_PULL_REQUEST").is_some_and(|n| n != "false");
    let target = branch(env("BUILDKITE_PULL_REQUEST_BASE_BRANCH")).filter(|_| of_request);
    let default = branch(env("BUILDKITE_PIPELINE_DEFAULT_BRANCH"));
    let is_push = env("BUILDKITE_SOURCE").is_none_or(|source| source == "webhook");
    let event = match (of_request, env("BUILDKITE_TAG")) {
        (true, _) => request([target, default]),
        (false, Some(name)) => tag(name, default),
        (false, None) if is_push => unsaid(env("BUILDKITE_BRANCH"), default),
        (false, None) => rerun(env("BUILDKITE_BRANCH"), default),
    };
    (event, commit(env("BUILDKITE_COMMIT")).unwrap_or(RevisionName::Head))
}

fn jenkins(env: Env<'_>) -> (Event, RevisionName) {
    let on_branch = env("BRANCH_NAME").or_else(|| short(env("GIT_BRANCH"), "origin/"));
    let event = match (branch(env("CHANGE_TARGET")), env("TAG_NAME")) {
        // GIT_COMMIT can be a merge that Jenkins made; the merged commits are the change in either case.
        (Some(target), _) => request([Some(target)]),
        (None, Some(name)) => tag(name, None),
        (None, None) => Event::Push {
            branch: on_branch,
            before: before(env("GIT_PREVIOUS_SUCCESSFUL_COMMIT")),
            pushed: Vec::new(),
            default: RevisionName::DefaultBranch,
        },
    };
    (event, commit(env("GIT_COMMIT")).unwrap_or(RevisionName::Head))
}

#[cfg(test)]
mod tests;
