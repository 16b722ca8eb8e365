//! `scan --staged`: what `git commit` would record, in every state an index can be in.

mod support;

use support::{Sandbox, npm_token};

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
