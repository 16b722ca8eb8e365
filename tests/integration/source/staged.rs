//! `scan --staged`: what `git commit` would record, in every state an index can be in.

use crate::support::{Sandbox, npm_token};

#[test]
fn a_planted_token_blocks_and_a_clean_change_does_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("README.md", "# A project\n").add();
    repo.scan_staged().expect_clean();
    let token = npm_token();
    repo.write(".npmrc", format!("color=true\n//registry.example/:_authToken={token}\n")).add();
    let run = repo.scan_staged().expect_blocked(&[".npmrc:2"]);
    assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token), "the token is never printed");
}

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

#[test]
fn commit_all_and_commit_path_are_read_from_the_index_that_git_names() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a.txt", "one\n").write("b.txt", "two\n").commit("first");
    repo.write(
        ".git/hooks/pre-commit",
        format!("#!/bin/sh\nexec '{}' scan --staged\n", crate::support::binary().display()),
    );
    make_executable(&repo.path(".git/hooks/pre-commit"));
    repo.write("a.txt", npmrc(&npm_token()));
    for args in
        [&["commit", "-a", "-m", "x"][..], &["commit", "-m", "x", "--", "a.txt"], &["commit", "-i", "-m", "x", "a.txt"]]
    {
        let run = repo.try_git(args);
        assert_ne!(run.code, 0, "{args:?} must be blocked: {}", run.stderr);
        assert!(run.stderr.contains("blocked") || run.stdout.contains("npm-access-token"), "{args:?}: {}", run.stderr);
        repo.git(&["reset", "--quiet"]);
    }
    // Only what is committed counts: the secret stays in the work tree.
    repo.write("b.txt", "three\n");
    repo.git(&["commit", "--quiet", "-m", "b alone", "--", "b.txt"]);
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("mode bits");
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) {}

#[test]
fn the_index_counts_not_the_work_tree() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).add();
    repo.write("f", "clean now\n");
    repo.scan_staged().expect_blocked(&["f:1"]);
    repo.add();
    repo.write("f", npmrc(&npm_token()));
    repo.scan_staged().expect_clean();
}

#[test]
fn amend_compares_with_head() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).commit("holds a secret");
    repo.write("g", "clean\n").add();
    repo.scan_staged().expect_clean();
    repo.write("g", npmrc(&npm_token())).add();
    repo.scan_staged().expect_blocked(&["g:1"]);
}

#[test]
fn a_linked_worktree_has_its_own_index() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "one\n").commit("first");
    let linked_path = sandbox.path("linked");
    repo.git(&["worktree", "add", "-q", linked_path.to_str().unwrap()]);
    let linked = sandbox.at(&linked_path);
    linked.write("f", npmrc(&npm_token())).add();
    linked.scan_staged().expect_blocked(&["f:1"]);
    repo.scan_staged().expect_clean();
}

#[test]
fn a_subdirectory_sees_the_whole_repository() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("above", npmrc(&npm_token())).write("deep/er/f", npmrc(&npm_token())).write("deep/er/x/g", "g\n").add();
    sandbox
        .shield(&repo.path("deep/er/x"), &["scan", "--staged", "--format", "json"])
        .expect_blocked(&["above:1", "deep/er/f:1"]);
}

#[test]
fn git_dir_and_work_tree_from_the_environment() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).add();
    let git_dir = repo.path(".git");
    let env = [("GIT_DIR", git_dir.to_str().unwrap()), ("GIT_WORK_TREE", repo.dir().to_str().unwrap())];
    let args = ["scan", "--staged", "--format", "json"];
    sandbox.shield_with(&sandbox.home(), &args, &env, None).expect_blocked(&["f:1"]);
}

#[test]
fn a_relative_index_file_is_read_from_where_git_reads_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("sub/f", "one\n").commit("first");
    repo.write("sub/f", npmrc(&npm_token()));
    repo.git(&["read-tree", "--index-output=.git/other", "HEAD"]);
    let other = [("GIT_INDEX_FILE", ".git/other")];
    assert_eq!(repo.try_git_with(&["add", "sub/f"], &other, None).code, 0);
    let args = ["scan", "--staged", "--format", "json"];
    for dir in [repo.dir().to_owned(), repo.path("sub")] {
        sandbox.shield_with(&dir, &args, &other, None).expect_blocked(&["sub/f:1"]);
    }
    let from_git_dir = [("GIT_INDEX_FILE", "other")];
    sandbox.shield_with(&repo.path(".git"), &args, &from_git_dir, None).expect_blocked(&["sub/f:1"]);
    let alone = [("GIT_DIR", "../.git"), ("GIT_INDEX_FILE", "../.git/other")];
    sandbox.shield_with(&repo.path("sub"), &args, &alone, None).expect_blocked(&["sub/f:1"]);
}

#[test]
fn no_commit_yet_and_nobody_to_commit_as() {
    let sandbox = Sandbox::new();
    sandbox.write_git_config("");
    let repo = sandbox.repo("repo");
    repo.scan_staged().expect_clean();
    repo.write("f", npmrc(&npm_token())).write("g", "g\n").add();
    repo.scan_staged().expect_blocked(&["f:1"]);
}

#[test]
fn sha256_and_reftable_repositories() {
    let sandbox = Sandbox::new();
    for (name, options) in [
        ("sha256", &["--object-format=sha256"][..]),
        ("reftable", &["--ref-format=reftable"]),
        ("both", &["--object-format=sha256", "--ref-format=reftable"]),
    ] {
        let repo = sandbox.repo_with(name, options);
        repo.write("old", npmrc(&npm_token())).add();
        repo.scan_staged().expect_blocked(&["old:1"]);
        repo.commit("first");
        repo.scan_staged().expect_clean();
        repo.write("new", npmrc(&npm_token())).write("old", "gone\n").add();
        repo.scan_staged().expect_blocked(&["new:1"]);
    }
}

#[test]
fn every_form_of_index() {
    let sandbox = Sandbox::new();
    for (name, setup) in [
        ("v4", &["update-index", "--index-version=4"][..]),
        ("v3", &["update-index", "--index-version=3"]),
        ("split", &["update-index", "--split-index"]),
        ("untracked-cache", &["update-index", "--untracked-cache"]),
    ] {
        let repo = sandbox.repo(name);
        for n in 0..40 {
            repo.write(format!("dir{}/file{n}", n % 4), format!("{n}\n"));
        }
        repo.write("old", npmrc(&npm_token())).commit("first");
        repo.git(setup);
        repo.scan_staged().expect_clean();
        repo.write("dir2/file2", npmrc(&npm_token())).write("dir9/new", npmrc(&npm_token())).add();
        repo.scan_staged().expect_blocked(&["dir2/file2:1", "dir9/new:1"]);
    }
}

#[test]
fn a_split_index_whose_shared_part_is_gone_is_incomplete() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "one\n").commit("first");
    repo.git(&["update-index", "--split-index"]);
    for entry in std::fs::read_dir(repo.path(".git")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("sharedindex.") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let run = repo.scan_staged().expect(2);
    assert!(run.stderr.contains("index"), "{}", run.stderr);
}

#[test]
fn a_sparse_index_with_a_staged_change_outside_the_cone() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("in/f", "in\n").write("out/g", "out\n").write("out/sub/h", "h\n").commit("first");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.write("out/sub/h", npmrc(&npm_token())).commit("changes what the cone leaves out");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    repo.scan_staged().expect_clean();
    repo.write("in/f", npmrc(&npm_token()));
    repo.git(&["add", "in/f"]);
    repo.scan_staged().expect_blocked(&["in/f:1"]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["read-tree", "-m", "HEAD", "other"]);
    let listed = repo.git(&["ls-files", "--sparse", "--stage"]);
    assert!(listed.contains("out/"), "{listed}");
    repo.scan_staged().expect_blocked(&["out/sub/h:1"]);
}

#[test]
fn intent_to_add_is_not_yet_content() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token()));
    repo.git(&["add", "--intent-to-add", "f"]);
    repo.scan_staged().expect_clean();
    repo.add();
    repo.scan_staged().expect_blocked(&["f:1"]);
}

#[test]
fn unmerged_entries_are_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "base\n").commit("base");
    repo.git(&["checkout", "-q", "-b", "theirs"]);
    repo.write("f", npmrc(&npm_token())).commit("theirs");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("f", "ours\n").commit("ours");
    assert_ne!(repo.try_git(&["merge", "theirs"]).code, 0, "a conflict");
    repo.scan_staged().expect_blocked(&["f:1"]);
}

#[test]
fn a_pull_never_blames_what_upstream_published() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.write("f", "base\n").commit("base");
    repo.git(&["push", "-q", "--set-upstream", "origin", "main"]);
    let other_path = sandbox.path("other");
    repo.git(&["clone", "-q", remote.to_str().unwrap(), other_path.to_str().unwrap()]);
    let other = sandbox.at(&other_path);
    other.write("leaked", npmrc(&npm_token())).commit("upstream leaks");
    other.git(&["push", "-q"]);
    repo.write("g", "ours\n").commit("ours");
    repo.git(&["fetch", "-q"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "origin/main"]);
    repo.scan_staged().expect_clean();
    // What the merge itself adds is still blamed.
    repo.write("h", npmrc(&npm_token())).add();
    repo.scan_staged().expect_blocked(&["h:1"]);
}

#[test]
fn merging_an_unpublished_branch_with_a_secret_is_stopped() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "base\n").commit("base");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("leaked", npmrc(&npm_token())).commit("topic leaks");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("g", "ours\n").commit("ours");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "topic"]);
    repo.scan_staged().expect_blocked(&["leaked:1"]);
}

#[test]
fn pre_merge_commit_knows_the_merged_parent_from_the_environment() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.write("f", "base\n").commit("base");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("leaked", npmrc(&npm_token())).commit("topic leaks");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("g", "ours\n").commit("ours");
    let hook = format!("#!/bin/sh\nexec '{}' hook pre-merge-commit\n", crate::support::binary().display());
    repo.write(".git/hooks/pre-merge-commit", hook);
    make_executable(&repo.path(".git/hooks/pre-merge-commit"));
    let run = repo.try_git(&["merge", "--no-ff", "-m", "merge", "topic"]);
    assert_ne!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("blocked"), "{}", run.stderr);
    repo.git(&["merge", "--abort"]);
    repo.git(&["push", "-q", "origin", "topic"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
}

#[test]
fn paths_with_spaces_newlines_and_bytes_that_are_not_utf8() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("with space", npmrc(&npm_token())).write("new\nline", npmrc(&npm_token()));
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        repo.write(std::ffi::OsStr::from_bytes(b"latin-\xe9"), npmrc(&npm_token()));
    }
    repo.add();
    let run = repo.scan_staged().expect(1);
    assert_eq!(run.blocking().len(), if cfg!(target_os = "linux") { 3 } else { 2 }, "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn symlinks_their_targets_and_type_changes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.link("link", npm_token()).add();
    repo.scan_staged().expect_blocked(&["link:1"]);
    repo.git(&["reset", "-q"]);
    std::fs::remove_file(repo.path("link")).unwrap();
    repo.write("target", "t\n").link("link", "target").commit("a link");
    std::fs::remove_file(repo.path("link")).unwrap();
    repo.write("link", npmrc(&npm_token())).add();
    repo.scan_staged().expect_blocked(&["link:1"]);
    repo.commit("a file");
    std::fs::remove_file(repo.path("link")).unwrap();
    repo.link("link", "target").add();
    repo.scan_staged().expect_clean();
}

#[test]
fn gitlinks_are_listed_and_leave_the_exit_alone() {
    let sandbox = Sandbox::new();
    let inner = sandbox.repo("inner");
    inner.write("f", "f\n").commit("inner");
    let repo = sandbox.repo("repo");
    repo.git(&["submodule", "--quiet", "add", inner.dir().to_str().unwrap(), "sub"]);
    let run = repo.scan_staged().expect_clean();
    let skipped = &run.json()["coverage"]["skipped"];
    assert_eq!(skipped[0]["what"], "gitlink", "{skipped}");
    assert_eq!(skipped[0]["path"], "sub", "{skipped}");
}

#[test]
fn what_was_there_before_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let lines: String = (0..30).map(|n| format!("line {n}\n")).collect();
    repo.write("f", format!("{lines}{}", npmrc(&npm_token())))
        .write("script", npmrc(&npm_token()))
        .commit("old secrets");
    // A change elsewhere in the file.
    repo.write("f", format!("new first line\n{}", std::fs::read_to_string(repo.path("f")).unwrap())).add();
    let run = repo.scan_staged().expect_clean();
    assert_eq!(run.json()["findings"][0]["verdict"], "old", "{}", run.stdout);
    // A mode change.
    make_executable(&repo.path("script"));
    repo.add();
    repo.scan_staged().expect_clean();
    repo.commit("mode");
    // A pure rename, and a rename with a change.
    repo.git(&["mv", "script", "moved"]);
    repo.scan_staged().expect_clean();
    repo.git(&["mv", "f", "sub-f"]);
    repo.write("sub-f", format!("{}one more\n", std::fs::read_to_string(repo.path("sub-f")).unwrap())).add();
    repo.scan_staged().expect_clean();
    // The rename brings a secret of its own.
    repo.write("sub-f", format!("{}{}", std::fs::read_to_string(repo.path("sub-f")).unwrap(), npmrc(&npm_token())))
        .add();
    repo.scan_staged().expect_blocked(&["sub-f:34"]);
    repo.commit("renames");
    // A directory moved as a whole.
    std::fs::create_dir(repo.path("d")).unwrap();
    repo.git(&["mv", "moved", "d/moved"]);
    repo.commit("into a directory");
    repo.git(&["mv", "d", "e"]);
    repo.scan_staged().expect_clean();
    // A removal.
    repo.git(&["rm", "-q", "-r", "--force", "e"]);
    repo.scan_staged().expect_clean();
}

#[test]
fn a_line_moved_within_its_file_is_not_new() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    let (a, b): (String, String) =
        ((0..9).map(|n| format!("a{n}\n")).collect(), (0..9).map(|n| format!("b{n}\n")).collect());
    repo.write("f", format!("{secret}{a}{b}")).commit("first");
    repo.write("f", format!("{a}{b}{secret}")).add();
    repo.scan_staged().expect_clean();
}

#[test]
fn a_changed_value_below_an_unchanged_keyword_is_new() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", format!("token:\n  {}\n", npm_token())).commit("first");
    repo.write("f", format!("token:\n  {}\n", npm_token())).add();
    repo.scan_staged().expect_blocked(&["f:2"]);
}

#[test]
fn attributes_and_configuration_hide_nothing() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitattributes", "*.env binary\nhidden -diff\n*.txt diff=conv filter=f\n");
    for (key, value) in [
        ("diff.conv.textconv", "true"),
        ("diff.external", "true"),
        ("color.ui", "always"),
        ("core.fsmonitor", "touch executed; false"),
        ("core.pager", "touch executed"),
    ] {
        repo.git(&["config", key, value]);
    }
    repo.write("a.env", npmrc(&npm_token()))
        .write("hidden", npmrc(&npm_token()))
        .write("c.txt", npmrc(&npm_token()))
        .write("nul.env", format!("a\0b\n{}", npmrc(&npm_token())))
        .write("crlf", format!("a\r\n{}\r\n", npmrc(&npm_token()).trim_end()));
    repo.git(&["-c", "core.fsmonitor=false", "add", "--all"]);
    repo.scan_staged().expect_blocked(&["a.env:1", "c.txt:1", "crlf:2", "hidden:1", "nul.env:2"]);
    assert!(!repo.path("executed").exists(), "nothing the repository names is run");
}

#[test]
fn a_secret_in_a_path_name() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let token = npm_token();
    repo.write(format!("backup-{token}.txt"), "x\n").add();
    let run = repo.scan_staged().expect(1);
    assert_eq!(run.blocking().len(), 1, "{}", run.stdout);
    assert!(!run.stdout.contains(&token), "not even as a path: {}", run.stdout);
    assert!(!run.stderr.contains(&token), "not even as a path: {}", run.stderr);
}

#[test]
fn the_same_content_is_judged_at_every_path() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(
        ".shield-hook.toml",
        "[[allow]]\npath = \"docs/**\"\nrule = \"npm-access-token\"\nreason = \"a sample\"\n",
    );
    let leak = npmrc(&npm_token());
    for path in ["a.txt", "docs/a.txt", "z/a.txt"] {
        repo.write(path, &leak);
    }
    repo.add().scan_staged().expect_blocked(&["a.txt:1", "z/a.txt:1"]);
    repo.commit("leaks");
    let run = repo.shield(&["scan", "--history", "--format", "json"]).expect(1);
    assert!(!run.blocking().is_empty());
    // One whose first path is harmless.
    let leak = npmrc(&npm_token());
    repo.write("docs/b.txt", &leak).write("src/b.txt", &leak).add().scan_staged().expect_blocked(&["src/b.txt:1"]);
}

#[test]
fn damage_is_incomplete_never_clean() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "some content\n").add();
    let id = repo.git(&["rev-parse", ":f"]);
    let object = repo.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    std::fs::remove_file(&object).unwrap();
    let run = repo.scan_staged().expect(2);
    assert_eq!(run.json()["result"], "incomplete");
    assert_eq!(run.json()["coverage"]["skipped"][0]["path"], "f");
    std::fs::write(&object, b"garbage").unwrap();
    repo.scan_staged().expect(2);
    // A truncated index.
    let index = std::fs::read(repo.path(".git/index")).unwrap();
    std::fs::write(repo.path(".git/index"), &index[..index.len() / 2]).unwrap();
    let run = repo.scan_staged().expect(2);
    assert!(run.stderr.contains("index"), "{}", run.stderr);
    // No repository at all.
    let run = sandbox.shield(&sandbox.home(), &["scan", "--staged"]).expect(2);
    assert!(run.stderr.contains("repository"), "{}", run.stderr);
}

#[test]
fn damage_beside_a_secret_still_blocks_and_says_both() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("gone", "some content\n").write("leak", npmrc(&npm_token())).add();
    let id = repo.git(&["rev-parse", ":gone"]);
    std::fs::remove_file(repo.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
    let json = repo.scan_staged().expect_blocked(&["leak:1"]).json();
    assert_eq!((&json["result"], &json["complete"]), (&"blocked".into(), &false.into()));
}

#[test]
fn a_scan_changes_nothing_in_the_repository() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "one\n").commit("first");
    repo.write("f", npmrc(&npm_token())).add();
    let before = snapshot(&repo.path(".git"));
    repo.scan_staged().expect(1);
    assert_eq!(before, snapshot(&repo.path(".git")));
}

fn snapshot(dir: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}
