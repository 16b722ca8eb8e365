//! `hook pre-push` under a real `git push`: in every state a push can be in, everything the remote lacks is read and
//! nothing it has is blamed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::push::{guard, npmrc, published, push, text};
use crate::support::{Repo, Run, Sandbox, npm_token};
use serde_json::Value;

fn count(run: &Run, what: &str) -> u64 {
    run.json()["coverage"][what].as_u64().expect("a number")
}

fn skipped(run: &Run) -> Vec<Value> {
    run.json()["coverage"]["skipped"].as_array().expect("a list").clone()
}

/// The digest names this ref as read.
#[track_caller]
fn expect_ref(run: &Run, name: &str) {
    let digest = run.json()["digest"].as_str().expect("a digest").to_owned();
    assert!(digest.contains(name), "{name} is not in: {digest}");
}

#[test]
fn a_first_push_reads_everything_and_says_so() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("origin.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", text(&remote)]);
    repo.write("a", "1\n").write("d/b", "2\n").commit("first");
    repo.write("a", "3\n").commit("second");
    guard(&repo);
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!((count(&run, "commits"), count(&run, "blobs")), (2, 3));
    expect_ref(&run, "main");
}

#[test]
fn a_root_commit_is_read_whatever_log_showroot_says() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("origin.git");
    let repo = sandbox.repo("repo");
    repo.git(&["config", "log.showRoot", "false"]);
    repo.git(&["remote", "add", "origin", text(&remote)]);
    repo.write(".npmrc", npmrc(&npm_token())).commit("first");
    guard(&repo);
    push(&repo, &["origin", "main"]).expect_blocked(&[".npmrc:1"]);
    assert_eq!(sandbox.at(remote).git(&["for-each-ref"]), "", "nothing was pushed");
}

#[test]
fn a_new_branch_is_read_from_where_it_left_what_is_published() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "topic"]);
    repo.write("f", "clean\n").commit("second");
    repo.write("f", npmrc(&npm_token())).commit("third");
    let run = push(&repo, &["origin", "topic"]).expect_blocked(&["f:1"]);
    assert_eq!(count(&run, "commits"), 2);
    let commit = run.json()["findings"][0]["commit"].as_str().expect("a commit").to_owned();
    assert_eq!(commit, repo.git(&["rev-parse", "HEAD"]));
}

#[test]
fn what_was_added_and_removed_again_inside_the_push_is_seen() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", npmrc(&npm_token())).commit("add");
    fs::remove_file(repo.path("f")).expect("gone");
    repo.commit("remove");
    push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
}

#[test]
fn every_ref_of_a_push_is_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for name in ["one", "two", "three"] {
        repo.git(&["switch", "--quiet", "-c", name, "main"]);
        repo.write(format!("{name}.txt"), "clean\n").commit(name);
    }
    repo.write("three.txt", npmrc(&npm_token())).commit("leak");
    let run = push(&repo, &["origin", "one", "two", "three"]).expect_blocked(&["three.txt:1"]);
    for name in ["one", "two", "three"] {
        expect_ref(&run, name);
    }
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    push(&repo, &["origin", "one", "two", "three"]).expect_clean();
}

#[test]
fn the_line_of_a_push_of_many_refs_is_short() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let none = "0".repeat(head.len());
    let lines: String = (0..500).map(|n| format!("refs/heads/b{n} {head} refs/heads/b{n} {none}\n")).collect();
    let run = repo.shield_with(&["hook", "pre-push", "origin", "url"], &[], Some(lines.as_bytes())).expect(0);
    assert!(run.stderr.contains("b0 b1") && run.stderr.contains("and 480 more"), "{}", run.stderr);
}

/// Standard input says that the remote has them, under a ref that this push replaces.
#[test]
fn a_blob_and_a_tree_that_the_remote_has_are_published_under_any_ref() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("secret/f", npmrc(&npm_token())).add();
    let tree = repo.git(&["write-tree"]);
    let (blob, folder) = (repo.git(&["rev-parse", ":secret/f"]), repo.git(&["rev-parse", &format!("{tree}:secret")]));
    let (head, none) = (repo.git(&["rev-parse", "HEAD"]), "0".repeat(blob.len()));
    let args = ["hook", "--format", "json", "pre-push", "origin", "url"];
    for id in [&blob, &folder] {
        let new = format!("refs/tags/y {id} refs/tags/y {none}\n");
        let replaced = format!("refs/tags/x {head} refs/tags/x {id}\n");
        repo.shield_with(&args, &[], Some(new.as_bytes())).expect(1);
        repo.shield_with(&args, &[], Some([replaced, new].concat().as_bytes())).expect_clean();
    }
}

#[test]
fn a_push_of_everything_reads_everything() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "aside"]);
    repo.write("aside", npmrc(&npm_token())).commit("aside");
    repo.git(&["switch", "--quiet", "main"]);
    push(&repo, &["origin", "--all"]).expect_blocked(&["aside:1"]);
    let mirror = sandbox.remote("mirror.git");
    repo.git(&["remote", "add", "--mirror=push", "mirror", text(&mirror)]);
    push(&repo, &["mirror"]).expect_blocked(&["aside:1"]);
}

#[test]
fn an_expression_on_the_local_side_is_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", npmrc(&npm_token())).commit("leak with a word in it");
    repo.write("f", "clean\n").commit("clean");
    push(&repo, &["origin", "HEAD~1:refs/heads/side"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", ":/leak with a:refs/heads/side"]).expect_blocked(&["f:1"]);
}

#[test]
fn a_deletion_reads_nothing_and_another_ref_beside_it_is_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    push(&repo, &["origin", "main:gone"]).expect_clean();
    let run = push(&repo, &["origin", ":gone"]).expect_clean();
    assert_eq!(count(&run, "blobs"), 0);
    expect_ref(&run, "gone (deleted)");
    push(&repo, &["origin", "main:gone"]).expect_clean();
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &["origin", ":gone", "main"]).expect_blocked(&["f:1"]);
}

#[test]
fn a_forced_push_after_a_rebase_reads_the_rebased_commits_only() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    // What stood upstream before is never blamed on the branch.
    repo.write("old", npmrc(&npm_token())).commit("an old leak");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["switch", "--quiet", "-c", "topic", "HEAD~1"]);
    repo.write("f", "one\n").commit("topic");
    push(&repo, &["origin", "topic"]).expect_clean();
    repo.git(&["rebase", "--quiet", "main"]);
    let run = push(&repo, &["--force", "origin", "topic"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    repo.git(&["commit", "--quiet", "--amend", "--no-verify", "-m", "amended"]);
    push(&repo, &["--force", "origin", "topic"]).expect_blocked(&["f:1"]);
}

#[test]
fn a_remote_id_that_is_unknown_here_hides_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let other = sandbox.path("other");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", text(&sandbox.path("origin.git")), text(&other)]);
    let other = sandbox.at(other);
    other.write("theirs", "x\n").commit("theirs");
    other.git(&["push", "--quiet", "origin", "main"]);
    repo.write("mine", npmrc(&npm_token())).commit("mine");
    let run = push(&repo, &["--force", "origin", "main"]).expect_blocked(&["mine:1"]);
    assert_eq!(count(&run, "commits"), 1, "the tracking ref still tells what is published");
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.write("mine", "clean\n").commit("mine");
    push(&repo, &["--force", "origin", "main"]).expect_clean();
}

#[test]
fn a_remote_that_is_only_an_address() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write("f", "clean\n").commit("second");
    // The address is origin's: what origin tracks is published.
    let run = push(&repo, &[text(&sandbox.path("origin.git")), "main"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
    // An address nobody configured: all of it is new there, and so is what another remote holds.
    let elsewhere = sandbox.remote("elsewhere.git");
    let run = push(&repo, &[text(&elsewhere), "main"]).expect_blocked(&["old:1"]);
    assert_eq!(count(&run, "commits"), 3);
    assert!(run.stdout.contains("already published: remote origin holds it"), "{}", run.stdout);
    // Once something is published there, it is reported.
    repo.git(&["push", "--quiet", "--no-verify", text(&elsewhere), "HEAD~2:refs/heads/main"]);
    let run = push(&repo, &[text(&elsewhere), "main"]).expect(0);
    let finding = &run.json()["findings"][0];
    assert_eq!((finding["verdict"].as_str(), finding["path"].as_str()), (Some("warn"), Some("old")), "{}", run.stdout);
    assert!(finding["reason"].as_str().expect("a reason").contains("origin"), "{}", run.stdout);
    // What no remote holds blocks there as anywhere.
    repo.write("f", npmrc(&npm_token())).commit("leak");
    push(&repo, &[text(&elsewhere), "main"]).expect_blocked(&["f:1"]);
}

#[test]
fn published_elsewhere_blocks_when_the_configuration_says_so() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write(".shield-hook.toml", "published-elsewhere = \"block\"\n");
    let public = sandbox.remote("public.git");
    repo.git(&["remote", "add", "public", text(&public)]);
    push(&repo, &["public", "main"]).expect_blocked(&["old:1"]);
}

#[test]
fn the_tracking_refs_of_another_remote_hide_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    // `origin/fork` tracks below refs/remotes/origin/: its branches are not origin's.
    let fork = sandbox.remote("fork.git");
    repo.git(&["remote", "add", "origin/fork", text(&fork)]);
    repo.write("f", npmrc(&npm_token())).commit("private");
    repo.git(&["push", "--quiet", "--no-verify", "origin/fork", "main"]);
    let run = push(&repo, &["origin", "main"]).expect(0);
    assert_eq!(run.json()["findings"][0]["verdict"], "warn", "{}", run.stdout);
    assert_eq!(count(&run, "commits"), 1);
}

#[test]
fn tags_are_read_with_their_messages() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["tag", "-a", "v1", "-m", &format!("release\n\n{}", npmrc(&npm_token()))]);
    push(&repo, &["origin", "v1"]).expect_blocked(&["tag message of v1:3"]);
    // A tag of a tag is read down to the last.
    repo.git(&["tag", "-a", "v2", "-m", "clean", "v1"]);
    push(&repo, &["origin", "v2"]).expect_blocked(&["tag message of v1:3"]);
    // A lightweight tag on commits no branch has.
    repo.write("f", npmrc(&npm_token())).commit("aside");
    repo.git(&["tag", "light"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    push(&repo, &["origin", "light"]).expect_blocked(&["f:1"]);
    push(&repo, &["origin", "--tags"]).expect_blocked(&["f:1", "tag message of v1:3"]);
    repo.git(&["tag", "-a", "clean", "-m", "nothing here"]);
    push(&repo, &["origin", "clean"]).expect_clean();
    repo.git(&["tag", "-f", "-a", "clean", "-m", "nothing here either"]);
    push(&repo, &["--force", "origin", "clean"]).expect_clean();
}

#[test]
fn a_tag_that_follows_a_push_is_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", "clean\n").commit("second");
    repo.git(&["tag", "-a", "v1", "-m", &npmrc(&npm_token())]);
    push(&repo, &["--follow-tags", "origin", "main"]).expect_blocked(&["tag message of v1:1"]);
}

#[test]
fn tags_on_a_blob_and_on_a_tree() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let run = repo.try_git_with(&["hash-object", "-w", "--stdin"], &[], Some(npmrc(&npm_token()).as_bytes()));
    let blob = run.stdout.trim().to_owned();
    repo.git(&["tag", "blob", &blob]);
    push(&repo, &["origin", "blob"]).expect_blocked(&[&format!("blob {blob}:1")]);
    repo.git(&["tag", "-a", "annotated", "-m", "on a blob", &blob]);
    push(&repo, &["origin", "annotated"]).expect_blocked(&[&format!("blob {blob}:1")]);
    let tree = repo.try_git_with(&["mktree"], &[], Some(format!("100644 blob {blob}\tleak\n").as_bytes()));
    let outer = format!("040000 tree {}\tdir\n", tree.stdout.trim());
    let outer = repo.try_git_with(&["mktree"], &[], Some(outer.as_bytes()));
    repo.git(&["tag", "tree", outer.stdout.trim()]);
    push(&repo, &["origin", "tree"]).expect_blocked(&["dir/leak:1"]);
}

#[test]
fn a_tag_on_published_content_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["tag", "tree", "HEAD^{tree}"]);
    repo.git(&["tag", "blob", "HEAD:old"]);
    let run = push(&repo, &["origin", "tree", "blob"]).expect(0);
    assert_eq!(run.blocking(), Vec::<String>::new(), "{}", run.stdout);
}

#[test]
fn notes_are_read_and_called_by_what_they_annotate() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["notes", "add", "-m", "a clean note"]);
    let run = push(&repo, &["origin", "refs/notes/commits"]).expect_clean();
    assert_eq!(count(&run, "blobs"), 1);
    repo.git(&["notes", "append", "-m", &npmrc(&npm_token())]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    push(&repo, &["origin", "refs/notes/*:refs/notes/*"]).expect_blocked(&[&format!("note on {head}:3")]);
}

#[test]
fn messages_and_names_of_commits_are_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let id = repo.commit(&format!("subject\n\nbody\n{}", npmrc(&npm_token())));
    push(&repo, &["origin", "main"]).expect_blocked(&[&format!("commit message of {}:4", &id[..7])]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let token = npm_token();
    let made = repo.try_git_with(
        &["commit", "--quiet", "--allow-empty", "--no-verify", "-m", "clean"],
        &[("GIT_AUTHOR_NAME", &token)],
        None,
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let run = push(&repo, &["origin", "main"]).expect(1);
    assert_eq!(run.blocking().len(), 1, "{}", run.stdout);
    assert!(!run.stdout.contains(&token), "the token is never printed");
}

#[test]
fn names_of_paths_are_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.write(format!("keys/{token}.txt"), "clean\n").commit("second");
    let run = push(&repo, &["origin", "main"]).expect(1);
    assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token), "the token is never printed");
}

#[test]
fn what_only_a_merge_commit_holds_is_seen() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("side", "1\n").commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("main", "1\n").commit("main");
    repo.git(&["merge", "--quiet", "--no-commit", "side"]);
    repo.write("evil", npmrc(&npm_token())).commit("merge");
    assert_eq!(repo.git(&["rev-list", "--merges", "--count", "HEAD"]), "1");
    push(&repo, &["origin", "main"]).expect_blocked(&["evil:1"]);
}

#[test]
fn what_comes_through_the_second_parent_is_seen_once_and_upstream_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    // Upstream leaks; merging what is published blames nobody.
    let other = sandbox.path("other");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", text(&sandbox.path("origin.git")), text(&other)]);
    let other = sandbox.at(other);
    other.write("upstream", npmrc(&npm_token())).commit("upstream");
    other.git(&["push", "--quiet", "origin", "main"]);
    repo.write("mine", "1\n").commit("mine");
    repo.git(&["pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main"]);
    assert_eq!(repo.git(&["rev-list", "--merges", "--count", "HEAD"]), "1");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!(count(&run, "commits"), 2);
    // An unpublished branch that is merged brings its own.
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("side", npmrc(&npm_token())).commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("mine", "2\n").commit("mine");
    repo.git(&["merge", "--quiet", "--no-edit", "side"]);
    let run = push(&repo, &["origin", "main"]).expect_blocked(&["side:1"]);
    assert_eq!(run.blocking().len(), 1);
}

#[test]
fn an_octopus_merge_and_a_criss_cross() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for name in ["a", "b", "c"] {
        repo.git(&["switch", "--quiet", "-c", name, "main"]);
        repo.write(name, if name == "b" { npmrc(&npm_token()) } else { "x\n".into() }).commit(name);
    }
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-edit", "a", "b", "c"]);
    push(&repo, &["origin", "main"]).expect_blocked(&["b:1"]);
    repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
    // Two branches that merged each other; the one is published, the other brings one file.
    repo.git(&["switch", "--quiet", "-C", "x", "main"]);
    repo.write("x", "1\n").commit("x");
    repo.git(&["switch", "--quiet", "-C", "y", "main"]);
    repo.write("y", "1\n").commit("y");
    let y = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["merge", "--quiet", "--no-edit", "x"]);
    repo.git(&["switch", "--quiet", "x"]);
    repo.git(&["merge", "--quiet", "--no-edit", &y]);
    push(&repo, &["origin", "x"]).expect_clean();
    repo.git(&["switch", "--quiet", "y"]);
    repo.write("z", npmrc(&npm_token())).commit("z");
    let run = push(&repo, &["origin", "y"]).expect_blocked(&["z:1"]);
    assert_eq!(count(&run, "commits"), 2);
}

#[test]
fn attributes_and_converters_hide_nothing() {
    for attribute in ["f -diff", "f binary", "f diff=hide", "f filter=hide"] {
        let sandbox = Sandbox::new();
        let repo = published(&sandbox);
        repo.git(&["config", "diff.hide.textconv", "echo hidden; true"]);
        repo.git(&["config", "diff.hide.command", "true"]);
        repo.git(&["config", "color.ui", "always"]);
        repo.git(&["config", "diff.external", "true"]);
        repo.write("f", npmrc(&npm_token())).write(".gitattributes", format!("{attribute}\n")).commit("leak");
        push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
    }
}

#[test]
fn odd_encodings_hide_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let line = npmrc(&npm_token());
    let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    repo.write("nul", [b"A\0B\n", line.as_bytes()].concat());
    repo.write("bom", [&[0xFF, 0xFE], &wide[..]].concat());
    repo.write("wide", &wide);
    repo.write("crlf", format!("a\r\n{}", line.replace('\n', "\r\n")));
    repo.write("latin1", [b"caf\xE9\n", line.as_bytes()].concat());
    repo.commit("leaks");
    push(&repo, &["origin", "main"]).expect_blocked(&["bom:1", "crlf:2", "latin1:2", "nul:2", "wide:1"]);
}

#[test]
fn a_changed_kind_of_file_is_read_and_a_changed_mode_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.link("was-link", "README").write("was-file", "x\n").commit("second");
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    fs::set_permissions(repo.path("old"), fs::Permissions::from_mode(0o755)).expect("mode bits");
    repo.commit("mode only");
    push(&repo, &["origin", "main"]).expect_clean();
    fs::remove_file(repo.path("was-link")).expect("gone");
    repo.write("was-link", npmrc(&npm_token()));
    fs::remove_file(repo.path("was-file")).expect("gone");
    repo.link("was-file", npm_token());
    repo.commit("kinds");
    push(&repo, &["origin", "main"]).expect_blocked(&["was-file:1", "was-link:1"]);
}

#[test]
fn a_renamed_file_is_blamed_for_what_is_new_in_it_only() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let body: String = (0..40).map(|n| format!("line {n}\n")).collect();
    repo.write("d/conf", format!("{}{body}", npmrc(&npm_token()))).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["mv", "d", "e"]);
    repo.commit("a pure rename");
    push(&repo, &["origin", "main"]).expect_clean();
    repo.git(&["mv", "e/conf", "conf"]);
    let text = fs::read_to_string(repo.path("conf")).expect("the file");
    repo.write("conf", format!("{text}changed\n")).commit("renamed and edited");
    let run = push(&repo, &["origin", "main"]).expect(0);
    assert_eq!(run.blocking(), Vec::<String>::new(), "{}", run.stdout);
    repo.git(&["mv", "conf", "moved"]);
    repo.write("moved", format!("{text}changed\n{}", npmrc(&npm_token()))).commit("renamed, with a new leak");
    push(&repo, &["origin", "main"]).expect_blocked(&["moved:43"]);
}

#[test]
fn a_copy_of_published_content_is_not_blamed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let leak = npmrc(&npm_token());
    repo.write("old", &leak).commit("published by mistake");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write("copy", &leak).commit("copied");
    let run = push(&repo, &["origin", "main"]).expect(0);
    assert_eq!(run.blocking(), Vec::<String>::new(), "{}", run.stdout);
    // In a repository too large to look for copies beforehand it is read, and then told from new content all the same.
    for n in 0..300 {
        repo.write(format!("dir{n}/f"), format!("{n}\n"));
    }
    repo.commit("many directories");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write("another", &leak).commit("copied again");
    let run = push(&repo, &["origin", "main"]).expect(0);
    assert_eq!(run.blocking(), Vec::<String>::new(), "{}", run.stdout);
}

#[test]
fn a_secret_brought_by_one_commit_is_blamed_once() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let leak = repo.git(&["rev-parse", "HEAD"]);
    repo.write("f", format!("{}more\n", fs::read_to_string(repo.path("f")).expect("f"))).commit("more");
    let run = push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
    assert_eq!(run.blocking().len(), 1, "{}", run.stdout);
    let json = run.json();
    let finding = json["findings"].as_array().expect("findings").iter().find(|f| f["blocking"] == true).expect("one");
    assert_eq!(finding["commit"].as_str(), Some(leak.as_str()));
}

#[test]
fn a_copy_at_another_path_is_blamed_and_a_rename_is_not() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let allow = "[[allow]]\npath = \"docs/**\"\nrule = \"npm-access-token\"\nreason = \"a sample\"\n";
    repo.write(".shield-hook.toml", allow);
    repo.write("docs/f", npmrc(&npm_token())).commit("an allowed place");
    repo.git(&["update-ref", "refs/heads/first", "HEAD"]);
    push(&repo, &["origin", "first"]).expect_clean();
    repo.write("docs/f", npmrc(&npm_token()));
    repo.write("src/f", fs::read(repo.path("docs/f")).expect("f")).commit("two places");
    push(&repo, &["origin", "main"]).expect_blocked(&["src/f:1"]);
    repo.git(&["mv", "src", "lib"]);
    repo.commit("renamed");
    push(&repo, &["origin", "main"]).expect_blocked(&["src/f:1"]);
}

#[test]
fn the_name_of_a_new_ref_is_read_and_that_of_an_old_one_is_not() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    let run = push(&repo, &["origin", &format!("main:refs/heads/{token}")]).expect(1);
    assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token), "{}", run.stdout);
    repo.git(&["push", "--quiet", "--no-verify", "origin", &format!("main:refs/heads/{token}")]);
    repo.write("f", "more\n").commit("more");
    let again = push(&repo, &["origin", &format!("main:refs/heads/{token}")]).expect_clean();
    let gone = push(&repo, &["origin", "--delete", &token]).expect_clean();
    for run in [again, gone] {
        assert!(!run.stdout.contains(&token), "{}", run.stdout);
        assert!(!run.stderr.lines().any(|l| l.starts_with("shield-hook") && l.contains(&token)), "{}", run.stderr);
    }
    let journal = fs::read_to_string(repo.path(".git/shield-hook/journal.jsonl")).expect("the journal");
    assert!(!journal.contains(&token) && journal.contains("refs/heads/npm_****"), "{journal}");
}

#[test]
fn submodules_are_listed_and_block_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let id = "1".repeat(40);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a submodule"]);
    let run = push(&repo, &["origin", "main"]).expect_clean();
    let skip = &skipped(&run)[0];
    assert_eq!((skip["what"].as_str(), skip["path"].as_str()), (Some("gitlink"), Some("sub")));
}

#[test]
fn replace_refs_hide_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", "clean\n").commit("clean");
    let clean = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    repo.git(&["replace", "HEAD", &clean]);
    repo.git(&["replace", "HEAD:f", &format!("{clean}:f")]);
    push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
}

#[test]
fn a_shallow_clone_reads_what_it_pushes() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("old", npmrc(&npm_token())).commit("published by mistake");
    repo.write("g", "x\n").commit("third");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let url = format!("file://{}", text(&sandbox.path("origin.git")));
    let shallow = sandbox.path("shallow");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--depth=1", &url, text(&shallow)]);
    let shallow = sandbox.at(shallow);
    guard(&shallow);
    shallow.write("g", "y\n").commit("mine");
    let run = push(&shallow, &["origin", "main"]).expect_clean();
    assert_eq!(count(&run, "commits"), 1);
    shallow.write("g", npmrc(&npm_token())).commit("leak");
    push(&shallow, &["origin", "main:refs/heads/topic"]).expect_blocked(&["g:1"]);
}

#[test]
fn a_partial_clone_reads_what_it_pushes() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("big", "x\n".repeat(1000)).write("big2", "y\n".repeat(1000)).commit("second");
    fs::remove_file(repo.path("big2")).expect("gone");
    repo.commit("third");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let origin = sandbox.at(sandbox.path("origin.git"));
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", text(&sandbox.path("origin.git")));
    let partial = sandbox.path("partial");
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--filter=blob:none", &url, text(&partial)]);
    let partial = sandbox.at(partial);
    guard(&partial);
    let missing =
        |repo: &Repo<'_>| repo.git(&["rev-list", "--objects", "--all", "--missing=print"]).matches('?').count();
    let before = missing(&partial);
    assert!(before > 0, "the clone is partial");
    partial.write("f", "clean\n").commit("mine");
    push(&partial, &["origin", "main"]).expect_clean();
    partial.write("big", npmrc(&npm_token())).commit("leak");
    push(&partial, &["origin", "main"]).expect_blocked(&["big:1"]);
    assert_eq!(missing(&partial), before, "nothing was fetched for what is published");
    // To another remote everything goes: what is not here is fetched, as git itself is about to do.
    partial.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let other = sandbox.remote("other.git");
    let run = push(&partial, &[text(&other), "main"]).expect_clean();
    assert!(skipped(&run).is_empty());
    assert_eq!(count(&run, "commits"), 4);
}

#[test]
fn objects_borrowed_from_another_store_are_read() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let borrower = sandbox.path("borrower");
    let source = repo.dir().to_owned();
    sandbox.at(sandbox.path("")).git(&["clone", "--quiet", "--shared", text(&source), text(&borrower)]);
    let borrower = sandbox.at(borrower);
    guard(&borrower);
    let other = sandbox.remote("other.git");
    borrower.git(&["remote", "rename", "origin", "lender"]);
    borrower.git(&["update-ref", "-d", "refs/remotes/lender/main"]);
    push(&borrower, &[text(&other), "main"]).expect_blocked(&["f:1"]);
}

#[test]
fn other_hashes_and_ref_stores_are_read() {
    for options in [
        &["--object-format=sha256"][..],
        &["--ref-format=reftable"],
        &["--object-format=sha256", "--ref-format=reftable"],
    ] {
        let sandbox = Sandbox::new();
        let mut bare = options.to_vec();
        bare.push("--bare");
        let remote = sandbox.repo_with("origin.git", &bare).dir().to_owned();
        let repo = sandbox.repo_with("repo", options);
        repo.git(&["remote", "add", "origin", text(&remote)]);
        guard(&repo);
        repo.write("f", "x\n").commit("first");
        let run = push(&repo, &["origin", "main"]).expect_clean();
        assert_eq!(count(&run, "commits"), 1);
        repo.write("f", npmrc(&npm_token())).commit("leak");
        let run = push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
        assert_eq!(count(&run, "commits"), 1, "{options:?}: tracking refs are known");
    }
}

#[test]
fn a_linked_work_tree_pushes_like_the_main_one() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let linked = sandbox.path("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "topic", text(&linked)]);
    let linked = sandbox.at(linked);
    linked.write("f", npmrc(&npm_token())).commit("leak");
    push(&linked, &["origin", "topic"]).expect_blocked(&["f:1"]);
    fs::create_dir_all(linked.path("sub")).expect("a directory");
    let sub = sandbox.at(linked.path("sub"));
    push(&sub, &["origin", "topic"]).expect_blocked(&["f:1"]);
}

#[test]
fn packed_refs_and_objects_with_a_commit_graph() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for n in 0..5 {
        repo.write("f", format!("{n}\n")).commit("more");
    }
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["gc", "--quiet"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let run = push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
    assert_eq!(count(&run, "commits"), 1);
    repo.git(&["gc", "--quiet"]);
    let run = push(&repo, &["origin", "main"]).expect_blocked(&["f:1"]);
    assert_eq!(count(&run, "commits"), 1);
}

#[test]
fn many_remote_branches() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let mut all = vec!["push".to_owned(), "--quiet".into(), "--no-verify".into(), "origin".into()];
    for n in 0..57 {
        repo.git(&["switch", "--quiet", "-c", &format!("b{n}"), "main"]);
        repo.write("f", format!("{n}\n")).commit("branch");
        all.push(format!("b{n}"));
    }
    repo.git(&all);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let run = push(&repo, &["origin", "HEAD:refs/heads/new"]).expect_blocked(&["f:1"]);
    assert_eq!((count(&run, "commits"), count(&run, "blobs")), (1, 1));
}

/// Removes an object, or damages it.
fn break_object(repo: &Repo<'_>, id: &str, content: Option<&[u8]>) {
    let path = repo.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(&path).expect("a loose object");
    if let Some(content) = content {
        fs::write(&path, content).expect("the object");
    }
}

#[test]
fn what_cannot_be_read_is_never_taken_for_clean() {
    for (broken, content) in
        [("HEAD:f", None), ("HEAD^{tree}", None), ("HEAD:d", None), ("HEAD~1", None), ("HEAD:f", Some(&b"junk"[..]))]
    {
        let sandbox = Sandbox::new();
        let repo = published(&sandbox);
        repo.write("g", "1\n").commit("second");
        repo.write("f", "2\n").write("d/f", "3\n").commit("third");
        let lines = format!(
            "refs/heads/main {} refs/heads/main {}\n",
            repo.git(&["rev-parse", "HEAD"]),
            repo.git(&["rev-parse", "origin/main"])
        );
        let id = repo.git(&["rev-parse", broken]);
        break_object(&repo, &id, content);
        let args = ["hook", "--format", "json", "pre-push", "origin", "url"];
        let run = repo.shield_with(&args, &[], Some(lines.as_bytes())).expect(2);
        assert_eq!(run.json()["complete"], false, "{broken}");
        assert!(run.stderr.contains(&id[..7]) || run.stdout.contains(&id[..7]), "{broken} is named: {}", run.stderr);
    }
}

#[test]
fn standard_input_that_is_cut_or_unknown_stops_the_push() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let head = repo.commit("second");
    let zero = "0".repeat(40);
    let whole = format!("refs/heads/main {head} refs/heads/main {zero}\n");
    let args = ["hook", "pre-push", "origin", "url"];
    for cut in [whole.len() - 10, whole.len() - 45, 60, 20, 3] {
        repo.shield_with(&args, &[], Some(&whole.as_bytes()[..cut])).expect(2);
    }
    // Only the line end is missing: everything was said.
    repo.shield_with(&args, &[], Some(whole.trim().as_bytes())).expect(0);
    let unknown = format!("refs/heads/main {} refs/heads/main {zero}\n", "1".repeat(40));
    repo.shield_with(&args, &[], Some(unknown.as_bytes())).expect(2);
    let other_hash = format!("refs/heads/main {} refs/heads/main {}\n", "1".repeat(64), "0".repeat(64));
    repo.shield_with(&args, &[], Some(other_hash.as_bytes())).expect(2);
    repo.shield_with(&args, &[], Some(b"\xff\xfe refs\n")).expect(2);
}

#[test]
fn without_refs_on_standard_input() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("f", npmrc(&npm_token())).commit("leak");
    let args = ["hook", "--format", "json", "pre-push", "origin", "url"];
    // An empty pipe: git names nothing to push.
    let run = repo.shield_with(&args, &[], Some(b"")).expect_clean();
    expect_ref(&run, "nothing to push");
    // No pipe at all: a hook manager kept it. HEAD's unpublished commits are read.
    let run = repo.shield_with(&args, &[], None).expect_blocked(&["f:1"]);
    expect_ref(&run, "HEAD");
    // What the pre-commit framework and prek say comes first.
    let (clean, leak) = (repo.git(&["rev-parse", "origin/main"]), repo.git(&["rev-parse", "HEAD"]));
    let env = [
        ("PRE_COMMIT_FROM_REF", clean.as_str()),
        ("PRE_COMMIT_TO_REF", leak.as_str()),
        ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/topic"),
        ("PRE_COMMIT_REMOTE_NAME", "origin"),
    ];
    let run = repo.shield_with(&["hook", "--format", "json", "pre-push"], &env, Some(b"")).expect_blocked(&["f:1"]);
    expect_ref(&run, "topic");
    let run = repo.shield_with(&["hook", "--format", "json", "pre-push"], &env[2..], None).expect_blocked(&["f:1"]);
    assert_eq!(count(&run, "commits"), 1);
    let unknown = [("PRE_COMMIT_TO_REF", "no-such-ref")];
    repo.shield_with(&["hook", "pre-push"], &unknown, Some(b"")).expect(2);
}

#[test]
fn an_up_to_date_push_and_an_unborn_head() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let run = push(&repo, &["origin", "main"]).expect_clean();
    expect_ref(&run, "nothing to push");
    let empty = sandbox.repo("empty");
    empty.shield(&["hook", "pre-push", "origin", "url"]).expect(0);
}

#[test]
fn an_empty_commit_and_an_empty_tree() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("origin.git");
    let repo = sandbox.repo("repo");
    repo.git(&["remote", "add", "origin", text(&remote)]);
    guard(&repo);
    repo.commit("nothing at all");
    let run = push(&repo, &["origin", "main"]).expect_clean();
    assert_eq!((count(&run, "commits"), count(&run, "blobs")), (1, 0));
}

#[test]
fn odd_paths_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let names: [&[u8]; 4] = [b"with space", b"with\nnewline", b"not-utf8-\xff", b"-dash"];
    for name in names {
        repo.write(Path::new(std::ffi::OsStr::from_bytes(name)), npmrc(&npm_token()));
    }
    repo.commit("leaks");
    let run = push(&repo, &["origin", "main"]).expect(1);
    assert_eq!(run.blocking().len(), 4, "{}", run.stdout);
}

#[test]
fn an_object_over_the_limit_makes_the_push_incomplete() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write(".shield-hook.toml", "max-object = \"1 KiB\"\n");
    repo.write("big", "x\n".repeat(1000)).commit("big");
    let run = push(&repo, &["origin", "main"]).expect(2);
    assert!(skipped(&run).iter().any(|s| s["path"] == "big"), "{}", run.stdout);
}
