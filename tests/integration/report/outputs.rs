//! Whole reports as snapshots: the pretty one for few and many findings, and each format once.

use crate::support::snapshot::assert_output;
use crate::support::{Repo, Sandbox, formats, seeded_npm_token};

/// A repository that stages `count` secrets, each in a file of its own.
fn staged(sandbox: &Sandbox, count: u64) -> Repo<'_> {
    let repo = sandbox.repo("repo");
    for n in 0..count {
        repo.write(format!("src/f{n:02}.py"), format!("# file {n}\nk = \"{}\"\n", seeded_npm_token(n)));
    }
    repo.add();
    repo
}

#[test]
fn pretty_by_number_of_findings() {
    for (name, count) in [("none", 0), ("one", 1), ("two", 2), ("many", 12)] {
        let sandbox = Sandbox::new();
        let repo = staged(&sandbox, count);
        assert_output(&format!("pretty_{name}"), &repo, &["scan", "--staged"]);
    }
}

/// A finding that blocks, one that is allowed, and a package.
#[test]
fn every_format() {
    let sandbox = Sandbox::new();
    let repo = staged(&sandbox, 1);
    repo.write(
        "src/allowed.py",
        format!("k = \"{}\"  # shield-hook:allow npm-access-token a sample\n", seeded_npm_token(7)),
    )
    .write(
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/axios\": {\"version\": \"1.14.1\"}\n}}\n",
    )
    .add();
    for format in formats() {
        assert_output(&format!("format_{format}"), &repo, &["scan", "--staged", "--format", format]);
    }
}

/// The commands that repair depend on the position of the commit.
#[cfg(unix)]
#[test]
fn pretty_for_a_commit_that_is_about_to_be_pushed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    repo.write("b", format!("k = {}\n", seeded_npm_token(1))).commit("two");
    assert_output("pretty_range", &repo, &["scan", "--range", "HEAD~1..HEAD"]);
}
