//! A few objects, read from the files where they most likely are, are what the general reader reads.

use crate::support::{Sandbox, npm_token};
use shield_hook::git::{self, Oid};

/// Every object of the repository, read both ways, with and without a limit on the size.
fn compare(repo: &crate::support::Repo<'_>) -> usize {
    let ids = repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    let opened = git::Repo::discover(repo.dir()).expect("a repository");
    let (mut count, mut one, mut two) = (0, Vec::new(), Vec::new());
    let absent = Oid::from_hex("f".repeat(ids.lines().next().map_or(40, str::len)).as_bytes()).expect("an id");
    for id in ids.lines().map(|id| Oid::from_hex(id.as_bytes()).expect("an id")).chain([absent]) {
        for max in [u64::MAX, 1 << 30, 5000, 100, 10] {
            let near = opened.few_objects().read(&id, max, &mut one);
            let general = opened.objects().read(&id, max, &mut two);
            assert_eq!(near, general, "{id}, at most {max} bytes");
            assert!(near.is_err() || one == two, "{id}, at most {max} bytes");
            count += usize::from(near.is_ok());
        }
    }
    // More than the short way is for, in one go.
    let (mut few, mut all) = (opened.few_objects(), opened.objects());
    for _ in 0..3 {
        for id in ids.lines().map(|id| Oid::from_hex(id.as_bytes()).expect("an id")) {
            assert_eq!(few.read(&id, u64::MAX, &mut one), all.read(&id, u64::MAX, &mut two));
            assert_eq!(one, two, "{id}");
        }
    }
    count
}

#[test]
fn objects_are_read_alike_wherever_they_lie() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("repo", options);
        for turn in 0..20 {
            // A long file that changes a little becomes a chain of deltas.
            let lines: Vec<String> = (0..400)
                .map(|n| format!("line {n} of {}\n", if n == turn { npm_token() } else { "it".into() }))
                .collect();
            repo.write("long", lines.concat()).write(format!("dir/{turn}"), format!("{turn}\n")).commit("more");
            if turn == 7 || turn == 14 {
                repo.git(&["repack", "--quiet", "-d"]);
            }
        }
        repo.git(&["tag", "-a", "-m", "a tag", "v1"]);
        assert!(compare(&repo) > 100, "loose objects, and two packs");
        repo.git(&["repack", "--quiet", "-a", "-d", "-f", "--depth=50"]);
        repo.write("loose", "not packed\n").commit("one more");
        assert!(compare(&repo) > 100, "one pack with deltas");
        repo.git(&["multi-pack-index", "write"]);
        compare(&repo);
    }
}

#[test]
fn a_damaged_store_is_told_alike() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("first");
    repo.git(&["repack", "--quiet", "-a", "-d"]);
    repo.write("b", "two\n").add();
    repo.scan_staged().expect_clean();
    // The object is cut off: neither way may take it for less than it was.
    let id = repo.git(&["rev-parse", ":b"]);
    let path = repo.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    let bytes = std::fs::read(&path).expect("a loose object");
    std::fs::remove_file(&path).expect("it goes");
    std::fs::write(&path, &bytes[..bytes.len() - 6]).expect("half of it comes back");
    let run = repo.scan_staged();
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    std::fs::remove_file(&path).expect("it goes");
    assert_eq!(repo.scan_staged().code, 2, "a missing object is no clean one");
}
