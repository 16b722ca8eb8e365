//! `shield-hook repair`: what it rewrites, what it refuses, and the way back.

use crate::support::{Repo, Run, Sandbox, npm_token};

const MARKER: &str = "REMOVED-BY-SHIELD-HOOK";

/// A repository with a remote that holds its first commit.
fn published(sandbox: &Sandbox) -> Repo<'_> {
    let remote = sandbox.remote("remote.git");
    let repo = sandbox.repo("repo");
    repo.write("README", "hello\n").commit("first");
    repo.git(&["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repo.git(&["push", "--quiet", "origin", "main"]);
    repo
}

/// Runs the command, whose output must not hold the secret.
fn repair(repo: &Repo<'_>, args: &[&str], secret: &str) -> Run {
    let run = repo.shield(&[&["repair"], args].concat());
    assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "the secret is shown:\n{}", run.stdout);
    run
}

fn scan_commits(repo: &Repo<'_>) -> Run {
    repo.shield(&["scan", "--range", "origin/main..HEAD", "--format", "json"])
}

fn leak(token: &str) -> String {
    format!("one = 1\ntoken = \"{token}\"\ntwo = 2\n")
}

fn read(repo: &Repo<'_>, file: &str) -> String {
    std::fs::read_to_string(repo.path(file)).expect("the file")
}

#[test]
fn what_is_staged_is_shown_replaced_and_given_back() {
    let sandbox = Sandbox::new();
    for is_first in [true, false] {
        let repo = if is_first { sandbox.repo("first") } else { published(&sandbox) };
        let token = npm_token();
        repo.write("a.txt", leak(&token)).write("b.txt", "other\n").add();
        let before = repo.git(&["write-tree"]);
        let preview = repair(&repo, &[], &token).expect(1);
        assert!(preview.stdout.contains("a.txt") && preview.stdout.contains("repair --yes"), "{}", preview.stdout);
        assert_eq!(
            (repo.git(&["write-tree"]), read(&repo, "a.txt")),
            (before.clone(), leak(&token)),
            "nothing changes"
        );
        let done = repair(&repo, &["--yes"], &token).expect(0);
        assert!(done.stdout.contains("repair --undo"), "{}", done.stdout);
        repo.scan_staged().expect_clean();
        assert_eq!(read(&repo, "a.txt"), leak(MARKER));
        assert_eq!(repo.git(&["status", "--porcelain"]), "A  a.txt\nA  b.txt");
        repair(&repo, &[], &token).expect(0);
        repair(&repo, &["--undo"], &token).expect(0);
        assert_eq!((repo.git(&["write-tree"]), read(&repo, "a.txt")), (before, leak(&token)));
        assert_eq!(repo.git(&["for-each-ref", "refs/shield-hook"]), "");
        repair(&repo, &["--undo"], &token).expect(3);
    }
}

#[test]
fn commits_further_back_are_rewritten_although_their_neighbours_changed() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let (token, other) = (npm_token(), npm_token());
    repo.write("a.txt", leak(&token)).commit("leak");
    // Two secrets on neighbouring lines, each from a commit of its own, and a line beside them that changes as well.
    let both = |first: &str, second: &str| format!("one = 1\ntoken = \"{first}\"\nother = \"{second}\"\ntwo = 2\n");
    repo.write("a.txt", both(&token, &other)).commit("second leak");
    repo.write("a.txt", both(&token, &other).replace("two = 2", "two = 22")).write("bin/run", "true\n");
    repo.add().git(&["update-index", "--chmod=+x", "bin/run"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", &format!("neighbour of {token}")]);
    repo.git(&["checkout-index", "--force", "--all"]);
    let format = "%an <%ae> %ad | %cn <%ce> %cd";
    let (people, old) = (repo.git(&["log", &format!("--format={format}")]), repo.git(&["rev-parse", "HEAD"]));
    let preview = repair(&repo, &["--dry-run"], &token).expect(1);
    assert!(preview.stdout.contains("3 unpublished commits"), "{}", preview.stdout);
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), old);
    let done = repair(&repo, &["--yes"], &token).expect(0);
    assert!(!done.stdout.contains(&other) && done.stdout.contains("revoke it"), "{}", done.stdout);
    scan_commits(&repo).expect_clean();
    let subjects = format!("neighbour of {MARKER}\nsecond leak\nleak\nfirst");
    assert_eq!(repo.git(&["log", "--format=%s"]), subjects);
    assert_eq!(repo.git(&["log", &format!("--format={format}")]), people, "authors and dates stay");
    assert_eq!(repo.git(&["show", "HEAD~2:a.txt"]) + "\n", leak(MARKER));
    assert_eq!(repo.git(&["show", "HEAD:a.txt"]) + "\n", both(MARKER, MARKER).replace("two = 2", "two = 22"));
    assert!(repo.git(&["ls-tree", "-r", "HEAD"]).contains("100755"), "modes stay");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.git(&["fsck", "--strict"]);
    assert_eq!(repo.git(&["rev-parse", "@{1}"]), old, "the reflog leads back");
    repair(&repo, &["--undo"], &token).expect(0);
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), old);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(read(&repo, "a.txt").contains(&token));
}

#[test]
fn merges_side_branches_and_what_is_not_committed_stay() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("side.txt", "side\n").commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("deep/a.txt", leak(&token)).commit("leak");
    repo.git(&["tag", "v1"]);
    repo.git(&["branch", "other"]);
    repo.git(&["merge", "--quiet", "--no-verify", "-m", "merge", "side"]);
    repo.write("staged.txt", "staged\n").add();
    repo.write("deep/a.txt", leak(&token) + "three = 3\n").write("untracked.txt", "mine\n");
    let side = repo.git(&["rev-parse", "side"]);
    let done = sandbox.shield(&repo.path("deep"), &["repair", "--yes"]).expect(0);
    assert!(done.stdout.contains("refs/tags/v1") && done.stdout.contains("refs/heads/other"), "{}", done.stdout);
    assert!(!done.stdout.contains("refs/heads/side"), "{}", done.stdout);
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["rev-parse", "HEAD^2"]), side, "a commit without the secret keeps its id");
    assert_eq!(read(&repo, "deep/a.txt"), leak(MARKER) + "three = 3\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), " M deep/a.txt\nA  staged.txt\n?? untracked.txt");
}

#[test]
fn a_signature_is_left_out_and_named() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.write("a.txt", leak(&token)).commit("leak");
    let raw = repo.git(&["cat-file", "commit", "HEAD"]);
    let signed =
        raw.replacen("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n", 1);
    let made =
        repo.try_git_with(&["hash-object", "-t", "commit", "-w", "--stdin"], &[], Some((signed + "\n").as_bytes()));
    repo.git(&["reset", "--quiet", "--soft", made.stdout.trim()]);
    let done = repair(&repo, &["--yes"], &token).expect(0);
    assert!(done.stdout.contains("1 signature"), "{}", done.stdout);
    assert!(!repo.git(&["cat-file", "commit", "HEAD"]).contains("gpgsig"));
}

#[test]
fn published_commits_and_unfinished_operations_are_refused() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.write("a.txt", leak(&token)).commit("leak");
    let fingerprint = scan_commits(&repo).json()["findings"][0]["fingerprint"].as_str().expect("text").to_owned();
    std::fs::write(repo.path(".git/CHERRY_PICK_HEAD"), repo.git(&["rev-parse", "HEAD"])).expect("a file");
    assert!(repair(&repo, &["--yes"], &token).expect(3).stderr.contains("cherry-pick is under way"));
    std::fs::remove_file(repo.path(".git/CHERRY_PICK_HEAD")).expect("the file");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let refused = repair(&repo, &["--yes"], &token).expect(1);
    assert!(refused.stdout.contains("is published") && refused.stdout.contains("evoke it"), "{}", refused.stdout);
    repo.write("b.txt", "more\n").commit("more");
    let head_now = repo.git(&["rev-parse", "HEAD"]);
    assert!(repair(&repo, &["--yes", &fingerprint], &token).expect(3).stderr.contains("published"));
    let refused = repair(&repo, &["--yes", "--drop-file", "a.txt"], &token).expect(3);
    assert!(refused.stderr.contains("it is published"), "{}", refused.stderr);
    assert_eq!(repo.git(&["rev-parse", "HEAD", "HEAD~1"]), format!("{head_now}\n{head}"));
}

#[test]
fn only_the_named_secret_is_replaced() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let (token, other) = (npm_token(), npm_token());
    repo.write("a.txt", leak(&token)).write("b.txt", leak(&other)).commit("leaks");
    let json = scan_commits(&repo).json();
    let of_a = json["findings"].as_array().expect("findings").iter().find(|f| f["path"] == "a.txt").expect("one");
    repair(&repo, &["--yes", of_a["fingerprint"].as_str().expect("text")], &token).expect(0);
    scan_commits(&repo).expect_blocked(&["b.txt:2"]);
}

#[test]
fn encoded_values_whole_keys_and_wide_text_are_replaced() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    let encoded = data_encoding::BASE64.encode(format!("token = \"{token}\"\n").as_bytes());
    let wide: Vec<u8> = [0xfeff].into_iter().chain(leak(&token).encode_utf16()).flat_map(u16::to_le_bytes).collect();
    repo.write("config.yml", format!("name: x\nvalue: {encoded}\n")).write("wide.txt", wide).commit("leaks");
    let done = repair(&repo, &["--yes"], &token).expect(0);
    assert!(!done.stdout.contains(&encoded), "{}", done.stdout);
    scan_commits(&repo).expect_clean();
    assert_eq!(read(&repo, "config.yml"), format!("name: x\nvalue: {MARKER}\n"));
}

#[test]
fn a_file_that_is_no_text_is_dropped_on_request() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.write("data.bin", [b"\0\0\x01", leak(&token).as_bytes(), b"\0\x02"].concat())
        .write("a.txt", "one\n")
        .commit("leak");
    repo.write("b.txt", "two\n").commit("more");
    let preview = repair(&repo, &[], &token).expect(1);
    assert!(preview.stdout.contains("--drop-file data.bin"), "{}", preview.stdout);
    repair(&repo, &["--yes"], &token).expect(1);
    let head = repo.git(&["rev-parse", "HEAD"]);
    repair(&repo, &["--yes", "--drop-file", "data.bin"], &token).expect(0);
    scan_commits(&repo).expect_clean();
    assert_eq!(repo.git(&["log", "--format=%s", "origin/main..", "--name-only"]), "more\n\nb.txt\nleak\n\na.txt");
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? data.bin", "the file itself stays");
    repair(&repo, &["--undo"], &token).expect(0);
    assert_eq!((repo.git(&["rev-parse", "HEAD"]), repo.git(&["status", "--porcelain"])), (head, String::new()));
}

#[test]
fn a_repair_is_not_taken_back_over_later_work() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    repo.write("a.txt", leak(&token)).commit("leak");
    repair(&repo, &["--yes"], &token).expect(0);
    repo.write("b.txt", "new\n").add();
    assert!(repair(&repo, &["--undo"], &token).expect(3).stderr.contains("index has changed"));
    repo.commit("new");
    let refused = repair(&repo, &["--undo"], &token).expect(3);
    assert!(refused.stderr.contains("HEAD has moved") && refused.stderr.contains("git log"), "{}", refused.stderr);
}

#[test]
fn a_bare_repository_is_refused() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote("remote.git");
    sandbox.shield(&remote, &["repair", "--yes"]).expect(3);
}

/// The marker is an ordinary value for most rules, and the scan of the result has to be clean.
#[test]
fn the_marker_is_no_secret_in_any_form() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let lines = [
        "password = \"X\"",
        "AWS_SECRET_ACCESS_KEY=X",
        "//registry.example/:_authToken=X",
        "DB=postgres://u:X@db.corp.example.net/x",
        "api_key: 'X'",
        "Authorization: Bearer X",
        "Authorization: Basic X",
    ];
    repo.write("a.env", lines.join("\n").replace('X', MARKER));
    repo.write(
        "s.yaml",
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  password: {MARKER}\n"),
    );
    repo.write("config/master.key", MARKER)
        .write(".netrc", format!("machine a.example.net login c password {MARKER}\n"));
    repo.shield(&["scan", "--block", "low", "--format", "json", "."]).expect_clean();
}

#[test]
fn a_file_with_changes_of_its_own_is_left_and_its_backup_kept() {
    let sandbox = Sandbox::new();
    let repo = published(&sandbox);
    let token = npm_token();
    let old = repo.write("a.txt", leak(&token)).commit("leak");
    repo.write("a.txt", leak(&token) + "mine = 3\n");
    repair(&repo, &["--yes"], &token).expect(0);
    let undone = repair(&repo, &["--undo"], &token).expect(0);
    assert!(undone.stdout.contains("a.txt: left as it is") && undone.stdout.contains(MARKER), "{}", undone.stdout);
    assert_eq!(repo.git(&["rev-parse", "HEAD"]).trim(), old.trim());
    assert_eq!(read(&repo, "a.txt"), leak(MARKER) + "mine = 3\n");
    assert_ne!(repo.git(&["for-each-ref", "refs/shield-hook"]), "", "the backup still leads to the value");
}
