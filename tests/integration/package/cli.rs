//! `check`, `audit` and `advisories` as people and CI call them.

use crate::support::Sandbox;

/// A hijacked version with its incident, as the data has it.
const BAD: (&str, &str, &str) = ("axios", "1.14.1", "axios-2026-03");

fn lock(version: &str) -> String {
    format!(
        "{{\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n    \"\": {{\"name\": \"x\"}},\n    \"node_modules/axios\": {{\n      \"version\": \"{version}\"\n    }}\n  }}\n}}\n"
    )
}

#[test]
fn a_known_bad_version_blocks_with_its_incident() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["check", "axios@1.14.1", "--format", "json"]).expect(1);
    let json = run.json();
    assert_eq!((&json["result"], &json["complete"]), (&"blocked".into(), &true.into()));
    let packages = json["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 1, "{}", run.stdout);
    let package = &packages[0];
    assert_eq!(package["ecosystem"], "npm");
    assert_eq!((&package["name"], &package["version"]), (&BAD.0.into(), &BAD.1.into()));
    assert_eq!((&package["verdict"], &package["incident"]), (&"block".into(), &BAD.2.into()));
    assert!(package["source"].as_str().unwrap().len() > 2);
    let digests = run.stderr.lines().filter(|l| l.starts_with("shield-hook: blocked")).count();
    assert_eq!(digests, 1, "{}", run.stderr);
}

#[test]
fn what_is_not_in_the_data_is_unknown_and_never_safe() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["check", "axios@1.14.0"]).expect(0);
    assert!(run.stdout.contains("not in the data of 20"), "{}", run.stdout);
    assert!(!format!("{}{}", run.stdout, run.stderr).to_lowercase().contains("safe"));
    let json = sandbox.shield(&sandbox.home(), &["check", "axios@1.14.0", "--format", "json"]).expect(0).json();
    assert_eq!(json["packages"].as_array().unwrap().len(), 0);
    let all = sandbox.shield(&sandbox.home(), &["check", "axios@1.14.0", "--format", "json", "--all"]).expect(0).json();
    assert!(all["packages"].as_array().unwrap().iter().all(|p| p["verdict"] == "unknown"));
    assert_eq!(all["packages"].as_array().unwrap().len(), 2, "npm and pypi");
}

#[test]
fn names_are_read_in_every_way_people_write_them() {
    let sandbox = Sandbox::new();
    for (args, code) in [
        (&["check", "Elementary_Data==0.23.3"][..], 1),
        (&["check", "elementary.data@0.23.3", "--ecosystem", "pypi"], 1),
        (&["check", "elementary-data@0.23.3", "--ecosystem", "npm"], 0),
        (&["check", "@ctrl/tinycolor@4.1.1"], 1),
        (&["check", "npm:axios@v1.14.1"], 1),
        (&["check", "pypi:axios@1.14.1"], 0),
        (&["check", "left-pad@1.0.0", "axios@1.14.1"], 1),
        (&["check", "axios"], 0),
        (&["check", "axios@^1.0.0"], 3),
        (&["check", "axios@latest"], 3),
        (&["check", "elementary-data[dev,x]==0.23.3"], 1),
        (&["check", "elementary-data [dev] == 0.23.3"], 1),
        (&["check", "elementary-data~=0.23.0"], 3),
        (&["check", "elementary-data>=0.23"], 3),
        (&["check", "elementary-data<1,==0.23.3"], 3),
        (&["check", "elementary-data!=0.23.2"], 3),
        (&["check", "axios@"], 3),
        (&["check", "@ctrl"], 3),
        (&["check", "@ctrl/"], 3),
        (&["check", "@ctrl/tinycolor@4.1.1@"], 3),
        (&["check", "axios@1.14.1@1.14.0"], 3),
        (&["check", "package-locks.json"], 3),
        (&["check", "npm:some.json@1.0.0"], 0),
        (&["check", "github-actions:tj-actions/changed-files@v44"], 0),
        (&["check"], 3),
        (&["check", "axios@1.0.0", "--ecosystem", "cobol"], 3),
        (&["check", "cargo:arrayref@0.3.10"], 3),
        (&["check", "crates:arrayref@0.3.10"], 1),
        (&["check", "pip:elementary-data==0.23.3"], 3),
        (&["check", ":axios@1.14.1"], 3),
        (&["check", "axios:1.14.1"], 3),
    ] {
        let run = sandbox.shield(&sandbox.home(), args);
        assert_eq!(run.code, code, "{args:?}\n{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn standard_input_is_a_list_of_packages_or_a_file_of_a_named_format() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for (args, input, code) in [
        (&["check", "-"][..], "left-pad@1.0.0\n\n# a comment\npypi:elementary-data==0.23.3\n", 1),
        (&["check", "-"], "left-pad@1.0.0\n", 0),
        (&["check", "-"], "", 0),
        (&["check", "-"], &lock("1.14.1"), 3),
        (&["check", "--as", "package-lock.json", "-"], &lock("1.14.1"), 1),
        (&["check", "--as", "package-lock.json", "-"], &lock("1.14.0"), 0),
        (&["check", "--as", "package-lock.json", "-"], "{", 2),
        (&["check", "--as", "requirements.txt", "-"], "-r more.txt\n", 2),
        (&["check", "--ecosystem", "npm", "-"], "axios@1.14.1\n", 1),
    ] {
        let run = repo.shield_with(args, &[], Some(input.as_bytes()));
        assert_eq!(run.code, code, "{args:?} {input}\n{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn lockfiles_are_read_with_what_they_include() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock("1.14.1"));
    let json = repo.shield(&["check", "package-lock.json", "--format", "json"]).expect(1).json();
    let package = &json["packages"][0];
    assert_eq!((&package["path"], &package["line"]), (&"package-lock.json".into(), &5.into()));
    repo.write("package-lock.json", lock("1.14.0"));
    repo.shield(&["check", "package-lock.json"]).expect(0);
    repo.write("requirements.txt", "-r deps/more.txt\n").write("deps/more.txt", "elementary-data==0.23.3\n");
    let json = repo.shield(&["check", "requirements.txt", "--format", "json"]).expect(1).json();
    assert_eq!(json["packages"][0]["path"], "deps/more.txt");
    repo.write("requirements.txt", "-r missing.txt\n");
    repo.shield(&["check", "requirements.txt"]).expect(2);
    repo.write("odd.name", lock("1.14.1"));
    repo.shield(&["check", "./odd.name"]).expect(3);
    repo.shield(&["check", "--as", "package-lock.json", "./odd.name"]).expect(1);
}

#[test]
fn an_unreadable_lockfile_is_incomplete_and_listed_with_its_line() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", "{\n  \"lockfileVersion\": 3,\n");
    let run = repo.shield(&["check", "package-lock.json", "--format", "json"]).expect(2);
    let json = run.json();
    assert_eq!((&json["result"], &json["complete"]), (&"incomplete".into(), &false.into()));
    let skipped = &json["coverage"]["skipped"][0];
    assert_eq!(skipped["path"], "package-lock.json");
    assert!(skipped["reason"].as_str().unwrap().starts_with("line "), "{skipped}");
    // Something bad elsewhere is said all the same.
    repo.write("yarn.lock", "axios@1:\n  version \"1.14.1\"\n");
    let json = repo.shield(&["check", "package-lock.json", "yarn.lock", "--format", "json"]).expect(1).json();
    assert_eq!((&json["result"], &json["complete"]), (&"blocked".into(), &false.into()));
    repo.shield(&["check", "gone/package-lock.json"]).expect(2);
}

#[test]
fn audit_finds_what_is_installed_wherever_it_lies() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let installed = |name: &str, version: &str| format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}");
    repo.write(".gitignore", "node_modules\n.venv\n")
        .write("node_modules/ms/package.json", installed("ms", "2.1.0"))
        .write("node_modules/ms/lib/package.json", installed("axios", "1.14.1"))
        .write("node_modules/ms/yarn.lock", "axios@1:\n  version \"1.14.1\"\n")
        .write(
            ".venv/lib/python3.12/site-packages/elementary_data-0.23.2.dist-info/METADATA",
            "Name: elementary-data\nVersion: 0.23.2\n\nText\n",
        );
    repo.shield(&["audit"]).expect(0);
    repo.write("node_modules/ms/node_modules/axios/package.json", installed("axios", "1.14.1"))
        .write(
            "node_modules/.pnpm/a@1/node_modules/@ctrl/tinycolor/package.json",
            installed("@ctrl/tinycolor", "4.1.1"),
        )
        .write(
            ".venv/lib/python3.12/site-packages/elementary_data-0.23.3.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: elementary-data\nVersion: 0.23.3\n\nVersion: 1\n",
        )
        .write("lib/python3/dist-packages/elementary_data-0.23.3.egg-info", "Name: elementary-data\nVersion: 0.23.3\n")
        .write("sub/yarn.lock", "axios@1:\n  version \"1.14.1\"\n");
    let run = repo.shield(&["audit", "--format", "json"]).expect(1);
    let json = run.json();
    let mut found: Vec<String> = json["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            format!(
                "{} {} {}",
                p["name"].as_str().unwrap(),
                p["version"].as_str().unwrap(),
                p["path"].as_str().unwrap()
            )
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "@ctrl/tinycolor 4.1.1 node_modules/.pnpm/a@1/node_modules/@ctrl/tinycolor/package.json",
            "axios 1.14.1 node_modules/ms/node_modules/axios/package.json",
            "axios 1.14.1 sub/yarn.lock",
            "elementary-data 0.23.3 .venv/lib/python3.12/site-packages/elementary_data-0.23.3.dist-info/METADATA",
            "elementary-data 0.23.3 lib/python3/dist-packages/elementary_data-0.23.3.egg-info",
        ]
    );
    repo.shield(&["audit", "nowhere"]).expect(2);
    repo.write("node_modules/torn/package.json", "{");
    let json = repo.shield(&["audit", "node_modules", "--format", "json"]).expect(1).json();
    assert_eq!(json["complete"], false);
}

#[test]
fn audit_of_the_global_folders() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    home.write(
        ".nvm/versions/node/v20/lib/node_modules/axios/package.json",
        "{\"name\": \"axios\", \"version\": \"1.14.1\"}",
    )
    .write(
        ".local/share/pipx/venvs/x/lib/python3.12/site-packages/elementary_data-0.23.3.dist-info/METADATA",
        "Name: elementary-data\nVersion: 0.23.3\n\n",
    );
    let json = home.shield(&["audit", "--global", "--format", "json"]).expect(1).json();
    let names: Vec<&str> = json["packages"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"axios") && names.contains(&"elementary-data"), "{names:?}");
}

#[test]
fn advisories_are_listed_and_shown() {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    let shown = sandbox.shield(&home, &["advisories", "show", "axios", "--format", "json"]).expect(0);
    let rows: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(rows.as_array().unwrap().iter().any(|r| r["versions"] == BAD.1 && r["incident"] == BAD.2));
    sandbox.shield(&home, &["advisories", "show", "no-such-thing-anywhere"]).expect(3);
    let listed = sandbox.shield(&home, &["advisories", "list", "--incident", BAD.2]).expect(0);
    assert!(
        listed.stdout.lines().count() >= 3 && listed.stdout.lines().all(|l| l.contains(BAD.2)),
        "{}",
        listed.stdout
    );
}

#[test]
fn new_advisories_are_taken_up_or_nothing_changes() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let osv = |name: &str| {
        format!(
            r#"{{"id": "MAL-2031-77", "modified": "2031-02-03T00:00:00Z", "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}}, "versions": ["1.2.3"], "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "2.0.0"}}, {{"fixed": "2.5.0"}}]}}]}}]}}"#
        )
    };
    home.write("osv/a/one.json", osv("brand-new-attack")).write("osv/two.json", osv("another-new-attack"));
    home.shield(&["check", "brand-new-attack@1.2.3"]).expect(0);
    home.shield(&["advisories", "update", "osv"]).expect(0);
    for (what, code) in [
        ("brand-new-attack@1.2.3", 1),
        ("another-new-attack@2.4.9", 1),
        ("brand-new-attack@2.5.0", 0),
        ("brand-new-attack@1.2.4", 0),
        // The binary's own data is still there.
        ("axios@1.14.1", 1),
    ] {
        let run = home.shield(&["check", what]).expect(code);
        // Two records are no whole feed.
        assert!(!run.stderr.contains("2031-02-03"), "{}", run.stderr);
    }
    // One torn record, and the data stays as it was.
    home.write("bad/a.json", osv("third-attack")).write("bad/b.json", "{\"id\": \"MAL-1\"");
    let run = home.shield(&["advisories", "update", "bad"]).expect(2);
    assert!(run.stderr.contains("b.json") && run.stderr.contains("has not been changed"), "{}", run.stderr);
    home.shield(&["check", "third-attack@1.2.3"]).expect(0);
    home.shield(&["check", "brand-new-attack@1.2.3"]).expect(1);
    home.write("empty/a.json", "{\"id\": \"GHSA-1\"}");
    home.shield(&["advisories", "update", "empty"]).expect(2);
    home.shield(&["advisories", "update", "nowhere"]).expect(2);
    // A table of this project's own form.
    home.write("t.tsv", "ecosystem\tname\tversion\tincident\tsource\tkind\nnpm\tfrom-a-table\t*\tsome-incident-2031-05\tme\tmalicious\n");
    home.shield(&["advisories", "update", "t.tsv"]).expect(0);
    home.shield(&["check", "from-a-table@0.0.1"]).expect(1);
    // Damaged data is an error, not less data.
    let data = home.path(".local/share/shield-hook/advisories.idx");
    let mut bytes = std::fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&data, bytes).unwrap();
    let run = home.shield(&["check", "left-pad@1.0.0"]).expect(2);
    assert!(run.stderr.contains("advisories update"), "{}", run.stderr);
}

#[test]
fn a_run_leaves_one_record_and_touches_nothing_else() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock("1.14.1")).commit("first");
    repo.shield(&["check", "package-lock.json"]).expect(1);
    repo.shield(&["audit"]).expect(1);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(!repo.path(".git/shield-hook").exists());
    let journal = std::fs::read_to_string(sandbox.home().join(".local/state/shield-hook/journal.jsonl")).unwrap();
    let records: Vec<serde_json::Value> = journal.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let commands: Vec<&str> = records.iter().map(|r| r["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["check", "audit"]);
    assert!(records.iter().all(|r| r["exit"] == 1 && r["data"].as_str().unwrap().starts_with("20")));
}
