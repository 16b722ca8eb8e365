//! `install --global`: by a dispatcher for older gits, by hooks in the configuration for newer ones.
use std::fs;
use std::path::PathBuf;

use crate::support::hooks::{self, script};
use crate::support::{Repo, Run, Sandbox, npm_token};

/// Asserts that the hooks guard the repository, and that they run once.
#[track_caller]
fn assert_guards(repo: &Repo<'_>) {
    let output = hooks::assert_guards(repo);
    assert_eq!(output.matches("shield-hook: blocked").count(), 1, "it runs once: {output}");
}

/// A `git` that reports this version, and is the real one otherwise; gives the PATH that finds it first.
fn git_of_version(sandbox: &Sandbox, version: &str) -> String {
    let path = crate::support::path();
    let real = std::env::split_paths(&path).map(|d| d.join("git")).find(|p| p.is_file()).expect("git");
    let bin = sandbox.path(format!("git-{version}"));
    script(
        &bin.join("git"),
        &format!(
            "#!/bin/sh\ncase \" $* \" in *' version '*) echo 'git version {version}';; *) exec '{}' \"$@\";; esac\n",
            real.display()
        ),
    );
    format!("{}:{path}", bin.display())
}

fn install(sandbox: &Sandbox, path: &str, more: &[&str]) -> Run {
    let mut args = vec!["install", "--global"];
    args.extend(more);
    sandbox.shield_with(&sandbox.home(), &args, &[("PATH", path)], None).expect(0)
}

fn stubs(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/share/shield-hook/hooks")
}

fn git_config(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.home().join(".gitconfig")).unwrap()
}

#[test]
fn an_older_git_gets_a_dispatcher_and_every_repository_keeps_its_own_hooks() {
    let sandbox = Sandbox::new();
    let before = git_config(&sandbox);
    let path = git_of_version(&sandbox, "2.53.1");
    let run = install(&sandbox, &path, &[]);
    assert!(run.stderr.contains("for every repository of yours"), "{run:?}");
    let repo = sandbox.repo("repo");
    assert_guards(&repo);
    // Hooks of the repository's own: one that we also run, and others.
    let log = sandbox.path("log");
    for hook in ["pre-commit", "prepare-commit-msg", "post-checkout", "reference-transaction"] {
        script(
            &repo.path(format!(".git/hooks/{hook}")),
            &format!("#!/bin/sh\necho {hook} \"$1\" >>'{}'\n", log.display()),
        );
    }
    assert_guards(&repo);
    repo.git(&["checkout", "-q", "-b", "other"]);
    let ran = fs::read_to_string(&log).unwrap();
    for hook in ["pre-commit", "prepare-commit-msg", "post-checkout", "reference-transaction prepared"] {
        assert!(ran.contains(hook), "{hook}: {ran}");
    }
    // A linked work tree has the hooks of its repository.
    fs::remove_file(&log).unwrap();
    let linked = sandbox.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::remove_file(&log).unwrap();
    assert_guards(&sandbox.at(&linked));
    assert!(fs::read_to_string(&log).unwrap().contains("pre-commit"));
    // A failing hook of the repository's own fails.
    script(&repo.path(".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n");
    assert_ne!(repo.try_git(&["commit", "--allow-empty", "-m", "x"]).code, 0);

    sandbox.shield_with(&sandbox.home(), &["uninstall", "--global"], &[("PATH", &path)], None).expect(0);
    assert_eq!(git_config(&sandbox), before);
    assert!(!stubs(&sandbox).exists());
}

#[test]
fn the_dispatcher_and_a_repositorys_own_installation_run_once() {
    let sandbox = Sandbox::new();
    let path = git_of_version(&sandbox, "2.47.0");
    install(&sandbox, &path, &[]);
    let repo = sandbox.repo("repo");
    repo.shield(&["install"]).expect(0);
    assert!(repo.path(".git/hooks/pre-commit").is_file(), "it goes where the dispatcher looks");
    assert_guards(&repo);
}

#[test]
fn a_push_into_a_checked_out_branch_works_under_the_dispatcher() {
    let sandbox = Sandbox::new();
    let path = git_of_version(&sandbox, "2.47.0");
    let (from, to) = (sandbox.repo("from"), sandbox.repo("to"));
    from.write("a", "one\n").commit("one");
    to.git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
    install(&sandbox, &path, &[]);
    let remote = to.dir().to_str().unwrap().to_owned();
    let push = |from: &Repo<'_>| from.try_git(&["push", "--no-verify", "-q", &remote, "HEAD:refs/heads/main"]);
    assert_eq!(push(&from).code, 0);
    assert_eq!(fs::read_to_string(to.path("a")).unwrap(), "one\n");
    from.write("a", "two\n").commit("two");
    assert_eq!(push(&from).code, 0);
    assert_eq!(fs::read_to_string(to.path("a")).unwrap(), "two\n");
    to.write("a", "changed\n");
    from.write("a", "three\n").commit("three");
    assert_ne!(push(&from).code, 0, "a changed work tree is not written over");
}

#[test]
fn a_hooks_directory_of_the_users_own_is_used() {
    let sandbox = Sandbox::new();
    let theirs = sandbox.path("their hooks");
    let log = sandbox.path("log");
    script(&theirs.join("pre-commit"), &format!("#!/bin/sh\necho theirs >>'{}'\n", log.display()));
    sandbox.write_git_config(&format!("{}[core]\n\thooksPath = {}\n", git_config(&sandbox), theirs.display()));
    let before = git_config(&sandbox);
    let path = git_of_version(&sandbox, "2.47.0");
    install(&sandbox, &path, &[]);
    assert_eq!(git_config(&sandbox), before, "the setting stays theirs");
    let repo = sandbox.repo("repo");
    assert_guards(&repo);
    assert!(log.exists());
    sandbox.shield_with(&sandbox.home(), &["uninstall", "--global"], &[("PATH", &path)], None).expect(0);
    let left: Vec<_> = fs::read_dir(&theirs).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["pre-commit"]);
}

#[test]
fn a_newer_git_gets_hooks_in_its_configuration() {
    let sandbox = Sandbox::new();
    let before = git_config(&sandbox);
    let older = git_of_version(&sandbox, "2.53.9");
    install(&sandbox, &older, &[]);
    // After an update of git, the same command changes over.
    let newer = git_of_version(&sandbox, "2.54.0");
    install(&sandbox, &newer, &["--strict"]);
    let repo = sandbox.repo("repo");
    assert_eq!(repo.try_git(&["config", "core.hooksPath"]).code, 1);
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push", "post-commit", "reference-transaction"] {
        assert_eq!(repo.git(&["config", &format!("hook.shield-hook-{hook}.event")]), hook);
        assert!(stubs(&sandbox).join(hook).is_file());
    }
    assert!(!stubs(&sandbox).join("pre-rebase").exists(), "git itself runs every other hook");
    // What git would run: its shell gets the command, with the hook's arguments behind it.
    let command = repo.git(&["config", "hook.shield-hook-pre-commit.command"]);
    repo.write("planted.txt", format!("token = {}\n", npm_token())).add();
    let run = |repo: &Repo<'_>| {
        Run::of(sandbox.command("sh", repo.dir()).args(["-c", &format!("{command} \"$@\""), "x"]), None)
    };
    let said = run(&repo).expect(1);
    assert!(said.stdout.contains("planted.txt"), "{said:?}");
    // Where the repository has ours itself, the other one has nothing to do.
    repo.shield(&["install"]).expect(0);
    let said = run(&repo).expect(0);
    assert_eq!(said.stderr, "");
    let run = sandbox.shield_with(&sandbox.home(), &["uninstall", "--global"], &[("PATH", &newer)], None).expect(0);
    assert!(run.stdout.contains("pre-push: removed"), "{run:?}");
    assert_eq!(git_config(&sandbox), before);
    assert!(!stubs(&sandbox).exists());
}
