//! What somebody meets in the first hour: messages that lead on.

use crate::support::{Sandbox, npm_token};

fn leak() -> String {
    format!("token = \"{}\"\n", npm_token())
}

#[test]
fn a_command_that_scans_nothing_does_not_speak_of_a_scan() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let wrong = repo.shield(&["rules", "show", "no-such-rule"]).expect(3);
    assert!(!wrong.stderr.contains("scanned"), "{}", wrong.stderr);
    let scan = repo.shield(&["scan", "no-such-file"]);
    assert!(scan.stderr.lines().last().expect("a line").starts_with("shield-hook: "), "{}", scan.stderr);
}

#[test]
fn several_allowances_name_what_each_is_for() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", leak()).write("b.txt", leak()).add();
    let run = repo.shield(&["scan", "--staged"]).expect(1);
    let allows: Vec<&str> = run.stdout.lines().filter(|line| line.contains("shield-hook allow")).collect();
    assert_eq!(allows.len(), 2, "{}", run.stdout);
    assert!(allows[0].ends_with("# a.txt:1, npm-access-token") && allows[1].contains("# b.txt:1"), "{allows:?}");
}

#[test]
fn a_history_that_blocks_says_what_to_do() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repo.write("a.txt", leak()).commit("old");
    assert!(repo.shield(&["scan", "--history"]).expect(1).stdout.contains("shield-hook repair --yes"));
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let run = repo.shield(&["scan", "--history"]).expect(1);
    assert!(run.stdout.contains("shield-hook baseline create --history"), "{}", run.stdout);
    assert!(!run.stdout.contains("shield-hook repair"), "{}", run.stdout);
}

#[test]
fn the_last_finding_is_allowed_and_several_are_listed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.shield(&["allow", "--last", "--reason", "a sample"]).expect(3);
    repo.write("a.txt", leak()).add();
    let run = repo.shield(&["allow", "--last", "--reason", "a sample"]).expect(0);
    assert!(run.stderr.contains("a.txt:1"), "{}", run.stderr);
    repo.scan_staged().expect_clean();
    repo.write("b.txt", leak()).write("c.txt", leak()).add();
    let run = repo.shield(&["allow", "--last", "--reason", "a sample"]).expect(3);
    assert!(run.stderr.contains("b.txt:1") && run.stderr.contains("c.txt:1"), "{}", run.stderr);
    repo.git(&["rm", "--quiet", "--cached", "b.txt", "c.txt"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "clean"]);
    repo.write("d.txt", leak()).commit("leak");
    std::fs::remove_file(repo.path("b.txt")).expect("the file");
    assert!(repo.shield(&["allow", "--last", "--reason", "a sample"]).code == 3, "two commits' worth");
}

#[test]
fn a_fingerprint_is_explained() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", leak()).commit("leak");
    let json = repo.shield(&["scan", "--history", "--format", "json"]).expect(1).json();
    let print = json["findings"][0]["fingerprint"].as_str().expect("text");
    let run = repo.shield(&["explain", print]).expect(0);
    assert!(run.stdout.contains("a.txt:1") && run.stdout.contains("npm-access-token"), "{}", run.stdout);
    repo.shield(&["explain", &"0".repeat(32)]).expect(3);
}

#[test]
fn audit_reads_what_a_manifest_wants() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package.json", "{\"name\":\"x\",\"dependencies\":{\"axios\":\"1.14.1\",\"left-pad\":\"1.3.0\"}}\n")
        .add();
    repo.shield(&["scan", "--staged"]).expect(1);
    let run = repo.shield(&["audit"]).expect(1);
    assert!(run.stdout.contains("axios@1.14.1") && run.stdout.contains("package.json:1"), "{}", run.stdout);
    repo.write("package.json", "{\"name\":\"x\",\"dependencies\":{\"left-pad\":\"1.3.0\"}}\n");
    repo.shield(&["audit"]).expect(0);
}

#[test]
fn rules_test_tries_the_rules_of_the_repository() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let draft = repo.shield(&["rules", "new", "acme-token"]).expect(0).stdout;
    repo.write("acme.toml", draft).write(".shield-hook.toml", "rules = [\"acme.toml\"]\n");
    let run = repo.shield(&["rules", "test", "--rule", "acme-token", "--rounds", "1"]);
    assert!(!run.stderr.contains("unknown"), "{}", run.stderr);
    assert!(run.stdout.contains("1 rules"), "{}", run.stdout);
}

#[test]
fn a_first_baseline_in_a_change_says_how_it_passes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", leak()).commit("old");
    repo.git(&["switch", "--quiet", "-c", "change"]);
    repo.shield(&["baseline", "create"]).expect(0);
    repo.commit("baseline");
    let ci = || repo.shield(&["ci", "--base", "main", "--head", "change"]);
    let run = ci().expect(1);
    assert!(
        run.stdout.contains("1 known secret to") && run.stdout.contains("baseline update --reason"),
        "{}",
        run.stdout
    );
    repo.shield(&["baseline", "update", "--reason", "revoked on 3 May"]).expect(0);
    repo.commit("reasons");
    ci().expect(0);
}

#[test]
fn a_digest_tells_repositories_apart() {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.repo("one"), sandbox.repo("two"));
    one.shield(&["scan", "."]).expect(0);
    two.write("a.txt", leak()).shield(&["scan", "."]).expect(1);
    let run = one.shield(&["digest"]);
    assert!(run.stdout.contains("two)") && !run.stdout.contains("one)"), "{}", run.stdout);
    assert!(run.stderr.contains("2 runs on record"), "{}", run.stderr);
}
