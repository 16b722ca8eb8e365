//! The doctor and the canary, with a set-up broken in every way that was thought of: each is named, with its repair.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::support::hooks::script;
use crate::support::{Repo, Run, Sandbox};
use serde_json::Value;

/// A repository whose hooks run a copy of the program, so that the copy can be broken.
struct Patient<'s> {
    sandbox: &'s Sandbox,
    repo: Repo<'s>,
    program: PathBuf,
}

impl<'s> Patient<'s> {
    fn new(sandbox: &'s Sandbox) -> Self {
        let repo = sandbox.repo("repo");
        repo.write("a", "one\n").commit("one");
        let program = sandbox.path("bin/shield-hook");
        fs::create_dir_all(sandbox.path("bin")).unwrap();
        fs::hard_link(crate::support::binary(), &program)
            .or_else(|_| fs::copy(crate::support::binary(), &program).map(drop))
            .unwrap();
        let patient = Patient { sandbox, repo, program };
        patient.run(&["install"], &[]).expect(0);
        patient
    }

    /// Runs another copy of the program, as a user who has it elsewhere would.
    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        let program =
            if self.program.is_file() && args[0] == "install" { &self.program } else { crate::support::binary() };
        Run::of(self.sandbox.command(program, self.repo.dir()).args(args).envs(env.iter().copied()), None)
    }

    fn findings(&self, env: &[(&str, &str)]) -> (Run, Vec<Value>) {
        let run = self.run(&["doctor", "--format", "json"], env);
        let found = run.json()["findings"].as_array().unwrap().clone();
        // The data in the program grows old by itself.
        (run, found.into_iter().filter(|f| f["id"] != "data-old").collect())
    }

    #[track_caller]
    fn assert_named(&self, id: &str, env: &[(&str, &str)]) {
        let (run, found) = self.findings(env);
        let finding = found.iter().find(|f| f["id"] == id).unwrap_or_else(|| panic!("{id} is not in {found:#?}"));
        for field in ["message", "fix"] {
            assert!(finding[field].as_str().is_some_and(|t| t.len() > 5), "{finding}");
        }
        assert_eq!(run.code, i32::from(found.iter().any(|f| f["severity"] == "error")), "{found:#?}");
    }

    #[track_caller]
    fn assert_canary_silent(&self, env: &[(&str, &str)]) {
        let run = self.run(&["canary"], env);
        assert_ne!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains("NOT") || run.stderr.contains("error"), "{run:?}");
    }

    fn hook(&self, name: &str) -> PathBuf {
        self.repo.path(format!(".git/hooks/{name}"))
    }

    fn policy(&self, text: &str) {
        self.repo.write(".shield-hook.toml", text);
    }
}

#[test]
fn a_healthy_set_up_shows_one_line() {
    let sandbox = Sandbox::new();
    let patient = Patient::new(&sandbox);
    let (_, found) = patient.findings(&[]);
    assert_eq!(found, Vec::<Value>::new());
    let run = patient.run(&["doctor", "--prove"], &[]).expect(0);
    assert!(run.stderr.contains("doctor: healthy"), "old data alone is no fault of the set-up: {run:?}");
    assert!(run.stderr.contains("5 of 5 hooks run shield-hook"), "{run:?}");
    assert!(run.stdout.contains("commit blocked, push blocked, merge blocked, ci blocked, clean passed"), "{run:?}");
    let json = patient.run(&["doctor", "--format", "json"], &[]).json();
    assert_eq!(json["hooks"].as_array().unwrap().len(), 5);
    assert_eq!(json["hooks"][0]["state"], "ours");
    assert_eq!(json["hooks"][0]["intact"], true);
}

#[test]
fn a_package_manager_that_does_not_wait_is_a_note_with_the_line_to_add() {
    let sandbox = Sandbox::new();
    let patient = Patient::new(&sandbox);
    patient
        .repo
        .write("web/package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {}}\n")
        .write("tests/fixtures/uv.lock", "version = 1\n")
        .commit("a lockfile, and one that nobody installs from");
    let notes = || -> Vec<Value> {
        let (run, found) = patient.findings(&[]);
        assert_eq!(run.code, 0, "a note is no error");
        found.into_iter().filter(|f| f["id"] == "no-cooldown").collect()
    };
    let found = notes();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["severity"], "note");
    assert!(found[0]["message"].as_str().unwrap().contains("web/package-lock.json"), "{found:#?}");
    assert!(found[0]["fix"].as_str().unwrap().contains("min-release-age=7"), "{found:#?}");
    patient.repo.write("web/.npmrc", "min-release-age=7\n");
    assert_eq!(notes(), Vec::<Value>::new());
}

/// A way to break it: what it is called, what the doctor must name, whether the canary must fail, and how.
type Break = (&'static str, &'static str, bool, fn(&Patient<'_>));

const BREAKS: &[Break] = &[
    ("hooks never installed", "hook-missing", true, |p| {
        p.run(&["uninstall"], &[]).expect(0);
    }),
    ("one hook deleted", "hook-missing", true, |p| fs::remove_file(p.hook("pre-push")).unwrap()),
    ("mode bit off", "hook-not-executable", true, |p| {
        fs::set_permissions(p.hook("pre-commit"), fs::Permissions::from_mode(0o644)).unwrap();
    }),
    ("another hook put over ours", "hook-foreign", true, |p| script(&p.hook("pre-push"), "#!/bin/sh\nexit 0\n")),
    ("stub edited to pass", "stub-edited", true, |p| {
        let text = fs::read_to_string(p.hook("pre-commit")).unwrap();
        script(&p.hook("pre-commit"), &text.replacen("hook=", "exit 0\nhook=", 1));
    }),
    ("stub edited to say no", "stub-edited", true, |p| {
        let text = fs::read_to_string(p.hook("pre-commit")).unwrap();
        script(&p.hook("pre-commit"), &text.replacen("hook=", "exit 1\nhook=", 1));
    }),
    ("stub of another version", "stub-outdated", false, |p| {
        // As an older version would have written it: its hash holds.
        let text = fs::read_to_string(p.hook("pre-commit")).unwrap();
        script(&p.hook("pre-commit"), &reversioned(&text));
    }),
    ("stub of another hook", "stub-misplaced", true, |p| {
        fs::copy(p.hook("post-commit"), p.hook("pre-commit")).map(drop).unwrap();
    }),
    ("program gone", "program-missing", true, |p| fs::remove_file(&p.program).unwrap()),
    ("program not executable", "program-missing", true, |p| {
        fs::remove_file(&p.program).unwrap();
        fs::write(&p.program, "x").unwrap();
    }),
    ("program replaced by one that does nothing", "program-foreign", true, |p| {
        fs::remove_file(&p.program).unwrap();
        script(&p.program, "#!/bin/sh\nexit 0\n");
    }),
    ("program replaced by one that always says no", "program-foreign", true, |p| {
        fs::remove_file(&p.program).unwrap();
        script(&p.program, "#!/bin/sh\necho no\nexit 1\n");
    }),
    ("older program", "program-version", true, |p| {
        fs::remove_file(&p.program).unwrap();
        script(&p.program, "#!/bin/sh\n[ \"$1\" != --version ] || echo shield-hook 0.0.9\n");
    }),
    ("hooks path of the repository leads elsewhere", "hook-shadowed", true, |p| {
        fs::create_dir(p.repo.path(".githooks")).unwrap();
        p.repo.git(&["config", "core.hooksPath", ".githooks"]);
    }),
    ("hooks path of the user leads elsewhere", "hook-shadowed", true, |p| {
        fs::create_dir(p.sandbox.path("all")).unwrap();
        p.repo.git(&["config", "--global", "core.hooksPath", p.sandbox.path("all").to_str().unwrap()]);
    }),
    ("hooks path leads nowhere", "hooks-path-nowhere", true, |p| {
        p.repo.git(&["config", "core.hooksPath", "/nowhere"]);
    }),
    ("hooks switched off", "hooks-path-nowhere", true, |p| {
        p.repo.git(&["config", "core.hooksPath", "/dev/null"]);
    }),
    ("husky installed over ours", "hook-shadowed", true, |p| husky(&p.repo)),
    ("husky's script without our lines", "hook-foreign", true, |p| {
        husky(&p.repo);
        p.run(&["install"], &[]).expect(0);
        p.repo.write(".husky/pre-push", "echo nothing of ours\n");
    }),
    ("husky's script with theirs before ours", "hook-not-first", true, |p| {
        husky(&p.repo);
        p.run(&["install"], &[]).expect(0);
        let text = fs::read_to_string(p.repo.path(".husky/pre-commit")).unwrap();
        p.repo.write(".husky/pre-commit", format!("exit 0\n{text}"));
    }),
    ("lefthook without our commands", "hook-foreign", true, |p| {
        p.repo.write("lefthook.yml", "pre-commit:\n  jobs: []\n");
        script(&p.hook("pre-commit"), "#!/bin/sh\nlefthook run \"pre-commit\" \"$@\"\n");
    }),
    ("relative hooks path in a linked work tree", "worktree-without-hooks", false, |p| {
        p.repo.git(&["config", "core.hooksPath", "hooks"]);
        p.run(&["install"], &[]).expect(0);
        p.repo.git(&["worktree", "add", "-q", p.sandbox.path("linked").to_str().unwrap()]);
    }),
    ("our config hook switched off", "config-hook-off", false, |p| {
        p.repo.git(&["config", "hook.shield-hook-pre-push.enabled", "false"]);
    }),
    ("all hooks of an event switched off", "config-hook-off", false, |p| {
        p.repo.git(&["config", "hook.pre-push.enabled", "no"]);
    }),
    ("a config hook whose file is gone", "config-hook-broken", false, |p| {
        p.repo.git(&["config", "--global", "hook.shield-hook-pre-push.command", "'/nowhere/pre-push'"]);
        p.repo.git(&["config", "--global", "hook.shield-hook-pre-push.event", "pre-push"]);
    }),
    ("an alias with --no-verify", "alias-without-hooks", false, |p| {
        p.repo.git(&["config", "alias.ci", "commit --no-verify"]);
    }),
    ("an alias with -n", "alias-without-hooks", false, |p| {
        p.repo.git(&["config", "--global", "alias.c", "commit -an"]);
    }),
    ("rules replaced by one", "rules-few", true, |p| {
        p.repo.write("rules.toml", ONE_RULE);
        p.policy("rules = [\"rules.toml\"]\nreplace-builtin = true\n");
    }),
    ("rules emptied", "policy-broken", true, |p| p.policy("replace-builtin = true\n")),
    ("a policy that cannot be read", "policy-broken", true, |p| p.policy("blok = \"high\"\n")),
    ("an allowance that swallows everything", "allowance-broad", true, |p| {
        p.policy("[[allow]]\npath = \"**\"\nbroad = true\nreason = \"all\"\n");
    }),
    ("an allowance past its date", "policy-stale", false, |p| {
        p.policy("[[allow]]\nrule = \"npm-access-token\"\npath = \"x\"\nreason = \"x\"\nexpires = 2020-01-01\n");
    }),
    ("a policy that only stops the worst", "policy-high", false, |p| p.policy("severity = \"critical\"\n")),
    ("a baseline of everything", "baseline-large", false, |p| {
        let entry = |n: u32| format!("{n:032x}\tnpm-access-token\tfile\n");
        let text: String = (0..300).map(entry).collect();
        p.repo.write(".shield-hook.baseline", text);
    }),
    ("a broken baseline", "policy-broken", true, |p| {
        p.repo.write(".shield-hook.baseline", "<<<<<<< ours\n");
    }),
    ("data that cannot be read", "data-broken", true, |p| {
        let data = p.sandbox.home().join(".local/share/shield-hook/advisories.idx");
        fs::create_dir_all(data.parent().unwrap()).unwrap();
        fs::write(data, "damaged").unwrap();
    }),
    ("a journal that cannot be written", "journal-unwritable", false, |p| {
        fs::remove_dir_all(p.repo.path(".git/shield-hook")).unwrap();
        fs::write(p.repo.path(".git/shield-hook"), "in the way").unwrap();
    }),
    ("a journal full of something else", "journal-damaged", false, |p| {
        p.repo.write(".git/shield-hook/journal.jsonl", "what\nis\nthis\n");
    }),
];

const ONE_RULE: &str = "\
[[rule]]\nid = \"corp-token\"\ntitle = \"t\"\nseverity = \"high\"\nconfidence = \"high\"\nsince = \"0.1.0\"\nwhy = \"w\"\n\
fix = \"f\"\nreferences = [\"https://example.com\"]\nkeywords = [\"corp_\"]\n\
regex = '''\\b(?<secret>corp_[0-9a-f]{20})\\b'''\nmatch = [\"${secret}\"]\nreject = [\"corp_x\"]\n";

fn husky(repo: &Repo<'_>) {
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let h = "s=$(dirname \"$(dirname \"$0\")\")/$(basename \"$0\")\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\n";
    repo.write(".husky/_/h", format!("#!/usr/bin/env sh\n{h}"));
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "post-commit", "pre-push"] {
        script(&repo.path(format!(".husky/_/{hook}")), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    }
}

/// A stub as another version would have written it.
fn reversioned(stub: &str) -> String {
    use sha2::{Digest, Sha256};
    let mark = format!("# shield-hook {} ", env!("CARGO_PKG_VERSION"));
    let text = stub.replacen(&mark, "# shield-hook 0.0.9 ", 1);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let rest: String = lines[3..].concat();
    let digest = Sha256::new().chain_update(lines[..2].concat()).chain_update(&rest).finalize();
    let hash: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    format!("{}# sha256 {hash}\n{rest}", lines[..2].concat())
}

/// What a person has to do with their own hands: no command repairs it.
const BY_HAND: &[&str] = &[
    "policy-broken",
    "policy-stale",
    "policy-high",
    "rules-few",
    "allowance-broad",
    "baseline-large",
    "data-broken",
    "journal-unwritable",
    "journal-damaged",
];

/// Runs the fix that the doctor prints, as a person would, and asks again.
#[track_caller]
fn assert_its_fix_fixes(patient: &Patient<'_>, id: &str) {
    if BY_HAND.contains(&id) {
        return;
    }
    let bin = patient.sandbox.path("person");
    fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(crate::support::binary(), bin.join("shield-hook"));
    let path = format!("{}:{}", bin.display(), crate::support::path());
    let (_, found) = patient.findings(&[("PATH", &path)]);
    for finding in found.iter().filter(|f| f["id"] == id) {
        let fix = finding["fix"].as_str().unwrap();
        let mut command = patient.sandbox.command("sh", patient.repo.dir());
        let run = Run::of(command.args(["-c", fix]).env("PATH", &path), None);
        assert_eq!(run.code, 0, "{id}: {fix}: {run:?}");
    }
    let (_, found) = patient.findings(&[("PATH", &path)]);
    let left: Vec<_> = found.iter().filter(|f| f["id"] == id || f["severity"] == "error").collect();
    assert!(left.is_empty(), "{id}: its fix leaves {left:#?}");
}

/// Every way, in four parts so that they run side by side.
fn break_it(part: usize) {
    for (what, id, silent, how) in BREAKS.iter().skip(part).step_by(4) {
        println!("{what}");
        let sandbox = Sandbox::new();
        let patient = Patient::new(&sandbox);
        how(&patient);
        patient.assert_named(id, &[]);
        if *silent {
            patient.assert_canary_silent(&[]);
        }
        assert_its_fix_fixes(&patient, id);
    }
}

#[test]
fn every_way_to_break_it_is_named_1() {
    break_it(0);
}

#[test]
fn every_way_to_break_it_is_named_2() {
    break_it(1);
}

#[test]
fn every_way_to_break_it_is_named_3() {
    break_it(2);
}

#[test]
fn every_way_to_break_it_is_named_4() {
    break_it(3);
}

#[test]
fn the_environment_can_break_it_too() {
    let sandbox = Sandbox::new();
    let patient = Patient::new(&sandbox);
    patient.assert_named("environment", &[("SHIELD_HOOK_CANARY", "1")]);
    patient.policy("");
    patient.repo.write("other.toml", "[[allow]]\npath = \"**\"\nbroad = true\nreason = \"all\"\n");
    patient.assert_named("environment", &[("SHIELD_HOOK_CONFIG", "other.toml")]);
    patient.assert_canary_silent(&[("SHIELD_HOOK_CONFIG", "other.toml")]);
    let off = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "core.hooksPath"), ("GIT_CONFIG_VALUE_0", "/dev/null")];
    patient.assert_named("hooks-path-nowhere", &off);
    patient.assert_canary_silent(&off);
    husky(&patient.repo);
    patient.run(&["install"], &[]).expect(0);
    patient.assert_named("environment", &[("HUSKY", "0")]);
    fs::create_dir_all(sandbox.home().join(".config/husky")).unwrap();
    fs::write(sandbox.home().join(".config/husky/init.sh"), "export HUSKY=0\n").unwrap();
    patient.assert_named("husky-off", &[]);
    // Another program of that name comes first in PATH.
    script(&sandbox.path("first/shield-hook"), "#!/bin/sh\nexit 0\n");
    let path = format!("{}:{}", sandbox.path("first").display(), crate::support::path());
    patient.assert_named("path-other-program", &[("PATH", &path)]);
}

#[test]
fn what_was_committed_past_the_hooks_is_named() {
    let sandbox = Sandbox::new();
    let patient = Patient::new(&sandbox);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    patient.repo.write("b", "x\n").add().git(&["commit", "-qm", "x", "--no-verify"]);
    patient.assert_named("commits-bypassed", &[]);
    patient.repo.write("c", "x\n").add().git(&["-c", "core.hooksPath=/dev/null", "commit", "-qm", "x"]);
    patient.assert_named("commits-unseen", &[]);
}

#[test]
fn a_push_that_no_hook_saw_is_overdue() {
    let sandbox = Sandbox::new();
    let patient = Patient::new(&sandbox);
    // As it looks forty days later.
    let journal = patient.repo.path(".git/shield-hook/journal.jsonl");
    let long_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(40 * 24)).to_string();
    let text = fs::read_to_string(&journal).unwrap();
    let mut record: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    record["time"] = long_ago.into();
    fs::write(&journal, format!("{record}\n")).unwrap();
    let remote = sandbox.remote("remote.git");
    patient.repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    patient.repo.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]);
    patient.assert_named("push-overdue", &[]);
    let (_, found) = patient.findings(&[]);
    let said = found.iter().find(|f| f["id"] == "push-overdue").unwrap()["message"].as_str().unwrap().to_owned();
    assert!(said.contains("no run of pre-push in this clone for 40 days, 1 push seen in the reflog"), "{said}");
}

#[test]
fn what_is_safe_to_repair_is_repaired() {
    for (what, id, _, how) in BREAKS {
        let fixable = [
            "hook-missing",
            "hook-not-executable",
            "hook-foreign",
            "stub-edited",
            "stub-outdated",
            "stub-misplaced",
            "program-missing",
            "hook-shadowed",
        ];
        if !fixable.contains(id) || what.contains("lefthook") || what.contains("husky's script") {
            continue;
        }
        println!("{what}");
        let sandbox = Sandbox::new();
        let patient = Patient::new(&sandbox);
        how(&patient);
        let run = patient.run(&["doctor", "--fix", "--format", "json"], &[]);
        let left: Vec<Value> =
            run.json()["findings"].as_array().unwrap().iter().filter(|f| f["id"] == *id).cloned().collect();
        assert!(left.is_empty(), "{what}: {left:?}");
    }
}

#[test]
fn outside_of_a_repository_the_users_own_set_up_is_looked_at() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["doctor"]).expect(1);
    assert!(run.stdout.contains("error[no-repository]") && !run.stderr.contains("healthy"), "{run:?}");
    sandbox.shield(&sandbox.home(), &["install", "--global"]).expect(0);
    let run = sandbox.shield(&sandbox.home(), &["doctor"]).expect(0);
    assert!(run.stderr.contains("no repository here"), "{run:?}");
    let stubs = sandbox.home().join(".local/share/shield-hook/hooks");
    fs::remove_file(stubs.join("pre-rebase")).unwrap_or_default();
    fs::remove_file(stubs.join("pre-commit")).unwrap();
    let run = sandbox.shield(&sandbox.home(), &["doctor"]);
    assert!(run.stdout.contains("[dispatcher-incomplete]") || run.stdout.contains("[config-hook-broken]"), "{run:?}");
    let run = sandbox.shield(&sandbox.home(), &["doctor", "--fix"]);
    assert!(!run.stdout.contains("dispatcher-incomplete") && !run.stdout.contains("config-hook-broken"), "{run:?}");
}
