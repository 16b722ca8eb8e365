//! Scripts that git or a user runs, and the proof that the hooks of a repository guard it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Repo, npm_token};

/// Writes an executable script.
pub fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("its directory");
    fs::write(path, text).expect("the script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("mode bits");
}

/// Asserts that a commit with a token is stopped by our hook, and that one without passes. Gives the output of the first.
#[track_caller]
pub fn assert_guards(repo: &Repo<'_>) -> String {
    repo.write("planted.txt", format!("token = {}\n", npm_token())).git(&["add", "planted.txt"]);
    let run = repo.try_git(&["commit", "-m", "planted"]);
    let output = run.stdout.clone() + &run.stderr;
    assert!(run.code == 1 && output.contains("planted.txt") && output.contains("shield-hook: blocked"), "{run:?}");
    repo.git(&["rm", "-qf", "planted.txt"]);
    let run = repo.try_git(&["commit", "--allow-empty", "-m", "clean"]);
    assert!(run.code == 0 && run.stderr.contains("shield-hook: clean"), "{run:?}");
    output
}
