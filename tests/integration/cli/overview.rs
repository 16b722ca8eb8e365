//! `shield-hook` alone, and verbs of other scanners.

use std::fs;

use crate::support::Sandbox;

#[test]
fn the_program_alone_tells_the_state_and_the_next_command() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("plain");
    fs::create_dir(&place).unwrap();
    let run = sandbox.shield::<&str>(&place, &[]).expect(0);
    assert!(run.stdout.contains("no git repository here"), "{run:?}");
    let repo = sandbox.repo("repo");
    let run = repo.shield::<&str>(&[]).expect(0);
    assert!(run.stdout.contains("no hook stops a leak here\nnext: shield-hook install\n"), "{run:?}");
    repo.shield(&["install"]).expect(0);
    let run = repo.shield::<&str>(&[]).expect(0);
    assert!(run.stdout.contains("the hooks are in place\nnext: shield-hook canary\n"), "{run:?}");
    fs::remove_file(repo.path(".git/hooks/pre-commit")).unwrap();
    let run = repo.shield::<&str>(&[]).expect(0);
    assert!(run.stdout.contains("next: shield-hook doctor\n"), "{run:?}");
}

#[test]
fn verbs_of_other_scanners_get_a_hint() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for (verb, hint) in [("detect", "scan --history"), ("protect", "scan --staged"), ("update", "advisories update")] {
        let run = repo.shield(&[verb]).expect(3);
        assert!(run.stderr.contains(&format!("is `shield-hook {hint}` here")), "{run:?}");
    }
    let run = repo.shield(&["nothing-known"]).expect(3);
    assert!(!run.stderr.contains("hint:"), "{run:?}");
}
