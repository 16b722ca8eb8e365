//! `shield-hook migrate`, from the files of other scanners in a real repository.

use std::fs;

use crate::support::{Repo, Sandbox, npm_token};

fn leak() -> String {
    format!("token = \"{}\"\n", npm_token())
}

fn text(repo: &Repo<'_>, name: &str) -> String {
    fs::read_to_string(repo.path(name)).unwrap_or_default()
}

#[test]
fn from_gitleaks_with_configuration_and_ignore_file() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("vendor/x.txt", leak()).write("a.txt", format!("\n{}", leak())).write("b.txt", leak());
    let first = repo.commit("first");
    repo.write("b.txt", "gone\n");
    repo.write(".gitleaks.toml", "[allowlist]\ndescription = \"ours\"\npaths = ['^vendor/', 'x\\d+']\n");
    repo.write(".gitleaksignore", format!("a.txt:npm-access-token:2\n{first}:b.txt:npm-access-token:1\nc.txt:x:9\n"));
    repo.write(".shield-hook.toml", "# ours\nblock = \"medium\"\n");
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:2", "vendor/x.txt:1"]);
    let dry = repo.shield(&["migrate", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("[[allow]]") && dry.stdout.contains("vendor/**"), "{}", dry.stdout);
    assert_eq!(text(&repo, ".shield-hook.toml"), "# ours\nblock = \"medium\"\n");
    let run = repo.shield(&["migrate", "--from", "gitleaks"]).expect(0);
    assert!(run.stdout.contains("`x\\d+` has no exact counterpart"), "{}", run.stdout);
    assert!(run.stdout.contains("c.txt:9: nothing is found there"), "{}", run.stdout);
    assert!(text(&repo, ".shield-hook.toml").starts_with("# ours\nblock = \"medium\"\n"));
    repo.shield(&["scan", "--format", "json"]).expect_clean();
    repo.shield(&["config", "check"]).expect(0);
    // The secret that only history holds is allowed there, by its fingerprint.
    repo.add();
    repo.shield(&["scan", "--history", "--format", "json"]).expect_clean();
    // Twice is once; and a new secret is not covered.
    let before = text(&repo, ".shield-hook.toml");
    repo.shield(&["migrate"]).expect(0);
    assert_eq!(text(&repo, ".shield-hook.toml"), before);
    repo.write("a.txt", format!("\n{}", leak()));
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:2"]);
}

#[test]
fn from_detect_secrets_to_a_baseline() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", format!("\n\n{}", leak())).write("b.txt", leak());
    repo.write(
        ".secrets.baseline",
        "{\"version\": \"1.5.0\", \"plugins_used\": [], \"results\": {\"a.txt\": [{\"line_number\": 3, \"is_secret\": false}]}}",
    );
    let run = repo.shield(&["scan", "--baseline", ".secrets.baseline"]).expect(3);
    assert!(run.stderr.contains("migrate --from detect-secrets"), "{}", run.stderr);
    repo.shield(&["migrate"]).expect(0);
    assert!(text(&repo, ".shield-hook.baseline").contains("a.txt\taudited with detect-secrets: not a secret"));
    assert!(!repo.path(".shield-hook.toml").exists());
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["b.txt:1"]);
}

#[test]
fn from_the_others() {
    for (from, name, content) in [
        ("talisman", ".talismanrc", "fileignoreconfig:\n- filename: a.txt\n  checksum: abc\n"),
        ("git-secrets", ".gitallowed", "^a\\.txt:1:\n"),
        (
            "kingfisher",
            "kingfisher-baseline.yaml",
            "ExactFindings:\n  matches:\n  - filepath: a.txt\n    fingerprint: '1'\n    linenum: 1\n",
        ),
        ("trufflehog", ".trufflehog-exclude", "^a\\.txt$\n"),
        ("betterleaks", ".betterleaksignore", "a.txt:generic:1\n"),
    ] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("a.txt", leak()).write("b.txt", leak()).write(name, content);
        repo.shield(&["migrate", "--from", from]).expect(0);
        repo.shield(&["scan", "--format", "json"]).expect_blocked(&["b.txt:1"]);
    }
}

#[test]
fn nothing_to_read_or_nonsense_is_exit_3_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let run = repo.shield(&["migrate"]).expect(3);
    assert!(run.stderr.contains(".gitleaks.toml"), "{}", run.stderr);
    repo.shield(&["migrate", "--from", "gitleaks", "--file", "none.toml"]).expect(3);
    for (name, content) in [(".gitleaks.toml", "= x"), (".secrets.baseline", "{"), (".talismanrc", "a: [")] {
        repo.write(name, content);
        let run = repo.shield(&["migrate"]).expect(3);
        assert!(run.stderr.contains(name), "{}", run.stderr);
        fs::remove_file(repo.path(name)).expect("removed");
    }
    assert!(!repo.path(".shield-hook.toml").exists() && !repo.path(".shield-hook.baseline").exists());
}
