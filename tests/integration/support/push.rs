//! A pre-push hook that leaves what it said, and pushes under it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Repo, Run, Sandbox, binary};

/// Installs a pre-push hook that leaves its JSON report and exit code beside the repositories.
pub fn guard(repo: &Repo<'_>) {
    guard_by(repo, "", "");
}

/// The same, with git's lines kept from it as a hook manager does: it is told of the first ref alone.
pub fn guard_by_manager(repo: &Repo<'_>) {
    let variables = "read -r branch tip there old\n\
                     export PRE_COMMIT_TO_REF=$tip PRE_COMMIT_LOCAL_BRANCH=$branch PRE_COMMIT_REMOTE_BRANCH=$there\n\
                     export PRE_COMMIT_REMOTE_NAME=$1 PRE_COMMIT_REMOTE_URL=$2\n";
    guard_by(repo, variables, "</dev/null");
}

fn guard_by(repo: &Repo<'_>, before: &str, input: &str) {
    let hook = repo.path(repo.git(&["rev-parse", "--git-path", "hooks/pre-push"]));
    let out = repo.sandbox().path("report");
    let (out, bin) = (out.display(), binary().display());
    fs::create_dir_all(hook.parent().expect("hooks")).expect("hooks");
    fs::write(
        &hook,
        format!(
            "#!/bin/sh\n{before}'{bin}' hook --format json pre-push \"$@\" {input} >'{out}' 2>'{out}.err'\ncode=$?\n\
             echo $code >'{out}.code'\nexit $code\n"
        ),
    )
    .expect("the hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("mode bits");
}

/// Runs `git push` with the hook in place: what the hook said. Git must have done as the hook told it.
#[track_caller]
pub fn push(repo: &Repo<'_>, args: &[&str]) -> Run {
    let at = |end: &str| repo.sandbox().path(format!("report{end}"));
    for end in ["", ".err", ".code"] {
        let _ = fs::remove_file(at(end));
    }
    let mut all = vec!["push", "--quiet"];
    all.extend(args);
    let git = repo.try_git(&all);
    let read = |end: &str| fs::read_to_string(at(end)).unwrap_or_default();
    let code = read(".code").trim().parse().unwrap_or(-1);
    assert_ne!(code, -1, "the hook did not run: {}", git.stderr);
    assert_eq!(git.code == 0, code == 0, "git did not do as the hook said: {}{}", git.stderr, read(".err"));
    Run { code, stdout: read(""), stderr: read(".err") }
}

/// A repository with one published commit, its remote `origin`, and the hook.
pub fn published(sandbox: &Sandbox) -> Repo<'_> {
    let remote = sandbox.remote("origin.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", text(&remote)]);
    repo.write("README", "hello\n").commit("first");
    guard(&repo);
    push(&repo, &["-u", "origin", "main"]).expect_clean();
    repo
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

pub fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}
