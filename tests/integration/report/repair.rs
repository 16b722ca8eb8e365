//! The commands that a report prints are run as they are printed, in the state they are printed for.

use crate::support::{Repo, Run, Sandbox, npm_token};

/// Runs one printed command line in a shell, with a reason where one is asked for.
fn sh(repo: &Repo<'_>, line: &str) {
    sh_with(repo, line, &[]);
}

fn sh_with(repo: &Repo<'_>, line: &str, env: &[(&str, &str)]) {
    let mut command = repo.sandbox().command("sh", repo.dir());
    // `shield-hook` is the binary under test.
    let bin = crate::support::binary().parent().expect("a directory").to_owned();
    let path = std::env::join_paths(
        [bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let line = &line.replace("\"WHY\"", "\"a sample\"");
    command.args(["-c", line]).env("PATH", path.expect("a search path")).envs(env.iter().copied());
    let run = Run::of(&mut command, None);
    assert_eq!(run.code, 0, "{line}\n{}{}", run.stdout, run.stderr);
}

/// The steps of the first blocking finding by hand: what each does and its commands.
fn steps(run: &Run) -> Vec<(String, Vec<String>)> {
    all_steps(run).into_iter().filter(|(_, run)| !run[0].starts_with("shield-hook repair")).collect()
}

/// The same, with what the program does itself.
fn all_steps(run: &Run) -> Vec<(String, Vec<String>)> {
    let json = run.json();
    let finding = json["findings"].as_array().expect("findings").iter().find(|f| f["blocking"] == true);
    let steps = finding.expect("a blocking finding")["repair"].as_array().expect("steps").clone();
    let text = |v: &serde_json::Value| v.as_str().expect("text").to_owned();
    steps
        .iter()
        .map(|s| (text(&s["what"]), s["run"].as_array().expect("commands").iter().map(text).collect()))
        .collect()
}

fn scan_commits(repo: &Repo<'_>) -> Run {
    repo.shield(&["scan", "--range", "origin/main..HEAD", "--format", "json"])
}

fn leak() -> String {
    format!("token = \"{}\"\n", npm_token())
}

/// A repository with a remote that holds its first commit.
fn published<'s>(sandbox: &'s Sandbox) -> Repo<'s> {
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.write("README", "hello\n").commit("first");
    repo.git(&["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repo.git(&["push", "--quiet", "origin", "main"]);
    repo
}

#[test]
fn staged_edit_and_stage_again() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("it's a file.txt", leak()).add();
    let steps = steps(&repo.scan_staged().expect(1));
    repo.write("it's a file.txt", "token = env\n");
    sh(&repo, &steps[0].1[0]);
    repo.scan_staged().expect_clean();
    assert_eq!(repo.git(&["diff", "--cached", "--name-only"]), "it's a file.txt");
}

#[test]
fn staged_leave_the_file_out() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).add();
    let steps = steps(&repo.scan_staged().expect(1));
    sh(&repo, &steps[1].1[0]);
    repo.scan_staged().expect_clean();
    assert!(repo.path("a.txt").exists(), "the file itself stays");
}

#[test]
fn staged_before_the_first_commit() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("-a.txt", leak()).add();
    let steps = steps(&repo.scan_staged().expect(1));
    sh(&repo, &steps[1].1[0]);
    repo.scan_staged().expect_clean();
    assert!(repo.path("-a.txt").exists());
}

#[test]
fn staged_seen_from_a_directory_below() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("sub/x", "").write("a.txt", leak()).add();
    let run = sandbox.shield(&repo.path("sub"), &["scan", "--staged", "--format", "json"]).expect(1);
    let below = sandbox.at(repo.path("sub"));
    sh(&below, &steps(&run)[1].1[0]);
    repo.scan_staged().expect_clean();
}

#[test]
fn allow_as_printed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).add();
    let steps = steps(&repo.scan_staged().expect(1));
    let (_, run) = steps.last().expect("a step");
    assert!(run[0].starts_with("shield-hook allow "), "{run:?}");
    sh(&repo, &run[0]);
    repo.scan_staged().expect_clean();
}

#[test]
fn the_last_commit_is_amended() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).commit("leak");
    repo.write("other.txt", "not part of it\n").add();
    let steps = steps(&scan_commits(&repo).expect(1));
    repo.write("a.txt", "token = env\n");
    steps[0].1.iter().for_each(|line| sh(&repo, line));
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["log", "--format=%s", "origin/main.."]), "leak");
    assert_eq!(repo.git(&["diff", "--cached", "--name-only"]), "other.txt", "what else is staged stays staged");
}

#[test]
fn a_commit_further_back_gets_a_fixup() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).commit("leak");
    repo.write("b.txt", "two\n").commit("second");
    repo.write("c.txt", "three\n").commit("third");
    let steps = steps(&scan_commits(&repo).expect(1));
    repo.write("a.txt", "token = env\n");
    steps[0].1.iter().for_each(|line| sh(&repo, line));
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["log", "--format=%s", "origin/main.."]), "third\nsecond\nleak");
}

#[test]
fn the_root_commit_gets_a_fixup() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let empty = repo.git(&["commit-tree", "-m", "empty", &repo.git(&["hash-object", "-t", "tree", "-w", "/dev/null"])]);
    repo.write("a.txt", leak()).commit("leak");
    repo.write("b.txt", "two\n").commit("second");
    let scan = || repo.shield(&["scan", "--range", &format!("{empty}..HEAD"), "--format", "json"]);
    let steps = steps(&scan().expect(1));
    repo.write("a.txt", "token = env\n");
    steps[0].1.iter().for_each(|line| sh(&repo, line));
    scan().expect_clean();
    assert_eq!(repo.git(&["log", "--format=%s"]), "second\nleak");
}

#[test]
fn below_a_merge_the_merge_is_kept() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).commit("leak");
    repo.git(&["switch", "--quiet", "-c", "side", "origin/main"]);
    repo.write("side.txt", "side\n").commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-verify", "-m", "merge", "side"]);
    let steps = steps(&scan_commits(&repo).expect(1));
    repo.write("a.txt", "token = env\n");
    steps[0].1.iter().for_each(|line| sh(&repo, line));
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["rev-list", "--merges", "--count", "origin/main.."]), "1");
}

#[test]
fn one_that_a_later_commit_took_out_is_folded() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).commit("leak");
    repo.write("a.txt", "token = env\n").commit("remove");
    repo.write("b.txt", "more\n").commit("more");
    let steps = steps(&scan_commits(&repo).expect(1));
    assert!(steps[0].0.contains("a later commit removed it"), "{steps:?}");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    steps[0].1.iter().for_each(|line| sh_with(&repo, line, &[("GIT_EDITOR", "echo folded >")]));
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["rev-parse", "HEAD^{tree}"]), tree, "nothing but history changes");
}

#[test]
fn the_same_from_the_root_commit_on() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let empty = repo.git(&["commit-tree", "-m", "empty", &repo.git(&["hash-object", "-t", "tree", "-w", "/dev/null"])]);
    repo.write("a.txt", leak()).commit("leak");
    repo.write("a.txt", "token = env\n").commit("remove");
    let scan = || repo.shield(&["scan", "--range", &format!("{empty}..HEAD"), "--format", "json"]);
    let steps = steps(&scan().expect(1));
    steps[0].1.iter().for_each(|line| sh_with(&repo, line, &[("GIT_EDITOR", "echo folded >")]));
    scan().expect_clean();
}

#[test]
fn a_commits_message_is_written_anew() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for back in [0, 2] {
        repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
        repo.write("a.txt", "one\n").commit(&format!("leak {}", npm_token()));
        for n in 0..back {
            repo.write(format!("{n}.txt"), "more\n").commit("more");
        }
        let steps = steps(&scan_commits(&repo).expect(1));
        for line in &steps[0].1 {
            sh_with(&repo, line, &[("GIT_EDITOR", "sed -i.orig -e '/^amend!/!s/.*npm.*/clean/'")]);
        }
        scan_commits(&repo).expect_clean();
        assert_eq!(repo.git(&["rev-list", "--count", "origin/main.."]), (back + 1).to_string());
    }
}

#[test]
fn the_message_of_a_commit_that_was_stopped() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let message = repo.path(".git/COMMIT_EDITMSG");
    std::fs::write(&message, format!("leak {}\n", npm_token())).expect("the message");
    let run = repo.shield(&["hook", "--format", "json", "commit-msg", ".git/COMMIT_EDITMSG"]).expect(1);
    repo.write("a.txt", "one\n").add();
    let editor = "sed -i.orig -e 's/.*npm.*/clean/'";
    steps(&run)[0].1.iter().for_each(|line| sh_with(&repo, line, &[("GIT_EDITOR", editor)]));
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "clean");
}

#[test]
fn a_commit_on_another_branch_is_found_there() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["switch", "--quiet", "-c", "other"]);
    repo.write("a.txt", leak()).commit("leak");
    repo.git(&["switch", "--quiet", "main"]);
    let run = repo.shield(&["scan", "--range", "main..other", "--format", "json"]).expect(1);
    let steps = steps(&run);
    assert!(steps[0].0.contains("another branch"), "{steps:?}");
    steps[0].1.iter().for_each(|line| sh(&repo, line));
    assert_eq!(repo.git(&["branch", "--show-current"]), "other");
    let there = repo.shield(&["scan", "--range", "origin/main..HEAD", "--format", "json"]).expect(1);
    assert!(self::steps(&there)[0].1[0].starts_with("git commit --amend"), "{there:?}");
}

/// What a push of these refs finds.
fn push(repo: &Repo<'_>, refs: &[&str]) -> Run {
    let zero = "0".repeat(40);
    let line = |name: &&str| format!("{name} {} {name} {zero}\n", repo.git(&["rev-parse", name]));
    let stdin: String = refs.iter().map(line).collect();
    let remote = repo.git(&["remote", "get-url", "origin"]);
    let args = ["hook", "--format", "json", "pre-push", "origin", &remote];
    repo.sandbox().shield_with(repo.dir(), &args, &[], Some(stdin.as_bytes()))
}

/// An editor that writes the one word `clean`.
const CLEAN: [(&str, &str); 1] = [("GIT_EDITOR", "echo clean >")];

#[test]
fn a_tags_message_is_written_anew_where_the_tag_is() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.git(&["tag", "-a", "-m", &npm_token(), "v1's"]);
    repo.write("a.txt", "more\n").commit("more");
    let steps = steps(&push(&repo, &["refs/tags/v1's"]).expect(1));
    steps[0].1.iter().for_each(|line| sh_with(&repo, line, &CLEAN));
    push(&repo, &["refs/tags/v1's"]).expect_clean();
    assert_eq!(repo.git(&["rev-parse", "v1's^{}"]), repo.git(&["rev-parse", "HEAD~1"]), "it stays where it was");
    assert_eq!(repo.git(&["tag", "-l", "--format=%(contents:subject)"]), "clean");
}

#[test]
fn a_note_is_written_anew_in_what_is_pushed() {
    let sandbox = Sandbox::new();
    for older in [false, true] {
        let repo = published(&sandbox);
        repo.write("a.txt", "more\n").commit("more");
        if older {
            repo.git(&["notes", "--ref=review", "add", "-m", "harmless", "HEAD~1"]);
        }
        repo.git(&["notes", "--ref=review", "add", "-m", &npm_token(), "HEAD"]);
        if older {
            repo.git(&["notes", "--ref=review", "append", "-m", "and this", "HEAD~1"]);
        }
        let steps = steps(&push(&repo, &["refs/notes/review"]).expect(1));
        steps[0].1.iter().for_each(|line| sh_with(&repo, line, &CLEAN));
        push(&repo, &["refs/notes/review"]).expect_clean();
        assert_eq!(repo.git(&["notes", "--ref=review", "show", "HEAD"]), "clean");
        if older {
            assert_eq!(repo.git(&["notes", "--ref=review", "show", "HEAD~1"]), "harmless\n\nand this");
        }
        std::fs::remove_dir_all(repo.dir()).expect("the next repository");
        std::fs::remove_dir_all(sandbox.path("remote.git")).expect("the next remote");
    }
}

#[test]
fn a_tagged_blob_is_no_longer_named() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("loose", leak());
    let blob = repo.git(&["hash-object", "-w", "loose"]);
    repo.git(&["tag", "blob", &blob]);
    let steps = steps(&push(&repo, &["refs/tags/blob"]).expect(1));
    sh(&repo, &steps[0].1[0]);
    assert_eq!(repo.git(&["tag"]), "");
}

#[test]
fn an_author_that_is_a_secret_is_written_anew() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for back in [0, 2] {
        repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
        repo.write("a.txt", "one\n").add();
        repo.git(&["commit", "--quiet", "-m", "one", &format!("--author={} <a@b.example>", npm_token())]);
        for n in 0..back {
            repo.write(format!("{n}.txt"), "more\n").add();
            repo.git(&["commit", "--quiet", "-m", "more", "--author=Another <c@d.example>"]);
        }
        let steps = steps(&scan_commits(&repo).expect(1));
        assert!(steps[0].0.contains("author"), "{steps:?}");
        steps[0].1.iter().for_each(|line| sh(&repo, line));
        scan_commits(&repo).expect_clean();
        let authors = repo.git(&["log", "--format=%an", "origin/main.."]);
        assert_eq!(authors, [&vec!["Another"; back][..], &["Test Person"]].concat().join("\n"));
    }
}

#[test]
fn a_file_is_given_another_name_in_its_commit() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for back in [0, 2] {
        repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
        let name = format!("{}.txt", npm_token());
        repo.write(&name, "one\n").commit("one");
        for n in 0..back {
            repo.write(format!("{n}.txt"), "more\n").commit("more");
        }
        let steps = steps(&scan_commits(&repo).expect(1));
        for line in &steps[0].1 {
            sh(&repo, &line.replace("OLD", &name).replace("NEW", "new.txt"));
        }
        scan_commits(&repo).expect_clean();
        assert_eq!(repo.git(&["rev-list", "--count", "origin/main.."]), (back + 1).to_string());
        assert!(repo.path("new.txt").exists());
    }
}

#[test]
fn a_ref_whose_name_is_a_secret_gets_another() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for kind in ["heads", "tags"] {
        let name = npm_token();
        repo.git(&[if kind == "heads" { "branch" } else { "tag" }, &name]);
        let run = push(&repo, &[&format!("refs/{kind}/{name}")]).expect(1);
        assert!(!run.stdout.contains(&name) && !run.stderr.contains(&name), "the name is shown");
        for line in &steps(&run)[0].1 {
            sh(&repo, &line.replace("OLD", &name).replace("NEW", "new-name"));
        }
        push(&repo, &[&format!("refs/{kind}/new-name")]).expect_clean();
    }
    let journal = std::fs::read_to_string(repo.path(".git/shield-hook/journal.jsonl")).expect("the journal");
    assert!(journal.contains("refs/tags/npm_****"), "{journal}");
    assert!(!journal.split("npm_").skip(1).any(|rest| !rest.starts_with("****")), "{journal}");
}

#[test]
fn a_commit_that_becomes_empty_stops_nothing() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    for back in [0, 2] {
        repo.git(&["reset", "--quiet", "--hard", "origin/main"]);
        let before = std::fs::read_to_string(repo.path("README")).expect("README");
        repo.write("README", leak()).commit("leak");
        for n in 0..back {
            repo.write(format!("{n}.txt"), "more\n").commit("more");
        }
        let steps = steps(&scan_commits(&repo).expect(1));
        repo.write("README", &before);
        steps[0].1.iter().for_each(|line| sh(&repo, line));
        scan_commits(&repo).expect_clean();
        assert_eq!(repo.git(&["status", "--porcelain", "--branch"]).lines().count(), 1, "no rebase is under way");
        assert_eq!(repo.git(&["rev-list", "--count", "origin/main.."]), (back + 1).to_string());
    }
}

/// A fixup of the older commit conflicts when a later one changed a line beside the secret.
#[test]
fn a_commit_whose_neighbours_changed_is_repaired_by_the_program() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let (first, second) = (leak(), leak());
    repo.write("a.txt", &first).commit("leak");
    repo.write("a.txt", format!("{first}{second}")).commit("a second one on the next line");
    repo.write("a.txt", format!("zero = 0\n{first}{second}")).commit("neighbour");
    let steps = all_steps(&scan_commits(&repo).expect(1));
    assert_eq!(steps[0].1, ["shield-hook repair --yes"]);
    sh(&repo, &steps[0].1[0]);
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["rev-list", "--count", "origin/main.."]), "3");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_staged_secret_is_replaced_by_the_program() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).add();
    let steps = all_steps(&repo.scan_staged().expect(1));
    let (_, run) = steps.iter().find(|(_, run)| run[0].starts_with("shield-hook repair")).expect("the step");
    sh(&repo, &run[0]);
    repo.scan_staged().expect_clean();
}

/// Whether a commit is published decides which advice fits it.
#[test]
fn a_published_commit_is_not_repaired() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    repo.write("a.txt", leak()).commit("leak");
    let lines = |run: &Run| all_steps(run).iter().flat_map(|(_, run)| run.clone()).collect::<Vec<_>>().join("\n");
    let check = || lines(&repo.shield(&["ci", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).expect(1));
    let here = check();
    assert!(here.contains("shield-hook repair") && !here.contains("--force-with-lease"), "{here}");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let there = check();
    assert!(!there.contains("shield-hook repair") && there.contains("--force-with-lease"), "{there}");
}
