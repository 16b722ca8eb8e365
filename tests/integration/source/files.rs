//! `scan PATH...`, `scan -` and `scan --worktree`: what is not (yet) in git.

use crate::support::{Sandbox, npm_token};

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

const JSON: [&str; 3] = ["scan", "--format", "json"];

#[test]
fn files_outside_git_are_relative_to_the_scanned_directory() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    dir.write("sub/.npmrc", npmrc(&npm_token())).write("sub/clean", "x\n");
    dir.shield(&JSON).expect_blocked(&["sub/.npmrc:1"]);
    sandbox.shield(&sandbox.home(), &["scan", "--format", "json", "../plain"]).expect_blocked(&["sub/.npmrc:1"]);
    dir.shield(&["scan", "--format", "json", "sub/clean"]).expect_clean();
    dir.shield(&["scan", "--format", "json", "sub/.npmrc"]).expect_blocked(&["sub/.npmrc:1"]);
}

#[test]
fn inside_git_paths_are_relative_to_the_root() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a/b/.npmrc", npmrc(&npm_token()));
    sandbox.shield(&repo.path("a"), &JSON).expect_blocked(&["a/b/.npmrc:1"]);
    sandbox.shield(&repo.path("a"), &["scan", "--format", "json", "b/.npmrc"]).expect_blocked(&["a/b/.npmrc:1"]);
}

#[test]
fn gitignore_is_respected_but_not_for_what_git_tracks() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitignore", "*.env\n").write("ignored.env", npmrc(&npm_token()));
    repo.shield(&JSON).expect_clean();
    repo.shield(&["scan", "--no-ignore", "--format", "json"]).expect_blocked(&["ignored.env:1"]);
    repo.shield(&["scan", "--format", "json", "ignored.env"]).expect_blocked(&["ignored.env:1"]);
    repo.git(&["add", "--force", "ignored.env"]);
    repo.shield(&JSON).expect_blocked(&["ignored.env:1"]);
}

#[test]
fn no_file_of_a_search_tool_hides_anything() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".ignore", "*\n").write(".rgignore", "*\n").write("f", npmrc(&npm_token()));
    repo.shield(&JSON).expect_blocked(&["f:1"]);
}

#[test]
fn hidden_files_count_and_git_itself_does_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".hidden/.env", npmrc(&npm_token())).write(".git/config.bak", npmrc(&npm_token()));
    repo.shield(&JSON).expect_blocked(&[".hidden/.env:1"]);
}

#[test]
fn standard_input() {
    let sandbox = Sandbox::new();
    let args = ["scan", "--format", "json", "--stdin-name", "build.log", "-"];
    let input = format!("first\n{}", npmrc(&npm_token()));
    sandbox.shield_with(&sandbox.home(), &args, &[], Some(input.as_bytes())).expect_blocked(&["build.log:2"]);
    // It may end in the middle of a line, and hold anything.
    let cut = npmrc(&npm_token());
    sandbox.shield_with(&sandbox.home(), &args, &[], Some(cut.trim_end().as_bytes())).expect_blocked(&["build.log:1"]);
    sandbox.shield_with(&sandbox.home(), &args, &[], Some(b"\xff\xfe\0\x80 nothing")).expect_clean();
    sandbox.shield_with(&sandbox.home(), &args, &[], Some(b"")).expect_clean();
    sandbox.shield(&sandbox.home(), &["scan", "-", "other"]).expect(3);
}

#[cfg(unix)]
#[test]
fn links_are_read_as_text_unless_they_are_what_was_named() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    dir.write("real/f", npmrc(&npm_token())).link("to-dir", "real").link("to-file", "real/f");
    dir.link("token", npm_token()).link("loop", "loop");
    dir.shield(&["scan", "--format", "json", "to-dir"]).expect(1);
    dir.shield(&["scan", "--format", "json", "to-file"]).expect_blocked(&["to-file:1"]);
    dir.shield(&JSON).expect_blocked(&["real/f:1", "token:1"]);
}

#[test]
fn a_path_that_is_not_there_is_incomplete() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["scan", "no-such-file"]).expect(2);
    assert!(run.stderr.contains("no-such-file"), "{}", run.stderr);
}

#[test]
fn an_object_over_the_limit_is_incomplete_and_says_how_to_allow_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "max-object = \"1 KiB\"\n").write("big", "x\n".repeat(2000)).add();
    let run = repo.scan_staged().expect(2);
    assert_eq!(run.json()["coverage"]["skipped"][0]["path"], "big");
    assert!(run.stderr.contains("max-object"), "{}", run.stderr);
    repo.shield(&JSON).expect(2);
}

#[test]
fn everything_not_yet_committed_in_one_pass() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let old = npmrc(&npm_token());
    repo.write("old", &old).write("unstaged", "one\n").write("gone", npmrc(&npm_token()));
    repo.write(".gitignore", "ignored\n").commit("first");
    let args = ["scan", "--worktree", "--format", "json"];
    repo.shield(&args).expect_clean();
    repo.write("staged", npmrc(&npm_token())).add();
    repo.write("unstaged", format!("one\n{}", npmrc(&npm_token())));
    repo.write("old", format!("{old}one more line\n"));
    repo.write("untracked/f", npmrc(&npm_token())).write("ignored", npmrc(&npm_token()));
    std::fs::remove_file(repo.path("gone")).unwrap();
    let run = sandbox.shield(&repo.path("untracked"), &args);
    run.expect_blocked(&["staged:1", "unstaged:2", "untracked/f:1"]);
    // Staged and then changed again: both versions are read.
    repo.write("staged", npmrc(&npm_token()));
    let run = repo.shield(&args).expect(1);
    assert_eq!(run.blocking().iter().filter(|b| b.starts_with("staged:1 ")).count(), 2, "{}", run.stdout);
}

#[test]
fn names_from_a_hook_manager_are_read_even_when_nothing_is_staged() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).write("g", "g\n").commit("old");
    repo.shield(&["hook", "pre-commit", "--format", "json"]).expect_clean();
    repo.shield(&["hook", "pre-commit", "--format", "json", "f", "g"]).expect_blocked(&["f:1"]);
    // A name that is staged counts as the commit has it.
    repo.write("f", format!("{}more\n", std::fs::read_to_string(repo.path("f")).unwrap())).add();
    repo.shield(&["hook", "pre-commit", "--format", "json", "f"]).expect_clean();
}

#[test]
fn lfs_pointers_are_listed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "0".repeat(64));
    repo.write("big.bin", pointer).add();
    let run = repo.scan_staged().expect(2);
    assert_eq!(run.json()["coverage"]["skipped"][0]["what"], "lfs-pointer", "{}", run.stdout);
    // A checkout without Git LFS has nothing else to read.
    let run = repo.shield(&JSON).expect_clean();
    assert_eq!(run.json()["coverage"]["skipped"][0]["what"], "lfs-pointer", "{}", run.stdout);
}

#[test]
fn long_lines_and_large_files() {
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    let line = "var a=1;".repeat(250_000);
    dir.write("bundle.js", format!("{line}{}", npmrc(&npm_token())));
    let many: String = (0..400_000).map(|n| format!("{n}: nothing to see on this line, move on\n")).collect();
    dir.write("large.log", format!("{many}{}{many}", npmrc(&npm_token())));
    let run = dir.shield(&JSON).expect_blocked(&["bundle.js:1", "large.log:400001"]);
    assert_eq!(run.json()["findings"][0]["column"], line.len() + 1 + "//registry.example/:_authToken=".len());
}

#[test]
fn what_is_packed_too_tightly_is_said_to_be_unread() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let plain = vec![b' '; 40 << 20];
    let mut packed = vec![0; 1 << 20];
    let config = zlib_rs::DeflateConfig { window_bits: 31, ..Default::default() };
    let (packed, _) = zlib_rs::compress_slice(&mut packed, &plain, config);
    repo.write("bomb.txt", format!("data: {}\n", data_encoding::BASE64.encode(packed)));
    let json = repo.shield(&["scan", "--format", "json"]).expect(2).json();
    let skipped = json["coverage"]["skipped"].as_array().expect("skipped");
    let rows: Vec<_> = skipped.iter().map(|s| (s["what"].as_str(), s["path"].as_str())).collect();
    assert_eq!(rows, [(Some("encoding"), Some("bomb.txt"))]);
}

#[test]
fn what_is_harmless_uses_up_no_budget() {
    let sandbox = Sandbox::new();
    let token = npm_token();
    let (head, tail) = token.split_at(12);
    let packed = |lines: usize| {
        let text: String = (0..lines).map(|n| format!("{n} some line of a chart {}\n", n * 7)).collect();
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, format!("{text}token={token}\n").as_bytes()).expect("memory");
        data_encoding::BASE64.encode(&packer.finish().expect("memory"))
    };
    let twice = data_encoding::BASE64.encode(packed(70_000).as_bytes());
    let cases = [
        (
            "literals",
            format!("{}t = \"{head}\" + \"{tail}\"\n", "a = \"xxxx\" + \"yyy\" + 'zzz' + \"b\"\n".repeat(40_000)),
        ),
        ("escapes", format!("{}t = \"\\u006epm{}\"\n", "a = \"\\u0041\\x42 \\u00e4\"\n".repeat(40_000), &token[3..])),
        (
            "base64",
            format!("{}{}\n", "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBsaW5lIG9mIHRleHQ=\n,\n".repeat(20_000), {
                data_encoding::BASE64.encode(format!("token = {token}").as_bytes())
            }),
        ),
        ("chart", format!("release: {twice}\n")),
        ("many charts", format!("a: {0}\nb: {0}\nc: {0}\nd: {1}\n", packed(40_000).replace(&token, ""), twice)),
    ];
    for (name, text) in cases {
        let dir = sandbox.at(sandbox.path(name));
        dir.write("file.yaml", text);
        let run = dir.shield(&JSON).expect(1);
        assert_eq!(run.json()["complete"], true, "{name}: {}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn what_is_skipped_is_named_as_findings_are() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("sub/f", "f\n");
    let _socket = std::os::unix::net::UnixListener::bind(repo.path("sub/socket")).expect("a socket");
    for args in [&["scan"][..], &["scan", "sub"], &["scan", "./sub/../sub/"], &["scan", "--worktree"]] {
        let run = repo.shield(&[args, &["--format", "json"]].concat()).expect_clean();
        assert_eq!(run.json()["coverage"]["skipped"][0]["path"], "sub/socket", "{args:?}");
    }
    let run = repo.shield(&["scan", "./sub//gone", "--format", "json"]).expect(2);
    assert_eq!(run.json()["coverage"]["skipped"][0]["path"], "sub/gone");
}
