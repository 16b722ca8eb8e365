//! `install` where a hook manager is at work: husky, lefthook, the pre-commit framework; by the files they use.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Repo, Sandbox, npm_token};

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[track_caller]
fn assert_guards(repo: &Repo<'_>) {
    repo.write("planted.txt", format!("token = {}\n", npm_token())).git(&["add", "planted.txt"]);
    let run = repo.try_git(&["commit", "-m", "planted"]);
    let said = run.stdout.clone() + &run.stderr;
    assert!(run.code == 1 && said.contains("planted.txt") && said.contains("shield-hook: blocked"), "{run:?}");
    repo.git(&["rm", "-qf", "planted.txt"]);
    let run = repo.try_git(&["commit", "--allow-empty", "-m", "clean"]);
    assert!(run.code == 0 && run.stderr.contains("shield-hook: clean"), "{run:?}");
}

/// What `husky` 9 leaves behind: wrappers in `.husky/_` that run the scripts above them.
fn husky9(repo: &Repo<'_>) {
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let h = "#!/usr/bin/env sh\nname=$(basename \"$0\")\nscript=$(dirname \"$(dirname \"$0\")\")/$name\n\
             [ ! -f \"$script\" ] && exit 0\nsh -e \"$script\" \"$@\"\n";
    repo.write(".husky/_/h", h);
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "post-commit", "pre-push", "pre-rebase"] {
        script(&repo.path(format!(".husky/_/{hook}")), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    }
}

#[test]
fn husky_9_runs_ours_from_its_scripts() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    husky9(&repo);
    let log = sandbox.path("log");
    // Written without a line end, and not executable: husky needs neither.
    let theirs = format!("echo theirs >>'{}'", log.display());
    repo.write(".husky/pre-commit", &theirs);
    let wrapper = fs::read(repo.path(".husky/_/pre-commit")).unwrap();
    let run = repo.shield(&["install"]).expect(0);
    assert!(run.stdout.contains("husky runs this repository's hooks"), "{run:?}");
    assert_eq!(fs::read(repo.path(".husky/_/pre-commit")).unwrap(), wrapper, "husky's own files are left alone");
    assert!(!repo.path(".git/hooks/pre-commit").exists());
    assert_guards(&repo);
    assert_eq!(fs::read_to_string(&log).unwrap(), "theirs\n", "theirs runs when ours passes");
    let with = fs::read(repo.path(".husky/pre-commit")).unwrap();
    repo.shield(&["install"]).expect(0);
    assert_eq!(fs::read(repo.path(".husky/pre-commit")).unwrap(), with, "once");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".husky/pre-commit")).unwrap(), theirs);
    assert!(!repo.path(".husky/pre-push").exists(), "what was made for ours is gone");
}

#[test]
fn husky_scripts_behind_ours_get_the_same_standard_input() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    husky9(&repo);
    let log = sandbox.path("log");
    repo.write(".husky/pre-push", format!("{{ echo \"$@\"; cat; }} >>'{}'\n", log.display()));
    let bare = sandbox.path("remote.git");
    sandbox.remote("remote.git");
    repo.commit("one");
    let remote = bare.to_str().unwrap();
    repo.git(&["push", "-q", remote, "HEAD:refs/heads/before"]);
    let before = fs::read_to_string(&log).unwrap().replace("before", "after");
    fs::remove_file(&log).unwrap();
    // The program is left out of this: a stand-in reads all of its input and passes.
    repo.shield(&["install", "--hook", "pre-push"]).expect(0);
    let text = fs::read_to_string(repo.path(".husky/pre-push")).unwrap();
    let stand_in = sandbox.path("stand-in");
    script(&stand_in, "#!/bin/sh\ncat >/dev/null\n");
    let binary = crate::support::binary().to_str().unwrap();
    assert!(text.contains(binary), "{text}");
    repo.write(".husky/pre-push", text.replace(binary, stand_in.to_str().unwrap()));
    repo.git(&["push", "-q", remote, "HEAD:refs/heads/after"]);
    assert_eq!(fs::read_to_string(&log).unwrap(), before);
}

#[test]
fn husky_8_keeps_its_first_line() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.git(&["config", "core.hooksPath", ".husky"]);
    // husky 8 starts the script anew from its second line, and ends when that ends.
    let start = "if [ -z \"$started\" ]; then\n\tstarted=1\n\texport started\n\tsh -e \"$0\" \"$@\"\n\texit $?\nfi\n";
    repo.write(".husky/_/husky.sh", start);
    let log = sandbox.path("log");
    let theirs =
        format!("#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\necho theirs >>'{}'\n", log.display());
    script(&repo.path(".husky/pre-commit"), &theirs);
    // A hook that is no shell script cannot take our lines: it is chained.
    script(&repo.path(".husky/commit-msg"), "#!/usr/bin/env cat\nmessage hook\n");
    repo.shield(&["install"]).expect(0);
    assert_guards(&repo);
    assert_eq!(fs::read_to_string(&log).unwrap(), "theirs\n");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".husky/pre-commit")).unwrap(), theirs);
    assert_eq!(fs::read_to_string(repo.path(".husky/commit-msg")).unwrap(), "#!/usr/bin/env cat\nmessage hook\n");
    let left: Vec<_> = fs::read_dir(repo.path(".husky")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn an_empty_husky_directory_is_a_hooks_path_like_any_other() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.shield(&["install"]).expect(0);
    assert!(repo.path(".husky/_/pre-commit").is_file());
    assert_guards(&repo);
}

/// The file as YAML, by the parser that lockfiles are read with.
fn lefthook_keys(text: &str) -> Vec<String> {
    let mut keys: Vec<String> =
        text.lines().filter(|l| l.ends_with(':') && !l.starts_with([' ', '#'])).map(str::to_owned).collect();
    keys.sort();
    keys
}

#[test]
fn lefthook_gets_its_commands_in_the_local_file() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let team = "pre-commit:\n  commands:\n    lint:\n      run: echo lint\n";
    repo.write("lefthook.yml", team);
    let hooks = fs::read_dir(repo.path(".git/hooks")).unwrap().count();
    let run = repo.shield(&["install"]).expect(0);
    assert!(run.stdout.contains("lefthook install"), "what is left to do is said: {run:?}");
    assert_eq!(fs::read_dir(repo.path(".git/hooks")).unwrap().count(), hooks, "lefthook writes there, not we");
    assert_eq!(fs::read_to_string(repo.path("lefthook.yml")).unwrap(), team);
    let local = fs::read_to_string(repo.path("lefthook-local.yml")).unwrap();
    assert_eq!(
        lefthook_keys(&local),
        ["commit-msg:", "post-commit:", "pre-commit:", "pre-merge-commit:", "pre-push:"],
        "{local}"
    );
    assert!(local.contains("use_stdin: true") && local.contains("\"$program\" hook pre-commit"), "{local}");
    repo.shield(&["install"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path("lefthook-local.yml")).unwrap(), local, "once");
    repo.shield(&["uninstall"]).expect(0);
    assert!(!repo.path("lefthook-local.yml").exists());
}

#[test]
fn a_local_lefthook_file_keeps_what_it_has() {
    let cases = [
        "pre-commit:\n    commands:\n        fmt:\n            run: echo fmt\noutput: false\n",
        "# mine\npre-commit:\n  parallel: true\n  jobs:\n    - run: echo job\n\npre-push:\n  commands:\n",
        "assert_lefthook_installed: true",
        "",
    ];
    for theirs in cases {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write(".config/lefthook.yml", "pre-commit:\n").write(".config/lefthook-local.yml", theirs);
        repo.shield(&["install"]).expect(0);
        let local = fs::read_to_string(repo.path(".config/lefthook-local.yml")).unwrap();
        assert_eq!(local.matches("    shield-hook:\n").count(), 5, "{local}");
        assert_eq!(local.lines().filter(|l| l.trim() == "pre-commit:").count(), 1, "no key stands twice: {local}");
        repo.shield(&["uninstall"]).expect(0);
        assert_eq!(fs::read_to_string(repo.path(".config/lefthook-local.yml")).unwrap(), theirs);
    }
}

#[test]
fn a_lefthook_file_that_needs_a_person() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let theirs = "pre-commit: { commands: { a: { run: echo } } }\n";
    repo.write("lefthook.yml", "").write("lefthook-local.yml", theirs);
    let run = repo.shield(&["install"]).expect(2);
    assert!(run.stderr.contains("lefthook-local.yml") && run.stderr.contains("by hand"), "{run:?}");
    assert_eq!(fs::read_to_string(repo.path("lefthook-local.yml")).unwrap(), theirs);
    repo.shield(&["install", "--strict"]).expect(3);
}

#[test]
fn the_pre_commit_framework_keeps_running_and_gets_an_entry_offered() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".pre-commit-config.yaml", "repos: []\n");
    let log = sandbox.path("log");
    script(&repo.path(".git/hooks/pre-commit"), &format!("#!/bin/sh\necho framework >>'{}'\n", log.display()));
    let run = repo.shield(&["install"]).expect(0);
    assert!(run.stdout.contains("entry: shield-hook hook pre-commit"), "{run:?}");
    assert_eq!(fs::read_to_string(repo.path(".pre-commit-config.yaml")).unwrap(), "repos: []\n");
    assert_guards(&repo);
    assert!(log.exists());
}
