//! `install` where a hook manager is at work: husky, lefthook, the pre-commit framework; by the files they use.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::hooks::{assert_guards, script};
use crate::support::{Repo, Sandbox, npm_token};

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
    let run = repo.shield(&["install"]).expect(0);
    assert!(run.stdout.contains("pre-commit: new") && run.stdout.contains("pre-push: new"), "{run:?}");
    // lefthook has not written its own hook yet: ours guards until it does.
    assert_guards(&repo);
    assert_eq!(fs::read_to_string(repo.path("lefthook.yml")).unwrap(), team);
    let local = fs::read_to_string(repo.path("lefthook-local.yml")).unwrap();
    assert_eq!(
        lefthook_keys(&local),
        ["pre-commit:"],
        "of the hooks that lefthook does not run ours are stubs: {local}"
    );
    assert!(local.contains("\"$program\" hook pre-commit"), "{local}");
    repo.shield(&["install"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path("lefthook-local.yml")).unwrap(), local, "once");
    repo.shield(&["uninstall"]).expect(0);
    assert!(!repo.path("lefthook-local.yml").exists());
}

const ALL_FIVE: &str = "pre-commit:\npre-merge-commit:\ncommit-msg:\npre-push:\npost-commit:\n";

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
        repo.write(".config/lefthook.yml", ALL_FIVE).write(".config/lefthook-local.yml", theirs);
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

/// A hook manager in a few lines of shell: what it writes where, and how it runs what it is told to.
struct LookAlike {
    name: &'static str,
    /// The files that the team has committed; `MARK` stands for a command that leaves a mark.
    team: &'static [(&'static str, &'static str)],
    /// Its own set-up, run in the repository.
    set_up: &'static str,
}

/// As the pre-commit framework and prek do: their script in front, what was there as `.legacy`, which it runs first.
const FRAMEWORK: &str = r#"for hook in pre-commit pre-push; do
  file=.git/hooks/$hook
  if [ -e $file ] && ! grep -q 'File generated by' $file; then mv $file $file.legacy; fi
  cat >$file <<'END'
#!/bin/sh
# File generated by pre-commit: the one and only
here=$(cd "$(dirname "$0")" && pwd)
[ -z "$RUNNING_LEGACY" ] || { echo 'bug: installed in migration mode' >&2; exit 1; }
set -- hook-impl --config=.pre-commit-config.yaml --hook-dir "$here" -- "$@"
shift 4
code=0
hook=$(basename "$0")
if [ -x "$here/$hook.legacy" ]; then RUNNING_LEGACY=1 "$here/$hook.legacy" "$@" || code=1; fi
[ -f .pre-commit-config.yaml ] || exit 1
entry=$(sed -n "s/^ *entry: \(.*$hook.*\)/\1/p" .pre-commit-config.yaml)
if [ -n "$entry" ]; then sh -c "$entry" || code=1; fi
[ $hook != pre-commit ] || ! grep -q mine .pre-commit-config.yaml || MARK || code=1
exit $code
END
  chmod +x $file
done"#;

const LOOK_ALIKES: &[LookAlike] = &[
    LookAlike {
        name: "pre-commit",
        team: &[(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - {id: mine, entry: MARK}\n")],
        set_up: FRAMEWORK,
    },
    LookAlike {
        name: "husky",
        team: &[("package.json", "{\"scripts\": {\"prepare\": \"husky\"}}\n"), (".husky/pre-commit", "MARK\n")],
        set_up: r#"git config core.hooksPath .husky/_
mkdir -p .husky/_
echo '*' >.husky/_/.gitignore
cat >.husky/_/h <<'END'
script=$(dirname "$(dirname "$0")")/$(basename "$0")
[ ! -f "$script" ] && exit 0
sh -e "$script" "$@"
END
for hook in pre-commit pre-merge-commit commit-msg post-commit pre-push; do
  printf '#!/bin/sh\n. "$(dirname "$0")/h"' >.husky/_/$hook
  chmod +x .husky/_/$hook
done"#,
    },
    LookAlike {
        name: "simple-git-hooks",
        team: &[("package.json", "{\"simple-git-hooks\": {\"pre-commit\": \"MARK\"}}\n")],
        set_up: "rm -f .git/hooks/pre-merge-commit .git/hooks/commit-msg .git/hooks/post-commit .git/hooks/pre-push\n\
                 printf '#!/bin/sh\\nMARK' >.git/hooks/pre-commit\nchmod +x .git/hooks/pre-commit",
    },
    LookAlike {
        name: "core.hooksPath",
        team: &[("Makefile", "hooks:\n\tgit config core.hooksPath .githooks\n"), (".githooks/README", "hooks\n")],
        set_up: "git config core.hooksPath .githooks\nprintf '#!/bin/sh\\nMARK\\n' >.githooks/post-checkout",
    },
];

impl LookAlike {
    fn run(&self, repo: &Repo<'_>, mark: &Path) {
        let text = self.set_up.replace("MARK", &leaves(mark));
        let run = crate::support::Run::of(repo.sandbox().command("sh", repo.dir()).args(["-ec", &text]), None);
        assert_eq!(run.code, 0, "{}: {run:?}", self.name);
    }

    fn repo<'s>(&self, sandbox: &'s Sandbox, name: &str, mark: &Path) -> Repo<'s> {
        let repo = sandbox.repo(name);
        for (file, text) in self.team {
            repo.write(file, text.replace("MARK", &leaves(mark)));
        }
        repo.commit("team");
        repo
    }
}

fn leaves(mark: &Path) -> String {
    format!("touch {}", mark.display())
}

/// Every file that a person could miss, with its bytes.
fn all_bytes(repo: &Repo<'_>) -> Vec<(String, String)> {
    let listed = repo.git(&["ls-files", "--cached", "--others", "--full-name"]);
    let mut names: Vec<String> = listed.lines().map(str::to_owned).collect();
    names.push(".git/config".into());
    for directory in [".git/hooks", ".git/info", ".husky/_"] {
        let entries = fs::read_dir(repo.path(directory)).into_iter().flatten().flatten();
        names.extend(entries.map(|entry| format!("{directory}/{}", entry.file_name().to_string_lossy())));
    }
    names.retain(|name| repo.path(name).is_file());
    names.sort();
    names.dedup();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(repo.path(name)).unwrap())).collect()
}

#[test]
fn the_hooks_survive_a_managers_own_set_up_in_every_order() {
    for manager in LOOK_ALIKES {
        for order in [&["theirs", "ours"][..], &["ours", "theirs"], &["theirs", "ours", "theirs"]] {
            let case = format!("{}: {order:?}", manager.name);
            println!("{case}");
            let sandbox = Sandbox::new();
            let mark = sandbox.path("mark");
            let (twin, repo) = (manager.repo(&sandbox, "twin", &mark), manager.repo(&sandbox, "repo", &mark));
            let mut said = String::new();
            for step in order {
                if *step == "theirs" {
                    manager.run(&twin, &mark);
                    manager.run(&repo, &mark);
                } else {
                    said += &repo.shield(&["install"]).expect(0).stdout;
                }
            }
            repo.write("planted.txt", format!("token = {}\n", npm_token())).git(&["add", "planted.txt"]);
            let run = repo.try_git(&["commit", "-m", "planted"]);
            if run.code == 0 {
                let doctor = repo.shield(&["doctor"]);
                assert!(doctor.code == 1 && said.contains(manager.name), "{case}: {said}\n{doctor:?}");
                repo.git(&["reset", "-q", "--soft", "HEAD~1"]);
            } else {
                assert!((run.stdout.clone() + &run.stderr).contains("shield-hook: blocked"), "{case}: {run:?}");
            }
            repo.git(&["rm", "-qf", "--cached", "planted.txt"]);
            fs::remove_file(repo.path("planted.txt")).unwrap();
            let _ = fs::remove_file(&mark);
            let run = repo.try_git(&["commit", "--allow-empty", "-m", "clean"]);
            assert_eq!(run.code, 0, "{case}: {run:?}");
            assert!(mark.exists() || manager.name == "core.hooksPath", "{case}: the team's own hook runs: {run:?}");
            // What the doctor prints repairs what it names.
            let doctor = repo.shield(&["doctor", "--format", "json"]);
            for finding in doctor.json()["findings"].as_array().unwrap() {
                if finding["severity"] == "error" {
                    run_fix(&sandbox, &repo, finding["fix"].as_str().unwrap());
                }
            }
            let again = repo.shield(&["doctor"]);
            assert_eq!(again.code, 0, "{case}: {again:?}");
            let run = repo.shield(&["canary"]);
            assert_eq!(run.code, 0, "{case}: {run:?}");
            repo.shield(&["uninstall"]).expect(0);
            assert_eq!(all_bytes(&repo), all_bytes(&twin), "{case}: uninstall gives back the bytes");
        }
    }
}

/// Runs what the doctor printed, as a person would.
fn run_fix(sandbox: &Sandbox, repo: &Repo<'_>, fix: &str) {
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    let program = sandbox.path("bin/shield-hook");
    if !program.exists() {
        std::os::unix::fs::symlink(crate::support::binary(), program).unwrap();
    }
    let path = format!("{}:{}", sandbox.path("bin").display(), crate::support::path());
    let run = crate::support::Run::of(sandbox.command("sh", repo.dir()).args(["-c", fix]).env("PATH", path), None);
    assert_eq!(run.code, 0, "{fix}: {run:?}");
}

#[test]
fn hooks_of_ours_in_the_frameworks_configuration_are_no_error() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("mark");
    let framework = &LOOK_ALIKES[0];
    let repo = framework.repo(&sandbox, "repo", &mark);
    let advice = repo.shield(&["install"]).expect(0).stdout;
    repo.shield(&["uninstall"]).expect(0);
    let entry = advice.split_once("  repos:\n").expect("an entry to add").1;
    let entry: String = entry.lines().take_while(|l| l.starts_with("  ")).map(|l| format!("{}\n", &l[2..])).collect();
    let program = crate::support::binary().to_str().unwrap();
    let config = format!("repos:\n{}", entry.replace("entry: shield-hook", &format!("entry: {program}")));
    repo.write(".pre-commit-config.yaml", &config).commit("the entry");
    framework.run(&repo, &mark);
    fs::write(repo.path(".git/hooks/pre-merge-commit"), fs::read(repo.path(".git/hooks/pre-commit")).unwrap()).unwrap();
    fs::set_permissions(repo.path(".git/hooks/pre-merge-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    let found = repo.shield(&["doctor", "--format", "json"]).json();
    let errors: Vec<_> =
        found["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error").cloned().collect();
    // The look-alike knows no commit-msg hook: the framework's own command adds it.
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0]["fix"], "pre-commit install --hook-type commit-msg");
    assert_eq!(found["hooks"][0]["state"], "framework", "{found:#}");
}

#[test]
fn what_takes_our_hooks_away_is_named() {
    let cases = [
        ("package.json", "{\"devDependencies\": {\"yorkie\": \"2\"}}", "yorkie (package.json)"),
        ("package.json", "{\"husky\": {\"hooks\": {\"pre-commit\": \"x\"}}}", "husky 4 (package.json)"),
        (".simple-git-hooks.cjs", "module.exports = {}", "simple-git-hooks (.simple-git-hooks.cjs)"),
        ("composer.json", "{\"require-dev\": {\"captainhook/captainhook\": \"5\"}}", "CaptainHook (composer.json)"),
        (
            "composer.json",
            "{\"scripts\": {\"post-install-cmd\": \"cp h .git/hooks/\"}}",
            "composer.json:1 names .git/hooks",
        ),
        ("Gemfile", "gem 'overcommit'\n", "overcommit (Gemfile)"),
        ("Cargo.toml", "[dev-dependencies]\ncargo-husky = \"1\"\n", "cargo-husky (Cargo.toml)"),
        ("Makefile", "all:\nhooks:\n\tln -sf ../../h .git/hooks/pre-commit\n", "Makefile:3 names .git/hooks"),
        ("bin/setup", "git config --local core.hooksPath bin/hooks\n", "bin/setup:1 sets core.hooksPath"),
        ("package.json", "{\"scripts\": {\"prepare\": \"git config core.hookspath hooks\"}}", "sets core.hooksPath"),
        ("package.json", "{\"scripts\": {\"prepare\": \"node ./dev/hooks.mjs\"}}", "dev/hooks.mjs:1 names .git/hooks"),
    ];
    for (file, text, named) in cases {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("dev/hooks.mjs", "fs.cpSync('dev/hooks', '.git/hooks')\n").write(file, text);
        let install = repo.shield(&["install"]).expect(0);
        assert!(install.stdout.contains(named), "{file}: {install:?}");
        let doctor = repo.shield(&["doctor"]).expect(0);
        assert!(doctor.stdout.contains(named), "{file}: {doctor:?}");
    }
    for (file, text) in [
        ("Makefile", "# rm .git/hooks/x\nall:\n\tcc x.c\n"),
        ("package.json", "{\"devDependencies\": {\"prettier\": \"3\"}}"),
        ("Makefile", "hooks:\n\tgit config core.hooksPath .git/hooks\n"),
    ] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write(file, text);
        let install = repo.shield(&["install"]).expect(0);
        assert!(!install.stdout.contains("note:") && !install.stdout.contains("warning:"), "{file}: {install:?}");
    }
}

#[test]
fn tools_that_run_no_hook_are_named_with_a_way_that_works() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "a\n").commit("one");
    fs::create_dir_all(repo.path(".jj/repo")).unwrap();
    let install = repo.shield(&["install"]).expect(0);
    let doctor = repo.shield(&["doctor"]).expect(0);
    for said in [&install.stdout, &doctor.stdout] {
        assert!(said.contains("jj (Jujutsu)") && said.contains("git push origin BOOKMARK"), "{said}");
    }
    // jj leaves HEAD detached, and its bookmarks are branches.
    let remote = sandbox.remote("remote.git");
    repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.git(&["push", "-q", "origin", "main"]);
    repo.git(&["checkout", "-q", "--detach"]);
    repo.write("planted.txt", format!("token = {}\n", npm_token())).add().git(&["commit", "-qm", "x", "--no-verify"]);
    repo.git(&["branch", "-f", "topic", "HEAD"]);
    let run = repo.try_git(&["push", "origin", "topic"]);
    assert!(run.code != 0 && run.stderr.contains("shield-hook: blocked"), "{run:?}");
    repo.git(&["remote", "set-head", "origin", "main"]);
    repo.shield(&["scan", "--range", "origin/HEAD..topic"]).expect(1);
}

/// `install` beside lefthook, whose hook file for pre-commit stands; gives the repository.
fn beside_lefthook(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.repo("repo");
    repo.write("lefthook.yml", "pre-commit:\n  commands:\n    lint:\n      run: echo lint\n").commit("team");
    script(&repo.path(".git/hooks/pre-commit"), "#!/bin/sh\n# lefthook\ntrue\n");
    repo
}

#[test]
fn beside_lefthook_the_push_is_guarded_in_every_work_tree_and_the_status_stays_clean() {
    let sandbox = Sandbox::new();
    let repo = beside_lefthook(&sandbox);
    let before = all_bytes(&repo);
    let linked = sandbox.path("linked");
    let install = repo.shield(&["install"]).expect(0);
    assert!(install.stdout.contains("linked work tree"), "{install:?}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    let remote = sandbox.remote("remote.git");
    let tree = sandbox.at(&linked);
    tree.write("planted.txt", format!("token = {}\n", npm_token())).add().git(&["commit", "-qm", "x", "--no-verify"]);
    let run = tree.try_git(&["push", remote.to_str().unwrap(), "HEAD:refs/heads/x"]);
    assert!(run.code != 0 && run.stderr.contains("shield-hook: blocked"), "{run:?}");
    let found = repo.shield(&["doctor", "--format", "json"]).json();
    let finding = found["findings"].as_array().unwrap().iter().find(|f| f["id"] == "worktree-without-hooks").cloned();
    run_fix(&sandbox, &repo, finding.expect("the work tree is named")["fix"].as_str().unwrap());
    repo.shield(&["doctor"]).expect(0);
    assert_eq!(tree.git(&["status", "--porcelain"]), "");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(all_bytes(&repo), before);
    assert!(!linked.join("lefthook-local.yml").exists());
}

#[test]
fn husky_of_a_package_below_the_root_is_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("web/package.json", "{\"scripts\": {\"prepare\": \"cd .. && husky web/.husky\"}}\n");
    repo.write("web/.husky/pre-commit", "true\n").commit("team");
    let install = repo.shield(&["install"]).expect(0);
    assert!(install.stdout.contains("web/.husky"), "{install:?}");
    let text = fs::read_to_string(repo.path("web/.husky/pre-commit")).unwrap();
    assert!(text.contains("hook pre-commit"), "{text}");
    repo.shield(&["uninstall"]).expect(0);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_hook_that_was_there_before_the_framework_survives_every_order() {
    let sandbox = Sandbox::new();
    let (mark, own) = (sandbox.path("mark"), sandbox.path("own"));
    let framework = &LOOK_ALIKES[0];
    for order in [&["theirs", "ours", "theirs"][..], &["ours", "theirs"], &["ours", "theirs", "ours"]] {
        let repo = framework.repo(&sandbox, &order.concat(), &mark);
        let mine = format!("#!/bin/sh\n{}\n", leaves(&own));
        script(&repo.path(".git/hooks/pre-commit"), &mine);
        for step in order {
            match *step {
                "theirs" => framework.run(&repo, &mark),
                _ => drop(repo.shield(&["install"]).expect(0)),
            }
        }
        assert_guards(&repo);
        assert!(fs::remove_file(&own).is_ok() && fs::remove_file(&mark).is_ok(), "{order:?}: both run");
        repo.shield(&["uninstall"]).expect(0);
        assert_eq!(fs::read_to_string(repo.path(".git/hooks/pre-commit.legacy")).unwrap(), mine, "{order:?}");
        let left = fs::read_dir(repo.path(".git/hooks")).unwrap().flatten();
        let left: Vec<_> =
            left.map(|e| e.file_name().into_string().unwrap()).filter(|n| n.contains("shield")).collect();
        assert!(left.is_empty(), "{order:?}: {left:?}");
    }
}

#[test]
fn a_stub_of_before_does_not_run_the_frameworks_script_again() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("mark");
    let framework = &LOOK_ALIKES[0];
    let repo = framework.repo(&sandbox, "repo", &mark);
    repo.shield(&["install"]).expect(0);
    framework.run(&repo, &mark);
    // Ours in front of the framework's script, and the framework installed over it, as an earlier version left it.
    let hooks = repo.path(".git/hooks");
    fs::copy(hooks.join("pre-commit"), hooks.join("pre-commit.chained-by-shield-hook")).unwrap();
    assert_guards(&repo);
    repo.shield(&["install"]).expect(0);
    assert!(!hooks.join("pre-commit.chained-by-shield-hook").exists());
    assert_guards(&repo);
}

#[test]
fn what_lefthook_moved_out_of_its_way_does_not_stay_in_it() {
    let sandbox = Sandbox::new();
    let repo = beside_lefthook(&sandbox);
    fs::remove_file(repo.path(".git/hooks/pre-commit")).unwrap();
    repo.shield(&["install"]).expect(0);
    // As `lefthook install` does; with something under that name, it would refuse the next time.
    fs::rename(repo.path(".git/hooks/pre-commit"), repo.path(".git/hooks/pre-commit.old")).unwrap();
    script(&repo.path(".git/hooks/pre-commit"), "#!/bin/sh\n# lefthook\ntrue\n");
    repo.shield(&["uninstall"]).expect(0);
    assert!(!repo.path(".git/hooks/pre-commit.old").exists());
    assert!(repo.path(".git/hooks/pre-commit").exists(), "theirs stays");
}

#[test]
fn husky_in_a_linked_work_tree_is_said_and_mended() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    husky9(&repo);
    repo.write(".husky/_/.gitignore", "*\n");
    let install = repo.shield(&["install"]).expect(0);
    assert!(install.stdout.contains("linked work tree"), "{install:?}");
    repo.add().git(&["commit", "-qm", "hooks"]);
    let linked = sandbox.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    // From either side: the fix leads git to hooks that are there.
    for at in [repo.dir().to_owned(), linked.clone()] {
        let here = sandbox.at(&at);
        repo.git(&["config", "core.hooksPath", ".husky/_"]);
        let found = here.shield(&["doctor", "--format", "json"]).json();
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|f| f["id"] == "worktree-without-hooks" && f["severity"] == "error");
        run_fix(&sandbox, &here, finding.expect("named")["fix"].as_str().unwrap());
        here.shield(&["doctor"]).expect(0);
        assert_guards(&sandbox.at(&linked));
    }
}
