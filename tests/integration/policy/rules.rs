//! Configuration, allowances, inline directives and the baseline, through the real binary.

use std::fs;

use crate::support::{Repo, Run, Sandbox, npm_token};

const RULE: &str = "npm-access-token";

/// A repository with a staged secret in `a.txt`; gives the token.
fn leak<'s>(sandbox: &'s Sandbox) -> (Repo<'s>, String) {
    let repo = sandbox.repo("repo");
    let token = npm_token();
    repo.write("a.txt", format!("token = \"{token}\"\n")).add();
    (repo, token)
}

fn configure(repo: &Repo<'_>, text: &str) {
    repo.write(".shield-hook.toml", text);
}

/// The verdict and its reason of the only finding.
fn verdict(run: &Run) -> (String, String) {
    let json = run.json();
    let findings = json["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{}", run.stdout);
    let text = |key: &str| findings[0][key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("reason"))
}

fn fingerprint(run: &Run) -> String {
    run.json()["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn each_condition_of_an_allowance_counts() {
    let sandbox = Sandbox::new();
    let (repo, token) = leak(&sandbox);
    let print = fingerprint(&repo.scan_staged().expect(1));
    let tail = &token[4..14];
    for (conditions, allowed) in [
        (format!("rule = \"{RULE}\""), true),
        (format!("rule = [\"figma-personal-access-token\", \"{RULE}\"]"), true),
        ("rule = \"figma-personal-access-token\"".into(), false),
        (format!("rule = \"{RULE}\"\npath = \"a.txt\""), true),
        (format!("rule = \"{RULE}\"\npath = \"*.txt\""), true),
        (format!("rule = \"{RULE}\"\npath = \"docs/**\""), false),
        (format!("rule = \"{RULE}\"\npath = \"/b/a.txt\""), false),
        (format!("fingerprint = \"{print}\""), true),
        (format!("fingerprint = \"{}\"", "0".repeat(32)), false),
        (format!("fingerprint = \"{print}\"\nrule = \"figma-personal-access-token\""), false),
        (format!("value = \"{tail}\""), true),
        ("value = \"^nothing$\"".into(), false),
        (format!("value = \"{tail}\"\ncommit = \"0123456\""), false),
        ("path = \"**\"\nbroad = true".into(), true),
        (format!("rule = \"{RULE}\"\nexpires = 2999-12-31"), true),
        (format!("rule = \"{RULE}\"\nexpires = 2020-01-31"), false),
    ] {
        configure(&repo, &format!("[[allow]]\n{conditions}\nreason = \"because\"\n"));
        let run = repo.scan_staged();
        let (got, reason) = verdict(&run);
        assert_eq!(got == "allowed", allowed, "{conditions}: {got}");
        assert_eq!(run.code == 0, allowed, "{conditions}");
        if allowed {
            assert!(reason.starts_with(".shield-hook.toml:1: because"), "{reason}");
        }
    }
}

#[test]
fn an_allowance_past_its_date_is_reported_and_allows_nothing() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    configure(&repo, &format!("[[allow]]\nrule = \"{RULE}\"\nreason = \"soon gone\"\nexpires = 2020-01-31\n"));
    let run = repo.shield(&["scan", "--staged"]).expect(1);
    assert!(
        run.stdout.contains(".shield-hook.toml:1: the allowance for npm-access-token ended on 2020-01-31"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("1 stale allowance"), "{}", run.stderr);
}

#[test]
fn an_allowance_that_meets_nothing_is_reported_where_everything_was_scanned() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", "fine\n").add();
    configure(&repo, "[[allow]]\nrule = \"figma-personal-access-token\"\nreason = \"old\"\n");
    let run = repo.shield(&["scan", "--format", "json"]).expect_clean();
    assert!(run.json()["stale"][0].as_str().is_some_and(|s| s.contains("matched nothing")), "{}", run.stdout);
    let run = repo.scan_staged().expect_clean();
    assert_eq!(run.json()["stale"], serde_json::json!([]), "a commit touches few files: no word about it");
}

#[test]
fn a_rule_that_does_not_exist_is_named_with_its_neighbour() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    configure(&repo, "disable = [\"npm-acces-token\"]\n");
    let run = repo.scan_staged().expect(1);
    let stale = run.json()["stale"][0].as_str().expect("a line").to_owned();
    assert!(stale.contains(".shield-hook.toml:1") && stale.contains("did you mean `npm-access-token`?"), "{stale}");
    let run = repo.shield(&["config", "check"]).expect(3);
    assert!(run.stderr.contains("npm-access-token"), "{}", run.stderr);
}

#[test]
fn thresholds_rules_and_their_order_of_precedence() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    configure(&repo, &format!("disable = [\"{RULE}\"]\n"));
    let run = repo.scan_staged();
    assert!(run.json()["findings"].as_array().expect("findings").iter().all(|f| f["rule"] != RULE), "{}", run.stdout);
    configure(&repo, "");
    let scan = |args: &[&str]| {
        let mut all = vec!["scan", "--staged", "--format", "json"];
        all.extend(args);
        repo.shield(&all)
    };
    scan(&["--rule", RULE]).expect(1);
    scan(&["--rule", "figma-personal-access-token"]).expect(0);
    let run = scan(&["--rule", "npm-acess-token"]).expect(3);
    assert!(run.stderr.contains("npm-access-token"), "{}", run.stderr);
    // The user's file is the weakest, the repository's stronger, the environment stronger, the command line strongest.
    let user = sandbox.home().join(".config/shield-hook");
    fs::create_dir_all(&user).expect("a directory");
    let shown = |env: &[(&str, &str)], args: &[&str]| {
        let mut all = vec!["config", "show"];
        all.extend(args);
        let run = repo.shield_with(&all, env, None).expect(0);
        // The origin of the value follows it.
        run.stdout.split("  #").next().expect("a line").to_owned()
    };
    assert_eq!(shown(&[], &[]), "block = \"medium\"");
    fs::write(user.join("config.toml"), "block = \"low\"\n").expect("a file");
    assert_eq!(shown(&[], &[]), "block = \"low\"");
    configure(&repo, "block = \"medium\"\n");
    assert_eq!(shown(&[], &[]), "block = \"medium\"");
    assert_eq!(shown(&[("SHIELD_HOOK_BLOCK", "high")], &[]), "block = \"high\"");
    assert_eq!(shown(&[("SHIELD_HOOK_BLOCK", "high")], &["--block", "low"]), "block = \"low\"");
}

#[test]
fn wrong_configurations_are_exit_3_with_file_and_line() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    for (text, wanted) in [
        ("\nblok = \"high\"\n", ".shield-hook.toml:2:1: unknown key `blok`"),
        ("block = \"hgih\"\n", "did you mean \"high\"?"),
        ("[[allow]]\npath = \"**\"\nreason = \"x\"\n", "broad = true"),
        ("[[allow]]\nrule = \"figma-personal-access-token\"\n", "needs a reason"),
        ("block = ", "not valid TOML"),
        ("rules = [\"none/*.toml\"]\n", "names no rule file"),
        ("rules = [\"../out.toml\"]\n", "leads out of"),
        ("baseline = \"missing\"\n", "there is no such baseline"),
        ("replace-builtin = true\n", "no rule at all"),
        ("rules = [\"bad.toml\"]\n", "bad.toml"),
    ] {
        repo.write("bad.toml", "provider = \"x\"\n[[rule]]\nid = \"x\"\nregex = '('\n");
        configure(&repo, text);
        for args in [&["scan", "--staged"][..], &["scan", "."], &["hook", "pre-commit"], &["config", "check"]] {
            let run = repo.shield(args).expect(3);
            assert!(run.stderr.contains(wanted), "{text}: {}", run.stderr);
            assert_eq!(run.stdout, "", "{text}");
        }
    }
    let run = repo.shield(&["scan", "--config", "no-such.toml"]).expect(3);
    assert!(run.stderr.contains("no-such.toml"), "{}", run.stderr);
    let run = repo.shield(&["scan", "--baseline", "no-such"]).expect(3);
    assert!(run.stderr.contains("no-such"), "{}", run.stderr);
}

#[test]
fn what_rests_on_context_in_tests_and_docs_blocks_where_that_is_wanted() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    // Random letters and digits of a token, without what names its issuer.
    for path in ["tests/login.py", "docs/setup.md"] {
        let value = &npm_token()[6..30];
        repo.write(path, format!("db_password = \"{value}\"\n"));
    }
    repo.add();
    let run = repo.scan_staged().expect(0);
    assert_eq!(run.json()["findings"].as_array().map(Vec::len), Some(2), "shown: {}", run.stdout);
    configure(&repo, "tests-and-docs = \"block\"\n");
    repo.scan_staged().expect(1);
    configure(&repo, "tests-and-docs = \"maybe\"\n");
    repo.scan_staged().expect(3);
}

#[test]
fn an_explicit_configuration_stands_in_for_the_repositorys() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    configure(&repo, &format!("[[allow]]\nrule = \"{RULE}\"\nreason = \"x\"\n"));
    repo.scan_staged().expect(0);
    repo.write("other/strict.toml", "block = \"low\"\n");
    repo.shield(&["scan", "--staged", "--config", "other/strict.toml"]).expect(1);
}

#[test]
fn directives_beside_the_secret() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for (text, allowed) in [
        ("k = \"{}\" # shield-hook:allow npm-access-token a sample\n", true),
        ("# shield-hook:allow npm-access-token a sample\nk = \"{}\"\n", true),
        ("k = \"{}\" # shield-hook:allow npm-access-token\n", false),
        ("k = \"{}\" # shield-hook:allow figma-personal-access-token a sample\n", false),
        ("k = \"{}\" # gitleaks:allow\n", true),
        ("k = \"{}\" # betterleaks:allow\n", true),
        ("k = \"{}\" # trufflehog:ignore\n", true),
        ("k = \"{}\" # kingfisher:ignore\n", true),
        ("k = \"{}\" # ggignore\n", true),
        ("k = \"{}\" # pragma: allowlist secret\n", true),
        ("# pragma: allowlist nextline secret\nk = \"{}\"\n", true),
        ("# pragma: allowlist nextline secret\n\nk = \"{}\"\n", false),
    ] {
        repo.write("a.txt", text.replace("{}", &npm_token())).add();
        let run = repo.scan_staged();
        let (got, _) = verdict(&run);
        assert_eq!((got == "allowed", run.code == 0), (allowed, allowed), "{text}");
        // Never silent: the digest counts it, and --verbose shows it.
        if allowed {
            assert!(run.stderr.contains("1 allowed"), "{}", run.stderr);
            let shown = repo.shield(&["scan", "--staged", "--verbose"]).expect(0).stdout;
            assert!(shown.contains("allowed by `"), "{shown}");
        }
    }
    configure(&repo, "inline = \"none\"\n");
    repo.write("a.txt", format!("k = \"{}\" # gitleaks:allow\n", npm_token())).add();
    repo.scan_staged().expect(1);
}

#[test]
fn allow_writes_what_lets_the_finding_pass_and_keeps_the_rest() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    let ours = "# ours\nblock   = \"medium\" # as always\n";
    configure(&repo, ours);
    let print = fingerprint(&repo.scan_staged().expect(1));
    repo.shield(&["allow", &print, "--reason", "revoked", "--expires", "2999-01-31"]).expect(0);
    let text = fs::read_to_string(repo.path(".shield-hook.toml")).expect("the configuration");
    assert!(text.starts_with(ours), "{text}");
    let (verdict, reason) = verdict(&repo.scan_staged().expect(0));
    assert_eq!((verdict.as_str(), reason.as_str()), ("allowed", ".shield-hook.toml:4: revoked (until 2999-01-31)"));
    // It survives a move and a rename; another secret is not covered.
    let moved = fs::read_to_string(repo.path("a.txt")).expect("the file");
    fs::remove_file(repo.path("a.txt")).expect("removed");
    repo.write("deep/b.txt", format!("\n\n\n{moved}")).add();
    repo.scan_staged().expect(0);
    repo.write("c.txt", format!("token = \"{}\"\n", npm_token())).add();
    repo.scan_staged().expect_blocked(&["c.txt:1"]);
    // From below the root, the same file is meant; twice is once, and a second reason replaces the first.
    let before = fs::read_to_string(repo.path(".shield-hook.toml")).expect("the configuration");
    for reason in ["revoked", "revoked in May"] {
        let args = ["allow", &print, "--reason", reason, "--expires", "2999-01-31"];
        sandbox.shield(&repo.path("deep"), &args).expect(0);
        let after = fs::read_to_string(repo.path(".shield-hook.toml")).expect("the configuration");
        assert_eq!(after, before.replace("\"revoked\"", &format!("\"{reason}\"")));
    }
}

#[test]
fn allow_refuses_what_is_wrong_and_touches_nothing() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    let print = "0123456789abcdef".repeat(2);
    for args in [
        vec!["allow", "nonsense", "--reason", "x"],
        vec!["allow", &print, "--reason", " "],
        vec!["allow", &print],
        vec!["allow", &print, "--reason", "x", "--expires", "tomorrow"],
        vec!["allow", &print, "--reason", "x", "--expires", "2020-01-31"],
    ] {
        repo.shield(&args).expect(3);
        assert!(!repo.path(".shield-hook.toml").exists(), "{args:?}");
    }
    configure(&repo, "blok = 1\n");
    let run = repo.shield(&["allow", &print, "--reason", "x"]).expect(3);
    assert!(run.stderr.contains(":1:1: unknown key"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(repo.path(".shield-hook.toml")).expect("the file"), "blok = 1\n");
}

#[test]
fn allow_takes_findings_of_this_repository_only() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    let file = repo.path(".shield-hook.toml");
    let unknown = "0123456789abcdef".repeat(2);
    let run = repo.shield(&["allow", &unknown, "--reason", "a sample"]).expect(3);
    assert!(run.stderr.contains("nothing that is found here") && !file.exists(), "{}", run.stderr);
    repo.shield(&["allow", &unknown, "--reason", "a sample", "--unseen"]).expect(0);
    fs::remove_file(&file).expect("removed");
    // Staged, in the work tree only, committed, and in a commit that is gone from every branch.
    let print = fingerprint(&repo.scan_staged().expect(1));
    let states: [&dyn Fn(); 4] = [
        &|| {},
        &|| drop(repo.git(&["rm", "--quiet", "--cached", "a.txt"])),
        &|| drop(repo.add().commit("a leak")),
        &|| {
            repo.write("a.txt", "clean\n").add();
            repo.git(&["commit", "--quiet", "--no-verify", "--amend", "-m", "none"]);
        },
    ];
    for state in states {
        state();
        let run = repo.shield(&["allow", &print, "--reason", "a sample"]).expect(0);
        assert!(run.stderr.contains("git add -- ") && file.exists(), "{}", run.stderr);
        fs::remove_file(&file).expect("removed");
    }
}

#[test]
fn allow_takes_a_line_of_a_file() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    repo.shield(&["allow", "a.txt:1", "--reason", "a sample"]).expect(0);
    assert_eq!(verdict(&repo.scan_staged().expect(0)).0, "allowed");
    for wrong in ["a.txt:0", "a.txt:99", "gone.txt:1", "a.txt:", ":1"] {
        let run = repo.shield(&["allow", wrong, "--reason", "a sample"]);
        assert_ne!(run.code, 0, "{wrong}");
    }
}

#[test]
fn a_reason_that_says_nothing_is_refused() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    for reason in ["WHY", "why", " Why? ", "\"WHY\"", "TODO", "<reason>", "<say why>", "...", "-", "your reason"] {
        repo.shield(&["allow", "a.txt:1", "--reason", reason]).expect(3);
        repo.shield(&["baseline", "create", "--reason", reason]).expect(3);
        assert!(!repo.path(".shield-hook.toml").exists(), "{reason}");
        assert!(!repo.path(".shield-hook.baseline").exists(), "{reason}");
    }
    repo.shield(&["allow", "a.txt:1", "--reason", "why not: it was revoked"]).expect(0);
}

#[test]
fn a_baseline_quiets_what_is_known_and_nothing_else() {
    let sandbox = Sandbox::new();
    let (repo, token) = leak(&sandbox);
    repo.shield(&["baseline", "create", "--reason", "from before"]).expect(0);
    let written = fs::read_to_string(repo.path(".shield-hook.baseline")).expect("the baseline");
    assert!(!written.contains(&token[4..]), "no secret in the file");
    assert!(written.lines().last().is_some_and(|l| l.ends_with("\tnpm-access-token\ta.txt\tfrom before")), "{written}");
    let (verdict_, reason) = verdict(&repo.scan_staged().expect(0));
    assert_eq!((verdict_.as_str(), reason.as_str()), ("allowed", "it is in .shield-hook.baseline: from before"));
    repo.shield(&["baseline", "create"]).expect(3);
    // A new one blocks until it is added; the reason of the old one stays.
    repo.write("b.txt", format!("token = \"{}\"\n", npm_token())).add();
    repo.scan_staged().expect_blocked(&["b.txt:1"]);
    let run = repo.shield(&["baseline", "audit"]).expect(0);
    assert!(run.stdout.contains("found") && run.stderr.contains("not in it: 1"), "{run:?}");
    repo.shield(&["baseline", "update"]).expect(0);
    repo.scan_staged().expect(0);
    let lines = |text: &str| text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    let now = fs::read_to_string(repo.path(".shield-hook.baseline")).expect("the baseline");
    assert!(lines(&now).is_sorted() && lines(&now).len() == 2 && now.contains("from before"), "{now}");
    // The same findings give the same bytes.
    repo.shield(&["baseline", "update"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".shield-hook.baseline")).expect("the baseline"), now);
    // What is gone stays until it is dropped on purpose.
    repo.write("a.txt", "nothing\n").add();
    repo.shield(&["baseline", "update"]).expect(0);
    assert_eq!(fs::read_to_string(repo.path(".shield-hook.baseline")).expect("the baseline"), now);
    assert!(repo.shield(&["baseline", "audit"]).expect(0).stdout.contains("gone"), "an audit says so");
    repo.shield(&["baseline", "update", "--prune"]).expect(0);
    assert_eq!(lines(&fs::read_to_string(repo.path(".shield-hook.baseline")).expect("the baseline")).len(), 1);
}

#[test]
fn two_branches_baselines_merge_by_themselves() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitattributes", ".shield-hook.baseline merge=union\n").write("x", "").commit("first");
    for branch in ["one", "two"] {
        repo.git(&["switch", "--quiet", "-c", branch, "main"]);
        repo.write(format!("{branch}.txt"), format!("token = \"{}\"\n", npm_token()));
        repo.shield(&["baseline", "create"]).expect(0);
        repo.commit(branch);
    }
    repo.git(&["merge", "--quiet", "--no-edit", "--no-verify", "one"]);
    repo.shield(&["scan", "--format", "json"]).expect_clean();
}

#[test]
fn a_conflict_in_the_baseline_is_exit_3_and_names_the_line() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    repo.write(".shield-hook.baseline", "# head\n<<<<<<< ours\n=======\n>>>>>>> theirs\n");
    for args in [&["scan", "--staged"][..], &["hook", "pre-commit"], &["baseline", "update"]] {
        let run = repo.shield(args).expect(3);
        assert!(run.stderr.contains(".shield-hook.baseline:2: a merge conflict"), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn no_baseline_is_written_from_half_a_scan() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    configure(&repo, "max-object = 8\n");
    let run = repo.shield(&["baseline", "create"]).expect(2);
    assert!(run.stderr.contains("a.txt"), "{}", run.stderr);
    assert!(!repo.path(".shield-hook.baseline").exists());
    // A directory that cannot be written leaves no half file either (root can write anywhere, and skips this).
    configure(&repo, "");
    fs::set_permissions(repo.dir(), fs::Permissions::from_mode(0o555)).expect("permissions");
    let run = repo.shield(&["baseline", "create"]);
    fs::set_permissions(repo.dir(), fs::Permissions::from_mode(0o755)).expect("permissions");
    assert!(run.code == 2 || repo.path(".shield-hook.baseline").exists(), "{run:?}");
}

#[test]
fn a_bare_repository_is_judged_by_head() {
    let sandbox = Sandbox::new();
    let work = sandbox.repo("work");
    work.write("a.txt", "x\n");
    configure(&work, "block = \"high\"\n");
    work.commit("first");
    work.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let bare = sandbox.at(sandbox.path("bare.git"));
    let shown = bare.shield(&["config", "show"]).expect(0).stdout;
    assert!(shown.starts_with("block = \"high\"  # .shield-hook.toml (in "), "{shown}");
}

#[test]
fn own_rules_are_added_or_stand_in() {
    let sandbox = Sandbox::new();
    let (repo, _) = leak(&sandbox);
    let rule = "provider = \"own\"\n[[rule]]\nid = \"own-token\"\ntitle = \"own token\"\nstatus = \"stable\"\n\
                severity = \"high\"\nconfidence = \"high\"\nsince = \"0.1.0\"\nkeywords = [\"ownkey_\"]\n\
                regex = '''\\b(?<secret>ownkey_[a-z0-9]{24})\\b'''\nwhy = \"It opens the door to the house.\"\n\
                fix = \"Change the lock of the door.\"\nreferences = [\"https://example.com/keys\"]\n\
                match = [\"k = ${secret}\"]\nreject = [\"ownkey_none\"]\n";
    repo.write("security/own.toml", rule);
    repo.write("b.txt", format!("k = ownkey_{}\n", crate::support::base62(24).to_lowercase())).add();
    configure(&repo, "rules = [\"security/*.toml\"]\n");
    repo.scan_staged().expect_blocked(&["a.txt:1", "b.txt:1"]);
    configure(&repo, "rules = [\"security/*.toml\"]\nreplace-builtin = true\n");
    repo.scan_staged().expect_blocked(&["b.txt:1"]);
}

#[test]
fn init_check_schema_completions_and_manual() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.shield(&["config", "init"]).expect(0);
    repo.shield(&["config", "init"]).expect(3);
    repo.shield(&["config", "check"]).expect(0);
    let schema = repo.shield(&["config", "schema"]).expect(0).json();
    assert_eq!(schema["additionalProperties"], false);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(repo.shield(&["completions", shell]).expect(0).stdout.contains("pre-commit"), "{shell}");
    }
    assert!(repo.shield(&["man"]).expect(0).stdout.contains(".TH"));
    repo.shield(&["man", "--dir", "pages"]).expect(0);
    assert!(repo.path("pages/shield-hook-scan.1").exists());
}

#[cfg(unix)]
#[test]
fn a_policy_behind_a_link_is_read_or_refused() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "f\n").write("policy/shield.toml", "blok = \"low\"\n");
    for file in [".shield-hook.toml", ".shield-hook.baseline"] {
        for (target, why) in [("nowhere", "leads nowhere"), ("/dev/zero", "not a file")] {
            repo.link(file, target);
            let run = repo.shield(&["scan", "f"]).expect(3);
            assert!(run.stderr.contains(file) && run.stderr.contains(why), "{}", run.stderr);
            std::fs::remove_file(repo.path(file)).expect("the link");
        }
    }
    repo.link(".shield-hook.toml", "policy/shield.toml");
    assert!(repo.shield(&["scan", "f"]).expect(3).stderr.contains("blok"));
}

#[test]
fn a_broken_allowance_allows_nothing_and_costs_a_clean_commit_nothing() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for (allow, wanted) in [
        ("value = \"(\"", "`allow.value` is not a regex"),
        ("value = \"(a{1000}){1000}\"\nrule = \"npm-access-token\"", "too large"),
        ("path = \"a[\"\nrule = \"npm-access-token\"", "`allow.path` is not a glob"),
        ("value = \".*\"", "would allow every secret"),
        ("rule = \"npm-acces-token\"", "which does not exist"),
    ] {
        configure(&repo, &format!("[[allow]]\n{allow}\nreason = \"x\"\n"));
        repo.write("a.txt", "clean\n").add();
        repo.scan_staged().expect_clean();
        // Whoever asks is told, and so is everybody once it matters.
        let run = repo.shield(&["config", "check"]).expect(3);
        assert!(run.stderr.contains(wanted), "{allow}: {}", run.stderr);
        repo.write("a.txt", format!("token = \"{}\"\n", npm_token())).add();
        repo.scan_staged().expect_blocked(&["a.txt:1"]);
        let run = repo.shield(&["scan", "--staged"]).expect(1);
        assert!(format!("{}{}", run.stdout, run.stderr).contains(wanted), "{allow}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_repositorys_own_rules_are_listed_and_shown() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let rule = "provider = \"acme\"\n[[rule]]\nid = \"acme-token\"\ntitle = \"Acme token\"\nkeywords = [\"acme_\"]\n\
                regex = '\\b(?<secret>acme_[0-9a-z]{12})\\b'\n";
    repo.write("own.toml", rule).write(".shield-hook.toml", "rules = [\"own.toml\"]\n").commit("own rules");
    assert!(repo.shield(&["rules", "show", "acme-token"]).expect(0).stdout.contains("Acme token"));
    assert!(repo.shield(&["rules", "list"]).expect(0).stdout.lines().any(|line| line.starts_with("acme-token ")));
    // One that is switched off still has its page.
    repo.write(".shield-hook.toml", "rules = [\"own.toml\"]\ndisable = [\"npm-access-token\"]\n");
    repo.shield(&["rules", "show", "npm-access-token"]).expect(0);
    // Neither `why` nor `fix` makes no empty lines.
    repo.write("a", format!("t = acme_{}\n", "h4k7m2p9q3z8")).add();
    let run = repo.shield(&["scan", "--staged"]).expect(1);
    assert!(
        run.stdout.contains("acme-token") && !run.stdout.contains("why:") && !run.stdout.contains("fix:"),
        "{run:?}"
    );
}
