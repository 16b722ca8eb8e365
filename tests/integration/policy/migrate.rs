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

/// `n` random hex digits.
fn hex(n: usize) -> String {
    let bytes: Vec<u8> = (0..n).map(|_| b"0123456789abcdef"[fastrand::usize(..16)]).collect();
    String::from_utf8(bytes).expect("hex")
}

/// A team's own rule in each scanner's form, for tokens that begin with `acmetok_`; what it carries over finds them.
#[test]
fn an_own_rule_of_each_scanner_lives_on() {
    let gitleaks = "[extend]\nuseDefault = true\n[[rules]]\nid = \"Acme_Token\"\ndescription = \"Acme\"\n\
                    regex = '''(acmetok_[0-9a-f]{32})'''\nsecretGroup = 1\nentropy = 2\nkeywords = [\"acmetok_\"]\n";
    let kingfisher = r"rules:
  - name: Acme
    id: acme.token.1
    confidence: medium
    min_entropy: 2
    pattern: |
      (?x)(?i)
      \b
      (
        acmetok_[0-9a-f]{32}
      )
      \b
";
    let secretlint = "{\n\t\"rules\": [{\"id\": \"@secretlint/secretlint-rule-pattern\", \"options\": {\"patterns\": \
                      [{\"name\": \"Acme\", \"patterns\": [\"/acmetok_[0-9a-f]{32}(?![0-9a-f])/i\"]}]}}]\n}\n";
    for (from, name, content) in [
        ("gitleaks", ".gitleaks.toml", gitleaks),
        ("betterleaks", ".betterleaks.toml", gitleaks),
        ("kingfisher", "acme-kingfisher.yaml", kingfisher),
        ("secretlint", ".secretlintrc.json", secretlint),
    ] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write(name, content).write("notes.txt", format!("x acmetok_{}\n", hex(32)));
        repo.shield(&["scan", "--format", "json"]).expect_clean();
        let run = repo.shield(&["migrate", "--file", name]).expect(0);
        assert!(
            run.stdout.contains("carried over, exact") || run.stdout.contains("boundary"),
            "{from}: {}",
            run.stdout
        );
        assert!(run.stderr.contains("1 rules"), "{from}: {}", run.stderr);
        let file = format!(".shield-hook.rules/{from}.toml");
        repo.shield(&["rules", "test", &file]).expect(0);
        repo.shield(&["config", "check"]).expect(0);
        repo.shield(&["scan", "--format", "json"]).expect_blocked(&["notes.txt:1"]);
        // Twice is once.
        let before = (text(&repo, ".shield-hook.toml"), text(&repo, &file));
        repo.shield(&["migrate", "--file", name]).expect(0);
        assert_eq!((text(&repo, ".shield-hook.toml"), text(&repo, &file)), before, "{from}");
    }
}

#[test]
fn patterns_of_git_secrets_live_on() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.git(&["config", "--add", "secrets.patterns", "acmetok_[0-9a-f]{32}"]);
    repo.git(&["config", "--add", "secrets.patterns", "corvus-[[:alnum:]]{24}"]);
    let token: String = (0..24).map(|_| fastrand::alphanumeric()).collect();
    repo.write("a.txt", format!("x acmetok_{}\n", hex(32))).write("b.txt", format!("corvus-{token}\n"));
    repo.shield(&["migrate"]).expect(0);
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:1", "b.txt:1"]);
}

#[test]
fn an_own_rule_that_is_lost_is_exit_3_until_somebody_accepts_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let rule = |id: &str, rest: &str| format!("[[rules]]\nid = \"{id}\"\n{rest}\n");
    for (id, rest) in [
        ("no-literal", "regex = '[0-9a-f]{40}'"),
        ("paths-alone", "path = '\\.pem$'"),
        ("no-regex-here", "regex = 'acme(?=x)[0-9a-f]{32}y'"),
        ("alone", "regex = 'acmepair_[0-9a-f]{32}'\n[[rules.required]]\nid = \"elsewhere\""),
    ] {
        let whole = format!("{}{}", rule("kept", "regex = 'acmetok_[0-9a-f]{32}'"), rule(id, rest));
        repo.write(".gitleaks.toml", whole);
        let run = repo.shield(&["migrate"]).expect(3);
        assert!(run.stdout.contains(&format!("rule {id}: not carried over")), "{}", run.stdout);
        assert!(run.stderr.contains("--accept-partial") && !repo.path(".shield-hook.toml").exists(), "{}", run.stderr);
    }
    repo.shield(&["migrate", "--accept-partial"]).expect(0);
    repo.write("a.txt", format!("x acmetok_{}\n", hex(32)));
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:1"]);
}

#[test]
fn a_pair_of_rules_stays_a_pair() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(
        ".gitleaks.toml",
        "[[rules]]\nid = \"acme_id\"\nregex = 'acmeid_[0-9a-f]{12}'\n[[rules]]\nid = \"acme_pair\"\n\
         regex = 'acmesec_[0-9a-f]{32}'\n[[rules.required]]\nid = \"acme_id\"\nwithinLines = 2\n",
    );
    repo.shield(&["migrate"]).expect(0);
    repo.write("far.txt", format!("acmesec_{}\n", hex(32)));
    repo.shield(&["scan", "--format", "json", "far.txt"]).expect_clean();
    repo.write("near.txt", format!("acmeid_{}\nacmesec_{}\n", hex(12), hex(32)));
    let run = repo.shield(&["scan", "--format", "json", "near.txt"]).expect(1);
    assert!(run.stdout.contains("acme-pair"), "{}", run.stdout);
}

#[test]
fn an_allowance_for_an_own_rule_goes_with_it_and_covers_no_other() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(
        ".gitleaks.toml",
        "[[rules]]\nid = \"Acme_Token\"\nregex = 'acmetok_[0-9a-f]{32}'\n[[rules.allowlists]]\npaths = ['^fixtures/']\n",
    );
    repo.write("fixtures/a.txt", format!("acmetok_{}\n", hex(32))).write("fixtures/b.txt", leak());
    repo.write("c.txt", format!("acmetok_{}\n", hex(32)));
    repo.shield(&["migrate"]).expect(0);
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["c.txt:1", "fixtures/b.txt:1"]);
}

#[test]
fn rules_of_another_scanner_load_where_they_are() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitleaks.toml", "[[rules]]\nid = \"acme\"\nregex = 'acmetok_[0-9a-f]{32}'\n");
    repo.write(".shield-hook.toml", "rules = [\"gitleaks:.gitleaks.toml\"]\n");
    repo.write("a.txt", format!("x acmetok_{}\n", hex(32)));
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:1"]);
    repo.write(".gitleaks.toml", "[[rules]]\nid = \"acme\"\nregex = '[0-9a-f]{32}'\n");
    let run = repo.shield(&["scan"]).expect(3);
    assert!(run.stderr.contains("the rule acme would not run"), "{}", run.stderr);
    repo.write(".gitleaks.toml", "[extend]\nuseDefault = true\n");
    repo.shield(&["scan"]).expect(3);
}

#[test]
fn a_configuration_that_another_one_extends_is_read_too() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitleaks.toml", "[extend]\npath = \"ci/base.toml\"\n");
    repo.write("ci/base.toml", "[[rules]]\nid = \"acme\"\nregex = 'acmetok_[0-9a-f]{32}'\n");
    repo.write("a.txt", format!("x acmetok_{}\n", hex(32)));
    repo.shield(&["migrate"]).expect(0);
    repo.shield(&["scan", "--format", "json"]).expect_blocked(&["a.txt:1"]);
    fs::remove_file(repo.path("ci/base.toml")).expect("removed");
    let run = repo.shield(&["migrate"]).expect(3);
    assert!(run.stderr.contains("ci/base.toml"), "{}", run.stderr);
}

#[test]
fn one_broken_file_stops_itself_only() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitleaks.toml", "= nonsense").write(".talismanrc", "allowed_patterns:\n- sample[0-9]+\n");
    let run = repo.shield(&["migrate"]).expect(3);
    assert!(run.stderr.contains(".gitleaks.toml"), "{}", run.stderr);
    assert!(text(&repo, ".shield-hook.toml").contains("sample[0-9]+"));
}

#[test]
fn from_gitguardian_and_secretlint() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let token = npm_token();
    repo.write(
        ".gitguardian.yaml",
        format!(
            "version: 2\nsecret:\n  ignored_paths:\n    - 'docs/**'\n  ignored_matches:\n    - name: sample\n      match: {token}\n"
        ),
    );
    repo.write(".secretlintignore", "fixtures/\n*.snap\n!keep.snap\n");
    repo.write("docs/a.txt", leak()).write("fixtures/x/b.txt", leak()).write("c.snap", leak());
    repo.write("d.txt", leak());
    let run = repo.shield(&["migrate"]).expect(0);
    assert!(run.stdout.contains("`!keep.snap`") && !run.stdout.contains(&token), "{}", run.stdout);
    assert!(text(&repo, ".shield-hook.toml").contains("\"sample ("), "the name of a match is its reason");
    repo.shield(&["scan", "--format", "json", "docs", "fixtures", "c.snap", "d.txt"]).expect_blocked(&["d.txt:1"]);
}
