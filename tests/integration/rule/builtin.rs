//! The built-in rules hold what their files say, and the tools for their authors work.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use crate::support::{Sandbox, npm_token};
use shield_hook::data::rule::keys;
use shield_hook::policy;
use shield_hook::rule::generate::Generator;
use shield_hook::rule::regex::compile::compile;
use shield_hook::rule::{Rule, RuleSet, Status};
use shield_hook::rule_test;

fn shield_hook(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shield-hook")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_rule_finds_its_matches_and_leaves_its_rejects() {
    let set = RuleSet::builtin();
    let outcome = rule_test::run(&set, |_| true, 1, 20_260_101);
    let complaints: Vec<String> = outcome.complaints.iter().map(ToString::to_string).collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(outcome.texts > 20 * set.rules().len());
}

#[test]
fn every_regex_compiles_and_every_match_holds_a_keyword() {
    let set = RuleSet::builtin();
    let mut samples = Generator::with_seed(&set, 3);
    for rule in set.rules().iter().filter(|r| r.detector.is_none()) {
        let regex = compile(rule.regex).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
        for allow in rule.allow {
            compile(allow).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
        }
        for path in rule.paths {
            globset::Glob::new(path).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
        }
        for template in rule.matches {
            let sample = samples.expand(rule, template).unwrap();
            for found in regex.find_iter(sample.text.as_bytes()) {
                let lower = found.as_bytes().to_ascii_lowercase();
                let has = |k: &&str| lower.windows(k.len()).any(|w| w == k.to_ascii_lowercase().as_bytes());
                assert!(rule.keywords.iter().any(has), "{}: {template}", rule.id);
            }
        }
    }
}

#[test]
fn rules_carry_what_people_need() {
    let set = RuleSet::builtin();
    let ids: BTreeSet<&str> = set.rules().iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), set.rules().len(), "ids are unique");
    for Rule { id, why, fix, references, status, replaced_by, requires, .. } in set.rules().iter().copied() {
        for sentence in [why, fix] {
            assert!(sentence.ends_with(['.', ')']) && sentence.len() > 15, "{id}: {sentence:?} is no sentence");
        }
        assert!(!references.is_empty(), "{id} needs a reference");
        assert_eq!(*status == Status::Deprecated, replaced_by.is_some(), "{id}");
        assert!(requires.is_none_or(|r| ids.contains(r.rule)), "{id}");
    }
}

#[test]
fn samples_are_fresh_and_repeatable() {
    let set = RuleSet::builtin();
    for rule in set.rules() {
        let one = Generator::with_seed(&set, 1).secret(rule).unwrap();
        assert_eq!(one, Generator::with_seed(&set, 1).secret(rule).unwrap(), "{}", rule.id);
        assert_ne!(one, Generator::with_seed(&set, 2).secret(rule).unwrap(), "{}", rule.id);
    }
}

#[test]
fn list_and_show_name_every_rule() {
    let list = shield_hook(&["rules", "list", "--format", "json"]);
    assert_eq!(list.status.code(), Some(0));
    let all: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let rules = all["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RuleSet::builtin().rules().len() + policy::other_rules().count());
    assert_eq!(all["ruleset"], RuleSet::builtin().hash());
    let table = text(&shield_hook(&["rules", "list"]).stdout);
    assert_eq!(table.lines().count(), rules.len());
    let page = text(&shield_hook(&["rules", "show", "npm-access-token"]).stdout);
    for part in ["# npm-access-token", "## Why it matters", "## What to do", "npm token revoke", "crc32-base62"] {
        assert!(page.contains(part), "{part}");
    }
    let one: serde_json::Value =
        serde_json::from_slice(&shield_hook(&["rules", "show", "npm-access-token", "--format", "json"]).stdout)
            .unwrap();
    assert_eq!(one["provider"], "npm");
    let unknown = shield_hook(&["rules", "show", "npm-acess-token"]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(text(&unknown.stderr).contains("did you mean `npm-access-token`?"));
}

#[test]
fn the_ids_of_every_finding_have_a_page() {
    let table = text(&shield_hook(&["rules", "list"]).stdout);
    for id in policy::other_rules().map(|rule| rule.id) {
        assert!(table.lines().any(|line| line.starts_with(&format!("{id} "))), "{id} is not listed");
        let page = text(&shield_hook(&["rules", "show", id]).stdout);
        assert!(page.contains("## Why it matters") && page.contains("## What to do"), "{page}");
        assert!(!page.contains("keywords:"), "{page}");
    }
    let near = text(&shield_hook(&["rules", "show", "hijacked-pakage"]).stderr);
    assert!(near.contains("hijacked-package"), "{near}");
}

#[test]
fn tables_are_tried_like_rules() {
    let good = shield_hook(&["rules", "test", "rules/advisories/incidents.tsv", "rules/indicators/indicators.tsv"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stdout));
    assert!(text(&good.stdout).contains(" indicators of rules/indicators/indicators.tsv"), "{}", text(&good.stdout));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.tsv");
    let head = "ecosystem\tname\tversion\tincident\tsource\tkind\n";
    std::fs::write(&file, format!("{head}npm\tchalk\t*\tsome-attack\tme\tmalicious\n")).unwrap();
    let path = file.to_str().unwrap();
    let bad = shield_hook(&["rules", "test", path]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stdout).contains("mine.tsv: line 2: chalk is number 1"), "{}", text(&bad.stdout));
    let json = shield_hook(&["rules", "test", path, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["tables"][0]["complaints"].as_array().unwrap().len(), 1);
    std::fs::write(&file, "a\tb\n").unwrap();
    assert_eq!(shield_hook(&["rules", "test", path]).status.code(), Some(3));
}

#[test]
fn a_new_rule_passes_its_own_test_when_its_sentences_are_written() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("corp.toml");
    let new = shield_hook(&["rules", "new", "corp-deploy-token"]);
    assert_eq!(new.status.code(), Some(0));
    std::fs::write(&file, &new.stdout).unwrap();
    let unedited = shield_hook(&["rules", "test", file.to_str().unwrap()]);
    assert_eq!(unedited.status.code(), Some(1));
    for key in ["why", "fix", "references"] {
        let complaint = format!("corp-deploy-token: `{key}` is still the draft's: ");
        assert!(text(&unedited.stdout).contains(&complaint), "{}", text(&unedited.stdout));
    }
    let written = text(&new.stdout).replace("TODO: what", "What").replace("TODO: where", "Revoke it where");
    std::fs::write(&file, written.replace("docs.example", "corp.example")).unwrap();
    let test = shield_hook(&["rules", "test", file.to_str().unwrap()]);
    assert_eq!(test.status.code(), Some(0), "{}", text(&test.stdout));
    assert!(text(&test.stdout).starts_with("passed: 1 rules"), "{}", text(&test.stdout));
    assert_eq!(shield_hook(&["rules", "new", "Not_Kebab"]).status.code(), Some(3));
}

#[test]
fn the_guide_for_rule_authors_explains_every_key() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/README.md")).unwrap();
    let draft = format!("```toml\n{}```\n", keys::draft("acme-deploy-token", "0.1.0"));
    assert!(guide.contains(&draft), "rules/README.md has another draft:\n{draft}");
    assert!(guide.contains(&keys::table()), "rules/README.md has another table of keys:\n{}", keys::table());
    let described: Vec<&str> = RuleSet::builtin().rules()[0].fields().into_iter().map(|(key, _)| key).collect();
    let of_the_file = ["provider"];
    for key in described.iter().filter(|key| !of_the_file.contains(key)) {
        assert!(keys::names().contains(key), "`{key}` is no key of rule files");
    }
}

#[test]
fn a_rule_file_that_does_not_hold_up_is_refused_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("bad.toml");
    for (rule, about) in [
        ("regex = '(?=a)(?<secret>corp_a)'", "look-ahead"),
        ("regex = '(?<secret>corp_[a-z]*)?'", "empty string"),
        ("regex = '(?<secret>corp_(?:[a-z]{500}){500})'", "too large"),
        ("regexp = '(?<secret>corp_a)'", "did you mean `regex`?"),
    ] {
        std::fs::write(&file, format!("[[rule]]\nid = 'corp-token'\nkeywords = ['corp_']\n{rule}\n")).unwrap();
        let run = shield_hook(&["rules", "test", file.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(3), "{about}");
        let error = text(&run.stderr);
        assert!(error.contains(about) && error.contains("bad.toml:4: "), "{error}");
    }
    // A rule that does not do what it says is a failed test, not wrong usage.
    let rule = "[[rule]]\nid = 'corp-token'\nkeywords = ['corp_']\nregex = '(?<secret>corp_[a-z]{20})'\nmatch = ['x']\nreject = ['corp_${lower:20}']\n";
    std::fs::write(&file, rule).unwrap();
    let run = shield_hook(&["rules", "test", file.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(1));
    assert!(text(&run.stdout).contains("is found"), "{}", text(&run.stdout));
}

#[test]
fn statistics_say_what_each_rule_costs_and_finds() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    dir.write(".env", format!("NPM_TOKEN={}\nDEPLOY_PASSWORD=${{PASSWORD}}\n", npm_token()));
    dir.write("notes", "npm_config_registry\n");
    let run = dir.shield(&["scan", "--rule-stats", "--format", "json"]).expect(1);
    let json = run.json();
    let rows = json["rule_stats"].as_array().expect("rule_stats");
    let row = rows.iter().find(|r| r["rule"] == "npm-access-token").expect("a row for the rule");
    for (what, count) in
        [("keywords", 3), ("regex_runs", 2), ("values", 1), ("dropped", 0), ("findings", 1), ("blocking", 1)]
    {
        assert_eq!(row[what], count, "{what}: {row}");
    }
    assert!(rows.iter().any(|r| r["rule"] == "generic-password" && r["findings"] == 0), "{rows:#?}");
    assert!(rows.iter().all(|r| r["rule"] != "github-oauth-token"), "no keyword of it stands anywhere");
    assert!(rows.iter().any(|r| r["microseconds"].as_u64() > Some(0)), "{rows:#?}");
    let table = run.stderr.lines().find(|line| line.starts_with("npm-access-token ")).expect("a line of the table");
    let cells: Vec<&str> = table.split_whitespace().collect();
    assert_eq!((cells[1], cells[2], cells[6], cells[7]), ("3", "2", "1", "1"), "{table}");
    let plain = dir.shield(&["scan", "--format", "json"]).expect(1);
    assert_eq!(plain.json()["rule_stats"], serde_json::Value::Null);
    assert!(!plain.stderr.contains("npm-access-token"));
    let help = dir.shield(&["scan", "--help"]).expect(0);
    assert!(help.stdout.contains("--rule-stats"), "{}", help.stdout);
}

#[test]
fn half_of_a_pair_alone_still_knows_the_other_half() {
    let set = RuleSet::builtin();
    let rule = set.get("aws-key-pair").unwrap();
    let sample = Generator::with_seed(&set, 11).expand(rule, rule.matches[0]).unwrap();
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    dir.write("deploy.txt", sample.text);
    let rules = |args: &[&str]| -> Vec<String> {
        let run = dir.shield(&[&["scan", "--format", "json", "deploy.txt"], args].concat()).expect(1);
        run.blocking().iter().map(|b| b.rsplit_once(' ').unwrap().1.to_owned()).collect()
    };
    assert_eq!(rules(&[]), ["aws-key-pair"]);
    assert_eq!(rules(&["--rule", "aws-key-pair"]), ["aws-key-pair"]);
    assert_eq!(rules(&["--rule", "aws-access-key-id", "--block", "low"]), ["aws-access-key-id"]);
    dir.write(".shield-hook.toml", "disable = [\"aws-access-key-id\"]\n");
    assert_eq!(rules(&[]), ["aws-key-pair"]);
    // What runs for the sake of another reports nothing by itself.
    let alone = Generator::with_seed(&set, 12).secret(set.get("aws-access-key-id").unwrap()).unwrap();
    dir.write("deploy.txt", format!("id: {alone}\n"));
    dir.shield(&["scan", "--format", "json", "deploy.txt"]).expect_clean();
}

#[test]
fn every_rule_has_its_page() {
    let sandbox = Sandbox::new();
    let pages = sandbox.path("pages");
    let run = sandbox.shield(&sandbox.home(), &["rules", "docs", pages.to_str().unwrap()]).expect(0);
    assert!(run.stdout.contains("README.md"), "{}", run.stdout);
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let index = read("README.md");
    for rule in RuleSet::builtin().rules() {
        let row = index
            .lines()
            .find(|line| line.contains(&format!("`{}`", rule.id)))
            .unwrap_or_else(|| panic!("{}", rule.id));
        let (_, link) = row.split_once("](").unwrap();
        let (file, heading) = link.split_once(')').unwrap().0.split_once('#').unwrap();
        let page = read(file);
        let (_, own) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("{}", rule.id));
        let own = own.split("\n## ").next().unwrap();
        for part in [rule.title, rule.why, rule.fix, rule.references[0]] {
            assert!(own.contains(part), "{}: {part}", rule.id);
        }
    }
}

#[test]
fn the_index_of_rules_is_fresh() {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md")).unwrap();
    let made = text(&shield_hook(&["rules", "docs"]).stdout);
    assert!(kept == made, "docs/rules.md is out of date: cargo run -- rules docs > docs/rules.md");
}

#[test]
fn a_bad_rule_of_a_users_own_stops_the_scan() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "rules = [\"security/corp.toml\"]\n");
    let long = format!("regex = '(?<secret>corp_{})'", "[a-z]".repeat(10_000));
    for (rule, about) in [
        ("regex = '(?<=x)(?<secret>corp_[a-z]{9})'", "look-behind"),
        ("regex = '(?<secret>.+)'", "need not contain any of the keywords"),
        ("regex = '(?<secret>corp_[a-z]*)|x'", "without its group"),
        ("regex = '(?<secret>corp_[0-9]{4})[\\s\\S]*END'", "the regex is slow"),
        ("regex = '(?<secret>corp_(?:[a-z]{500}){500})'", "too large"),
        (&long, "too large"),
        ("regex = '(?<secret>corp_[a-z]'", "unclosed"),
    ] {
        repo.write("security/corp.toml", format!("[[rule]]\nid = 'corp-token'\nkeywords = ['corp_']\n{rule}\n"));
        for command in [&["scan"][..], &["scan", "--staged"], &["hook", "pre-commit"], &["config", "check"]] {
            let run = repo.shield(command).expect(3);
            let line = if about == "the regex is slow" { 2 } else { 4 };
            assert!(run.stderr.contains(&format!("security/corp.toml:{line}: ")), "{command:?}: {}", run.stderr);
            assert!(run.stderr.contains(about), "{command:?}: {}", run.stderr);
        }
    }
}
