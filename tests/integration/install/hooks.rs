//! `install` and `uninstall`: hooks on disk, with the real git and the real binary.
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::hooks::{assert_guards, script};
use crate::support::{Repo, Run, Sandbox, npm_token};

const USUAL: [&str; 5] = ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push", "post-commit"];

/// Every file below `root` with its mode and bytes, but for what git itself changes all the time.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let (path, about) = (entry.path(), entry.path().symlink_metadata().unwrap());
            let bytes = if about.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if about.is_dir() {
                walk(&path, found);
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path, (about.permissions().mode(), bytes));
        }
    }
    let mut found = BTreeMap::new();
    walk(root, &mut found);
    found
}

/// A hook that notes how it was called: arguments and standard input, in `log`.
fn recorder(log: &Path, exit: i32) -> String {
    format!("#!/bin/sh\n{{ printf '<%s>' \"$@\"; echo; cat; echo .; }} >>'{}'\nexit {exit}\n", log.display())
}

fn installed(repo: &Repo<'_>) -> Run {
    repo.shield(&["install"]).expect(0)
}

#[test]
fn a_fresh_repository_is_guarded_and_given_back() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let before = snapshot(&repo.path(".git"));
    let run = installed(&repo);
    for hook in USUAL {
        let mode = fs::metadata(repo.path(format!(".git/hooks/{hook}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "{hook}");
        assert!(run.stdout.contains(&format!("{hook}: new")), "{run:?}");
    }
    assert!(run.stderr.contains("shield-hook: installed: 5 hooks in .git/hooks"), "{run:?}");
    let again = installed(&repo);
    assert!(again.stdout.contains("pre-commit: in place already"), "{again:?}");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(snapshot(&repo.path(".git")), before);
    assert_guards_not(&repo);
    installed(&repo);
    assert_guards(&repo);
}

#[track_caller]
fn assert_guards_not(repo: &Repo<'_>) {
    repo.write("planted.txt", format!("token = {}\n", npm_token())).add();
    repo.git(&["commit", "-qm", "planted"]);
    repo.git(&["update-ref", "-d", "HEAD"]);
    fs::remove_file(repo.path("planted.txt")).unwrap();
    repo.git(&["rm", "-q", "--cached", "planted.txt"]);
}

#[test]
fn a_hooks_directory_that_was_not_there_goes_again() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo_with("repo", &["--template="]);
    let before = snapshot(&repo.path(".git"));
    assert!(!repo.path(".git/hooks").exists());
    installed(&repo);
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(snapshot(&repo.path(".git")), before);
}

#[test]
fn an_existing_hook_keeps_running_and_its_failure_fails() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let log = sandbox.path("log");
    script(&repo.path(".git/hooks/pre-commit"), &recorder(&log, 0));
    script(&repo.path(".git/hooks/commit-msg"), &recorder(&log, 0));
    let before = snapshot(&repo.path(".git"));
    let run = installed(&repo);
    assert!(run.stdout.contains("pre-commit: new; the hook that was there keeps running"), "{run:?}");
    repo.write("a", "a\n").add().git(&["commit", "-qm", "one"]);
    assert_eq!(fs::read_to_string(&log).unwrap(), "<>\n.\n<.git/COMMIT_EDITMSG>\n.\n");
    // Installing anew neither chains ours to itself nor loses theirs.
    installed(&repo);
    installed(&repo);
    fs::remove_file(&log).unwrap();
    repo.git(&["commit", "-q", "--allow-empty", "-m", "two"]);
    assert_eq!(fs::read_to_string(&log).unwrap(), "<>\n.\n<.git/COMMIT_EDITMSG>\n.\n");
    repo.shield(&["uninstall"]).expect(0);
    let after = snapshot(&repo.path(".git/hooks"));
    assert_eq!(
        after,
        before
            .into_iter()
            .filter(|(path, _)| path.starts_with(repo.path(".git/hooks")))
            .filter(|(path, _)| *path != repo.path(".git/hooks"))
            .collect()
    );

    script(&repo.path(".git/hooks/pre-commit"), &recorder(&log, 7));
    installed(&repo);
    let run = repo.try_git(&["commit", "--allow-empty", "-m", "three"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!run.stderr.contains("shield-hook"), "ours runs after theirs: {run:?}");
}

#[test]
fn a_hook_that_is_not_executable_stays_off() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    fs::write(repo.path(".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(repo.path(".git/hooks/pre-commit"), fs::Permissions::from_mode(0o644)).unwrap();
    let before = snapshot(&repo.path(".git/hooks"));
    installed(&repo);
    assert_guards(&repo);
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(snapshot(&repo.path(".git/hooks")), before);
}

#[test]
fn a_hook_that_asks_for_its_own_name_keeps_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let log = sandbox.path("log");
    let text = format!("#!/bin/sh\necho \"$(basename \"$0\")\" >>'{}'\n", log.display());
    script(&repo.path(".git/hooks/pre-commit"), &text);
    let before = snapshot(&repo.path(".git/hooks"));
    installed(&repo);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    assert_eq!(fs::read_to_string(&log).unwrap(), "pre-commit\n");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(snapshot(&repo.path(".git/hooks")), before);
}

#[test]
fn a_hook_that_is_a_link_is_moved_as_a_link() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let log = sandbox.path("log");
    script(&repo.path("tools/hook.sh"), &recorder(&log, 0));
    repo.link(".git/hooks/pre-commit", "../../tools/hook.sh");
    let before = snapshot(&repo.path(".git/hooks"));
    installed(&repo);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    assert!(log.exists(), "the linked hook ran");
    assert_eq!(fs::read_to_string(repo.path("tools/hook.sh")).unwrap(), recorder(&log, 0), "its target is untouched");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(snapshot(&repo.path(".git/hooks")), before);
}

/// A repository whose hooks run a recorder in place of our program.
fn with_recorder<'s>(sandbox: &'s Sandbox, name: &str, args: &[&str], exit: i32) -> (Repo<'s>, PathBuf) {
    let repo = sandbox.repo(name);
    let program = sandbox.path("bin dir/it's/shield-hook");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    // A copy that is being written while another test starts a process would be busy: a link is not.
    fs::hard_link(crate::support::binary(), &program)
        .or_else(|_| fs::copy(crate::support::binary(), &program).map(drop))
        .unwrap();
    let mut all = vec!["install"];
    all.extend(args);
    Run::of(sandbox.command(&program, repo.dir()).args(&all), None).expect(0);
    fs::remove_file(&program).unwrap();
    let log = sandbox.path(format!("{name}.log"));
    script(&program, &recorder(&log, exit));
    (repo, log)
}

#[test]
fn both_hooks_get_the_same_standard_input() {
    let sandbox = Sandbox::new();
    let (repo, ours) = with_recorder(&sandbox, "repo", &[], 0);
    let theirs = sandbox.path("theirs");
    script(&repo.path(".git/hooks/pre-push.chained-by-shield-hook"), &recorder(&theirs, 0));
    let remote = sandbox.remote("it's a remote.git");
    repo.commit("one");
    repo.git(&["tag", "v1"]);
    let remote = remote.to_str().unwrap();
    repo.git(&["push", "-q", remote, "HEAD:refs/heads/main", "v1"]);
    let got = fs::read_to_string(&theirs).unwrap();
    assert!(got.starts_with(&format!("<{remote}><{remote}>\n")), "{got}");
    assert!(got.contains("refs/heads/main") && got.contains("refs/tags/v1"), "{got}");
    let ours = fs::read_to_string(&ours).unwrap();
    let pushed = ours.lines().position(|l| l.starts_with("<hook><pre-push>")).expect("ours ran");
    let ours: String = ours.lines().skip(pushed).map(|l| format!("{l}\n")).collect();
    assert_eq!(ours, got.replacen('<', "<hook><pre-push><", 1));
}

#[test]
fn a_refused_push_starts_no_other_hook() {
    let sandbox = Sandbox::new();
    let (repo, _) = with_recorder(&sandbox, "repo", &["--hook", "pre-push"], 1);
    let theirs = sandbox.path("theirs");
    script(&repo.path(".git/hooks/pre-push.chained-by-shield-hook"), &recorder(&theirs, 0));
    let remote = sandbox.remote("remote.git");
    repo.commit("one");
    let run = repo.try_git(&["push", remote.to_str().unwrap(), "HEAD:refs/heads/main"]);
    assert_ne!(run.code, 0);
    assert!(!theirs.exists());
    // And theirs alone refuses as well.
    let (repo, _) = with_recorder(&sandbox, "other", &["--hook", "pre-push"], 0);
    script(&repo.path(".git/hooks/pre-push.chained-by-shield-hook"), &recorder(&theirs, 3));
    repo.commit("one");
    assert_ne!(repo.try_git(&["push", remote.to_str().unwrap(), "HEAD:refs/heads/main"]).code, 0);
    assert!(theirs.exists());
}

#[test]
fn a_hook_called_by_a_manager_that_kept_ours_does_not_run_itself_for_ever() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    installed(&repo);
    // What `pre-commit install` does: ours becomes the "legacy" hook, and the manager's runs it.
    fs::rename(repo.path(".git/hooks/pre-commit"), repo.path(".git/hooks/pre-commit.legacy")).unwrap();
    let manager = "#!/bin/sh\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\n[ ! -x \"$here/pre-commit.legacy\" ] || \"$here/pre-commit.legacy\" \"$@\"\n";
    script(&repo.path(".git/hooks/pre-commit"), manager);
    assert_guards(&repo);
    installed(&repo);
    assert!(!repo.path(".git/hooks/pre-commit.legacy").exists());
    assert_guards_again(&repo);
    // Even when both run each other.
    fs::copy(repo.path(".git/hooks/pre-commit"), repo.path(".git/hooks/pre-commit.legacy")).unwrap();
    assert_guards_again(&repo);
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit")).unwrap(), manager);
    assert!(!repo.path(".git/hooks/pre-commit.legacy").exists());
}

#[track_caller]
fn assert_guards_again(repo: &Repo<'_>) {
    repo.write("again.txt", format!("token = {}\n", npm_token())).add();
    assert_eq!(repo.try_git(&["commit", "-m", "planted"]).code, 1);
    repo.git(&["rm", "-qf", "again.txt"]);
}

#[test]
fn without_the_program_everything_stops_and_says_how_to_go_on() {
    let sandbox = Sandbox::new();
    let (repo, log) = with_recorder(&sandbox, "repo", &[], 0);
    fs::remove_file(sandbox.path("bin dir/it's/shield-hook")).unwrap();
    let run = repo.try_git(&["commit", "--allow-empty", "-m", "one"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("pre-commit: the shield-hook program is missing"), "{run:?}");
    assert!(run.stderr.contains("help: install it again"), "{run:?}");
    assert!(!log.exists());
    // A program without a byte is a script that says yes.
    script(&sandbox.path("bin dir/it's/shield-hook"), "");
    assert_eq!(fs::metadata(sandbox.path("bin dir/it's/shield-hook")).expect("the program").len(), 0);
    let run = repo.try_git(&["commit", "--allow-empty", "-m", "one"]);
    assert_eq!(run.code, 1, "{run:?}");
    // PATH is the second place to look.
    let elsewhere = sandbox.path("elsewhere");
    script(&elsewhere.join("shield-hook"), &recorder(&log, 0));
    let path = format!("{}:{}", elsewhere.display(), crate::support::path());
    let run = repo.try_git_with(&["commit", "--allow-empty", "-m", "one"], &[("PATH", &path)], None).expect(0);
    assert!(fs::read_to_string(&log).unwrap().starts_with("<hook><pre-commit>"), "{run:?}");
}

#[test]
fn paths_with_spaces_and_quotes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("it's a \"repo\" $HOME");
    let program = sandbox.path("bin `dir`/it's/$shield-hook");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::hard_link(crate::support::binary(), &program)
        .or_else(|_| fs::copy(crate::support::binary(), &program).map(drop))
        .unwrap();
    Run::of(sandbox.command(&program, repo.dir()).arg("install"), None).expect(0);
    assert_guards(&repo);
}

#[test]
fn started_from_a_directory_below_the_root() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("deep/down/file", "x\n");
    sandbox.shield(&repo.path("deep/down"), &["install"]).expect(0);
    assert_guards(&repo);
}

#[test]
fn a_linked_work_tree_shares_the_hooks() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.commit("one");
    let linked = sandbox.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    let linked = sandbox.at(linked);
    installed(&linked);
    assert!(repo.path(".git/hooks/pre-commit").is_file());
    assert_guards(&linked);
    assert_guards(&repo);
}

#[test]
fn the_hooks_path_is_honoured_at_every_level() {
    for (scope, value) in
        [("--local", "team hooks"), ("--local", ".husky/_"), ("--worktree", "w"), ("--global", "ABSOLUTE")]
    {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        if scope == "--worktree" {
            repo.git(&["config", "extensions.worktreeConfig", "true"]);
        }
        let directory = if value == "ABSOLUTE" { sandbox.path("all hooks") } else { repo.path(value) };
        let value = if value == "ABSOLUTE" { directory.to_str().unwrap() } else { value };
        repo.git(&["config", scope, "core.hooksPath", value]);
        let log = sandbox.path("log");
        script(&directory.join("pre-commit"), &recorder(&log, 0));
        let before = snapshot(&directory);
        let git = snapshot(&repo.path(".git"));
        let run = installed(&repo);
        assert!(run.stdout.contains("core.hooksPath"), "{run:?}");
        assert!(directory.join("pre-push").is_file());
        assert_guards(&repo);
        assert!(log.exists(), "{scope} {value}: what was there runs");
        repo.shield(&["uninstall"]).expect(0);
        assert_eq!(snapshot(&directory), before, "{scope} {value}");
        let after = snapshot(&repo.path(".git"));
        assert_eq!(git.keys().filter(|k| !after.contains_key(*k)).count(), 0);
        assert!(!repo.path(".git/shield-hook").exists());
    }
}

#[test]
fn a_hooks_path_that_leads_nowhere() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.git(&["config", "core.hooksPath", "/dev/null"]);
    let run = repo.shield(&["install"]).expect(2);
    assert!(run.stderr.contains("core.hooksPath is /dev/null"), "{run:?}");
    assert!(run.stderr.contains("git config --local --unset-all core.hooksPath"), "{run:?}");
    // Set by a file that the repository's configuration includes: the printed command has to work as well.
    repo.git(&["config", "--unset", "core.hooksPath"]);
    repo.write("of the team/hooks.inc", "[core]\n\thooksPath = /dev/null\n");
    repo.git(&["config", "include.path", "../of the team/hooks.inc"]);
    let run = repo.shield(&["install"]).expect(2);
    let command = run.stderr.split_once("remove the setting: ").expect("a way out").1.lines().next().expect("a line");
    let out = Run::of(repo.sandbox().command("sh", repo.dir()).args(["-c", command]), None);
    assert_eq!(out.code, 0, "{command}: {out:?}");
    assert_eq!(repo.try_git(&["config", "core.hooksPath"]).code, 1);
    // Empty, it is the machine's root.
    repo.git(&["config", "core.hooksPath", ""]);
    let run = repo.shield(&["install"]).expect(2);
    assert!(run.stderr.contains("core.hooksPath is empty"), "{run:?}");
    assert_ne!(repo.shield(&["doctor", "--fix"]).code, 0);
    let told = repo.shield(&["doctor"]).expect(1);
    assert!(told.stdout.contains("core.hooksPath is empty (local"), "{told:?}");
    repo.git(&["config", "--unset", "core.hooksPath"]);
    // One that does not exist yet is made.
    repo.git(&["config", "core.hooksPath", "made/here"]);
    installed(&repo);
    assert_guards(&repo);
}

#[test]
fn a_read_only_hooks_directory_is_an_error() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let hooks = repo.path(".git/hooks");
    fs::set_permissions(&hooks, fs::Permissions::from_mode(0o555)).unwrap();
    let before = snapshot(&hooks);
    let run = repo.shield(&["install"]).expect(2);
    assert!(run.stderr.contains("is read-only") && run.stderr.contains("chmod u+w"), "{run:?}");
    assert_eq!(snapshot(&hooks), before);
    fs::set_permissions(&hooks, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn wrong_usage() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["install"]).expect(2);
    assert!(run.stderr.contains("not a git repository") && run.stderr.contains("git init"), "{run:?}");
    let repo = sandbox.repo("repo");
    let before = snapshot(repo.dir());
    let run = repo.shield(&["install", "--hook", "post-merge"]).expect(3);
    assert!(run.stderr.contains("post-merge") && run.stderr.contains("pre-commit"), "{run:?}");
    assert_eq!(snapshot(repo.dir()), before);
    let run = repo.shield(&["uninstall"]).expect(0);
    assert!(run.stderr.contains("nothing was installed"), "{run:?}");
    assert_eq!(snapshot(repo.dir()), before);
}

#[test]
fn single_hooks_and_strict() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.shield(&["install", "--hook", "pre-push", "commit-msg", "--strict"]).expect(0);
    let there = |hook: &str| repo.path(format!(".git/hooks/{hook}")).exists();
    assert!(there("pre-push") && there("commit-msg") && there("reference-transaction"));
    assert!(!there("pre-commit") && !there("post-commit"));
    let run = installed(&repo);
    assert!(run.stderr.contains("6 hooks"), "{run:?}");
}

#[test]
fn a_bare_repository_gets_the_server_hook() {
    let sandbox = Sandbox::new();
    let bare = sandbox.remote("bare.git");
    sandbox.shield(&bare, &["install"]).expect(0);
    assert!(bare.join("hooks/pre-receive").is_file());
    assert!(!bare.join("hooks/pre-commit").exists());
    sandbox.shield(&bare, &["uninstall"]).expect(0);
    assert!(!bare.join("hooks/pre-receive").exists());
}

#[test]
fn an_edited_stub_is_not_lost_and_a_hook_put_over_ours_stays() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let first = "#!/bin/sh\necho first\n";
    script(&repo.path(".git/hooks/pre-commit"), first);
    installed(&repo);
    let edited = fs::read_to_string(repo.path(".git/hooks/pre-push")).unwrap() + "echo mine\n";
    script(&repo.path(".git/hooks/pre-push"), &edited);
    let second = "#!/bin/sh\necho second\n";
    script(&repo.path(".git/hooks/pre-commit"), second);
    let run = repo.shield(&["uninstall"]).expect(0);
    assert!(run.stdout.contains("stays"), "{run:?}");
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit")).unwrap(), second);
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-push.edited-shield-hook-stub.1")).unwrap(), edited);
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit.chained-by-shield-hook")).unwrap(), first);
    // Installed again, the second one is chained, and the first is still not lost.
    installed(&repo);
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit")).unwrap(), second);
    assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit.chained-by-shield-hook.1")).unwrap(), first);
}
